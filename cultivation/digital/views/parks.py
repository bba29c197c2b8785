"""High-standard digital parks: list, check-list, firms, export (高标准数字园区)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from cultivation.digital.dashboard.pictures import percent
from cultivation.digital.models import ParkItem, Target
from cultivation.digital.overview import trail
from cultivation.digital.path import WHOLE
from cultivation.digital.targets import measures, parks
from cultivation.digital.targets.forms import FindingForm
from cultivation.digital.targets.scale import threshold
from cultivation.digital.views.asking import reads, region_of, viewer
from cultivation.digital.views.counted import listed
from cultivation.digital.views.dashboard import handed_out
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.http.response import HttpResponseBase

    from cultivation.digital.targets.measuring import Tally
    from enterprises.accounts.models import User
    from enterprises.places.models import Park, Region

STATES = {
    "complete": gettext_lazy("every item met"),
    "begun": gettext_lazy("under way"),
    "untouched": gettext_lazy("not begun"),
}
MOST = 5000  # parks of an export


@require_GET
@seat_required(reads)
def park_list(request: HttpRequest) -> HttpResponse:
    """List the parks of a region with the progress of their check-list (园区一览)."""
    user = viewer(request)
    region, rows, state, words = _narrowed(user, request.GET)
    page = paging.take(
        rows,
        sort="-met",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    counted = parks.firms_of([park.pk for park in page.rows], timezone.localdate())
    context = {
        "region": region,
        "trail": trail(region, user.scope),
        "rows": [(park, counted[park.pk], _share(counted[park.pk])) for park in page.rows],
        "page": page,
        "items": ParkItem.objects.count(),
        "target": Target.objects.filter(measure="parks_complete").first(),
        "state": state,
        "states": STATES.items(),
        "words": words,
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "digital/targets/parks.html", context)


@require_POST
@seat_required(reads)
def park_export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the narrowed list of parks as CSV or XLSX; note who took it (导出)."""
    user = viewer(request)
    region, rows, state, words = _narrowed(user, request.POST)
    found = list(rows.order_by("code")[:MOST])
    counted = parks.firms_of([park.pk for park in found], timezone.localdate())
    total = ParkItem.objects.count()
    heading = [
        _("Code"), _("Park"), _("Region"), _("Items met"), _("Partly met"), _("Not met"),
        _("Items"), _("Above-scale firms"), _("Transformed"), _("Rate"), _("Size not known"),
    ]  # fmt: skip
    lines = [
        [
            park.code, str(park), str(park.region), park.met, park.partly, park.unmet, total,
            tally.total, tally.done, percent(_share(tally)), tally.unknown,
        ]
        for park in found
        if (tally := counted[park.pk])
    ]  # fmt: skip
    filters = {"list": "digital_parks", "region": region.code, "state": state, "q": words}
    stem = f"parks-{region.code}-{timezone.localdate():%Y%m%d}"
    return handed_out(user, (heading, lines), request.POST.get("format", ""), stem, filters)


@require_GET
@seat_required(reads)
def park(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the check-list of a park by the four highs, and its firms counted (园区对照)."""
    user = viewer(request)
    one = get_object_or_404(parks.in_sight(user.scope), pk=pk)
    return _page(request, one)


@require_POST
@seat_required(reads)
def park_find(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Enter what was found of an item (对照填报)."""
    user = viewer(request)
    one = get_object_or_404(parks.in_sight(user.scope), pk=pk)
    item = get_object_or_404(ParkItem, code=code)
    if not parks.may_find(user, one):
        raise PermissionDenied
    form = FindingForm(request.POST, item=item, prefix=_prefix(item))
    if form.is_valid():
        try:
            row = parks.find(one, item, by=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if row.current:
                messages.success(request, _("The finding was entered."))
            else:
                messages.warning(
                    request, _("The finding was kept, but a newer one stands: that of a later day.")
                )
            return redirect(f"{one_url(one)}#item-{item.pk}")
    return _page(request, one, failed=form, item=item)


@require_GET
@seat_required(reads)
def park_firms(request: HttpRequest, pk: int) -> HttpResponse:
    """List the above-scale industrial firms of a park (园区规上企业)."""
    user = viewer(request)
    one = get_object_or_404(parks.in_sight(user.scope), pk=pk)
    on = timezone.localdate()
    found = measures.grounds(on)
    if found is None:
        raise Http404
    among = Enterprise.objects.visible_to(user).filter(park=one)
    return listed(
        request,
        measures.above_scale(among, found),
        on=on,
        over=f"{one} · {on}",
        title=_("Above-scale industrial firms of the park"),
        lead=found.definition.rule,
        back=[(_("Digital parks"), "digital:parks", ()), (str(one), "digital:park", (pk,))],
        kept={},
    )


def one_url(one: Park) -> str:
    """Return the address of a park's check-list."""
    return reverse("digital:park", args=[one.pk])


def _page(
    request: HttpRequest, one: Park, *, failed: FindingForm | None = None, item: Any = None
) -> HttpResponse:
    user = viewer(request)
    may = parks.may_find(user, one)
    pillars = [
        (
            pillar,
            [
                (line, _form(line, failed, item) if may else None, failed and line.item == item)
                for line in pillar.lines
            ],
        )
        for pillar in parks.check_list(one)
    ]
    tally = parks.firms_of([one.pk], timezone.localdate())[one.pk]
    context = {
        "park": one,
        "trail": trail(one.region, user.scope),
        "pillars": pillars,
        "met": sum(pillar.met for pillar, _lines in pillars),
        "items": sum(len(pillar.lines) for pillar, _lines in pillars),
        "tally": tally,
        "rate": _share(tally),
        "threshold": threshold(),
        "may": may,
    }
    return render(
        request, "digital/targets/park.html", context, status=400 if failed is not None else 200
    )


def _form(line: parks.Line, failed: FindingForm | None, item: Any) -> FindingForm:
    if failed is not None and line.item == item:
        return failed
    found = line.finding
    before = {"state": found.state, "value": found.value} if found else {}
    return FindingForm(item=line.item, prefix=_prefix(line.item), initial=before)


def _prefix(item: ParkItem) -> str:
    return f"i{item.pk}"


def _share(tally: Tally) -> int | None:
    return tally.done * WHOLE // tally.total if tally.total else None


def _narrowed(user: User, data: QueryDict) -> tuple[Region, QuerySet[Any], str, str]:
    """Return region, parks with their progress, and what they are narrowed by."""
    region = region_of(user, data)
    rows = parks.in_sight(user.scope).filter(region__path__startswith=region.path)
    state, words = data.get("state", ""), data.get("q", "").replace("\x00", "").strip()[:60]
    state = state if state in STATES else ""
    return region, parks.narrowed(parks.counted(rows), state=state, words=words), state, words
