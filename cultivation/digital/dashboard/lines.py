"""Coverage under all definitions over time, with the required path (覆盖走势)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.digital.dashboard.axes import SHAPES, Frame, Mark, shape
from cultivation.digital.models import CoverageDefinition, CoverageSnapshot
from cultivation.digital.path import WHOLE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.digital.overview import Overview

POINTS = 60  # at most, of a line
MARKS = 8  # at most, on a line


@dataclass(frozen=True, slots=True)
class Trace:
    """The line of one definition (折线)."""

    definition: CoverageDefinition
    number: int
    chosen: bool
    points: str
    marks: str  # one path of all its marks
    sample: str  # the mark as the key shows it
    last: Mark | None
    rate: int | None


@dataclass(frozen=True, slots=True)
class Fan:
    """Where a forecast expects a rate: the area between low and high, the middle (预测扇形)."""

    area: str
    middle: str
    end: Mark
    table: tuple[tuple[dt.date, int, int, int], ...]  # day, low, middle, high


@dataclass(frozen=True, slots=True)
class Lines:
    """The picture and the table behind it (走势图)."""

    frame: Frame
    required: str
    traces: tuple[Trace, ...]
    rates: tuple[Mark, ...]
    today: int
    fan: Fan | None
    days: tuple[dt.date, ...]
    table: tuple[tuple[dt.date, tuple[int | None, ...], int], ...]


def lines(view: Overview, forecast: Sequence[tuple[dt.date, int, int, int]] = ()) -> Lines | None:
    """Return the picture of a region; forecast is (day, low, middle, high) in ppm, by day."""
    if view.line is None or view.on is None:
        return None
    rows = CoverageSnapshot.objects.filter(region=view.region, tier=view.tier).order_by("on")
    rates: dict[int, dict[dt.date, int]] = {}
    for row in rows.values_list("definition_id", "on", "transformed", "total"):
        key, on, transformed, total = row
        if total:
            rates.setdefault(key, {})[on] = transformed * WHOLE // total
    days = _thinned(sorted({day for by_day in rates.values() for day in by_day}), view.on)
    frame = Frame(min([view.line.start_on, *days]), max([view.line.due_on, *days]), WHOLE)
    ends = [(view.line.start_on, view.line.start), (view.line.due_on, view.line.due)]
    return Lines(
        frame=frame,
        required=" ".join(f"{frame.across(day)},{frame.up(rate)}" for day, rate in ends),
        traces=tuple(
            _trace(frame, definition, number, rates.get(definition.pk, {}), days, view)
            for number, definition in enumerate(view.definitions)
        ),
        rates=tuple(Mark(frame.left, y, f"{value // 10_000}%") for y, value in frame.rises()),
        today=frame.across(view.on),
        fan=_fan(frame, view, rates, forecast),
        days=tuple(days),
        table=tuple(
            (
                day,
                tuple(rates.get(one.pk, {}).get(day) for one in view.definitions),
                view.line.required(day),
            )
            for day in days
        ),
    )


def _trace(
    frame: Frame,
    definition: CoverageDefinition,
    number: int,
    rates: dict[dt.date, int],
    days: list[dt.date],
    view: Overview,
) -> Trace:
    known = [(frame.across(day), frame.up(rates[day])) for day in days if day in rates]
    name = SHAPES[number % len(SHAPES)]
    step = max(1, -(-len(known) // MARKS))
    marked = known[::-1][::step]
    rate = rates.get(view.on) if view.on else None
    last = Mark(*known[-1]) if known else None
    return Trace(
        definition=definition,
        number=number % len(SHAPES) + 1,
        chosen=definition == view.definition,
        points=" ".join(f"{x},{y}" for x, y in known),
        marks="".join(shape(name, x, y) for x, y in marked),
        sample=shape(name, 16, 8),
        last=last,
        rate=rate,
    )


def _fan(
    frame: Frame,
    view: Overview,
    rates: dict[int, dict[dt.date, int]],
    forecast: Sequence[tuple[dt.date, int, int, int]],
) -> Fan | None:
    own = rates.get(view.definition.pk, {}) if view.definition else {}
    if not forecast or not own:
        return None
    start = max(own)
    ahead = [row for row in forecast if start < row[0] <= frame.last]
    if not ahead:
        return None
    corner = (frame.across(start), frame.up(own[start]))
    places = [
        (frame.across(day), *(frame.up(min(WHOLE, max(0, rate))) for rate in rest))
        for day, *rest in ahead
    ]
    low = [(x, y) for x, y, _mid, _high in places]
    middle = [corner, *((x, y) for x, _low, y, _high in places)]
    high = [(x, y) for x, _low, _mid, y in places]
    return Fan(
        area=_joined([corner, *low, *high[::-1]]),
        middle=_joined(middle),
        end=Mark(*middle[-1]),
        table=tuple(ahead),
    )


def _joined(places: list[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _thinned(days: list[dt.date], shown: dt.date) -> list[dt.date]:
    """Return at most about POINTS days, the day shown and the last among them."""
    step = max(1, -(-len(days) // POINTS))
    return sorted({*days[::-1][::step], *([shown] if shown in days else [])})
