"""Facts frames kept as Parquet files named by the hash of their content (事实快照)."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from django.conf import settings
from django.db.models import Max, Min, Q

from cultivation.standards import facts
from cultivation.standards.editions import all_counts
from cultivation.standards.models import Snapshot
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

BLOCK = 250_000  # ids of enterprises read at a time


def path_of(snapshot: Snapshot) -> Path:
    """Return where the file of a snapshot lies."""
    return Path(settings.SNAPSHOT_DIR) / f"{snapshot.sha256}.parquet"


def take(as_of: dt.date) -> Snapshot:
    """Write the facts of all enterprises as of a day and return their snapshot (取快照).

    Equal facts give the same snapshot. Memory is bounded by BLOCK enterprises; the file appears
    under its name only when it is whole.
    """
    folder = Path(settings.SNAPSHOT_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        parts = []
        for number, block in enumerate(_blocks(as_of)):
            parts.append(Path(scratch) / f"{number:05}.parquet")
            block.write_parquet(parts[-1], compression="lz4")
        whole = Path(scratch) / "whole"
        pl.scan_parquet(parts).sink_parquet(whole, compression="lz4")
        with whole.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        scan = pl.scan_parquet(whole)
        rows = scan.select(pl.len()).collect().item()
        columns = len(scan.collect_schema())
        os.replace(whole, folder / f"{digest}.parquet")  # noqa: PTH105
    snapshot, _ = Snapshot.objects.get_or_create(
        sha256=digest, defaults={"as_of": as_of, "rows": rows, "columns": columns}
    )
    return snapshot


def _blocks(as_of: dt.date) -> Iterator[pl.DataFrame]:
    counts = all_counts()
    ends = Enterprise.objects.aggregate(first=Min("pk"), last=Max("pk"))
    first, last = ends["first"] or 0, ends["last"] or 0
    for start in range(first, last + 1, BLOCK):
        chosen = Q(enterprise_id__gte=start, enterprise_id__lt=start + BLOCK)
        yield facts.between(chosen, as_of=as_of, counts=counts)
