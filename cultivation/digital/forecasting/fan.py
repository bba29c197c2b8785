"""The fan of a forecast as an SVG: what was, the path, and where it may go (预测扇面图).

Only geometry is worked out here; colours and texts are the template's.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.digital.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Mark
from cultivation.digital.path import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.digital.forecasting.reading import FanPoint
    from cultivation.digital.path import Figure, Line


@dataclass(frozen=True, slots=True)
class Fan:
    """A fan ready to be drawn, in whole units of its view box (扇面)."""

    actual: str
    required: str
    wide: str  # four fifths of the runs
    narrow: str  # half of them
    middle: str
    today: int
    years: tuple[Mark, ...]
    rates: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


def draw(points: Sequence[FanPoint], past: Sequence[Figure], line: Line | None) -> Fan:
    """Return the fan of a forecast that begins on its first point's day (画扇面)."""
    today, last = points[0].on, max(points[-1].on, line.due_on if line else points[-1].on)
    behind = [figure for figure in past if figure.on <= today and figure.rate is not None]
    starts = [today, *(figure.on for figure in behind[:1]), *([line.start_on] if line else [])]
    first = min(starts)
    span = max(1, (last - first).days)

    def at(day: dt.date, ppm: int) -> str:
        return f"{across(day)},{BOTTOM - (BOTTOM - TOP) * ppm // WHOLE}"

    def across(day: dt.date) -> int:
        return LEFT + (RIGHT - LEFT) * (day - first).days // span

    def band(low: str, high: str) -> str:
        up = [at(point.on, getattr(point, high)) for point in points]
        down = [at(point.on, getattr(point, low)) for point in reversed(points)]
        return _joined([*up, *down])

    ends = [(line.start_on, line.start), (line.due_on, line.due)] if line else []
    years = range(first.year + 1, last.year + 1)
    return Fan(
        actual=_joined(at(figure.on, figure.rate or 0) for figure in behind),
        required=_joined(at(day, rate) for day, rate in ends),
        wide=band("low", "high"),
        narrow=band("lower", "upper"),
        middle=_joined(at(point.on, point.middle) for point in points),
        today=across(today),
        years=tuple(Mark(across(dt.date(year, 1, 1)), BOTTOM, str(year)) for year in years),
        rates=tuple(Mark(LEFT, BOTTOM - (BOTTOM - TOP) * n // 4, f"{n * 25}%") for n in range(5)),
    )


def _joined(points: Iterable[str]) -> str:
    return " ".join(points)
