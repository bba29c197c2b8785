"""Counting working days by the table of holidays (工作日)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from enterprises.places.models import Holiday

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE = dt.timedelta(days=1)


def is_workday(day: dt.date) -> bool:
    """Tell whether a day is worked: what the table says, else Monday to Friday (是否工作日)."""
    said = Holiday.objects.filter(day=day).values_list("is_workday", flat=True).first()
    return day.weekday() < 5 if said is None else said


def add(day: dt.date, n: int) -> dt.date:
    """Return the n-th working day after a day, or before it where n is negative (工作日推算).

    The day itself does not count; n = 0 gives the day, or the next working day where it is none.
    """
    step = -ONE if n < 0 else ONE
    said = _table(day, n)
    left, at = abs(n), day
    if n == 0:
        while not said.get(at, at.weekday() < 5):
            at += step
        return at
    while left:
        at += step
        left -= said.get(at, at.weekday() < 5)
    return at


def between(start: dt.date, end: dt.date) -> int:
    """Return how many working days lie after `start` up to and including `end` (间隔工作日)."""
    if end < start:
        return -between(end, start)
    rows = Holiday.objects.filter(day__gt=start, day__lte=end)
    said = dict(rows.values_list("day", "is_workday"))
    days = (start + ONE * n for n in range(1, (end - start).days + 1))
    return sum(said.get(day, day.weekday() < 5) for day in days)


def between_each(pairs: Sequence[tuple[dt.date, dt.date]]) -> list[int]:
    """Return for each pair of days what `between` returns, by one query (批量间隔)."""
    if not pairs:
        return []
    first, last = min(min(pair) for pair in pairs), max(max(pair) for pair in pairs)
    rows = Holiday.objects.filter(day__gte=first, day__lte=last)
    said = dict(rows.values_list("day", "is_workday"))

    def worked(start: dt.date, end: dt.date) -> int:
        days = (start + ONE * n for n in range(1, (end - start).days + 1))
        return sum(said.get(day, day.weekday() < 5) for day in days)

    return [worked(a, b) if a <= b else -worked(b, a) for a, b in pairs]


def is_provisional(day: dt.date) -> bool:
    """Tell whether the holidays of a day's year are not announced yet (安排未公布)."""
    rows = Holiday.objects.filter(day__year=day.year)
    return not rows.filter(provisional=False).exists()


def _table(day: dt.date, n: int) -> dict[dt.date, bool]:
    reach = dt.timedelta(days=2 * abs(n) + 30)
    rows = Holiday.objects.filter(day__gte=day - reach, day__lte=day + reach)
    return dict(rows.values_list("day", "is_workday"))
