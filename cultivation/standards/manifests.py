"""What a snapshot names and holds: its files, units and rows (快照清单).

The base is the files of a whole reading. The rows of the overlay hold instead of those of the base,
wherever the enterprise stood before; those of `gone` no longer hold.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards import shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.standards.facts import Row
    from cultivation.standards.models import Snapshot

UNIT = pl.col("region_path").str.slice(0, 2)
ID = pl.col("enterprise")


def units(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Return the recommending units with how many enterprises each has, in order (推荐单位)."""
    held: Counter[str] = Counter()
    for rows in (_holding(snapshot, base(snapshot)), overlay(snapshot)):
        held.update(dict(rows.group_by(UNIT).agg(pl.len()).collect().iter_rows()))
    return sorted(held.items())


def scan(snapshot: Snapshot, unit: str | None = None) -> pl.LazyFrame:
    """Return the rows that hold, of one unit or of all, by enterprise within a unit (读快照)."""
    if unit is not None:
        held = _holding(snapshot, _base_of(snapshot, unit))
        if not snapshot.overlay:
            return held
        return held.merge_sorted(overlay(snapshot).filter(UNIT.eq(unit)), "enterprise")
    if not _is_refreshed(snapshot) and not _is_one_file(snapshot):
        return base(snapshot)
    every = [scan(snapshot, name) for name, _ in units(snapshot)]
    return pl.concat(every) if every else base(snapshot).head(0)


def delta(snapshot: Snapshot) -> pl.LazyFrame:
    """Return the rows read anew since the snapshot before; none of a whole reading (变动行)."""
    return _laid(snapshot, snapshot.delta)


def row(snapshot: Snapshot, enterprise_id: int) -> Row:
    """Return the facts of one enterprise; LookupError where the snapshot has none (一户事实)."""
    for rows in (overlay(snapshot), _holding(snapshot, base(snapshot))):
        found = rows.filter(ID.eq(enterprise_id)).collect()
        if found.height:
            return found.row(0, named=True)
    raise LookupError(f"enterprise {enterprise_id} is not in snapshot {snapshot.sha256[:12]}")


def base(snapshot: Snapshot) -> pl.LazyFrame:
    """Return the rows of the whole reading, those that no longer hold among them (底表)."""
    return _files([sha256 for _, sha256, _ in snapshot.parts])


def overlay(snapshot: Snapshot) -> pl.LazyFrame:
    """Return the rows laid over the base, by enterprise (叠加行)."""
    return _laid(snapshot, snapshot.overlay)


def names(snapshot: Snapshot) -> list[str]:
    """Return the hashes of all files that a snapshot names (文件清单)."""
    laid = [sha256 for sha256 in (snapshot.overlay, snapshot.delta) if sha256]
    return [sha256 for _, sha256, _ in snapshot.parts] + laid


def intact(snapshot: Snapshot) -> bool:
    """Tell whether the manifest and all its files are there and unaltered (完整性)."""
    return is_unaltered(snapshot) and all(shelf.is_whole(name) for name in names(snapshot))


def is_unaltered(snapshot: Snapshot) -> bool:
    """Tell whether a snapshot still names what it named; one of a single file bears its hash."""
    of_one_file = _is_one_file(snapshot) and snapshot.parts[0][1] == snapshot.sha256
    return of_one_file or snapshot.sha256 == digest(snapshot)


def digest(snapshot: Snapshot) -> str:
    """Return the hash of what a snapshot names (清单哈希)."""
    said = {
        "as_of": snapshot.as_of.isoformat(),
        "before": snapshot.before.sha256 if snapshot.before else "",
        **{k: getattr(snapshot, k) for k in ("delta", "gone", "overlay", "parts", "signature")},
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def among(ids: Iterable[int]) -> pl.Expr:
    """Choose the rows of the enterprises named."""
    return ID.is_in(pl.Series(sorted(ids), dtype=pl.Int64).implode())


def _base_of(snapshot: Snapshot, unit: str) -> pl.LazyFrame:
    files = [sha256 for name, sha256, _ in snapshot.parts if name == unit]
    if files and not _is_one_file(snapshot):
        return _files(files)
    return base(snapshot).filter(UNIT.eq(unit))


def _holding(snapshot: Snapshot, rows: pl.LazyFrame) -> pl.LazyFrame:
    if not _is_refreshed(snapshot):
        return rows
    laid = overlay(snapshot).select("enterprise").collect()["enterprise"]
    return rows.filter(~among([*laid, *snapshot.gone]))


def _laid(snapshot: Snapshot, sha256: str) -> pl.LazyFrame:
    return _files([sha256]) if sha256 else base(snapshot).head(0)


def _files(hashes: Sequence[str]) -> pl.LazyFrame:
    return pl.scan_parquet([shelf.path_of(sha256) for sha256 in hashes])


def _is_refreshed(snapshot: Snapshot) -> bool:
    return bool(snapshot.overlay or snapshot.gone)


def _is_one_file(snapshot: Snapshot) -> bool:
    """Tell whether one file holds all units, as an older snapshot's does."""
    return [unit for unit, _, _ in snapshot.parts] == [""]
