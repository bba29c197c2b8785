"""The line chart of coverage against its path, as points in an SVG (路径图).

Only geometry is worked out here; colours and texts are the template's.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.digital.path import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.digital.path import Figure, Line

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 704, 16, 264


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis with its text, or a dot with its figure (刻度)."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart ready to be drawn, in whole units of its view box (图)."""

    actual: str
    required: str
    dots: tuple[Mark, ...]
    years: tuple[Mark, ...]
    rates: tuple[Mark, ...]
    shown: Mark | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


def plot(series: Sequence[Figure], line: Line, *, on: dt.date) -> Plot:
    """Return the chart of a series of figures against the line to the goal."""
    first = min([line.start_on, *(figure.on for figure in series)])
    last = max([line.due_on, *(figure.on for figure in series)])
    span = max(1, (last - first).days)

    def across(day: dt.date) -> int:
        return LEFT + (RIGHT - LEFT) * (day - first).days // span

    def up(ppm: int) -> int:
        return BOTTOM - (BOTTOM - TOP) * ppm // WHOLE

    known = [(figure, figure.rate) for figure in series if figure.rate is not None]
    dots = [(figure.on, Mark(across(figure.on), up(rate), str(rate))) for figure, rate in known]
    ends = [(line.start_on, line.start), (line.due_on, line.due)]
    years = range(first.year + 1, last.year + 1)
    return Plot(
        actual=" ".join(f"{dot.x},{dot.y}" for _day, dot in dots),
        required=" ".join(f"{across(day)},{up(rate)}" for day, rate in ends),
        dots=tuple(dot for _day, dot in dots),
        years=tuple(Mark(across(dt.date(year, 1, 1)), BOTTOM, str(year)) for year in years),
        rates=tuple(Mark(LEFT, up(WHOLE * n // 4), f"{n * 25}%") for n in range(5)),
        shown=next((dot for day, dot in dots if day == on), None),
    )
