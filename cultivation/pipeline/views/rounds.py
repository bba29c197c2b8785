"""Rounds: the list, one of them with windows, places and numbers, and its steps (批次)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filters import RoundFilter
from cultivation.pipeline.models import Extension, Quota, Round, RoundWindow
from cultivation.pipeline.rounds import holding, rationing, rights, tallies, telling
from cultivation.pipeline.rounds.forms import WhyForm
from cultivation.pipeline.views.parts import kept, neighbour_of
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.models import Enterprise
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

SHOWN = 50  # extensions on the page of a round


def has_use_for_rounds(scope: Scope) -> bool:
    """Tell whether rounds concern somebody: offices, auditors, enterprises, experts."""
    return bool(scope.paths or scope.enterprises or scope.expert)


def seen_round(request: HttpRequest, pk: int) -> Round:
    """Return a round in the viewer's sight; any other is a 404."""
    rows = Round.objects.visible_to(viewer(request)).select_related("region", "edition")
    found: Round = get_object_or_404(rows.prefetch_related("windows"), pk=pk)
    return found


@require_GET
@seat_required(has_use_for_rounds)
def listing(request: HttpRequest) -> HttpResponse:
    """Show the rounds in sight with the enterprises' window, newest first (批次一览)."""
    user, now = viewer(request), timezone.now()
    narrowed = RoundFilter(request.GET, queryset=Round.objects.visible_to(user), request=request)
    page = paging.take(
        narrowed.qs.select_related("region").prefetch_related("windows"),
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    path = path_of(user)
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [(one, _company(one, path, now)) for one in page.rows],
        "may_hold": bool(rights.holding_regions(user)),
        "searched": bool(kept(request.GET)),
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "rounds/list.html", context)


@require_GET
@seat_required(has_use_for_rounds)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a round: windows, places, numbers by region, extensions (批次详情)."""
    return shown(request, seen_round(request, pk))


@require_POST
@seat_required(has_use_for_rounds)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Publish, close or discard a round (发布、关闭、删除)."""
    found, user = seen_round(request, pk), viewer(request)
    form = WhyForm(request.POST, owed=name == "close")
    if not form.is_valid():
        return shown(request, found, why=form, status=400)
    try:
        version = version_of(request)
        if name == "publish":
            holding.publish(found, by=user, version=version)
            messages.success(request, _("The round is published."))
        elif name == "close":
            reason = form.cleaned_data["reason"]
            holding.close(found, by=user, reason=reason, version=version)
            messages.success(request, _("The round is closed."))
        else:
            holding.discard(found, by=user, version=version)
            messages.success(request, _("The round is dropped."))
            return redirect("pipeline:rounds")
    except MoveError as error:
        messages.error(request, str(error))
        return shown(request, seen_round(request, pk), why=form, status=409)
    return redirect("pipeline:round", pk)


def shown(
    request: HttpRequest, round_: Round, *, why: WhyForm | None = None, status: int = 200
) -> HttpResponse:
    """Return the page of a round, with what was typed where a step failed."""
    user, now = viewer(request), timezone.now()
    path = path_of(user)
    is_holder = rights.is_holder(user, round_)
    offices = rights.setting_regions(user, round_)
    extensions = Extension.objects.visible_to(user).filter(round=round_)
    mine = extensions.filter(enterprise__in=user.scope.enterprises, ended_at__isnull=True)
    line = path if path.startswith(round_.region_path) else round_.region_path
    context = {
        "round": round_,
        "lines": telling.lines(
            round_, line, extensions=mine if user.scope.enterprises else (), now=now
        ),
        "line_region": line != round_.region_path,
        "narrower": _narrower(round_, user),
        "quotas": Quota.objects.visible_to(user).filter(round=round_).select_related("region"),
        "tallies": tallies.by_region(round_, user, line) if user.scope.paths else [],
        "extensions": extensions.select_related("enterprise", "made_by")[:SHOWN],
        "is_holder": is_holder,
        "windows_of": [one for one in offices if one.path != round_.region_path],
        "quotas_of": [one for one in offices if rationing.below(round_, one)],
        "asks_time": bool(user.scope.enterprises) and round_.state == Round.State.OPEN,
        "may_extend": bool(offices) and round_.state == Round.State.OPEN,
        "why": (why or WhyForm()) if is_holder and round_.state == Round.State.OPEN else None,
    }
    return render(request, "rounds/detail.html", context, status=status)


def path_of(user: User) -> str:
    """Return the region path from which a user looks at rounds: of an office, else of a firm."""
    if user.scope.paths:
        return min(user.scope.paths, key=len)
    own = Enterprise.objects.filter(pk__in=user.scope.enterprises).order_by("pk")
    return own.values_list("region_path", flat=True).first() or ""


def version_of(request: HttpRequest) -> int:
    """Return the version that a form was made for."""
    try:
        return int(request.POST.get("version", ""))
    except ValueError as error:
        raise BadRequest(_("The form lacks its version; load the page again.")) from error


def _company(round_: Round, path: str, now: Any) -> telling.Line | None:
    line = path if path.startswith(round_.region_path) else round_.region_path
    found = telling.lines(round_, line, now=now)
    return found[0] if found and found[0].span.level == "company" else None


def _narrower(round_: Round, user: User) -> list[RoundWindow]:
    """Return the windows that offices below the holder set, along the viewer's line."""
    if not user.scope.paths:
        return []
    rows = RoundWindow.objects.filter(round=round_).exclude(region=round_.region)
    return [
        row
        for row in rows.select_related("region").order_by("region_path", "pk")
        if any(row.region_path.startswith(p) or p.startswith(row.region_path)
               for p in user.scope.paths)
    ]  # fmt: skip
