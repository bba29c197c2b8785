"""The funnel of stages and the tiers over time, as pictures (培育漏斗与梯度走势)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language

from cultivation.digital import seeds
from cultivation.digital.dashboard.axes import SHAPES, Frame, Mark, ceiling, shape
from cultivation.pipeline.stages import LADDER
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cultivation.digital.dashboard.stages import Step

ROW, GAP, BAR, LABELS = 46, 10, 255, 168
HALF = {"width": 560, "height": 320, "right": 548, "bottom": 286}  # half a page
SIDE = {"width": 380, "height": 260, "right": 362, "bottom": 226}  # a third of it
SHORT = 7  # digits of a day written in full, else the end of its month


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage, or a tier within it, as a bar (条)."""

    step: Step
    x: int
    y: int
    width: int
    tier: bool


@dataclass(frozen=True, slots=True)
class Funnel:
    """All bars and the size of the picture (漏斗)."""

    bars: tuple[Bar, ...]
    height: int
    total: int
    width: int = 560


@dataclass(frozen=True, slots=True)
class Path:
    """The line of a tier (梯度折线)."""

    tier: str
    label: str
    number: int
    points: str
    marks: str
    sample: str
    last: int


@dataclass(frozen=True, slots=True)
class Tiers:
    """The holders of each tier over time (梯度走势图)."""

    frame: Frame
    paths: tuple[Path, ...]
    counts: tuple[Mark, ...]
    table: tuple[tuple[dt.date, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Total:
    """A number of little giants as published (公布总数)."""

    day: str
    count: int
    note_zh: str
    note_en: str
    verified: bool
    mark: Mark

    @property
    def note(self) -> str:
        """Return the note in the page's language."""
        return self.note_en if (get_language() or "").startswith("en") else self.note_zh


@dataclass(frozen=True, slots=True)
class Published:
    """The published totals over time, never mixed with what is registered here (公布总数图)."""

    frame: Frame
    totals: tuple[Total, ...]
    points: str
    counts: tuple[Mark, ...]


def funnel(steps: Sequence[Step]) -> Funnel:
    """Return the stages as bars, each with the tiers that lead to it below (漏斗)."""
    most = max((step.firms for step in steps if step.kind == "stage"), default=0)
    tiers = {step.name: step for step in steps if step.kind == "tier"}
    bars: list[Bar] = []
    y = GAP
    for stage in (step for step in steps if step.kind == "stage"):
        within = [tiers[rung.tier] for rung in LADDER.values() if rung.stage == stage.name]
        for step in (stage, *within):
            width = BAR * step.firms // most if most else 0
            bars.append(Bar(step, LABELS, y, max(2, width), step.kind == "tier"))
            y += ROW if step.kind == "stage" else ROW - 8
        y += GAP
    total = sum(step.firms for step in steps if step.kind == "stage")
    return Funnel(tuple(bars), y, total)


def tiers(series: Mapping[dt.date, Mapping[str, int]]) -> Tiers | None:
    """Return the holders of each tier as their highest over time (梯度走势)."""
    if not series:
        return None
    days = list(series)
    most = max(max(by_tier.values(), default=0) for by_tier in series.values())
    frame = Frame(days[0], days[-1], ceiling(most), **HALF)
    names = [tier.value for tier in LADDER]
    return Tiers(
        frame=frame,
        paths=tuple(_path(frame, name, n, series) for n, name in enumerate(names)),
        counts=tuple(Mark(frame.left, y, f"{value:,}") for y, value in frame.rises()),
        table=tuple(
            (day, tuple(by_tier.get(name, 0) for name in names)) for day, by_tier in series.items()
        ),
    )


def published() -> Published:
    """Return the totals that public sources name (公布总数)."""
    rows = seeds.rows("digital_little_giant_counts.csv")
    days = [_day(row["as_of"]) for row in rows]
    frame = Frame(
        dt.date(days[0].year, 1, 1),
        dt.date(days[-1].year, 12, 31),
        ceiling(max(int(row["count"]) for row in rows)),
        **SIDE,
    )
    totals = tuple(
        Total(
            day=row["as_of"],
            count=int(row["count"]),
            note_zh=row["note_zh"],
            note_en=row["note_en"],
            verified=row["verified"] == "yes",
            mark=Mark(frame.across(day), frame.up(int(row["count"])), f"{int(row['count']):,}"),
        )
        for row, day in zip(rows, days, strict=True)
    )
    return Published(
        frame=frame,
        totals=totals,
        points=" ".join(f"{total.mark.x},{total.mark.y}" for total in totals),
        counts=tuple(Mark(frame.left, y, f"{value:,}") for y, value in frame.rises()),
    )


def _path(
    frame: Frame, name: str, number: int, series: Mapping[dt.date, Mapping[str, int]]
) -> Path:
    places = [
        (frame.across(day), frame.up(by_tier.get(name, 0))) for day, by_tier in series.items()
    ]
    kind = SHAPES[number]
    step = max(1, -(-len(places) // 8))
    return Path(
        tier=name,
        label=str(Tier(name).label),
        number=number + 1,
        points=" ".join(f"{x},{y}" for x, y in places),
        marks="".join(shape(kind, x, y) for x, y in places[::-1][::step]),
        sample=shape(kind, 16, 8),
        last=list(series.values())[-1].get(name, 0),
    )


def _day(text: str) -> dt.date:
    """Return a day; a month stands for its middle."""
    return dt.date.fromisoformat(text if len(text) > SHORT else f"{text}-15")
