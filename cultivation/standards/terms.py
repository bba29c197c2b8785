"""The terms a standard is written in: reach, period, quantity, comparison, band, source (标准用语).

Thresholds are exact fractions in stored units (fen, parts per million, hundredths of a point);
nothing here is ever a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from fractions import Fraction

KINDS = ("recognition", "recheck")
ORDERS = ("at_least", "at_most", "above", "below")


class PolicyError(ValueError):
    """A standard that does not make sense: the file, the criterion at fault, and the mend."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a standard is applied to: the kind of application, the day, the region (适用情形)."""

    kind: str
    on: dt.date
    path: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a rule applies: kinds, days, recommending units; empty is everywhere (适用范围)."""

    kinds: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    units: tuple[str, ...] = ()
    not_units: tuple[str, ...] = ()

    def covers(self, case: Case) -> bool:
        """Tell whether a case lies within."""
        unit = case.path[:2]
        return (
            (not self.kinds or case.kind in self.kinds)
            and (self.since is None or self.since <= case.on)
            and (self.until is None or case.on <= self.until)
            and (not self.units or unit in self.units)
            and unit not in self.not_units
        )

    def within(self, outer: Reach) -> Reach | None:
        """Return what of this lies within another, or None where nothing does."""
        kinds = _both(self.kinds, outer.kinds)
        units = _both(self.units, outer.units)
        not_units = tuple(dict.fromkeys(self.not_units + outer.not_units))
        if units:
            units = tuple(unit for unit in units if unit not in not_units)
        since = max((day for day in (self.since, outer.since) if day), default=None)
        until = min((day for day in (self.until, outer.until) if day), default=None)
        empty = (
            (not kinds and (self.kinds or outer.kinds))
            or (not units and (self.units or outer.units))
            or (since and until and since > until)
        )
        return None if empty else Reach(kinds, since, until, units, not_units)


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is in both lists, of which an empty one means everything."""
    return tuple(x for x in one if x in other) if one and other else one or other


EVERYWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Period:
    """For which applications, days and units an edition is the one to use (适用期)."""

    reach: Reach
    document: str = ""
    confidence: str = "H"
    note: str = ""
    overlay: str = ""  # code of the notice or annex that says so; the edition itself: empty

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of applications."""
        return self.reach.kinds

    @property
    def since(self) -> dt.date | None:
        """Return the first day."""
        return self.reach.since

    @property
    def until(self) -> dt.date | None:
        """Return the last day, None until further notice."""
        return self.reach.until

    @property
    def units(self) -> tuple[str, ...]:
        """Return the recommending units; empty is everywhere but in `reach.not_units`."""
        return self.reach.units


Shape = Literal[
    "figure", "ratio", "growth", "mean_growth", "compound_growth", "count", "sum", "fact"
]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is compared (指标): figures of years counted back from the last complete one (Y1).

    Year 0 is the year of the application itself. `over` folds several years: each, any, sum, mean.
    """

    shape: Shape
    names: tuple[str, ...]
    years: tuple[int, ...] = (1,)
    over: str = ""
    unit: str = "number"

    @property
    def is_span(self) -> bool:
        """Tell whether it lies between two bounds, as what is counted does (区间值)."""
        return self.shape in {"count", "sum"}

    @property
    def figures(self) -> tuple[tuple[str, int], ...]:
        """Return the (figure, years back) pairs that the quantity reads from annual reports."""
        if self.shape in {"count", "sum", "fact"}:
            return ()
        back = {"growth": (1, 2), "mean_growth": (1, 2, 3), "compound_growth": (1, 3)}
        years = back.get(self.shape, self.years)
        return tuple((name, year) for year in years for name in self.names)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How it is compared, and with what (比较).

    `order` is one of ORDERS with a Fraction in stored units, or `is` with a truth value, a text or
    several texts of which one must hold.
    """

    order: str
    threshold: Fraction | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Points given where the quantity reaches an edge; on the edge the higher count (分档)."""

    comparison: Comparison
    points: int  # hundredths of a point


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from and how sure that is (出处与可信度)."""

    clause: str = ""
    document: str = ""
    confidence: str = "H"
    verified: bool = True
    note: str = ""


UNSOURCED = Source()
