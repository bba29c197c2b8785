"""Calendar quarters: the periods in which a forecast counts (预测周期).

Quarters, because the goal falls on the end of one, titles and assessments come in yearly rounds,
and in a month too few firms move for a rate to be told from chance.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

MONTHS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way to a horizon: its last day, and how much of a quarter it is (步长)."""

    until: dt.date
    part: float


def end_of(day: dt.date) -> dt.date:
    """Return the last day of the quarter that a day lies in (季末)."""
    month = -(-day.month // MONTHS) * MONTHS
    first_after = dt.date(day.year + month // 12, month % 12 + 1, 1)
    return first_after - dt.timedelta(days=1)


def before(day: dt.date) -> dt.date:
    """Return the last end of a quarter by a day, the day itself where it is one."""
    end = end_of(day)
    if end == day:
        return end
    first = dt.date(day.year, (end.month - 1) // MONTHS * MONTHS + 1, 1)
    return first - dt.timedelta(days=1)


def back_from(day: dt.date, number: int) -> list[dt.date]:
    """Return the last ends of quarters by a day, so many, the earliest first."""
    ends = [before(day)]
    while len(ends) < number:
        ends.append(before(ends[-1] - dt.timedelta(days=1)))
    return ends[::-1]


def steps(on: dt.date, until: dt.date) -> list[Step]:
    """Return the steps from a day to a horizon: whole quarters, the first and last may be parts."""
    found: list[Step] = []
    day = on
    while day < until:
        quarter = end_of(day + dt.timedelta(days=1))
        end = min(quarter, until)
        found.append(Step(end, (end - day).days / (quarter - before(day)).days))
        day = end
    return found


def season(day: dt.date) -> int:
    """Return which quarter of a year a day lies in, from 0 (第几季度)."""
    return (day.month - 1) // MONTHS
