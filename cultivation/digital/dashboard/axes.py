"""Places on the axes of the pictures, in whole units of a view box (坐标)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 350
LEFT, RIGHT, TOP, BOTTOM = 52, 940, 16, 314
SHAPES = ("circle", "square", "triangle", "diamond", "cross")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place with its text (刻度)."""

    x: int
    y: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a picture, its days and its greatest value (图框)."""

    first: dt.date
    last: dt.date
    most: int
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    width: int = WIDTH
    height: int = HEIGHT

    def across(self, day: dt.date) -> int:
        """Return where a day stands."""
        span = max(1, (self.last - self.first).days)
        return self.left + (self.right - self.left) * (day - self.first).days // span

    def up(self, value: int) -> int:
        """Return where a value stands."""
        return self.bottom - (self.bottom - self.top) * value // max(1, self.most)

    @property
    def years(self) -> tuple[Mark, ...]:
        """Return the firsts of January in the frame, with the year."""
        years = range(self.first.year + 1, self.last.year + 1)
        return tuple(
            Mark(self.across(dt.date(year, 1, 1)), self.bottom, str(year)) for year in years
        )

    def rises(self, parts: int = 4) -> tuple[tuple[int, int], ...]:
        """Return the heights of the grid with their values."""
        values = [self.most * n // parts for n in range(parts + 1)]
        return tuple((self.up(value), value) for value in values)


def ceiling(most: int) -> int:
    """Return a round number not below a value that divides by four (刻度上限)."""
    size = 4
    while size < most:
        for step in (1, 2, 3, 5):
            if size * step >= most:
                return size * step
        size *= 10
    return size


def shape(name: str, x: int, y: int, size: int = 5) -> str:
    """Return the path of a mark, so that lines differ without colour (标记形状)."""
    s = size
    if name == "square":
        return f"M{x - s + 1} {y - s + 1}h{2 * s - 2}v{2 * s - 2}h{2 - 2 * s}z"
    if name == "triangle":
        return f"M{x} {y - s}L{x + s} {y + s - 1}L{x - s} {y + s - 1}z"
    if name == "diamond":
        return f"M{x} {y - s - 1}L{x + s + 1} {y}L{x} {y + s + 1}L{x - s - 1} {y}z"
    if name == "cross":
        return f"M{x - s} {y - s}L{x + s} {y + s}M{x - s} {y + s}L{x + s} {y - s}"
    return f"M{x - s} {y}a{s} {s} 0 1 0 {2 * s} 0a{s} {s} 0 1 0 {-2 * s} 0z"
