"""The goals beside coverage: list, one goal, its firms, a reported value (目标)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.digital.cube import history
from cultivation.digital.dashboard.axes import Frame, Mark, ceiling
from cultivation.digital.models import Target
from cultivation.digital.overview import trail
from cultivation.digital.targets import measures, reading, reporting
from cultivation.digital.targets.forms import ReportForm
from cultivation.digital.views.asking import day_of, reads, region_of, viewer
from cultivation.digital.views.counted import listed
from enterprises.accounts.access import seat_required
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest, HttpResponse

    from cultivation.digital.targets.reading import Standing


@require_GET
@seat_required(reads)
def targets(request: HttpRequest) -> HttpResponse:
    """Show all goals for a region on a day, against their straight paths (目标一览)."""
    user = viewer(request)
    region, on = region_of(user, request.GET), _day(request)
    context = {
        "region": region,
        "on": on,
        "trail": trail(region, user.scope),
        "standings": reading.standings(region, on),
    }
    return render(request, "digital/targets/list.html", context)


@require_http_methods(["GET", "POST"])
@seat_required(reads)
def target(request: HttpRequest, code: str) -> HttpResponse:
    """Show one goal with everything known of it; offices enter reported values (目标详情)."""
    user = viewer(request)
    region = region_of(user, request.GET)
    one = get_object_or_404(Target, code=code)
    may = reporting.may_report(user, region)
    form = ReportForm(request.POST or None, target=one)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if form.is_valid():
            try:
                reporting.report(one, region, by=user, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, _("The value was entered."))
                return redirect(f"{request.path}?region={region.code}")
    on = _day(request)
    (standing,) = reading.standings(region, on, only=[code])
    figures = reading.history(one, region)
    context = {
        "region": region,
        "on": on,
        "trail": trail(region, user.scope),
        "standing": standing,
        "history": figures,
        "picture": _picture(standing, on, [(row.on, row.value, row.reported) for row in figures]),
        "form": form if may else None,
    }
    return render(
        request, "digital/targets/target.html", context, status=400 if form.errors else 200
    )


@require_GET
@seat_required(reads)
def firms(request: HttpRequest, code: str) -> HttpResponse:
    """List the firms behind a goal that the system counts (目标企业名单)."""
    user = viewer(request)
    region, on = region_of(user, request.GET), _day(request)
    one = get_object_or_404(Target, code=code)
    counted = measures.FIRMS.get(one.measure)
    found = measures.grounds(on)
    if counted is None or found is None:
        raise Http404
    among = history.standing_in(Enterprise.objects.visible_to(user), region, on=on)
    return listed(
        request,
        counted(among, found),
        on=on,
        over=f"{region} · {on}",
        title=str(one),
        lead=one.reading,
        back=[(_("Goals of 2027"), "digital:targets", ()), (str(one), "digital:target", (code,))],
        kept={"region": region.code, "on": on.isoformat()},
    )


def _day(request: HttpRequest) -> dt.date:
    today = timezone.localdate()
    return min(day_of(request.GET.get("on", "")) or today, today)


def _picture(
    standing: Standing, on: dt.date, rows: list[tuple[dt.date, int | None, bool]]
) -> dict[str, Any] | None:
    """Return the values of a goal over time with its path, as places in a picture (进度图)."""
    line = standing.line
    known = sorted((day, value, reported) for day, value, reported in rows if value is not None)
    if line is None or not known:
        return None
    days = [day for day, _value, _reported in known]
    most = max(line.due, *(value for _day, value, _reported in known))
    frame = Frame(
        min([line.start_on, *days]),
        max([line.due_on, *days]),
        1_000_000 if standing.is_share else ceiling(most),
        height=260,
        bottom=224,
    )
    ends = [(line.start_on, line.start), (line.due_on, line.due)]
    counted = [(day, value) for day, value, reported in known if not reported]
    return {
        "frame": frame,
        "required": " ".join(f"{frame.across(day)},{frame.up(value)}" for day, value in ends),
        "measured": " ".join(f"{frame.across(day)},{frame.up(value)}" for day, value in counted),
        "reported": [Mark(frame.across(d), frame.up(v)) for d, v, reported in known if reported],
        "dots": [Mark(frame.across(day), frame.up(value)) for day, value in counted[-40:]],
        "rises": frame.rises(),
        "today": frame.across(on) if frame.first <= on <= frame.last else None,
    }
