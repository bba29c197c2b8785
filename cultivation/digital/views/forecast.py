"""The forecast of coverage: its fan, what it assumes, how it did, who may miss (覆盖率预测)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.digital.checking import may_check
from cultivation.digital.forecasting import fan, making, reading, tables, wording
from cultivation.digital.overview import Overview
from cultivation.digital.views.asking import day_asked, day_of, reads
from cultivation.digital.views.choosing import chosen
from cultivation.digital.views.dashboard import handed_out
from enterprises.accounts.access import seat_required

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from cultivation.digital.models import Forecast
    from cultivation.digital.views.choosing import Chosen
    from enterprises.accounts.models import User


@require_GET
@seat_required(reads)
def forecast(request: HttpRequest) -> HttpResponse:
    """Show where coverage of a region goes under a definition (覆盖率预测)."""
    user, asked = cast("User", request.user), chosen(request)
    found = reading.latest(asked.region, tier=asked.tier, definition=asked.definition)
    context: dict[str, Any] = {
        "chosen": asked,
        "forecast": found,
        "may_run": may_check(user),
        "today": timezone.localdate(),
    }
    if found is not None:
        context |= _of(found, asked)
    return render(request, "digital/forecast.html", context)


def _of(found: Forecast, asked: Chosen) -> dict[str, Any]:
    points, below = reading.fan(found), reading.parts(found)
    told: dict[str, Any] = {"points": points, "parts": below}
    if points:
        seen = Overview(asked.region, tier=asked.tier, code=asked.definition.code)
        told["fan"] = fan.draw(points, seen.series, seen.line)
        told["climbs"] = wording.climbs(found)
        told["tested"] = reading.tested(found, below)
        told["summary"] = reading.summary(found)
        told["best"] = wording.best(told["summary"])
        told["record"] = reading.record(asked.region, tier=asked.tier, definition=asked.definition)
        told["narrow"] = wording.narrow(told["summary"])
        told["widened"] = wording.widened(found.slack)
        told["widened_then"] = wording.widened((told["summary"] or {}).get("slack", {}))
    return told


@require_POST
@seat_required(reads)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out a table of the forecast of a day as CSV or XLSX; note who took it (导出)."""
    user, asked = cast("User", request.user), chosen(request, request.POST)
    name, on = request.POST.get("table", ""), day_of(request.POST.get("on", ""))
    found = reading.latest(asked.region, tier=asked.tier, definition=asked.definition, on=on)
    if found is None or name not in tables.TABLES:
        raise Http404
    filters = {
        "list": f"forecast:{name}",
        "region": asked.region.code,
        "tier": asked.tier,
        "definition": asked.definition.code,
        "on": found.made_on.isoformat(),
    }
    stem = f"forecast-{name}-{asked.region.code}-{found.made_on:%Y%m%d}"
    form = request.POST.get("format", "csv")
    return handed_out(user, tables.table(name, found), form, stem, filters)


@require_POST
@seat_required(reads)
def run(request: HttpRequest) -> HttpResponse:
    """Begin the forecast of a day and show its progress (立即预测)."""
    user, text = cast("User", request.user), request.POST.get("on", "")
    if not may_check(user):
        raise PermissionDenied
    try:
        job, new = making.begin(day_asked(text), by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("digital:forecast")
    if not new:
        messages.info(request, _("A forecast of this day is under way already."))
    return redirect("jobs:detail", pk=job.pk)
