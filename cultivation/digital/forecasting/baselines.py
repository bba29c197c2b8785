"""Two simple ways to go on from past rates, for comparison (对照基线).

A straight line by least squares, and a logistic curve with a ceiling of its own.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Real = NDArray[np.float64]

LEAST = 4  # points
YEAR = 365.25


def line(days: Sequence[dt.date], rates: Real, on: dt.date) -> float | None:
    """Return the rate on a day by a straight line through past ones; None of too few (直线)."""
    x, y = _known(days, rates, on)
    if len(x) < LEAST:
        return None
    slope, height = np.polyfit(x, y, 1)
    return float(np.clip(height, 0, 1)) if np.isfinite(slope) else None


def logistic(days: Sequence[dt.date], rates: Real, on: dt.date) -> float | None:
    """Return the rate on a day by a logistic curve; None where none fits (逻辑曲线)."""
    x, y = _known(days, rates, on)
    if len(x) < LEAST:
        return None
    first = (min(1.0, max(float(y.max()) * 1.2, 0.05)), 1.0, float(x.mean()))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            found, _cov = curve_fit(
                _curve, x, y, p0=first, bounds=([1e-3, -20, -20], [1, 20, 20]), max_nfev=400
            )
    except RuntimeError:  # no fit within the tries
        return None
    return float(_curve(np.zeros(1), *found)[0])


def _curve(x: Real, top: float, pace: float, middle: float) -> Real:
    return np.asarray(top / (1 + np.exp(-np.clip(pace * (x - middle), -500, 500))))


def _known(days: Sequence[dt.date], rates: Real, on: dt.date) -> tuple[Real, Real]:
    """Return years before the day, and the rates known then."""
    x = np.array([(day - on).days / YEAR for day in days])
    known = ~np.isnan(rates)
    return x[known], rates[known]
