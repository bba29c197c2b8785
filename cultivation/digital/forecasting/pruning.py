"""Which forecasts are kept: all of the last weeks, and of each month the last (预测留存).

The fan shows the newest; the record of how earlier ones did needs one a month, for ever.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from cultivation.digital.models import Forecast

ALL = dt.timedelta(days=60)


def superseded(days: list[dt.date], on: dt.date) -> list[dt.date]:
    """Return the old days that another of their month followed (可清理日期)."""
    last = {(day.year, day.month): day for day in sorted(days)}
    return [day for day in sorted(days) if on - day > ALL and last[day.year, day.month] != day]


@transaction.atomic
def prune(on: dt.date) -> int:
    """Drop the forecasts that are kept no longer on a day; return how many rows (清理预测)."""
    days = list(Forecast.objects.order_by().values_list("made_on", flat=True).distinct())
    gone, _by_model = Forecast.objects.filter(made_on__in=superseded(days, on)).delete()
    return gone
