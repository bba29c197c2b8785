"""From today's holders to a horizon, many times over (推演).

Each run draws rates for every region from what is known of them, lets each quarter be better or
worse than the average one as past quarters were, works out exactly where a holder stands at each
step under these rates, and then draws the holders themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from cultivation.digital.forecasting import quarters
from cultivation.digital.forecasting.chains import Chains, Weather, climbs
from cultivation.digital.path import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cultivation.digital.forecasting.fitting import Fit
    from cultivation.digital.forecasting.panel import Cells
    from cultivation.digital.forecasting.quarters import Step

    Real = NDArray[np.float64]
    Whole = NDArray[np.int64]

DRAWS = 200
TOGETHER = 32  # regions worked on at once, so that memory stays small
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MIDDLE = 2
STANDARD = ndtri(QUANTILES)  # where they lie under a bell curve
FOUR_FIFTHS = float(STANDARD[-1])
YEAR = 4  # quarters over which the chance of a firm is told


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked for: from which state on a holder counts, and the rate due in ppm (目标)."""

    there: int
    due: int


@dataclass(frozen=True, slots=True)
class Projection:
    """What the runs gave (推演结果): shares transformed as fractions; NaN where nobody holds."""

    quantiles: Real  # [step, quantile, region]
    holders: Real  # [step, region], the middle of the runs
    chance: Real  # [region], of reaching the rate that is due
    climbs: Real  # [region, state], chance of a firm to count within a year


def project(
    fit: Fit, cells: Cells, firms: Real, *, steps: list[Step], goal: Goal, seed: list[int],
    slack: float = 0.0, draws: int = DRAWS,
) -> Projection:  # fmt: skip
    """Run the forecast of every region with holders; equal arguments give equal results (推演).

    `firms` [region] are all registered; `slack` is how much wider a range of four fifths is made
    for each year ahead, on either side, as a fraction of the holders (校准余量).
    """
    rng = np.random.default_rng(seed)
    weather = _weather(fit, steps, rng, draws)
    slacks = slack * np.cumsum([step.part for step in steps]) / YEAR
    held = np.unique(cells.region)
    quantiles = np.full((len(steps), len(QUANTILES), len(firms)), np.nan)
    holders, chance = np.zeros((len(steps), len(firms))), np.full(len(firms), np.nan)
    for start in range(0, len(held), TOGETHER):
        regions = held[start : start + TOGETHER]
        some = _Some(fit, cells, firms, regions, rng, draws)
        for step, (rates, total) in enumerate(some.walk(steps, goal, weather, slacks)):
            quantiles[step][:, regions], holders[step, regions] = rates, total
        chance[regions] = some.chance
    return Projection(quantiles, holders, chance, climbs(fit, goal.there, YEAR))


def _weather(fit: Fit, steps: list[Step], rng: np.random.Generator, draws: int) -> list[Weather]:
    """Draw how each coming quarter differs: its mix of moves, the pace of all, the new titles.

    The pace wanders from where it is now, as far as it wandered from quarter to quarter before;
    where it is now is itself known but roughly.
    """
    mean = np.array([[shares.mean[0] for shares in row] for row in fit.moves])
    alpha = np.maximum(mean * fit.restless[..., None], 1e-9)
    drawn = rng.standard_gamma(np.broadcast_to(alpha, (draws, len(steps), *alpha.shape)))
    drawn /= np.maximum(drawn.sum(axis=-1, keepdims=True), 1e-300)
    mix = drawn / np.maximum(mean, 1e-12)
    wander = fit.wander * np.sqrt([step.part for step in steps])
    level, unsure = fit.lately
    wander[0] = np.hypot(wander[0], unsure)
    pace = np.exp(level + np.cumsum(rng.standard_normal((draws, len(steps))) * wander, axis=1))
    rush = rng.standard_gamma(fit.restless_arrivals, (draws, len(steps))) / fit.restless_arrivals
    rush *= [fit.season[quarters.season(step.until)] for step in steps]
    return [Weather(mix[:, n], pace[:, n], rush[:, n]) for n in range(len(steps))]


