"""Holders by level over time: counting a day, and the picture of it (等级走势).

The level is that of the latest assessment valid on the day, of whichever kind and index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.coverage import refuse_future
from cultivation.digital.cube import cells, keeping, reading, states
from cultivation.digital.dashboard.axes import Frame, Mark, ceiling
from cultivation.digital.models import CubeLevel, LevelSnapshot
from cultivation.standards.tables import read
from cultivation.standards.writing import insert
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

ANY = ""  # kind of assessment
KEPT = {"tier": pl.String, "path": pl.String, "level": pl.Int64, "firms": pl.Int64}
# the highest at the bottom, so that what counts as transformed is one area under any definition
BANDS = ("level_4", "level_3", "level_2", "level_1", "level_0", "none")
POINTS = 60  # at most, of a band
ROOM = 17  # a band lower than that has no number in it
SIZE = {"width": 560, "height": 320, "right": 548, "bottom": 286}


@dataclass(frozen=True, slots=True)
class Band:
    """The area of a level (等级带)."""

    name: str
    label: str
    asked: str  # of the list of firms
    points: str
    last: int
    middle: Mark | None  # where its number stands, where there is room


@dataclass(frozen=True, slots=True)
class Levels:
    """The picture and the table behind it: a day with its firms by band, and all (等级走势图)."""

    frame: Frame
    bands: tuple[Band, ...]
    counts: tuple[Mark, ...]
    table: tuple[tuple[dt.date, tuple[int, ...], int], ...]
    on: dt.date
    total: int


@transaction.atomic
def take(on: dt.date) -> int:
    """Count a day for every region where holders stand, and store it; return the rows (等级快照).

    The rows of the day are replaced. Raises ValidationError for a future day.
    """
    refuse_future(on)
    keeping.hold()  # one writer at a time, also where two runs were asked for
    named = pl.when(pl.col("level") < 0).then(pl.lit("none")).otherwise(
        pl.format("level_{}", "level")
    )  # fmt: skip
    wide = (
        _counted(on)
        .filter(pl.col("firms") > 0)
        .with_columns(pl.col("path").fill_null(""), named.alias("name"))
        .group_by("tier", "path")
        .agg(pl.col("firms").filter(pl.col("name") == name).sum().alias(name) for name in BANDS)
    )
    places = read(Region.objects.all(), {"pk": pl.Int64, "path": pl.String})
    rows = (
        places.with_columns(pl.col("path").fill_null(""))
        .join(wide, on="path")
        .select("tier", *BANDS, pl.lit(on.isoformat()).alias("on"), region_id="pk")
    )
    LevelSnapshot.objects.filter(on=on).delete()
    insert(rows, LevelSnapshot)
    return rows.height


def _counted(on: dt.date) -> pl.DataFrame:
    """Return how many firms are at each level, by tier and path: today's sums, or counted anew."""
    if on == timezone.localdate() and reading.day() == on:
        return read(CubeLevel.objects.filter(way=ANY), KEPT)
    firms = cells.weighed(states.past(on, []), 1)
    return cells.levels_of(firms).filter(pl.col("way") == ANY).select(*KEPT)


def series(region: Region, tier: str) -> list[tuple[dt.date, tuple[int, ...]]]:
    """Return the stored days with the firms of each band, oldest first (等级历史)."""
    rows = LevelSnapshot.objects.filter(region=region, tier=tier).order_by("on")
    return [(on, tuple(numbers)) for on, *numbers in rows.values_list("on", *BANDS)]


def levels(past: Sequence[tuple[dt.date, tuple[int, ...]]], on: dt.date) -> Levels | None:
    """Return the stored days up to one as bands that lie on each other (等级走势)."""
    known = [row for row in past if row[0] <= on]
    if not known:
        return None
    step = max(1, -(-len(known) // POINTS))
    shown = known[::-1][::step][::-1]
    most = ceiling(max(sum(numbers) for _day, numbers in shown))
    frame = Frame(shown[0][0], shown[-1][0], most, **SIZE)
    last = shown[-1][1]
    return Levels(
        frame=frame,
        bands=tuple(_band(frame, shown, place) for place in range(len(BANDS))),
        counts=tuple(Mark(frame.left, y, str(value)) for y, value in frame.rises()),
        table=tuple((day, numbers, sum(numbers)) for day, numbers in shown),
        on=shown[-1][0],
        total=sum(last),
    )


def label(name: str) -> str:
    """Return what a band is called."""
    return _("Not assessed") if name == "none" else _("Level %(level)s") % {"level": name[-1]}


def _band(frame: Frame, shown: Sequence[tuple[dt.date, tuple[int, ...]]], place: int) -> Band:
    name = BANDS[place]
    edges = [
        (across, frame.up(sum(numbers[:place])), frame.up(sum(numbers[: place + 1])))
        for across, numbers in _across(frame, shown)
    ]
    upper = [f"{x},{high}" for x, _low, high in edges]
    lower = [f"{x},{low}" for x, low, _high in reversed(edges)]
    x, low, high = edges[-1]
    return Band(
        name=name,
        label=label(name),
        asked="none" if name == "none" else name[-1],
        points=" ".join([*upper, *lower]),
        last=shown[-1][1][place],
        middle=Mark(x, (low + high) // 2) if low - high >= ROOM else None,
    )


def _across(
    frame: Frame, shown: Sequence[tuple[dt.date, tuple[int, ...]]]
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the place of each day; a single one is drawn as wide as the picture."""
    if len(shown) == 1:
        return [(frame.left, shown[0][1]), (frame.right, shown[0][1])]
    return [(frame.across(day), numbers) for day, numbers in shown]
