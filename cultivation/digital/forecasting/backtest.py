"""The last year hidden and forecast, beside a line and a curve (回测).

Hidden is what is dated after the day: what was entered late but dated before it is known here and
was not known then, so the test flatters all three ways alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cultivation.digital.forecasting import baselines, panel, running

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from cultivation.digital.forecasting.running import Outlook
    from cultivation.digital.forecasting.states import Facts, Reading
    from cultivation.digital.forecasting.tree import Tree

    Real = NDArray[np.float64]

LEAST = 10  # holders; of fewer, one firm is ten points
WAYS = ("forecast", "line", "logistic")
LOW, LOWER, MIDDLE, UPPER, HIGH = range(5)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was said of each region a year ago, and what came; fractions, NaN is unknown (回测)."""

    since: dt.date
    on: dt.date
    actual: Real
    quantiles: Real  # [quantile, region]
    ways: dict[str, Real]  # the forecast, the line, the curve
    counted: NDArray[np.bool_]  # regions with holders enough, all ways known

    def errors(self, way: str) -> Real:
        """Return how far off a way was in each region, in fractions."""
        return np.abs(self.ways[way] - self.actual)

    def inside(self, low: int, high: int) -> NDArray[np.bool_]:
        """Tell of each region whether what came lay within the interval."""
        # a share of few firms lies on the edge itself: half a millionth is no distance
        edge = 5e-7
        lowest, highest = self.quantiles[low] - edge, self.quantiles[high] + edge
        return np.asarray((self.actual >= lowest) & (self.actual <= highest))

    def summary(self) -> dict[str, Any]:
        """Return the errors over all regions with holders enough, in hundredths of points."""
        found: dict[str, Any] = {
            "since": self.since.isoformat(), "on": self.on.isoformat(),
            "regions": int(self.counted.sum()),
        }  # fmt: skip
        if not self.counted.any():
            return found
        for way in WAYS:
            found[way] = round(float(self.errors(way)[self.counted].mean()) * 10_000)
        for name, low, high in (("inside80", LOW, HIGH), ("inside50", LOWER, UPPER)):
            found[name] = round(float(self.inside(low, high)[self.counted].mean()) * 1_000_000)
        return found

    def of(self, region: int) -> dict[str, Any]:
        """Return what a region's row keeps of the test, in ppm (单地区回测)."""
        if np.isnan([self.actual[region], self.ways["forecast"][region]]).any():
            return {}
        found = {"actual": _ppm(self.actual[region])}
        found |= {way: _ppm(values[region]) for way, values in self.ways.items()}
        found["low"], found["high"] = (_ppm(self.quantiles[n, region]) for n in (LOW, HIGH))
        found["inside"] = bool(self.inside(LOW, HIGH)[region])
        return found


def a_year_before(day: dt.date) -> dt.date:
    """Return the day a year earlier; of a leap day, the last of February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def a_year_after(day: dt.date) -> dt.date:
    """Return the day a year later; of a leap day, the last of February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def try_out(
    facts: Facts, reading: Reading, tree: Tree, *, tier: str, on: dt.date, slack: float = 0.0
) -> Tried | None:
    """Forecast a day from a year before it; None where there was too little to say then (回测).

    `slack` is what ranges are widened by, as it could be known a year before.
    """
    since = a_year_before(on)
    then = running.look_ahead(
        facts, reading, tree, tier=tier, on=since, until=on, least=LEAST, slack=slack
    )
    if then.projection is None:
        return None
    total, there = panel.rates(facts, reading, tree, tier=tier, on=on)
    ways = {"forecast": then.projection.quantiles[-1][MIDDLE]}
    worth = (total >= LEAST) & (then.total >= LEAST)
    ways |= _baselines(then, on, worth)
    known = ~np.isnan([ways[way] for way in WAYS]).any(axis=0)
    return Tried(
        since, on, _share(there, total), then.projection.quantiles[-1], ways, worth & known
    )


def _baselines(then: Outlook, on: dt.date, worth: NDArray[np.bool_]) -> dict[str, Real]:
    """Return what the line and the curve say of each region that is worth it."""
    days, rates = history(then)
    found = {name: np.full(len(worth), np.nan) for name in ("line", "logistic")}
    for region in np.flatnonzero(worth):
        for name, go_on in (("line", baselines.line), ("logistic", baselines.logistic)):
            said = go_on(days, rates[:, region], on)
            found[name][region] = np.nan if said is None else said
    return found


def history(then: Outlook) -> tuple[list[dt.date], Real]:
    """Return the past days and rates [day, region] that a forecast began from."""
    days = [*then.panel.ends_on]
    total, there = [*then.panel.total], [*then.panel.there]
    if then.on not in days:
        days, total, there = [*days, then.on], [*total, then.total], [*there, then.there]
    return days, _share(np.array(there), np.array(total))


def _share(part: Real, whole: Real) -> Real:
    found: Real = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return found


def _ppm(value: float) -> int | None:
    return None if np.isnan(value) else round(float(value) * 1_000_000)
