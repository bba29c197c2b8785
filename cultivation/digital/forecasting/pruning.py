"""Which forecasts are kept: all of the last weeks, and of each month the last (预测留存).

The fan shows the newest; the record of how earlier ones did needs one a month, for ever. What was
forecast from a past day with hindsight is no record of anything.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from cultivation.digital.models import Forecast

if TYPE_CHECKING:
    from collections.abc import Collection

ALL = dt.timedelta(days=60)
IN_TIME = dt.timedelta(days=3)  # after its day; a run may be cut off, and taken up later


def in_time(made_on: dt.date, made_at: dt.datetime) -> bool:
    """Tell whether a forecast of a day was made then, not later with hindsight (当时所作)."""
    return timezone.localdate(made_at) - made_on <= IN_TIME


def days_in_time() -> set[dt.date]:
    """Return the days whose forecasts were made then (当时所作日期)."""
    made = Forecast.objects.order_by().values_list("made_on").annotate(first=Min("made_at"))
    return {on for on, first in made if in_time(on, first)}


def superseded(days: list[dt.date], on: dt.date, *, genuine: Collection[dt.date]) -> list[dt.date]:
    """Return the old days but the last of each month that was forecast then (可清理日期)."""
    last = {(day.year, day.month): day for day in sorted(genuine)}
    return [
        day for day in sorted(days) if on - day > ALL and last.get((day.year, day.month)) != day
    ]


@transaction.atomic
def prune(on: dt.date) -> int:
    """Drop the forecasts that are kept no longer on a day; return how many rows (清理预测)."""
    days = list(Forecast.objects.order_by().values_list("made_on", flat=True).distinct())
    gone, _by_model = Forecast.objects.filter(
        made_on__in=superseded(days, on, genuine=days_in_time())
    ).delete()
    return gone
