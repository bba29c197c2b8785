"""Judging facts by the editions: a frame, a snapshot, block by block (评价结果行)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from cultivation.standards import snapshots
from cultivation.standards.evaluation import columns, judge, summarise
from cultivation.standards.models import Edition
from cultivation.standards.policy import Case, Policy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
T = TypeVar("T")
ROW: dict[str, type[pl.DataType]] = {"enterprise_id": pl.Int64, **RESULT}
BLOCK = 50_000  # rows judged at a time


def judged(snapshot: Snapshot, policy: Policy, *, kind: str, as_of: dt.date) -> pl.DataFrame:
    """Return the result rows of one edition and kind over a snapshot."""
    needed = sorted(columns(policy.root))
    frames = blocks(snapshots.scan(snapshot).select(needed), snapshot.rows)
    return pl.concat(judge_frame(frame, policy, kind=kind, as_of=as_of) for frame in frames)


def judged_by_all(
    rows: pl.LazyFrame, number: int, bases: Sequence[Basis], *, as_of: dt.date
) -> Iterator[tuple[pl.Series, pl.DataFrame]]:
    """Yield enterprises and their results by all bases, a block after the other (分块评价).

    `number` is how many rows there are. The next block is judged while one is being stored.
    """
    needed = {name for _, policy, _ in bases for name in columns(policy.root)}

    def results(frame: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
        made = [
            judge_frame(frame, policy, kind=kind, as_of=as_of).with_columns(
                edition_id=pl.lit(edition.pk, dtype=pl.Int64), kind=pl.lit(kind)
            )
            for edition, policy, kind in bases
        ]
        return frame["enterprise"], pl.concat(made)

    if bases and number:
        yield from _ahead(results, blocks(rows.select(sorted(needed)), number))


def blocks(rows: pl.LazyFrame, number: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a frame a block at a time, at least one block (分块)."""
    for start in range(0, max(number, 1), BLOCK):
        yield rows.slice(start, BLOCK).collect()


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


def _ahead(work: Callable[[pl.DataFrame], T], frames: Iterable[pl.DataFrame]) -> Iterator[T]:
    """Yield what the work makes of each frame, working on the next while one is used."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        begun: list[Future[T]] = []
        for frame in frames:
            begun.append(worker.submit(work, frame))
            if len(begun) > 1:
                yield begun.pop(0).result()
        for last in begun:
            yield last.result()
