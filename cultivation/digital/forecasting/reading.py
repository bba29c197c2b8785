"""The stored forecasts, as pages read them (读取预测)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cultivation.digital.forecasting import pruning
from cultivation.digital.models import CoverageDefinition, CoverageSnapshot, Forecast
from cultivation.digital.path import WHOLE

if TYPE_CHECKING:
    from enterprises.places.models import Region

POINT = 10_000  # ppm of a percentage point
MONTH = 30.44
SOONEST = dt.timedelta(days=28)  # a forecast of less says nothing about forecasting


@dataclass(frozen=True, slots=True)
class FanPoint:
    """What is expected of a day: the middle, half and four fifths of the runs, in ppm (预测点)."""

    on: dt.date
    holders: int
    low: int
    lower: int
    middle: int
    upper: int
    high: int


@dataclass(frozen=True, slots=True)
class Tested:
    """A region a year ago: what was said, what came, how far off each way was (回测行)."""

    region: Region | None
    total: int
    actual: int
    forecast: int
    low: int
    high: int
    inside: bool
    line: int | None
    logistic: int | None

    @property
    def errors(self) -> dict[str, int | None]:
        """Return how far off each way was, in hundredths of a percentage point."""
        ways = {"forecast": self.forecast, "line": self.line, "logistic": self.logistic}
        return {
            way: None if said is None else round(abs(said - self.actual) * 100 / POINT)
            for way, said in ways.items()
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier forecast said of a day, and what came; in ppm (往期预测)."""

    made_on: dt.date
    of: dt.date
    low: int
    middle: int
    high: int
    came: int
    version: int  # of the definition it was counted under

    @property
    def months(self) -> int:
        """Return how many months ahead it looked, rounded."""
        return round((self.of - self.made_on).days / MONTH)

    @property
    def off(self) -> int:
        """Return what came less what was said, in hundredths of a point; negative is too high."""
        return round((self.came - self.middle) * 100 / POINT)

    @property
    def inside(self) -> bool:
        return self.low <= self.came <= self.high


def latest(
    region: Region,
    *,
    tier: str,
    definition: CoverageDefinition,
    on: dt.date | None = None,
) -> Forecast | None:
    """Return the newest forecast of a region, or the one of a day (最新预测)."""
    rows = Forecast.objects.filter(region=region, tier=tier, definition=definition)
    if on is not None:
        rows = rows.filter(made_on=on)
    found: Forecast | None = rows.order_by("-made_on").select_related("definition").first()
    return found


def fan(row: Forecast) -> list[FanPoint]:
    """Return the way to the horizon, the day itself first, where all is known (预测扇面)."""
    if row.middle is None or row.rate is None:
        return []
    now = FanPoint(row.made_on, row.total, *[row.rate] * 5)
    return [now, *(FanPoint(dt.date.fromisoformat(day), *rest) for day, *rest in row.fan)]


def ahead(
    region: Region, *, tier: str, definition: CoverageDefinition
) -> list[tuple[dt.date, int, int, int]]:
    """Return the newest forecast by day: low, middle, high in ppm; nothing where there is none."""
    row = latest(region, tier=tier, definition=definition)
    if row is None:
        return []
    return [(point.on, point.low, point.middle, point.high) for point in fan(row)]


def parts(row: Forecast) -> list[Forecast]:
    """Return the forecasts of the regions below, the likeliest to miss the goal first (下级地区).

    Where chances are equal, as where all are sure to miss, the widest gap in firms comes first.
    """
    rows = Forecast.objects.filter(
        region__parent=row.region, tier=row.tier, definition=row.definition, made_on=row.made_on
    )
    found = list(rows.select_related("region").order_by("region__code"))
    return sorted(found, key=lambda part: (-(part.missing or -1), -_lacking(part)))


def _lacking(row: Forecast) -> float:
    """Return how many firms are missing at the horizon in the middle of the runs."""
    if row.middle is None or row.holders is None:
        return -1
    return (row.due - row.middle) * row.holders / 1_000_000


def tested(row: Forecast, among: list[Forecast]) -> list[Tested]:
    """Return the back-test of a region and of those below it (回测)."""
    return [
        Tested(
            region=None if one is row else one.region,
            total=one.total,
            **{key: value for key, value in one.backtest.items() if key != "summary"},
        )
        for one in (row, *among)
        if one.backtest.get("actual") is not None and one.backtest.get("forecast") is not None
    ]


def summary(row: Forecast) -> dict[str, Any] | None:
    """Return the errors over all regions, as the nation's row keeps them (总误差)."""
    nation = Forecast.objects.filter(
        made_on=row.made_on, tier=row.tier, definition=row.definition, region__level="nation"
    ).first()
    found = nation.backtest.get("summary") if nation else None
    return found if found and found.get("regions") else None


def record(region: Region, *, tier: str, definition: CoverageDefinition) -> list[Kept]:
    """Return what earlier forecasts said of the newest snapshot's day, newest first (往期预测).

    Of each month the last forecast made on its day counts. Between two days of its fan it is taken
    to go straight.
    """
    snapshots = CoverageSnapshot.objects.filter(
        region=region, tier=tier, definition=definition, total__gt=0
    )
    came = snapshots.order_by("-on").first()
    if came is None:
        return []
    rows = Forecast.objects.filter(
        region=region,
        tier=tier,
        definition=definition,
        made_on__lte=came.on - SOONEST,
        middle__isnull=False,
    ).order_by("made_on")
    genuine = [row for row in rows if pruning.in_time(row.made_on, row.made_at)]
    last = {(row.made_on.year, row.made_on.month): row for row in genuine}
    rate = came.transformed * WHOLE // came.total
    found = []
    for row in reversed(last.values()):
        said = at(row, came.on)
        if said is not None:
            found.append(Kept(row.made_on, came.on, *said, rate, row.definition_version))
    return found


def at(row: Forecast, on: dt.date) -> tuple[int, int, int] | None:
    """Return low, middle and high of a forecast for a day on its way; None beyond it (某日预测)."""
    points = fan(row)
    for one, other in pairwise(points):
        if one.on <= on <= other.on:
            part = (on - one.on) / (other.on - one.on)
            return (
                round(one.low + (other.low - one.low) * part),
                round(one.middle + (other.middle - one.middle) * part),
                round(one.high + (other.high - one.high) * part),
            )
    return None
