"""The national run: all of it, against a bare COPY of its results, and 1 % changed (评价基准)."""

from __future__ import annotations

import tempfile
import time
from typing import TYPE_CHECKING, TypeVar

from django.db import connection

from config.benchmarks import Figure, peak_mib
from cultivation.standards import editions, snapshots
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, JudgingRun, VerdictChange
from enterprises.registry.models import AnnualReport, Enterprise
from tests.bench.registry_of import AS_OF, registry_of

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cultivation.standards.models import Snapshot

SIZE = 1_000_000
MOST_OVER_COPY = 1.5
MOST_OF_THE_WHOLE = 0.15
MOST_MIB = 1536.0
LEAST_CRITERIA = 30
ROUNDS = 3  # in turn; the best of each counts
TABLE = Assessment._meta.db_table


def figures(size: int | None) -> Iterable[Figure]:
    """Yield times and memory of judging `size` enterprises, and a tenth and a hundredth of them.

    Each has three reports. Only the largest registry is held to the limits.
    """
    most = size or SIZE
    editions.load_all()
    for firms in (most // 100, most // 10, most):
        if firms >= 1000:
            yield from _of_size(firms, bound=firms == most)
    yield Figure("peak memory", peak_mib(), MOST_MIB, "MiB")


def _of_size(firms: int, *, bound: bool) -> Iterator[Figure]:
    def figure(name: str, measured: float, unit: str, limit: float | None = None) -> Figure:
        return Figure(f"{firms} firms: {name}", measured, limit if bound else None, unit)

    _forget_all()
    registry_of(firms)
    taking, snapshot = _timed(lambda: snapshots.take(AS_OF))
    yield figure("snapshot of the registry", taking, "s")

    rounds = [(_judged_anew(snapshot), _copied()) for _ in range(ROUNDS)]
    judging, copying = (min(times) for times in zip(*rounds, strict=True))
    run = JudgingRun.objects.all()[0]
    criteria = sum(len(editions.policy(e).order) for e, _, _ in editions.in_force(AS_OF))
    yield figure("criteria judged", criteria, "criteria")
    yield figure("results stored", run.stored, "rows")
    yield figure("judging from snapshot to stored", judging, "s")
    yield figure("COPY of the same rows", copying, "s")
    yield figure("judging over COPY", judging / copying, "times", MOST_OVER_COPY)

    again, run = _timed(lambda: judge_registry(AS_OF, whole=True))
    yield figure("the whole again, facts read anew", again, "s")
    _change_a_hundredth()
    changed, run = _timed(lambda: judge_registry(AS_OF))
    assert not run.whole
    yield figure("1 % changed, facts read anew", changed, "s")
    yield figure("rows written then", run.stored, "rows")
    yield figure("verdicts turned then", run.changes.count(), "rows")
    whole = taking + judging
    yield figure("1 % over the whole run", changed / whole, "times", MOST_OF_THE_WHOLE)
    yield figure("1 % over judging and storing alone", changed / judging, "times")


def _forget_all() -> None:
    with connection.cursor() as cursor:
        tables = (VerdictChange, Assessment, JudgingRun)
        cursor.execute(f"TRUNCATE {', '.join(t._meta.db_table for t in tables)} CASCADE")


def _judged_anew(snapshot: Snapshot) -> float:
    _forget_all()
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return _timed(lambda: judge_registry(AS_OF, snapshot=snapshot))[0]


def _copied() -> float:
    """Return the seconds of one COPY of all results into a table of the same shape."""
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE copied (LIKE {TABLE} INCLUDING ALL)")
        with cursor.copy(f"COPY {TABLE} TO STDOUT (FORMAT csv)") as out:
            for row in out:
                file.write(row)
        file.seek(0)
        cursor.execute("CHECKPOINT")
        begun = time.perf_counter()
        with cursor.copy("COPY copied FROM STDIN (FORMAT csv)") as into:
            while block := file.read(1 << 20):
                into.write(block)
        taken = time.perf_counter() - begun
        cursor.execute("DROP TABLE copied")
    return taken


def _change_a_hundredth() -> None:
    """Change figures and particulars of one enterprise in a hundred, past the application."""
    report, firm = AnnualReport._meta.db_table, Enterprise._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {report} SET employees = employees + 400, rd_expense = rd_expense / 3 "  # noqa: S608
            "WHERE enterprise_id % 200 = 0 AND year >= 2024"
        )
        cursor.execute(
            f"UPDATE {firm} SET digital_level = 4, on_abnormal_list = true WHERE id % 200 = 100"  # noqa: S608
        )
        cursor.execute("CHECKPOINT")


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made
