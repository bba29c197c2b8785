"""How holders move, estimated for every region from a panel (转移估计)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cultivation.digital.forecasting import quarters, shrinking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cultivation.digital.forecasting.panel import Panel
    from cultivation.digital.forecasting.shrinking import Pace, Shares
    from cultivation.digital.forecasting.tree import Tree

    Real = NDArray[np.float64]

QUARTERS, CASES = 4, 30  # less history in the whole country is too little to say anything
HALF_LIFE = 4.0  # quarters after which what was seen weighs half
STEADY = 1e5
WANDER, SURE = 0.1, 4.0  # taken for granted of the pace, and for how many quarters it counts
NEWCOMERS = 10.0  # how many newcomers today's holders count for


@dataclass(frozen=True, slots=True)
class Fit:
    """What the forecast knows of each region, and how one quarter differs from another (估计)."""

    moves: list[list[Shares]]  # by due (no, yes) and state
    rechecks: Shares
    ends: Shares
    arrivals: Pace
    first: Shares  # states of those who arrive
    restless: Real  # [due, state]: how alike quarters are
    wander: float  # how far the pace of all moves strays from one quarter to the next, as a log
    season: list[float]  # of new titles, by quarter of the year; 1 is a quarter of them
    restless_arrivals: float
    quarters: int

    @property
    def own(self) -> Real:
        """Return how much each region's own moves weigh in what is said of it, 0 to 1."""
        return np.asarray(np.mean([shares.own for shares in self.moves[0]], axis=0))


def enough(panel: Panel) -> bool:
    """Tell whether the country has history enough to say anything (史料是否足够)."""
    return panel.quarters >= QUARTERS and float(panel.moves[:, 0].sum()) >= CASES


def fit(panel: Panel, tree: Tree, present: Real) -> Fit:
    """Estimate everything for all regions; newer moves weigh more, titles of all years alike.

    `present` are today's holders of the country by state: who newly gets the title is taken to
    stand as they do, as far as newcomers have not shown otherwise (估计).
    """
    weights = 0.5 ** (np.arange(panel.quarters)[::-1] / HALF_LIFE)
    moves = _weighed(panel.moves, weights)
    states = range(moves.shape[2])
    years, season = len(panel.arrivals), _season(panel)
    return Fit(
        moves=[
            [shrinking.shares(moves[:, due, s], tree, _prior(len(states), due)) for s in states]
            for due in (0, 1)
        ],
        rechecks=shrinking.shares(panel.rechecks.sum(axis=0), tree, np.array([0.5, 0.5])),
        ends=shrinking.shares(panel.ends.sum(axis=0), tree, np.array([0.05, 0.95])),
        arrivals=shrinking.pace(panel.arrivals.sum(axis=0), panel.firms * years, tree),
        first=shrinking.shares(
            panel.first.sum(axis=0), tree, NEWCOMERS * present / max(present.sum(), 1)
        ),
        restless=np.array(
            [[_restless(panel.moves[:, 0, due, s]) for s in states] for due in (0, 1)]
        ),
        wander=_wander(panel.moves[:, 0, 0]),
        season=season,
        restless_arrivals=_restless_arrivals(panel, season),
        quarters=panel.quarters,
    )


def _weighed(counts: Real, weights: Real) -> Real:
    return np.asarray(np.tensordot(weights, counts, axes=1))


def _prior(states: int, due: int) -> Real:
    """Return the little that is taken for granted of the nation: mostly, nothing happens."""
    prior = np.full(states + 1, 0.1 / states)
    prior[-1] = 0.9
    return prior if not due else np.full(states + 1, 1.0 / (states + 1))


def _restless(counts: Real) -> float:
    """Return how closely quarters follow the average one."""
    total = counts.sum(axis=0)
    if (counts.sum(axis=1) > 0).sum() < QUARTERS:
        return STEADY
    around = np.broadcast_to(total / total.sum(), counts.shape)
    return shrinking.concentration(counts, around, least=5.0)


def _wander(moves: Real) -> float:
    """Return how far the country's pace strays between quarters, beyond what chance explains."""
    left, held = moves[..., :-1].sum(axis=2), moves.sum(axis=2)
    usual = left.sum(axis=0) / np.maximum(held.sum(axis=0), 1)
    seen, expected = left.sum(axis=1), held @ usual
    known = seen > 0
    if known.sum() < QUARTERS:
        return WANDER
    jumps = np.diff(np.log(seen[known] / expected[known])) ** 2
    chance = 1 / seen[known][1:] + 1 / seen[known][:-1]
    found = (jumps - chance).sum() + SURE * WANDER**2
    return float(np.sqrt(max(found / (len(jumps) + SURE), WANDER**2)))


def _season(panel: Panel) -> list[float]:
    """Return in which quarters of the year titles are given, drawn a little to all alike."""
    seasons = [quarters.season(day) for day in panel.days[1:]]
    counts = np.bincount(seasons, panel.arrivals[:, 0], minlength=4)
    return [float(one) for one in 4 * (counts + 1) / (counts.sum() + 4)]


def _restless_arrivals(panel: Panel, season: list[float]) -> float:
    counts = panel.arrivals[:, 0]
    if not counts.sum():
        return STEADY
    mean = counts.mean() * np.array([season[quarters.season(day)] for day in panel.days[1:]])
    return shrinking.dispersion(counts, mean, least=0.5)
