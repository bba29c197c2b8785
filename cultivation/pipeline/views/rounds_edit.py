"""Making and changing a round: terms, windows, quotas (批次编制)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Quota, Round
from cultivation.pipeline.rounds import holding, known, rationing, rights, setting
from cultivation.pipeline.rounds.forms import QuotasForm, RoundForm, WhyForm, WindowsForm
from cultivation.pipeline.views.rounds import has_use_for_rounds, seen_round, version_of
from enterprises.accounts.access import seat_required
from enterprises.places.models import Region
from enterprises.registry.models import Tier
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.rounds.known import Known
    from enterprises.accounts.models import User

PAGE = ["GET", "POST"]


@require_http_methods(PAGE)
@seat_required(lambda scope: scope.decide_paths)
def create(request: HttpRequest) -> HttpResponse:
    """Make a round, from nothing or from what a notice said (拟定批次)."""
    user, asked = viewer(request), request.POST or request.GET
    regions = rights.holding_regions(user)
    if not regions:
        raise PermissionDenied
    region = next((one for one in regions if one.code == asked.get("region", "")), regions[0])
    tiers = [tier for tier in Tier.values if rights.may_hold(user, tier, region)]
    tier = asked.get("tier", "") if asked.get("tier", "") in tiers else tiers[-1]
    source = _source(asked.get("from", ""), tier, region)
    posted = request.POST or None
    units = _units(region)
    form = RoundForm(posted, tier=tier, units=units, initial=_from_notice(source, tier, region))
    windows = WindowsForm(posted, levels=_levels(region), initial=_days_of(source))
    if request.method == "POST" and form.is_valid() and windows.is_valid():
        wanted = windows.wanted()
        if company := wanted["company"]:
            wanted["company"] = known.sourced(company, source)
        try:
            made = holding.create(form.terms(), region, wanted, by=user)
        except MoveError as error:
            _place(error, windows, form)
        else:
            messages.success(request, _("The round is prepared; nobody else sees it yet."))
            return redirect("pipeline:round", made.pk)
    context = {
        "form": form,
        "windows": windows,
        "region": region,
        "regions": regions,
        "tier": tier,
        "tier_label": Tier(tier).label,
        "tiers": [(one, Tier(one).label) for one in tiers],
        "known": known.windows_for(tier, region),
        "source": source,
    }
    return render(request, "rounds/create.html", context)


@require_http_methods(PAGE)
@seat_required(has_use_for_rounds)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a round; once published who may apply stays (修改批次)."""
    found, user = seen_round(request, pk), viewer(request)
    if not rights.is_holder(user, found):
        raise PermissionDenied
    in_force, posted = found.state != Round.State.DRAFT, request.POST or None
    stored = {w.level: w for w in found.windows.all() if w.region_id == found.region_id}
    form = RoundForm(
        posted,
        tier=found.tier,
        units=_units(found.region),
        initial=RoundForm.initial_of(found),
    )
    if in_force:
        for name in set(holding.FIXED) & set(form.fields):
            form.fields[name].disabled = True
    windows = WindowsForm(posted, levels=_levels(found.region), stored=stored)
    why = WhyForm(posted, owed=in_force) if in_force else None
    if _all_valid(request, form, windows, why):
        try:
            holding.change(
                found,
                form.terms(),
                windows.wanted(),
                by=user,
                reason=why.cleaned_data["reason"] if why else "",
                version=version_of(request),
            )
        except MoveError as error:
            _place(error, windows, form, why)
        else:
            messages.success(request, _("Kept."))
            return redirect("pipeline:round", pk)
    context = {"round": found, "form": form, "windows": windows, "why": why}
    return render(request, "rounds/edit.html", context)


