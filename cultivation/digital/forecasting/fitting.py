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
GROWN = 8  # quarters after which an index has seen enough second assessments
HALF_LIFE = 4.0  # quarters after which what was seen weighs half
STEADY = 1e5
WANDER, SURE = 0.2, 4.0  # taken for granted of the pace, and for how many quarters it counts
TINY = 1e-12
ALIKE = 0.1  # the same of titles that run out together: how alike their fates are
NEWCOMERS = 10.0  # how many newcomers today's holders count for


@dataclass(frozen=True, slots=True)
class Fit:
    """What the forecast knows of each region, and how one quarter differs from another (估计)."""

    moves: list[list[Shares]]  # by due (no, yes) and state
    rechecks: Shares
    cohort: float  # how closely the titles of one coming quarter follow that, as a number of cases
    ends: Shares
    arrivals: Pace
    first: Shares  # states of those who arrive
    restless: Real  # [due, state]: how alike quarters are
    wander: float  # how far the pace of all moves strays from one quarter to the next, as a log
    lately: tuple[float, float]  # the pace now against that average, as a log, and how unsure
    stray: Real  # [region]: how far a region's pace strays from the country's in a quarter, a log
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


def fit(panel: Panel, tree: Tree, present: Real, *, wide: Panel | None = None) -> Fit:
    """Estimate everything for all regions; newer moves weigh more, titles of all years alike.

    `present` are today's holders of the country by state, [state]: who newly gets the title is
    taken to stand as they do, as far as newcomers have not shown otherwise. `wide` are the moves
    under all indexes together, from which a young index borrows (估计).
    """
    moves, borrowed = _moves(panel, wide)
    states = range(moves.shape[2])
    years, season = len(panel.arrivals), _season(panel)
    alike, wander = _alike(panel.rechecks[:, 0]), _wander(panel.moves[:, 0, 0])
    return Fit(
        moves=[
            [
                shrinking.shares(
                    moves[:, due, s], tree, _prior(len(states), due) + borrowed[due, s]
                )
                for s in states
            ]
            for due in (0, 1)
        ],
        rechecks=shrinking.shares(
            np.tensordot(_worth(panel.rechecks[:, 0], alike), panel.rechecks, axes=1),
            tree,
            np.array([1.0, 1.0]),
        ),
        cohort=1 / alike - 1,
        ends=shrinking.shares(panel.ends.sum(axis=0), tree, np.array([0.05, 0.95])),
        arrivals=shrinking.pace(panel.arrivals.sum(axis=0), panel.firms * years, tree),
        first=shrinking.shares(
            _weighed(panel.first), tree, NEWCOMERS * present / max(present.sum(), 1)
        ),
        restless=np.array(
            [[_restless(panel.moves[:, 0, due, s]) for s in states] for due in (0, 1)]
        ),
        wander=wander,
        lately=_lately(panel.moves[:, 0, 0], wander),
        stray=_stray(panel.moves[:, :, 0], tree),
        season=season,
        restless_arrivals=_restless_arrivals(panel, season),
        quarters=panel.quarters,
    )


def _moves(panel: Panel, wide: Panel | None) -> tuple[Real, Real]:
    """Return weighed moves [region, due, from, to] and what the nation borrows [due, from, to].

    A young index has seen hardly anyone for long enough to be assessed again. For the part of two
    years that it lacks, the moves of those assessed are taken from all indexes together (借用).
    """
    moves = _weighed(panel.moves)
    borrowed = np.zeros(moves.shape[1:])
    lacking = max(0.0, 1 - panel.quarters / GROWN)
    if wide is None or not lacking or wide.quarters <= panel.quarters:
        return moves, borrowed
    borrowed[:, 1:] = _weighed(wide.moves)[0, :, 1:] * lacking
    moves[:, :, 1:] *= 1 - lacking
    return moves, borrowed


def _weighed(counts: Real) -> Real:
    """Return the sum over quarters, [quarter, …], newer ones weighing more."""
    weights = 0.5 ** (np.arange(len(counts))[::-1] / HALF_LIFE)
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
    paces, chance = _paces(moves)
    if len(paces) < QUARTERS:
        return WANDER
    jumps = np.diff(paces) ** 2 - (chance[1:] + chance[:-1])
    found = jumps.sum() + SURE * WANDER**2
    return float(np.sqrt(max(found / (len(jumps) + SURE), (WANDER / 2) ** 2)))


def _lately(moves: Real, wander: float) -> tuple[float, float]:
    """Return the pace now against the average that rates come from, and how unsure, as logs.

    A walk seen through chance, followed quarter by quarter: the less a quarter's count can be
    trusted, the less it moves what is thought (卡尔曼滤波).
    """
    level, unsure = 0.0, WANDER
    for pace, chance in zip(*_paces(moves), strict=True):
        before = unsure**2 + wander**2
        gain = before / (before + chance)
        level += gain * (pace - level)
        unsure = float(np.sqrt((1 - gain) * before))
    return float(level), unsure


def _paces(moves: Real) -> tuple[Real, Real]:
    """Return each quarter's movers against the average ones, as a log, and the chance in it.

    From [quarter, from, to] of the country; quarters without a mover are left out.
    """
    held, left = moves.sum(axis=2), moves[..., :-1].sum(axis=2)
    usual = _weighed(left) / np.maximum(_weighed(held), TINY)
    seen, expected = left.sum(axis=1), held @ usual
    known = (seen > 0) & (expected > 0)
    return np.log(seen[known] / expected[known]), 1 / seen[known]


def _stray(moves: Real, tree: Tree) -> Real:
    """Return how far regions' pace strays in a quarter, by depth, from [quarter, region, from, to].

    Expected of a region is its own share of movers times the country's quarter; what its counts
    stray more than chance explains is put down to the region's quarter (矩估计).
    """
    left, held = moves[..., :-1].sum(axis=(2, 3)), moves.sum(axis=(2, 3))
    usual = left[:, 0].sum() / max(held[:, 0].sum(), 1)
    turn = left[:, 0] / np.maximum(held[:, 0] * usual, TINY)
    own = left.sum(axis=0) / np.maximum((turn[:, None] * held).sum(axis=0), TINY)
    mean = turn[:, None] * held * own
    found = np.zeros(moves.shape[1])
    for parts, _above in tree.generations():
        # of each region one quarter's worth of freedom went into its own share
        free = max(0.0, 1 - 1 / max(len(moves), 2))
        excess = ((left[:, parts] - mean[:, parts]) ** 2 - free * mean[:, parts]).sum()
        found[parts] = np.sqrt(max(0.0, excess) / max((mean[:, parts] ** 2).sum() * free, 1.0))
    return np.minimum(found, 1.0)


def _alike(counts: Real) -> float:
    """Return how alike the fates of titles are that run out in a quarter, from [quarter, kept].

    By moments from the country's quarters, drawn to what is taken for granted (组内相关).
    """
    many = counts.sum(axis=1)
    known = many > 1
    if not known.any():
        return ALIKE
    share = (counts[known, 1].sum() + 1) / (many[known].sum() + 2)
    strays = (counts[known, 1] - many[known] * share) ** 2 / (many[known] * share * (1 - share))
    each = np.clip((strays - 1) / (many[known] - 1), 0, 1)
    return float(np.clip((each.sum() + SURE * ALIKE) / (len(each) + SURE), 0.01, 0.9))


def _worth(counts: Real, alike: float) -> Real:
    """Return what a case weighs in a quarter where so many share one fate, [quarter]."""
    return np.asarray(1 / (1 + np.maximum(counts.sum(axis=1) - 1, 0) * alike))


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
