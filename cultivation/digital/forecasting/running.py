"""One forecast: a tier under a definition from a day on, for every region at once (单次预测)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from cultivation.digital.forecasting import fitting, panel, projecting, quarters
from cultivation.digital.path import WHOLE

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from cultivation.digital.forecasting.fitting import Fit
    from cultivation.digital.forecasting.panel import Panel
    from cultivation.digital.forecasting.projecting import Projection
    from cultivation.digital.forecasting.quarters import Step
    from cultivation.digital.forecasting.states import Facts, Reading
    from cultivation.digital.forecasting.tree import Tree

    Real = NDArray[np.float64]

SEED = 20271231


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast of every region; `projection` is None where there is too little to say (展望)."""

    on: dt.date
    steps: list[Step]
    panel: Panel
    total: Real  # [region] on the day
    there: Real
    fit: Fit | None
    projection: Projection | None


def look_ahead(
    facts: Facts,
    reading: Reading,
    tree: Tree,
    *,
    tier: str,
    on: dt.date,
    until: dt.date,
    due: int = WHOLE,
    least: int = 1,
    slack: float = 0.0,
) -> Outlook:
    """Forecast a tier under a definition from a day to a horizon, where so many hold it (展望).

    `slack` widens the ranges, as a fraction of the holders a year ahead; see `calibrating`.
    """
    seen = panel.look_back(facts, reading, tree, tier=tier, on=on)
    total, there = panel.rates(facts, reading, tree, tier=tier, on=on)
    steps = quarters.steps(on, until)
    cells = panel.present(facts, reading, tree, tier=tier, on=on, steps=steps)
    fit = made = None
    if steps and total[0] and fitting.enough(seen):
        fit = fitting.fit(
            seen,
            tree,
            cells.states(reading.number),
            wide=wide(facts, reading, tree, tier, on, seen),
        )
        made = projecting.project(
            fit,
            cells.of(np.flatnonzero(total >= least)),
            seen.firms,
            steps=steps,
            goal=projecting.Goal(reading.there, due),
            slack=slack,
            seed=seed_of(reading, tier, on),
        )
    return Outlook(on, steps, seen, total, there, fit, made)


def wide(
    facts: Facts, reading: Reading, tree: Tree, tier: str, on: dt.date, seen: Panel,
    *, last: int = panel.LAST,
) -> Panel | None:  # fmt: skip
    """Return what holders did under all indexes, where that of the definition is young (旧版)."""
    if not reading.by_level or seen.quarters >= fitting.GROWN:
        return None
    return panel.look_back(facts, reading.of_any_index, tree, tier=tier, on=on, last=last)


def seed_of(reading: Reading, tier: str, on: dt.date) -> list[int]:
    """Return the seed of a forecast: the same for the same question (种子)."""
    return [SEED, on.toordinal(), crc32(f"{tier}:{reading.definition.code}".encode())]
