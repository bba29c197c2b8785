"""A country whose firms move by known rates, drawn by lot: no database (模拟数据)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from cultivation.digital.forecasting import quarters, states, tree
from cultivation.digital.models import CoverageDefinition

ON = dt.date(2026, 6, 30)
LEVELS = CoverageDefinition(
    code="L2",
    count={"basis": "level", "ways": ["on_site"], "index_versions": [2024], "at_least": 2},
)
ACCEPTED = CoverageDefinition(code="DONE", count={"basis": "project", "milestone": "accepted"})
READING = states.Reading(LEVELS)
# From not assessed and each level, by quarter: to which level a new assessment leads; else none.
RATES = np.array(
    [
        [0.04, 0.06, 0.08, 0.03, 0.0],
        [0.0, 0.10, 0.05, 0.0, 0.0],
        [0.0, 0.0, 0.12, 0.04, 0.0],
        [0.0, 0.0, 0.0, 0.06, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.02],
        [0.0, 0.0, 0.0, 0.0, 0.0],
    ]
)


def titled(firms: dict[int, str], *, until: dt.date = dt.date(2029, 6, 30)) -> pl.DataFrame:
    """Return titles of firms by path, valid throughout."""
    rows = [(firm, path, dt.date(2020, 1, 1), until, None) for firm, path in firms.items()]
    return pl.DataFrame(rows, schema=states.TITLES, orient="row")


def assessed(rows: list[tuple[int, dt.date, int]], until: dt.date | None = None) -> pl.DataFrame:
    """Return on-site assessments of (firm, day, level)."""
    return pl.DataFrame(
        [(f, n, "on_site", 2024, level, day, until) for n, (f, day, level) in enumerate(rows)],
        schema=states.ASSESSED,
        orient="row",
    )


def facts(
    firms: dict[int, str], rows: pl.DataFrame, titles: pl.DataFrame | None = None
) -> states.Facts:
    """Return what a forecast rests on."""
    held = titled(firms) if titles is None else titles
    paths = list(firms.values())
    return states.Facts(
        titles={"little_giant": held},
        assessed=rows,
        projects=pl.DataFrame([], schema=states.PROJECTS),
        firms={path: paths.count(path) for path in set(paths)},
    )


def grown(firms: dict[int, str]) -> tree.Tree:
    """Return the tree of the firms' regions: provinces of two characters, cities of four."""
    regions = {path[:length] for path in firms.values() for length in (2, 4)}
    return tree.grow(firms.values(), regions)


def simulated(
    firms: dict[int, str],
    *,
    ahead: int = 0,
    behind: int = 8,
    seed: int = 1,
    spread: float = 0.0,
    wander: float = 0.0,
    stray: float = 0.0,
) -> states.Facts:
    """Let firms move by RATES in the quarters before and after ON.

    `spread` sets regions apart for good, `wander` lets the pace of the country walk from quarter to
    quarter, `stray` makes a region's quarter better or worse; all as logs.
    """
    rng = np.random.default_rng(seed)
    own = {path: np.exp(rng.normal(0, spread)) for path in sorted(set(firms.values()))}
    ends = quarters.back_from(ON, behind + 1)
    for _ in range(ahead):
        ends.append(quarters.end_of(ends[-1] + dt.timedelta(days=1)))
    rows = [(0, ends[0], 0)]  # the definition counts from the first day on
    state = dict.fromkeys(firms, 0)
    pace = np.exp(np.cumsum(rng.normal(0, wander, len(ends))))
    for end, common in zip(ends[1:], pace[1:], strict=True):
        turn = {path: common * own[path] * np.exp(rng.normal(0, stray)) for path in own}
        most = {path: min(factor, 1 / 0.21) for path, factor in turn.items()}
        for firm, path in firms.items():
            chances = RATES[state[firm]] * most[path]
            drawn = np.searchsorted(np.cumsum(chances), rng.random(), side="right")
            if drawn < 5:
                state[firm] = int(drawn) + 1
                rows.append((firm, end, int(drawn)))
    return facts(firms, assessed(rows))


def known(whole: states.Facts) -> states.Facts:
    """Return what was on record by ON."""
    return states.Facts(
        whole.titles, whole.assessed.filter(pl.col("day") <= ON), whole.projects, whole.firms
    )
