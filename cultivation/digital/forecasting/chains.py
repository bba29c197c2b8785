"""Where a holder stands after each step, under many drawn sets of rates at once (状态链)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cultivation.digital.forecasting.fitting import Fit

    Real = NDArray[np.float64]
    Whole = NDArray[np.int64]

MOST = 0.98  # of those in a state that leave it in a quarter


@dataclass(frozen=True, slots=True)
class Weather:
    """How one coming quarter differs from the average one, everywhere alike (季度差异)."""

    mix: Real  # [draw, due, state, outcome], factors
    pace: Real  # [draw], of all moves
    rush: Real  # [draw], of new titles


class Chains:
    """Chances of states by start, for some regions; every array begins [draw, region] (状态链).

    A holder starts from a state with a record that lasts, or with one that runs out in a known
    step. Where it runs out without a new one, the holder is not assessed again; a new record is
    taken to last to the horizon.
    """

    def __init__(
        self, fit: Fit, regions: Whole, firms: Real, dues: list[int], rng: np.random.Generator,
        *, draws: int,
    ) -> None:  # fmt: skip
        states = fit.first.alpha.shape[1]
        self.rows = [  # of records that last, and, where there are any, of those that run out
            _drawn(np.stack([one.alpha[regions] for one in row], axis=1), draws, rng)
            for row in fit.moves[: 2 if dues else 1]
        ]
        usual = _drawn(fit.rechecks.alpha[regions], draws, rng)
        self.renewed = _whole(rng.standard_gamma(np.maximum(usual * fit.cohort, 1e-9)))[..., 1]
        self.ending = _drawn(fit.ends.alpha[regions], draws, rng)[..., 0]
        pace = fit.arrivals
        shape = (draws, len(regions))
        self.stray, self.rng = fit.stray[regions], rng
        self.coming = rng.standard_gamma(pace.shape[regions], shape) / pace.rate[regions]
        self.coming = self.coming * firms[regions]
        self.first = _drawn(fit.first.alpha[regions], draws, rng)
        self.base = np.broadcast_to(np.eye(states), (*shape, states, states)).copy()
        self.kept = np.ones((*shape, states))
        self.ran_out: dict[int, Real] = {}
        self.dues = dues
        self.new = np.zeros((*shape, states))
        self.stayed = [np.ones(shape)]

    def go(self, step: int, part: float, weather: Weather) -> None:
        """Take a step that is a part of a quarter."""
        rows = [_whole(row * weather.mix[:, None, due]) for due, row in enumerate(self.rows)]
        quiet = _paced(rows[0], weather.pace[:, None] * part * self._local(part))
        move = _matrix(quiet)
        for out in self.dues:
            if out == step:
                fresh = self.base - _diagonal(self.kept)
                self.ran_out[out] = fresh @ move + self.kept[..., None] * _lapsing(rows[1])
            elif out < step:
                self.ran_out[out] = self.ran_out[out] @ move
        self.base = self.base @ move
        self.kept = self.kept * quiet[..., -1]
        stay = 1 - self.ending * part
        self.stayed.append(stay)
        coming = (self.coming * weather.rush[:, None] * part)[..., None] * self.first
        self.new = (self.new[..., None, :] @ move)[..., 0, :] * stay[..., None] + coming

    def _local(self, part: float) -> Real:
        """Draw how much quicker each region is than the country in a step, [draw, region]."""
        wide = self.stray / np.sqrt(max(part, 0.25))
        drawn = self.rng.standard_normal((len(self.coming), len(self.stray)))
        return np.asarray(np.exp(drawn * wide - wide**2 / 2))

    def split(self, there: int) -> tuple[Real, Real]:
        """Return chances to be there and not, [draw, region, due, start]; due 0 is never."""
        ends = [self.base, *(self.ran_out.get(due, self.base) for due in self.dues)]
        up = np.stack([_sum(end[..., there:]) for end in ends], axis=2)
        return up, 1 - up

    def stays(self, title: int) -> Real:
        """Return the chance to hold the title still, where it runs out in a step or not (0)."""
        held = np.prod(self.stayed, axis=0)
        if 0 < title < len(self.stayed):
            held = held / self.stayed[title] * self.renewed
        return np.asarray(held)

    def arrived(self, there: int) -> tuple[Real, Real]:
        """Return how many newly recognised are expected there, and not there."""
        return _sum(self.new[..., there:]), _sum(self.new[..., :there])


def climbs(fit: Fit, there: int, quarters: int) -> Real:
    """Return each region's chance to count after some average quarters, by state (达标机会)."""
    rows = np.stack([one.mean for one in fit.moves[0]], axis=1)
    return np.asarray(np.linalg.matrix_power(_matrix(rows), quarters)[..., there:].sum(axis=-1))


def _drawn(alpha: Real, draws: int, rng: np.random.Generator) -> Real:
    return _whole(rng.standard_gamma(np.maximum(alpha, 1e-9), (draws, *alpha.shape)))


def _whole(parts: Real) -> Real:
    return np.asarray(parts / np.maximum(_sum(parts), 1e-300)[..., None])


def _paced(rows: Real, pace: Real) -> Real:
    """Make moves more or less likely; what does not move holds still."""
    leaving = 1 - rows[..., -1]
    factor = np.minimum(pace[..., None], MOST / np.maximum(leaving, 1e-12))
    found = rows * factor[..., None]
    found[..., -1] = 1 - leaving * factor
    return np.asarray(found)


def _sum(values: Real) -> Real:
    """Add up over the last, short axis; a product with ones is quicker than a sum there."""
    return np.asarray(values @ np.ones(values.shape[-1]))


def _matrix(rows: Real) -> Real:
    """Return the move from state to state: what holds still stays on the diagonal."""
    return np.asarray(rows[..., :-1] + _diagonal(rows[..., -1]))


def _lapsing(rows: Real) -> Real:
    """Return the move of those whose record runs out: what is not renewed is not assessed."""
    found = rows[..., :-1].copy()
    found[..., 0] += rows[..., -1]
    return np.asarray(found)


def _diagonal(values: Real) -> Real:
    return np.asarray(values[..., None] * np.eye(values.shape[-1]))
