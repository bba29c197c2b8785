"""The list of firms behind a figure of a goal, a park or a pilot city (名单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Subquery
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from cultivation.digital import coverage, index, maturity
from cultivation.digital.models import MaturityAssessment
from cultivation.digital.targets import measures
from enterprises.registry import paging

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

Way = MaturityAssessment.Way
GROUPS = {
    "above_scale": tuple(coverage.GROUPS.values()),
    **{name: (group,) for name, group in coverage.GROUPS.items()},
    "size_unknown": (measures.SIZE_UNKNOWN,),
}
NAMES = {
    "above_scale": _("above scale, counted or not"),
    "transformed": _("counted"),
    "not_transformed": _("not counted"),
    "not_assessed": _("not assessed"),
    "size_unknown": _("not known whether above scale"),
}


def listed(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    on: dt.date,
    title: str,
    over: str,
    lead: str,
    back: Sequence[tuple[str, str, tuple[Any, ...]]],
    kept: Mapping[str, str],
) -> HttpResponse:
    """Show a page of grouped firms, narrowed to a group where the address says so."""
    group = request.GET.get("group", "")
    if group in GROUPS:
        rows = rows.filter(group__in=GROUPS[group])
    levels = {
        name: Subquery(maturity.latest(on, ways=[way], versions=[index.ASKED]).values("level"))
        for name, way in (("on_site_level", Way.ON_SITE), ("self_level", Way.SELF))
    }
    page = paging.take(
        rows.select_related("region", "industry").annotate(**levels),
        sort="name",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "title": title,
        "over": over,
        "lead": lead,
        "back": back,
        "kept": kept.items(),
        "group": group if group in GROUPS else "",
        "groups": NAMES.items(),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "digital/targets/firms.html", context)
