"""How applications come in and which offices they pass: what each unit says (受理与路径设置)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import IntakeRule, RouteRule
from cultivation.pipeline.rounds.forms import IntakeForm, RouteForm
from cultivation.pipeline.routes import MUNICIPALITIES
from cultivation.pipeline.routing import rules
from enterprises.accounts.access import seat_required
from enterprises.places.models import Region
from enterprises.registry.models import Tier
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

Mode = IntakeRule.Mode


@dataclass(frozen=True, slots=True)
class Row:
    """A tier as a unit, or the nation for all others, takes it (一个梯度的设置)."""

    tier: str
    mode: str
    by_default: bool  # nothing was said for the region itself
    by_county: bool
    by_city: bool
    intake: IntakeForm | None
    route: RouteForm | None

    @property
    def label(self) -> str:
        return str(Tier(self.tier).label)

    @property
    def mode_label(self) -> str:
        return str(Mode(self.mode).label)


@require_GET
@seat_required(lambda scope: scope.paths)
def page(request: HttpRequest) -> HttpResponse:
    """Show what holds in a unit in the viewer's sight, or for the nation (设置)."""
    region = _region(request)
    return _shown(request, region)


@require_POST
@seat_required(lambda scope: scope.paths)
def keep(request: HttpRequest, code: str, tier: str, name: str) -> HttpResponse:
    """Keep how a tier comes in, or which offices take part (保存设置)."""
    region = next((one for one in _regions(viewer(request)) if one.code == code), None)
    if region is None or tier not in Tier.values:
        raise Http404
    form = (IntakeForm if name == "intake" else RouteForm)(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why, and choose one of the ways given."))
        return _shown(request, region, status=400)
    try:
        if name == "intake":
            rules.set_intake(region, tier, by=viewer(request), **form.cleaned_data)
        else:
            rules.set_route(region, tier, by=viewer(request), **form.cleaned_data)
    except MoveError as error:
        messages.error(request, str(error))
        return _shown(request, region, status=400)
    messages.success(request, _("Kept; it holds for what comes in from now on."))
    return redirect(f"{reverse('pipeline:rules')}?region={region.code}")


def _shown(request: HttpRequest, region: Region, *, status: int = 200) -> HttpResponse:
    user = viewer(request)
    context = {
        "region": region,
        "regions": _regions(user),
        "rows": _rows(user, region),
        "has_city": region.path not in MUNICIPALITIES and _has_cities(region),
    }
    return render(request, "rounds/rules.html", context, status=status)


def _regions(user: User) -> list[Region]:
    """Return the nation and the units in sight or above the viewer's offices."""
    paths = {path[:2] for path in user.scope.paths}
    units = Region.objects.filter(is_unit=True, in_use=True).order_by("code")
    if "" in paths:
        return [*Region.objects.filter(level=Region.Level.NATION), *units]
    return list(units.filter(path__in=paths))


def _region(request: HttpRequest) -> Region:
    regions, asked = _regions(viewer(request)), request.GET.get("region", "")
    if not regions:
        raise Http404
    found = next((one for one in regions if one.code == asked), None)
    if asked and found is None:
        raise Http404
    return found or regions[0]


def _rows(user: User, region: Region) -> list[Row]:
    said = {
        (rule.region_path, rule.tier): rule.mode
        for rule in IntakeRule.objects.filter(region_path__in=["", region.path])
    }
    routes = {rule.tier: rule for rule in RouteRule.objects.filter(region=region)}
    return [_row(user, region, tier, said, routes.get(tier)) for tier in reversed(Tier.values)]


def _row(
    user: User,
    region: Region,
    tier: str,
    said: Mapping[tuple[str, str], str],
    route: RouteRule | None,
) -> Row:
    own = said.get((region.path, tier))
    mode = own or said.get(("", tier)) or Mode.AS_PUBLISHED
    county, city = (route.by_county, route.by_city) if route else (True, True)
    may_route = bool(region.path) and rules.may_route(user, region)
    return Row(
        tier=tier,
        mode=mode,
        by_default=own is None,
        by_county=county,
        by_city=city,
        intake=IntakeForm(initial={"mode": mode}, auto_id=f"{tier}_%s")
        if rules.may_rule(user, region, tier)
        else None,
        route=RouteForm(initial={"by_county": county, "by_city": city}, auto_id=f"{tier}_r_%s")
        if may_route
        else None,
    )


def _has_cities(region: Region) -> bool:
    return Region.objects.filter(parent=region, level="city", in_use=True, is_unit=False).exists()
