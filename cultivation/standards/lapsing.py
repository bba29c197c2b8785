"""When facts that count now stop counting: a certificate ends, an event ages out (到期与过期)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from cultivation.standards.measures import MEASURES
from cultivation.standards.sources import counted
from cultivation.standards.tables import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from cultivation.standards.policy import Count

Ahead = list[tuple[dt.date, int, int]]  # from which day on, how many at least, how many at most


def ahead(
    enterprise_id: int, counts: Iterable[Count], *, since: dt.date, until: dt.date
) -> dict[str, Ahead]:
    """Return how counts change by time alone, day by day; one query a kind of fact (时间推移)."""
    by_kind: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        by_kind[count.of].append(count)
    found: dict[str, Ahead] = {}
    for of, wanted in by_kind.items():
        measure = MEASURES[of]
        kept = measure.model._default_manager.filter(
            enterprise_id=enterprise_id, **{f"{measure.dated}__lte": since}
        )
        rows = read(kept, measure.types)
        found |= {count.name: [] for count in wanted}
        if not rows.height:
            continue
        for day in sorted(set(_days(rows, of, since, until))):
            made = counted(rows.lazy(), of, as_of=day, counts=wanted).collect().row(0, named=True)
            for count in wanted:
                low, high = made[f"{count.name}_low"], made[f"{count.name}_high"]
                found[count.name].append((day, low, high))
    return found


def _days(rows: pl.DataFrame, of: str, since: dt.date, until: dt.date) -> Iterator[dt.date]:
    """Yield the days on which a count may change: a year begins, a fact is no longer valid."""
    yield from (dt.date(year, 1, 1) for year in range(since.year + 1, until.year + 1))
    if ends := MEASURES[of].ends:
        for last in rows[ends].drop_nulls().unique():
            day = last + dt.timedelta(days=1)
            if since < day <= until:
                yield day
