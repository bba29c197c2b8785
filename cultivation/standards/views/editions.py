"""Pages of the standards: editions, where an enterprise stands, why, and a run (页面)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from cultivation.standards import pages, phrases
from cultivation.standards.clauses import clauses
from cultivation.standards.editions import all_policies, counts_for, rules
from cultivation.standards.explanation import explain
from cultivation.standards.forms import AppliesForm, AsOfForm
from cultivation.standards.models import Assessment, Edition, JudgingRun
from cultivation.standards.policy import Case
from cultivation.standards.prospects import prospects
from cultivation.standards.sharing import may_judge
from cultivation.standards.statutes import histories, rules_on, unit_names
from enterprises.registry import rights
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User


@require_GET
@login_required
def editions(request: HttpRequest) -> HttpResponse:
    """List all editions, what lies over them, and what applies on a day in a unit (标准一览)."""
    user = cast("User", request.user)
    names = unit_names()
    pairs = all_policies()
    form = AppliesForm.of(request.GET, names)
    asked = form.cleaned_data if form.is_valid() else None
    context = {
        "histories": histories(pairs, names) if pairs else [],
        "form": form,
        "asked": asked,
        "rules": rules_on(pairs, names, on=asked["on"], path=asked["unit"]) if asked else [],
        "unit": names.get(asked["unit"], "") if asked else "",
        "may_judge": may_judge(user.scope),
        "sees_runs": bool(user.scope.paths),
        "sees_nation": "" in user.scope.paths,
        "may_choose_day": user.scope.may_decide("", "nation"),
        "last_run": JudgingRun.objects.filter(finished_at__isnull=False).first(),
        "today": timezone.localdate(),
    }
    return render(request, "standards/editions.html", context, status=200 if asked else 400)


@require_GET
@login_required
def edition(request: HttpRequest, code: str) -> HttpResponse:
    """Show what an edition asks for, clause by clause, of all cases or of one (标准条文)."""
    names = unit_names()
    found = next(
        (
            entry
            for history in histories(all_policies(), names)
            for entry in history.entries
            if entry.edition.code == code
        ),
        None,
    )
    if found is None:
        raise Http404
    form = AppliesForm.of(request.GET, names)
    asked = form.cleaned_data if form.is_valid() else None
    case = (
        Case(asked["kind"], asked["on"], asked["unit"]) if asked and "on" in request.GET else None
    )
    context = {
        "entry": found,
        "edition": found.edition,
        "policy": found.policy,
        "form": form,
        "case": case,
        "kind": Assessment.Kind(case.kind) if case else "",
        "unit": names.get(case.path, "") if case else "",
        "clauses": clauses(found, names, case),
        "periods": [
            (period, phrases.reach(period.reach, names)) for period in found.policy.periods
        ],
        "whole": rules(found.edition).sha256,
    }
    return render(request, "standards/edition.html", context, status=200 if asked else 400)


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
