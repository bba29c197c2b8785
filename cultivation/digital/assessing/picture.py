"""The bars of an enterprise beside its peers, as geometry of an SVG (同行对比图).

Only places are worked out here; colours and texts are the template's, the table stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cultivation.digital.assessing.peers import Comparison, Part

WIDTH, LEFT, RIGHT = 720, 4, 700
ROW, NAME, BAR, TOP = 70, 30, 14, 0  # a part: its name, two bars
WHOLE = 1000


@dataclass(frozen=True, slots=True)
class Bar:
    """The two bars of a part (条形)."""

    part: Part
    text_y: int
    y: int
    own: int  # width
    peers: int | None
    peers_y: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars ready to be drawn (条形图)."""

    rows: tuple[Bar, ...]
    marks: tuple[tuple[int, str], ...]
    height: int
    bottom: int
    width: int = WIDTH
    left: int = LEFT
    top: int = TOP
    bar: int = BAR


def bars(comparison: Comparison) -> Bars:
    """Return the bars of a comparison, a row a part."""
    rows = []
    for number, part in enumerate(comparison.parts):
        y = TOP + number * ROW
        own = _across(part.own)
        peers = None if part.peers is None else _across(part.peers)
        rows.append(
            Bar(
                part=part,
                text_y=y + NAME - 7,
                y=y + NAME,
                own=own,
                peers=peers,
                peers_y=y + NAME + BAR + 2,
            )
        )
    bottom = TOP + len(rows) * ROW
    marks = tuple((LEFT + _across(share * 10), f"{share}%") for share in (0, 25, 50, 75, 100))
    return Bars(tuple(rows), marks, height=bottom + 30, bottom=bottom - 4)


def _across(share: int) -> int:
    return (RIGHT - LEFT) * share // WHOLE
