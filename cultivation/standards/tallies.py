"""What a simulation found, added up: totals, by where firms stand, by what decides (汇总)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards.pairings import HOLDS, PASSED, PASSES, SORTS, UNTOLD, UNTOLD_THEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.simulating import Result

COUNTS: dict[str, pl.Expr] = {  # in the order in which a stored row holds them
    "firms": pl.lit(value=True),
    "before": PASSED,
    "after": PASSES,
    "gains": SORTS["gains"],
    "losses": SORTS["losses"],
    "cleared": SORTS["cleared"],
    "doubtful": SORTS["doubtful"],
    "holders": HOLDS,
    "stay": HOLDS & PASSED,
    "casualties": SORTS["casualties"],
    "saved": SORTS["saved"],
    "unknown_before": UNTOLD_THEN,
    "unknown_after": UNTOLD,
}
SUMS = pl.col(list(COUNTS)).sum()
DIMENSIONS = ("unit", "city", "county", "held", "section", "size")
PLACES = {"unit": 2, "city": 4, "county": 6}


def tally(result: Result, *, path: str = "") -> dict[str, Any]:
    """Add a result up into plain data, as a scenario keeps it (汇总结果)."""
    rows = _placed(result.counts, path)
    dimensions = [name for name in DIMENSIONS if name in rows.columns]
    pairs = [
        (one, other)
        for one, other in combinations(dimensions, 2)
        if "county" not in (one, other) and not {one, other} <= set(PLACES)
    ]
    cells = rows.lazy().with_columns(
        pl.when(asked).then(pl.col("count")).otherwise(0).alias(name)
        for name, asked in COUNTS.items()
    )
    cube = cells.group_by(dimensions).agg(SUMS).collect()
    crossed = dict(zip(pairs, _summed([cube] * len(pairs), pairs), strict=True))
    # What one dimension gives is added up from the least table that has it.
    least = [
        min(
            (table for pair, table in crossed.items() if name in pair),
            key=lambda table: table.height,
            default=cube,
        )
        for name in dimensions
    ]
    single = dict(zip(dimensions, _summed(least, [(name,) for name in dimensions]), strict=True))
    return {
        "totals": next(iter(single.values())).select(SUMS).row(0, named=True),
        "verdicts": _summed_verdicts(rows),
        "by": {name: _listed(table) for name, table in single.items()},
        "pairs": {f"{one} {other}": _listed(table) for (one, other), table in crossed.items()},
        "deciding": _deciding(rows, result.requirements),
        "scores": [list(pair) for pair in result.scores],
        "missing": list(result.missing),
    }


def _summed(tables: Sequence[pl.DataFrame], keys: Sequence[tuple[str, ...]]) -> list[pl.DataFrame]:
    """Add each table up by its keys, in the order of what they say."""
    asked = [
        table.lazy()
        .group_by(names)
        .agg(SUMS)
        .with_columns(pl.col(names).cast(pl.String))
        .sort(names)
        for table, names in zip(tables, keys, strict=True)
    ]
    return pl.collect_all(asked)


def _listed(table: pl.DataFrame) -> list[list[Any]]:
    return [list(row) for row in table.rows()]


def _placed(counts: pl.DataFrame, path: str) -> pl.DataFrame:
    """Name the places of the rows: units of the nation, cities and counties of a subtree."""
    place = pl.col("place").cast(pl.String)
    if not path:
        return counts.rename({"place": "unit"})
    levels = PLACES if path[:2].isdigit() else {"county": PLACES["county"]}  # a city of its own
    named = [place.str.slice(0, size).alias(n) for n, size in levels.items() if size > len(path)]
    return counts.with_columns(named).drop("place")


def _summed_verdicts(rows: pl.DataFrame) -> list[list[Any]]:
    keys = ["kind", "before", "after"]
    summed = rows.group_by(keys).agg(pl.col("count").sum()).sort(keys)
    return _listed(summed)


def _deciding(rows: pl.DataFrame, requirements: tuple[str, ...]) -> list[list[Any]]:
    """Return for each requirement: gains it decides, and alone; losses it decides, and alone."""
    sums = [pl.col("count").filter(SORTS[name]).sum().alias(name) for name in ("gains", "losses")]
    turned = rows.filter(pl.col("deciding") != 0).group_by("deciding").agg(sums).rows()
    found = []
    for bit, code in enumerate(requirements):
        its = [row for row in turned if row[0] >> bit & 1]
        alone = [row for row in its if row[0] == 1 << bit]
        counts = [sum(row[at] for row in some) for at in (1, 2) for some in (its, alone)]
        found.append([code, *counts])
    return found


def cut(scores: list[list[int]], places: int) -> tuple[int, int] | None:
    """Return the lowest score that a quota of places reaches and how many reach it (名额分数线).

    Scores are the lowest possible ones of those that qualify. Where several share the last place,
    all of them are counted. None where there are fewer than places.
    """
    reached = 0
    for score, number in scores:
        reached += number
        if reached >= places:
            return score, reached
    return None
