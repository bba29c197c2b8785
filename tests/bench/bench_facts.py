"""Reading the facts of the registry: whole, by what changed, by what the days change (事实基准)."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from django.db import connection
from django.test import override_settings

from config.benchmarks import Figure, peak_mib
from cultivation.standards import editions, manifests, shelf, snapshots
from cultivation.standards.due import due
from enterprises.registry import touches
from enterprises.registry.models import AnnualReport
from tests.bench.registry_of import AS_OF, registry_of

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZE = 200_000
MOST_MIB = 1024.0
MOST_REFRESHED = 0.15  # of the whole reading, for a hundredth of the enterprises


def figures(size: int | None) -> Iterable[Figure]:
    """Yield the times of a whole reading and of a refresh after one report in a hundred changed."""
    firms = size or SIZE
    editions.load_all()
    registry_of(firms)
    with tempfile.TemporaryDirectory() as folder, override_settings(SNAPSHOT_DIR=Path(folder)):
        touches.claim(0)
        touches.settle(0)
        whole, snapshot = _timed(lambda: snapshots.take(AS_OF))
        yield Figure("enterprises", firms, None, "rows")
        yield Figure("whole reading", whole, None, "s")
        yield Figure("peak memory", peak_mib(), MOST_MIB, "MiB")
        size_of = sum(shelf.path_of(name).stat().st_size for name in manifests.names(snapshot))
        yield Figure("files of it", size_of / 2**20, None, "MiB")
        marked, _ = _timed(_change)
        yield Figure("one report in a hundred changed", marked, None, "s")
        claimed, ids = _timed(lambda: touches.claim(1))
        yield Figure("marks claimed", claimed, None, "s")
        later = AS_OF + dt.timedelta(1)
        passing, turned = _timed(lambda: due(AS_OF, later))
        yield Figure("what a day changes", passing, None, "s")
        refreshed, second = _timed(lambda: snapshots.refresh(snapshot, later, ids | turned))
        yield Figure("enterprises read anew", len(ids | turned), None, "rows")
        yield Figure("refresh", refreshed, None, "s")
        share = (claimed + passing + refreshed) / whole
        yield Figure("claim and refresh over whole reading", share, MOST_REFRESHED, "times")
        settled, _ = _timed(lambda: touches.settle(1))
        yield Figure("marks settled", settled, None, "s")
        scanned, _ = _timed(lambda: snapshots.scan(second).collect().height)
        yield Figure("all rows scanned", scanned, None, "s")
        checked, intact = _timed(lambda: snapshots.intact(second))
        yield Figure("files checked", checked, None, "s")
        if not intact:
            raise AssertionError("a file is not what its name says")


def _change() -> None:
    with connection.cursor() as cursor:
        table = AnnualReport._meta.db_table
        cursor.execute(
            f"UPDATE {table} SET revenue = revenue + 1 "  # noqa: S608
            "WHERE year = 2025 AND enterprise_id % 100 = 0"
        )


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made
