"""The straight line to the 2027 goal, and how far from it a figure is (必达路径与差距).

Rates are parts per million, days whole; firms are rounded up, since half a firm does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """From a rate on one day to a rate on another, straight (线性路径)."""

    start_on: dt.date
    start: int
    due_on: dt.date
    due: int

    def required(self, day: dt.date) -> int:
        """Return the rate asked for on a day; level before the start and after the due day."""
        if day <= self.start_on:
            return self.start if day < self.due_on else self.due
        if day >= self.due_on:
            return self.due
        passed, span = (day - self.start_on).days, (self.due_on - self.start_on).days
        return self.start + (self.due - self.start) * passed // span

    def months_left(self, day: dt.date) -> int:
        """Return the calendar months to the due day, the begun one included; 0 once it is past."""
        if day > self.due_on:
            return 0
        return (self.due_on.year - day.year) * 12 + self.due_on.month - day.month + 1


def firms_for(rate: int, total: int) -> int:
    """Return how many of a total a rate asks for, rounded up."""
    return -(-rate * total // WHOLE)


@dataclass(frozen=True, slots=True)
class Figure:
    """The coverage of one region, tier and definition on a day against its path (覆盖情况)."""

    on: dt.date
    total: int
    transformed: int
    not_transformed: int
    not_assessed: int
    required: int
    line: Line

    @property
    def rate(self) -> int | None:
        """Return the share of all, the not assessed included, in ppm; None of none."""
        return self.transformed * WHOLE // self.total if self.total else None

    @property
    def assessed(self) -> int:
        return self.total - self.not_assessed

    @property
    def gap(self) -> int | None:
        """Return rate less required rate in ppm: negative is behind."""
        return None if self.rate is None else self.rate - self.required

    @property
    def behind(self) -> bool:
        """Tell whether fewer firms are transformed than the path asks for."""
        return self.transformed * WHOLE < self.required * self.total

    @property
    def gap_firms(self) -> int:
        """Return firms transformed less firms asked for by now: negative is behind."""
        return self.transformed - firms_for(self.required, self.total)

    @property
    def gap_points(self) -> int | None:
        """Return the gap in hundredths of a percentage point, never looking smaller than it is."""
        return None if self.gap is None else self.gap // 100

    @property
    def behind_points(self) -> int:
        """Return how far behind in hundredths of a percentage point; 0 on or ahead."""
        return max(0, -(self.gap_points or 0))

    @property
    def missing_firms(self) -> int:
        """Return the firms that the path asks for by now and that are not there."""
        return max(0, -self.gap_firms)

    @property
    def remaining(self) -> int:
        """Return the firms still to be transformed for the goal."""
        return max(0, firms_for(self.line.due, self.total) - self.transformed)

    @property
    def monthly_firms(self) -> int | None:
        """Return how many firms a month the goal needs from here; None once its day is past."""
        months = self.line.months_left(self.on)
        return -(-self.remaining // months) if months else None

    @property
    def monthly_rate(self) -> int | None:
        """Return how many ppm a month the goal needs from here, rounded up."""
        months = self.line.months_left(self.on)
        if self.rate is None or not months:
            return None
        return -(-max(0, self.line.due - self.rate) // months)
