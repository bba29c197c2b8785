"""The facts frame: one row per enterprise, years side by side, derived from the tables (事实宽表).

A figure or statement nobody gave is null. A list of facts (rights, awards, …) is complete as kept,
so an enterprise without entries has none; where an entry lacks a property that a count asks for,
the count lies between `<count>_low` and `<count>_high`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db.models import Q

from cultivation.standards import sources
from cultivation.standards.indicators import FIGURE_UNITS, STATEMENTS
from cultivation.standards.measures import MEASURES
from cultivation.standards.tables import among, read, read_few

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from cultivation.standards.policy import Count

Row = dict[str, Any]
TEXTS = ("region_path", "size_class", "tier")  # `tier` is the highest title held, "" for none


def frame(
    enterprise_ids: Iterable[int] | None, *, as_of: dt.date, counts: Sequence[Count] | None = None
) -> pl.DataFrame:
    """Return the facts of the named enterprises, or of all, as of a day; ordered by id.

    One query per table. `counts` are those of every loaded edition unless given.
    """
    if counts is None:
        counts = _all_counts()
    chosen = Q() if enterprise_ids is None else among(list(enterprise_ids))
    return between(chosen, as_of=as_of, counts=counts)


def between(chosen: Q, *, as_of: dt.date, counts: Sequence[Count]) -> pl.DataFrame:
    """Return the facts of the enterprises that a condition on `enterprise_id` chooses."""
    own = read(*sources.enterprises(chosen)).lazy()
    base = own.select(sources.own_facts(as_of.year))
    base = _with_titles(base, chosen, as_of)
    base = _with_reports(base, chosen, as_of)
    base = _with_counts(base, chosen, as_of, counts)
    return base.sort("enterprise").collect()


def row(enterprise_id: int, *, as_of: dt.date, counts: Sequence[Count] | None = None) -> Row:
    """Return the facts of one enterprise as plain data, with all counts or those named (事实行).

    It is the row of the frame, put together without joins: all that is read is of one enterprise.
    """
    if counts is None:
        counts = _all_counts()
    chosen = among([enterprise_id])
    own = read_few(*sources.enterprises(chosen)).lazy()
    held = read_few(*sources.titles(chosen, as_of)).lazy().select(sources.held())
    reports = read_few(*sources.reports(chosen, as_of)).rows(named=True)
    of_year = {report["year"]: report for report in reports}
    asked = [own.select(sources.own_facts(as_of.year)), held.select(sources.with_highest())]
    asked += _counts_of_one(chosen, as_of, counts)
    # One asking for all of it, unplanned: planning would take longer than the work.
    made = pl.collect_all(asked, optimizations=pl.QueryOptFlags.none())
    found: Row = made[0].row(0, named=True) | made[1].row(0, named=True)
    for back in sources.YEARS:
        report = of_year.get(as_of.year - back, {})
        found |= {f"{name}_y{back}": report.get(name) for name in FIGURE_UNITS}
    counted = {name: n for table in made[2:] for name, n in table.row(0, named=True).items()}
    for count in counts:
        low, high = f"{count.name}_low", f"{count.name}_high"
        open_above = count.complete and not found[count.complete]
        found |= {low: counted.get(low, 0), high: None if open_above else counted.get(high, 0)}
    return found


def _counts_of_one(chosen: Q, as_of: dt.date, counts: Sequence[Count]) -> Iterator[pl.LazyFrame]:
    """Yield what one enterprise has by each count of which it has any fact."""
    for of in MEASURES:
        wanted = [count for count in counts if count.of == of]
        facts = read_few(*sources.dated(of, chosen, as_of)) if wanted else pl.DataFrame()
        if facts.height:
            yield sources.counted(facts.lazy(), of, as_of=as_of, counts=wanted)


def from_row(facts: Row) -> pl.DataFrame:
    """Return a frame of one row from plain data, as a decision kept it or a test wrote it."""
    return from_rows([facts], facts)


def from_rows(rows: Sequence[Row], names: Iterable[str]) -> pl.DataFrame:
    """Return a frame of the named columns from plain data; what a row lacks is null."""
    return pl.DataFrame(
        [pl.Series(name, [row.get(name) for row in rows], column_type(name)) for name in names]
    )


def column_type(name: str) -> type[pl.DataType]:
    """Return the type of a column of the frame by its name."""
    if name in STATEMENTS:
        return {"truth": pl.Boolean, "text": pl.String}.get(STATEMENTS[name].sort, pl.Int64)
    return pl.String if name in TEXTS else pl.Int64


def _all_counts() -> Sequence[Count]:
    from cultivation.standards.editions import all_counts

    return all_counts()


def _with_titles(base: pl.LazyFrame, chosen: Q, as_of: dt.date) -> pl.LazyFrame:
    titles = read(*sources.titles(chosen, as_of)).lazy()
    by_firm = titles.group_by("enterprise_id").agg(sources.held())
    joined = base.join(by_firm, left_on="enterprise", right_on="enterprise_id", how="left")
    return joined.with_columns(sources.with_highest())


def _with_reports(base: pl.LazyFrame, chosen: Q, as_of: dt.date) -> pl.LazyFrame:
    reports = read(*sources.reports(chosen, as_of)).lazy()
    for back in sources.YEARS:
        of_year = reports.filter(pl.col("year") == as_of.year - back)
        base = base.join(of_year.select(sources.figures_of(back)), on="enterprise", how="left")
    return base


def _with_counts(
    base: pl.LazyFrame, chosen: Q, as_of: dt.date, counts: Sequence[Count]
) -> pl.LazyFrame:
    start = base.collect_schema().names()
    none: list[pl.Expr] = []
    for of in MEASURES:
        wanted = [count for count in counts if count.of == of]
        if not wanted:
            continue
        facts = read(*sources.dated(of, chosen, as_of))
        names = tuple(f"{c.name}_{end}" for c in wanted for end in ("low", "high"))
        none += _none_of(names, found=bool(facts.height))
        if facts.height:
            sums = sources.counted(facts.lazy(), of, as_of=as_of, counts=wanted)
            base = base.join(sums, left_on="enterprise", right_on="enterprise_id", how="left")
    order = [*start, *(f"{c.name}_{end}" for c in counts for end in ("low", "high"))]
    return base.with_columns(none).with_columns(_open_above(tuple(counts))).select(order)


@lru_cache(maxsize=64)
def _none_of(names: tuple[str, ...], *, found: bool) -> list[pl.Expr]:
    """Say nought where an enterprise has none of the facts counted."""
    if found:
        return [pl.col(name).fill_null(0).cast(pl.Int64) for name in names]
    return [pl.lit(0, dtype=pl.Int64).alias(name) for name in names]


@lru_cache(maxsize=16)
def _open_above(counts: tuple[Count, ...]) -> list[pl.Expr]:
    """Leave a count without an upper bound where nobody declared its list complete."""
    return [
        pl.when(pl.col(c.complete)).then(pl.col(f"{c.name}_high")).alias(f"{c.name}_high")
        for c in counts
        if c.complete
    ]
