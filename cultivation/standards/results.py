"""Judging facts by the editions: a frame, a snapshot, block by block (评价结果行)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards import snapshots
from cultivation.standards.ahead import ahead
from cultivation.standards.evaluation import columns, judge, summarise
from cultivation.standards.models import Edition
from cultivation.standards.policy import Case, Policy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from cultivation.standards.models import Snapshot

Basis = tuple[Edition, Policy, str]
RESULT: dict[str, type[pl.DataType]] = {
    "verdict": pl.Int64,
    "verdicts": pl.String,
    "unmet": pl.Int64,
    "unknown": pl.Int64,
    "score_low": pl.Int64,
    "score_high": pl.Int64,
}
ROW: dict[str, type[pl.DataType]] = {"enterprise_id": pl.Int64, **RESULT}
BLOCK = 50_000  # rows judged at a time


def judged(snapshot: Snapshot, policy: Policy, *, kind: str, as_of: dt.date) -> pl.DataFrame:
    """Return the result rows of one edition and kind over a snapshot."""
    needed = sorted(columns(policy.root))
    rows = snapshots.scan(snapshot).select(needed)
    return pl.concat(
        judge_frame(block.collect(), policy, kind=kind, as_of=as_of)
        for block in blocks(rows, snapshot.rows)
    )


def judged_by_all(
    pieces: Iterable[tuple[pl.LazyFrame, int]], bases: Sequence[Basis], *, as_of: dt.date
) -> Iterator[tuple[int, pl.Series, pl.DataFrame]]:
    """Yield the number of a piece, enterprises of it, their results by all bases (分块评价).

    `pieces` are rows of the facts frame and how many they are. The next block, be it of the next
    piece, is judged while one is being stored.
    """
    needed = sorted({name for _, policy, _ in bases for name in columns(policy.root)})

    def results(block: tuple[int, pl.LazyFrame]) -> tuple[int, pl.Series, pl.DataFrame]:
        number, rows = block
        frame = rows.select(needed).collect()
        made = [
            judge_frame(frame, policy, kind=kind, as_of=as_of).with_columns(
                edition_id=pl.lit(edition.pk, dtype=pl.Int64), kind=pl.lit(kind)
            )
            for edition, policy, kind in bases
        ]
        return number, frame["enterprise"], pl.concat(made)

    if bases:
        yield from ahead(
            results,
            (
                (number, block)
                for number, (rows, many) in enumerate(pieces)
                for block in blocks(rows, many)
            ),
        )


def blocks(rows: pl.LazyFrame, number: int) -> Iterator[pl.LazyFrame]:
    """Yield the rows of a frame in blocks of about the same size, at least one (分块)."""
    size = -(-number // -(-max(number, 1) // BLOCK)) or 1
    for start in range(0, max(number, 1), size):
        yield rows.slice(start, size)


def judge_frame(frame: pl.DataFrame, policy: Policy, *, kind: str, as_of: dt.date) -> pl.DataFrame:
    """Judge a facts frame: recommending units for which something differs apart (分地区评价).

    Units to which the standard does not apply at all give no rows.
    """
    unit = pl.col("region_path").str.slice(0, 2)
    apart = sorted(policy.units)
    groups = [(path, frame.filter(unit == path)) for path in apart]
    groups.append(("", frame.filter(~unit.is_in(apart)) if apart else frame))
    made = [pl.DataFrame(schema=ROW)]
    for path, rows in groups:
        case = Case(kind, as_of, path)
        if not rows.height or not policy.root.reach.covers(case):
            continue
        standard = policy.standard(case)
        results = summarise(judge(rows, standard), policy, standard)
        made.append(results.select(pl.col(name).cast(dtype) for name, dtype in ROW.items()))
    return pl.concat(made)