@require_http_methods(PAGE)
@seat_required(has_use_for_rounds)
def windows(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Narrow the windows of lower levels for an office's own subtree (本地区时段)."""
    found, user = seen_round(request, pk), viewer(request)
    region = _office(user, found, code)
    stored = {w.level: w for w in found.windows.all() if w.region_id == region.pk}
    posted, in_force = request.POST or None, found.state != Round.State.DRAFT
    form = WindowsForm(posted, levels=rights.settable(user, found, region), stored=stored)
    why = WhyForm(posted, owed=in_force) if in_force else None
    if _all_valid(request, form, why):
        try:
            setting.set_windows(
                found,
                region,
                form.wanted(),
                by=user,
                reason=why.cleaned_data["reason"] if why else "",
                version=version_of(request),
            )
        except MoveError as error:
            _place(error, form, why)
        else:
            messages.success(request, _("Kept."))
            return redirect("pipeline:round", pk)
    above = [w for w in found.windows.all() if region.path.startswith(w.region_path)]
    context = {
        "round": found,
        "region": region,
        "windows": form,
        "why": why,
        "above": [w for w in above if w.region_id != region.pk],
    }
    return render(request, "rounds/windows.html", context)


@require_http_methods(PAGE)
@seat_required(has_use_for_rounds)
def quotas(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Share places out among the regions below an office (分配名额)."""
    found, user = seen_round(request, pk), viewer(request)
    region = _office(user, found, code)
    regions = rationing.below(found, region)
    rows = Quota.objects.filter(round=found, region__in=regions).select_related("region")
    posted, in_force = request.POST or None, found.state != Round.State.DRAFT
    form = QuotasForm(posted, regions=regions, stored={row.region.code: row for row in rows})
    why = WhyForm(posted, owed=in_force) if in_force else None
    if _all_valid(request, form, why):
        try:
            changed = rationing.set_quotas(
                found,
                region,
                form.wanted(),
                by=user,
                reason=why.cleaned_data["reason"] if why else "",
                version=version_of(request),
            )
        except MoveError as error:
            _place(error, form, why)
        else:
            messages.success(request, _("Quotas changed: %(number)s.") % {"number": changed})
            return redirect("pipeline:round", pk)
    context = {"round": found, "region": region, "form": form, "why": why}
    return render(request, "rounds/quotas.html", context)


def _office(user: User, round_: Round, code: str) -> Region:
    """Return the viewer's own office that sets something in a round; 403 for any other."""
    found = next((r for r in rights.setting_regions(user, round_) if r.code == code), None)
    if found is None:
        raise PermissionDenied
    return found


def _levels(region: Region) -> tuple[str, ...]:
    return rights.LEVELS if not region.path else rights.LEVELS[:-1]


def _units(region: Region) -> list[Region]:
    if region.path:
        return []
    return list(Region.objects.filter(is_unit=True, in_use=True).order_by("code"))


def _source(pk: str, tier: str, region: Region) -> Known | None:
    if not pk:
        return None
    found = known.window_of(int(pk), tier, region) if pk.isdigit() and len(pk) < 10 else None
    if found is None:
        raise Http404
    return found


def _from_notice(source: Known | None, tier: str, region: Region) -> dict[str, Any]:
    """Return what a notice said, for the form of a new round."""
    if source is None:
        return {"kinds": ["recognition"]}
    said = source.window
    name = _("%(year)s %(tier)s round") % {"year": said.year, "tier": Tier(tier).label}
    return {
        "name": name,
        "year": said.year,
        "kinds": said.kinds,
        "units": said.units if not region.path else [],
        "document": said.document,
        "note": said.note,
    }


def _days_of(source: Known | None) -> dict[str, Any]:
    if source is None:
        return {}
    return {"opens_company": source.opens, "closes_company": source.closes}


def _all_valid(request: HttpRequest, *forms: forms.Form | None) -> bool:
    """Tell whether all that was posted is sound; every form is looked at, so that all is said."""
    faulty = [one for one in forms if one is not None and not one.is_valid()]
    return request.method == "POST" and not faulty


def _place(error: MoveError, *forms: forms.Form | None) -> None:
    """Put a refusal beside the field it names, else on top of the first form."""
    given = [one for one in forms if one is not None]
    place = next((one for one in given if error.field in one.fields), given[0])
    place.add_error(error.field if error.field in place.fields else None, str(error))
