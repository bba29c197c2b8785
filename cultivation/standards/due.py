"""Whose facts differ between two days though nobody touched them (到期变动).

Titles, rights and certificates end, dated facts begin, periods pass. Only the rows whose day lies
between the two are read; they are counted as of both days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cultivation.standards.editions import all_counts
from cultivation.standards.measures import DAY, MEASURES, turning, within
from cultivation.standards.sources import counted
from cultivation.standards.tables import read
from enterprises.registry.models import Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.standards.policy import Count

FIRM = "enterprise_id"


def due(since: dt.date, as_of: dt.date) -> set[int]:
    """Return the enterprises whose facts differ between two days of one year (到期变动企业).

    It may name one too many, where one change makes up for another, but none too few. ValueError
    for days of two years: between them the figures of all enterprises move on.
    """
    first, last = sorted((since, as_of))
    if first.year != last.year:
        raise ValueError(f"{first} and {last} are of two years; take a whole snapshot")
    if first == last:
        return set()
    counts = all_counts()
    found = _titled(first, last)
    for of in MEASURES:
        found |= _counted(of, [count for count in counts if count.of == of], first, last)
    return found


def _titled(first: dt.date, last: dt.date) -> set[int]:
    turning_titles = Title.objects.filter(
        within("granted_on", first, last)
        | within("ended_on", first, last)
        | within("valid_to", first - DAY, last - DAY)
    )
    days = dict.fromkeys(("granted_on", "valid_to", "ended_on"), pl.Date)
    titles = read(turning_titles, {FIRM: pl.Int64, "tier": pl.String, **days}).lazy()
    runs = pl.col("ended_on").is_null()

    def held(day: dt.date) -> pl.LazyFrame:
        on = pl.lit(day).is_between("granted_on", "valid_to") & (runs | (pl.col("ended_on") > day))
        return titles.filter(on).select(FIRM, "tier").unique()

    return _differing(held(first), held(last))


def _counted(of: str, counts: Sequence[Count], first: dt.date, last: dt.date) -> set[int]:
    if not counts:
        return set()
    measure = MEASURES[of]
    rows = read(measure.model._default_manager.filter(turning(of, first, last)), measure.types)

    def told(day: dt.date) -> pl.LazyFrame:
        begun = rows.lazy().filter(pl.col(measure.dated) <= day)
        sums = counted(begun, of, as_of=day, counts=counts)
        return sums.filter(pl.any_horizontal(pl.exclude(FIRM) != 0))

    return _differing(told(first), told(last))


def _differing(one: pl.LazyFrame, other: pl.LazyFrame) -> set[int]:
    """Return the enterprises of rows that stand in one frame and not in the other."""
    names = one.collect_schema().names()
    apart = [
        here.join(there, on=names, how="anti").select(FIRM)
        for here, there in ((one, other), (other, one))
    ]
    return set(pl.concat(apart).collect()[FIRM])