class _Some:
    """The runs of some regions."""

    def __init__(
        self, fit: Fit, cells: Cells, firms: Real, regions: Whole, rng: np.random.Generator,
        draws: int,
    ) -> None:  # fmt: skip
        mine = np.isin(cells.region, regions)
        self.where = np.searchsorted(regions, cells.region[mine])
        self.state, self.title = cells.state[mine], cells.title[mine]
        self.held = cells.number[mine]
        self.dues = [int(due) for due in np.unique(cells.record[mine]) if due]
        self.which = np.searchsorted([0, *self.dues], cells.record[mine])
        self.sums = (self.where[:, None] == np.arange(len(regions))).astype(float)
        self.rng, self.draws, self.chance = rng, draws, np.zeros(len(regions))
        self.chains = Chains(fit, regions, firms, self.dues, rng, draws=draws)

    def walk(
        self, steps: list[Step], goal: Goal, weather: list[Weather], slacks: Real
    ) -> Iterator[tuple[Real, Real]]:
        """Yield for each step the quantiles of the rate and the middle number of holders."""
        chains, rng = self.chains, self.rng
        for number, step in enumerate(steps):
            chains.go(number + 1, step.part, weather[number])
            held = self._held()
            there, away = (
                np.clip(chance[:, self.where, self.which, self.state] * held, 0, 1)
                for chance in chains.split(goal.there)
            )
            new_there, new_away = chains.arrived(goal.there)
            reached = rng.binomial(self.held, there)
            left = np.clip(away / np.maximum(1 - there, 1e-12), 0, 1)
            behind = rng.binomial(self.held - reached, left)
            up = reached @ self.sums + rng.poisson(new_there)
            total = up + behind @ self.sums + rng.poisson(new_away)
            none_away = np.log1p(-np.minimum(away, 1 - 1e-12))
            self._judge(goal, up, total, none_away, new_away, slacks[number])
            yield _widened(_quantiles(up, total), slacks[number]), np.median(total, axis=0)

    def _held(self) -> Real:
        """Return for each cell the chance that its holders hold still."""
        found = np.empty((self.draws, len(self.held)))
        for title in np.unique(self.title):
            mine = self.title == title
            found[:, mine] = self.chains.stays(int(title))[:, self.where[mine]]
        return found

    def _judge(
        self, goal: Goal, up: Real, total: Real, none_away: Real, new_away: Real, slack: float
    ) -> None:
        """Keep the chance of the goal: for all of the holders exactly, else as often as drawn."""
        if goal.due == WHOLE:
            nobody = np.exp((none_away * self.held) @ self.sums - new_away)
            self.chance = nobody.mean(axis=0)
        else:
            off = self.rng.standard_normal(up.shape) * (slack / FOUR_FIFTHS) * total
            self.chance = ((up + off) * WHOLE >= goal.due * total).mean(axis=0)


def _widened(quantiles: Real, slack: float) -> Real:
    """Return quantiles [quantile, region] farther from their middle, errors added as squares."""
    middle = quantiles[MIDDLE]
    off = quantiles - middle
    more = np.abs(STANDARD)[:, None] / FOUR_FIFTHS * slack
    return np.asarray(np.clip(middle + np.sign(STANDARD)[:, None] * np.hypot(off, more), 0, 1))


def _quantiles(up: Real, total: Real) -> Real:
    rate = np.divide(up, total, out=np.full(up.shape, np.nan), where=total > 0)
    found = np.full((len(QUANTILES), rate.shape[1]), np.nan)
    some = ~np.isnan(rate).all(axis=0)
    whole = some & ~np.isnan(rate).any(axis=0)
    found[:, whole] = np.quantile(rate[:, whole], QUANTILES, axis=0)
    if (part := some & ~whole).any():
        found[:, part] = np.nanquantile(rate[:, part], QUANTILES, axis=0)
    return found
