"""How much wider ranges must be, from how earlier forecasts would have done (区间校准).

The model knows of chance, rates, quarters and regions; what else makes it err shows only in what
came. So it is set back to the ends of earlier quarters, with all that came later hidden, and each
region's error is held against its range. The slack is the least that, added as squares, would have
held four fifths of what came (split conformal, 保形校准). It never makes a range narrower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cultivation.digital.forecasting import fitting, panel, projecting, quarters, running

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from cultivation.digital.forecasting.panel import Panel
    from cultivation.digital.forecasting.states import Facts, Reading
    from cultivation.digital.forecasting.tree import Tree

    Real = NDArray[np.float64]

BACK = (2, 3, 4, 5, 6)  # quarters that origins lie before the last quarter's end
AHEAD = 4  # quarters looked ahead from each, where as many have passed
LEAST = 10  # holders; of fewer, one firm is ten points
REGIONS, DRAWS = 240, 100  # at most; enough for one figure
SHARE = 0.8
LOW, MIDDLE, HIGH = 0, 2, 4


@dataclass(frozen=True, slots=True)
class Slack:
    """What a range of four fifths is widened by on either side, for each year ahead (余量)."""

    a_year: float  # fraction of the holders
    origins: int  # earlier days it was found on; 0: taken over from another definition
    cases: int  # regions times origins

    def as_json(self) -> dict[str, Any]:
        """Return it as a row keeps it, in ppm."""
        return {
            "ppm": round(self.a_year * 1_000_000), "origins": self.origins, "cases": self.cases
        }  # fmt: skip


NONE = Slack(0.0, 0, 0)


def of_tier(
    facts: Facts, readings: Mapping[str, Reading], tree: Tree, *, tier: str, on: dt.date
) -> dict[str, Slack]:
    """Return the slack of each definition by code, as it could be known on a day (余量).

    A definition too young for earlier origins gets what the others have on average, as squares:
    nothing says that it is better known than they are.
    """
    found = {
        code: measure(facts, reading, tree, tier=tier, on=on) for code, reading in readings.items()
    }
    known = [one.a_year for one in found.values() if one is not None]
    usual = Slack(float(np.sqrt(np.mean(np.square(known)))), 0, 0) if known else NONE
    return {code: one or usual for code, one in found.items()}


def measure(facts: Facts, reading: Reading, tree: Tree, *, tier: str, on: dt.date) -> Slack | None:
    """Return the slack of a definition; None where it has no origins with history enough."""
    last = panel.LAST + max(BACK)
    seen = panel.look_back(facts, reading, tree, tier=tier, on=on, last=last)
    if seen.quarters < min(BACK) + fitting.QUARTERS:
        return None
    wide = running.wide(facts, reading, tree, tier, on, seen.without(max(BACK)), last=last)
    tried = [_errors(facts, reading, tree, tier, seen, wide, back) for back in BACK]
    known = [one for one in tried if one is not None and len(one)]
    if not known:
        return None
    every = np.concatenate(known)
    return Slack(enough_for(every), len(known), len(every))


def enough_for(lacking: Real) -> float:
    """Return what would have been enough in four fifths of cases, each lacking so much (分位).

    Counted is one case more than there are: the one to come.
    """
    place = int(np.ceil(SHARE * (len(lacking) + 1)))
    return float(np.sort(lacking)[min(len(lacking), place) - 1])


def _errors(
    facts: Facts,
    reading: Reading,
    tree: Tree,
    tier: str,
    seen: Panel,
    wide: Panel | None,
    back: int,
) -> Real | None:
    """Return by how much each region's range was too narrow, per year ahead, from one origin."""
    before = seen.without(back)
    if not fitting.enough(before):
        return None
    here, ahead = len(seen.ends_on) - 1 - back, min(AHEAD, back)
    on, until = seen.ends_on[here], seen.ends_on[here + ahead]
    total, then = seen.total[here], seen.total[here + ahead]
    regions = np.flatnonzero((total >= LEAST) & (then >= LEAST))
    # spread evenly over the tree, so that provinces and counties both are there
    regions = regions[:: max(1, -(-len(regions) // REGIONS))]
    steps = quarters.steps(on, until)
    cells = panel.present(facts, reading, tree, tier=tier, on=on, steps=steps)
    late = wide.without(back) if wide else None
    made = projecting.project(
        fitting.fit(before, tree, cells.states(reading.number), wide=late),
        cells.of(regions),
        seen.firms,
        steps=steps,
        goal=projecting.Goal(reading.there, 0),
        seed=running.seed_of(reading, tier, on),
        draws=DRAWS,
    )
    said, came = made.quantiles[-1][:, regions], seen.there[here + ahead][regions] / then[regions]
    off = came - said[MIDDLE]
    half = np.where(off > 0, said[HIGH] - said[MIDDLE], said[MIDDLE] - said[LOW])
    return np.asarray(np.sqrt(np.maximum(0, off**2 - half**2)) * projecting.YEAR / ahead)
