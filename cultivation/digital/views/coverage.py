"""Coverage against the 2027 goal: figures, parts, firms, a run (数字化改造覆盖)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Subquery
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from cultivation.digital import chart, checking, index, maturity, reference
from cultivation.digital.cube import reading
from cultivation.digital.dashboard import dimensions
from cultivation.digital.filters import GROUP_NAMES, CountedFirmFilter
from cultivation.digital.models import MaturityAssessment, TransformationProject
from cultivation.digital.overview import trail
from cultivation.digital.views.asking import TIERS, day_asked, overview_of, reads, viewer
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from cultivation.digital.overview import Overview


Way = MaturityAssessment.Way
SORTS = {
    "code": gettext_lazy("Region code"),
    "gap": gettext_lazy("Furthest behind, in firms"),
    "rate": gettext_lazy("Lowest rate"),
    "total": gettext_lazy("Most holders"),
}


@require_GET
@seat_required(reads)
def overview(request: HttpRequest) -> HttpResponse:
    """Show coverage of a region under all definitions, over time and in its parts (覆盖情况)."""
    user = viewer(request)
    found = overview_of(user, request.GET)
    sort = paging.chosen_sort(request.GET.get("sort", ""), SORTS, "code")
    context: dict[str, Any] = {
        "overview": found,
        "trail": trail(found.region, user.scope),
        "tiers": TIERS.items(),
        "sort": sort,
        "sorts": SORTS.items(),
        "parts": found.parts(sort=sort) if found.figure else [],
        "plot": None,
        "may_check": checking.may_check(user),
        "today": timezone.localdate(),
    }
    if found.line and found.on:
        context["plot"] = chart.plot(found.series, found.line, on=found.on)
    return render(request, "digital/coverage.html", context)


@require_GET
@seat_required(reads)
def firms(request: HttpRequest) -> HttpResponse:
    """List the firms behind a figure, counted anew with what is known now (企业名单)."""
    user = viewer(request)
    found = overview_of(user, request.GET)
    if found.definition is None or found.on is None:
        raise Http404
    by, member = request.GET.get("by", ""), request.GET.get("member", "")
    split = by != "" and "member" in request.GET
    name = dimensions.member_name(by, member) if split else ""
    if name is None:
        raise Http404
    rows = reading.counted(
        Enterprise.objects.visible_to(user),
        found.definition,
        tier=found.tier,
        on=found.on,
        by=by if split else None,
        member=member if split else None,
        region=found.region,
    )
    narrowed = CountedFirmFilter(request.GET, queryset=rows, on=found.on)
    page = paging.take(
        _described(narrowed.qs, found.on),
        sort="name",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    group = request.GET.get("group", "")
    context = {
        "overview": found,
        "trail": trail(found.region, user.scope),
        "filter": narrowed,
        "page": page,
        "group_names": GROUP_NAMES,
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
        "snapshot_count": _snapshot_count(found, group),
        "narrowed": split or any(request.GET.get(name) for name in ("q", "size_class", "level")),
        "by": by if split else "",
        "member": member,
        "member_name": name,
        "caveats": reading.caveats(found.on, by=by if split else None),
    }
    return render(request, "digital/firms.html", context)


@require_POST
@seat_required(reads)
def run(request: HttpRequest) -> HttpResponse:
    """Begin the check of a day and show its progress (立即检查)."""
    user = viewer(request)
    if not checking.may_check(user):
        raise PermissionDenied
    try:
        job, new = checking.begin(day_asked(request.POST.get("on", "")), by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("digital:coverage")
    if not new:
        messages.info(request, _("A check of this day is under way already."))
    return redirect("jobs:detail", pk=job.pk)


@require_GET
@seat_required(reads)
def sources(request: HttpRequest) -> HttpResponse:
    """Show the goals of 2027, the index and where each comes from (目标与指标)."""
    return render(request, "digital/sources.html", reference.everything())


def _described(rows: QuerySet[Enterprise], on: dt.date) -> QuerySet[Enterprise]:
    """Return firms with what a reader checks the group by: levels and acceptance on the day."""
    projects = TransformationProject.objects.filter(enterprise=OuterRef("pk"))
    return rows.select_related("region").annotate(
        on_site_level=Subquery(
            maturity.latest(on, ways=[Way.ON_SITE], versions=[index.ASKED]).values("level")
        ),
        self_level=Subquery(
            maturity.latest(on, ways=[Way.SELF], versions=[index.ASKED]).values("level")
        ),
        has_project=Exists(projects.filter(started_on__lte=on)),
        has_accepted=Exists(projects.filter(accepted_on__lte=on)),
    )


def _snapshot_count(found: Overview, group: str) -> int | None:
    figure = found.figure
    if figure is None:
        return None
    return int(getattr(figure, group if group in GROUP_NAMES else "total"))
