"""Pages of the standards: editions, where an enterprise stands, why, and a run (页面)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from cultivation.standards import pages
from cultivation.standards.editions import counts_for, policy
from cultivation.standards.explanation import explain
from cultivation.standards.forms import AsOfForm
from cultivation.standards.models import Assessment, Edition, JudgingRun
from cultivation.standards.prospects import prospects
from cultivation.standards.sharing import may_judge
from enterprises.registry import rights
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User


@require_GET
@login_required
def editions(request: HttpRequest) -> HttpResponse:
    """List all editions with their days, document and confidence (标准一览)."""
    user = cast("User", request.user)
    context = {
        "entries": pages.entries(),
        "may_judge": may_judge(user.scope),
        "sees_runs": bool(user.scope.paths),
        "may_choose_day": user.scope.may_decide("", "nation"),
        "last_run": JudgingRun.objects.filter(finished_at__isnull=False).first(),
        "today": timezone.localdate(),
    }
    return render(request, "standards/editions.html", context)


@require_GET
@login_required
def edition(request: HttpRequest, code: str) -> HttpResponse:
    """Show what an edition asks for, clause by clause (标准条文)."""
    found = get_object_or_404(Edition, code=code)
    said = policy(found)
    context = {"edition": found, "policy": said, "clauses": pages.clauses(said)}
    return render(request, "standards/edition.html", context)


@require_GET
@login_required
def of_enterprise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where an enterprise stands against every edition in force (达标情况)."""
    enterprise = _seen(request, pk)
    form = AsOfForm.asked(request.GET)
    on = form.cleaned_data["on"] if form.is_valid() else None
    context = {
        "enterprise": enterprise,
        "form": form,
        "on": on,
        "days": _days(),
        "standings": pages.standings(enterprise, on=on) if on else [],
    }
    return render(request, "standards/of_enterprise.html", context, status=200 if on else 400)


@require_GET
@login_required
def explanation(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show why an enterprise meets an edition or not, criterion by criterion (评价说明)."""
    enterprise = _seen(request, pk)
    found = get_object_or_404(Edition, code=code)
    form = AsOfForm.asked(request.GET)
    context = {"enterprise": enterprise, "edition": found, "form": form, "days": _days()}
    if not form.is_valid():
        return render(request, "standards/explanation.html", context, status=400)
    on, kind = form.cleaned_data["on"], form.cleaned_data["kind"]
    told = explain(enterprise, found, kind=kind, as_of=on)
    ahead = prospects(told, enterprise, today=timezone.localdate())
    context |= {
        "told": told,
        "standing": pages.Standing(told),
        "lines": pages.lines(told, enterprise, ahead.by_code),
        "ahead": ahead,
        "kind": Assessment.Kind(kind),
        "on": on,
        "covers": counts_for(found, kind=kind, on=on, path=enterprise.region_path),
        "may_edit": rights.may_edit(cast("User", request.user), enterprise),
    }
    return render(request, "standards/explanation.html", context)


def _seen(request: HttpRequest, pk: int) -> Enterprise:
    visible = Enterprise.objects.visible_to(cast("User", request.user))
    return cast("Enterprise", get_object_or_404(visible.select_related("region"), pk=pk))


def _days() -> list[dt.date]:
    """Return the days offered to judge as of: today, and the ends of past years."""
    today = timezone.localdate()
    return [today, *(dt.date(year, 12, 31) for year in range(today.year - 1, today.year - 6, -1))]
