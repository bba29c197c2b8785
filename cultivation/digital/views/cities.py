"""Pilot cities of the digital transformation of SMEs: batches, one city (试点城市)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cultivation.digital.models import PilotBatch
from cultivation.digital.overview import trail
from cultivation.digital.path import WHOLE
from cultivation.digital.targets import cities, measures, reading, reporting
from cultivation.digital.targets.scale import threshold
from cultivation.digital.views.asking import reads, viewer
from cultivation.digital.views.counted import listed
from enterprises.accounts.access import seat_required
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.digital.targets.measuring import Tally

REPORTED = ("CLOUD", "CNC")


@require_GET
@seat_required(reads)
def city_list(request: HttpRequest) -> HttpResponse:
    """Show the batches with their terms and the cities known by name (试点城市一览)."""
    user = viewer(request)
    on = timezone.localdate()
    seen = list(cities.in_sight(user.scope).order_by("batch__number", "region__code"))
    counted = cities.tallies(seen, on)
    batches = [
        (
            batch,
            [
                (city, counted[city.pk], _share(counted[city.pk]))
                for city in seen
                if city.batch_id == batch.pk
            ],
        )
        for batch in PilotBatch.objects.all()
    ]
    context = {"batches": batches, "on": on, "threshold": threshold()}
    return render(request, "digital/targets/cities.html", context)


@require_GET
@seat_required(reads)
def city(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a pilot city: its sub-sectors against what they owe, and reported rates (试点城市)."""
    user = viewer(request)
    one = get_object_or_404(cities.in_sight(user.scope), pk=pk)
    on = timezone.localdate()
    context = {
        "city": one,
        "trail": trail(one.region, user.scope),
        "sectors": cities.sectors(one, on),
        "standings": reading.standings(one.region, on, only=REPORTED),
        "threshold": threshold(),
        "on": on,
        "may": reporting.may_report(user, one.region),
    }
    return render(request, "digital/targets/city.html", context)


@require_GET
@seat_required(reads)
def city_firms(request: HttpRequest, pk: int) -> HttpResponse:
    """List the above-scale industrial firms of a pilot city, of one industry (名单)."""
    user = viewer(request)
    one = get_object_or_404(cities.in_sight(user.scope), pk=pk)
    on = timezone.localdate()
    found = measures.grounds(on)
    if found is None:
        raise Http404
    among = Enterprise.objects.visible_to(user).filter(region_path__startswith=one.region.path)
    industry = request.GET.get("industry", "")
    if industry == "none":
        among = among.filter(industry__isnull=True)
    elif industry.isalnum():
        among = among.filter(industry__code=industry)
    return listed(
        request,
        measures.above_scale(among, found),
        on=on,
        over=f"{one.region} · {on}",
        title=_("Above-scale industrial firms of the pilot city"),
        lead=found.definition.rule,
        back=[
            (_("Pilot cities"), "digital:cities", ()),
            (str(one.region), "digital:city", (pk,)),
        ],
        kept={"industry": industry} if industry else {},
    )


def _share(tally: Tally) -> int | None:
    return tally.done * WHOLE // tally.total if tally.total else None
