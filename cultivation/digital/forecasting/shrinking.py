"""Rates of small regions, drawn to those of the region above them (经验贝叶斯收缩).

What a part did is taken for a draw around what the rest of the whole does; how far parts stray from
it is estimated from all parts of a depth by maximum likelihood. A part without anything to go by
gets the rate of the whole, one with much keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cultivation.digital.forecasting.tree import Tree

    Real = NDArray[np.float64]
    Whole = NDArray[np.int64]

LEAST, MOST = 1.0, 1e5  # how many cases the whole may count for in a part
USUAL = 20.0  # where there are too few parts to tell
PARTS = 3
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Shares:
    """Dirichlet parameters of each region, and how much its own counts weigh (收缩后的比例)."""

    alpha: Real  # [region, outcome]
    own: Real  # [region], 0 to 1

    @property
    def mean(self) -> Real:
        return np.asarray(self.alpha / self.alpha.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Pace:
    """Gamma parameters of how often something happens in each region (收缩后的频率)."""

    shape: Real
    rate: Real

    @property
    def mean(self) -> Real:
        return np.asarray(self.shape / self.rate)


def shares(counts: Real, tree: Tree, prior: Real) -> Shares:
    """Return the shrunken shares of outcomes; `prior` are the counts the nation begins with."""
    alpha, own = np.zeros_like(counts), np.ones(len(counts))
    alpha[0] = prior + counts[0]
    for parts, above in tree.generations():
        mine = counts[parts]
        rest = np.maximum(alpha[above] - mine, TINY)  # what the whole does without the part
        around = rest / rest.sum(axis=1, keepdims=True)
        weight = concentration(mine, around)
        alpha[parts] = weight * around + mine
        total = mine.sum(axis=1)
        own[parts] = total / (weight + total)
    return Shares(alpha, own)


def pace(counts: Real, exposure: Real, tree: Tree) -> Pace:
    """Return the shrunken frequency of each region, of counts under an exposure."""
    shape, rate = np.zeros_like(counts), np.ones_like(counts)
    shape[0], rate[0] = counts[0] + 0.5, max(exposure[0], 1.0)
    for parts, above in tree.generations():
        mine, under = counts[parts], exposure[parts]
        rest = np.maximum(shape[above] - mine, 0.5)
        around = rest / np.maximum(rate[above] - under, 1.0)
        a = _dispersion(mine, under, around)
        shape[parts], rate[parts] = a + mine, a / around + under
    return Pace(shape, rate)


def concentration(counts: Real, around: Real, *, least: float = LEAST) -> float:
    """Return how close draws lie around given shares, as a number of cases (集中度, 极大似然)."""
    seen = counts.sum(axis=1) > 0
    if seen.sum() < PARTS:
        return USUAL
    n, m = counts[seen], np.maximum(around[seen], TINY)

    def unlikely(log_a: float) -> float:
        a = np.exp(log_a)
        whole = gammaln(a) - gammaln(a + n.sum(axis=1))
        return -float(whole.sum() + (gammaln(a * m + n) - gammaln(a * m)).sum())

    return _least(unlikely, least)


def _dispersion(counts: Real, exposure: Real, around: Real) -> float:
    """Return the shape of the Gamma that parts' frequencies are drawn from (极大似然)."""
    seen = exposure > 0
    if seen.sum() < PARTS or not counts.sum():
        return 1.0
    y, mean = counts[seen], np.maximum(around[seen] * exposure[seen], TINY)
    return dispersion(y, mean)


def dispersion(counts: Real, mean: Real, *, least: float = 0.1) -> float:
    """Return the shape of a negative binomial around given means; great is Poisson (离散度)."""

    def unlikely(log_a: float) -> float:
        a = np.exp(log_a)
        return -float(
            (
                gammaln(a + counts)
                - gammaln(a)
                + a * np.log(a / (a + mean))
                + counts * np.log(mean / (a + mean))
            ).sum()
        )

    return _least(unlikely, least)


def _least(unlikely: Callable[[float], float], least: float) -> float:
    found = minimize_scalar(
        unlikely, bounds=(np.log(least), np.log(MOST)), method="bounded", options={"xatol": 1e-3}
    )
    return float(np.exp(found.x))
