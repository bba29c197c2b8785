"""Visits in sight of an office, the rules that owe them, and the page of a firm (现场核查)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import DateField, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Visit
from cultivation.pipeline.views.gate import seen_application
from cultivation.pipeline.views.parts import kept
from cultivation.pipeline.visits import (
    commenting,
    planning,
    pools,
    reading,
    using,
)
from cultivation.pipeline.visits.filters import visits_of
from cultivation.pipeline.visits.forms import PER_CENT, CommentForm
from enterprises.accounts.access import seat_required
from enterprises.places.models import Region
from enterprises.registry import paging
from enterprises.registry.models import Tier
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

officers_only = seat_required(lambda scope: scope.is_office or scope.is_auditor)
FAR = dt.date(9999, 12, 31)
WHEN = {
    "five_employees": gettext_lazy("at most 5 employees"),
    "no_rights": gettext_lazy("no intellectual property"),
    "little_research": gettext_lazy("less than 100,000 yuan of R&D expense"),
    "first_time": gettext_lazy("evaluated for the first time"),
    "struck_off": gettext_lazy("a title revoked in the last three years"),
}


@require_http_methods(["GET", "POST"])
@officers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the visits in sight, the first planned first; begin what is owed (核查清单)."""
    user = viewer(request)
    if request.method == "POST":
        return _begun(request, user)
    narrowed = visits_of(request, user)
    last = Coalesce("planned_on", Value(FAR), output_field=DateField())
    rows = narrowed.qs.annotate(day_key=last).select_related(
        "application__enterprise__region", "first", "second", "listed__draw"
    )
    page = paging.take(
        rows.defer("application__submitted_form", "application__submitted_answers"),
        sort="day_key",
        after=narrowed.data.get("after", ""),
        before=narrowed.data.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [
            {"visit": one, "rule": reading.rule_of(one), "tone": reading.STATES[one.state]}
            for one in page.rows
        ],
        "unbegun": sum(cases.count() for _level, _rule, cases in pools.unbegun(user)),
        "query": kept(request.GET).urlencode(),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/visits/list.html", context)


def _begun(request: HttpRequest, user: User) -> HttpResponse:
    """Begin all visits owed, or that of one case."""
    typed = request.POST.get("application", "")
    if not typed:
        try:
            number = pools.begin_owed(user)
        except MoveError as error:
            messages.error(request, str(error))
            return redirect("pipeline:visits")
        text = ngettext("%(number)s visit begun.", "%(number)s visits begun.", number)
        messages.success(request, text % {"number": number})
        return redirect("pipeline:visits")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Http404
    try:
        made = planning.begin(seen_application(request, int(typed)), by=user)
    except MoveError as error:
        messages.error(request, str(error))
        return redirect("pipeline:application", int(typed))
    messages.success(request, _("The visit is begun; now plan it."))
    return redirect("pipeline:visit", made.pk)


@require_http_methods(["GET", "POST"])
@login_required
def firm(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a firm the visit it was told of, and take its comment (企业查看核查)."""
    user = viewer(request)
    rows = Visit.objects.of_firm(user).select_related("application__enterprise")
    found: Visit = get_object_or_404(rows, pk=pk)
    form = CommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            commenting.comment(found, by=user, text=form.cleaned_data["text"])
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Your comment is kept; the office is told."))
            return redirect("pipeline:visit_firm", pk)
    record = reading.last_signed(found)
    context = {
        "visit": found,
        "record": record,
        "lines": reading.lines(record) if record else [],
        "comments": found.comments.select_related("made_by"),
        "form": form,
    }
    status = 400 if form.errors else 200
    return render(request, "pipeline/visits/firm.html", context, status=status)


@require_http_methods(["GET", "POST"])
@officers_only
def rules(request: HttpRequest) -> HttpResponse:
    """Show which visits are owed by which clause; take an unsure rule into use (核查规则)."""
    user = viewer(request)
    if request.method == "POST":
        path = request.POST.get("office", "")
        if not f"{path}0".isalnum():
            raise Http404
        region = get_object_or_404(Region, path=path[:6], in_use=True, **_nation(path))
        wanted = request.POST.get("used") == "1"
        try:
            using.use(region, request.POST.get("rule", ""), by=user, wanted=wanted)
        except MoveError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
        return redirect("pipeline:visit_rules")
    context = {"rows": [_rule_row(one) for one in using.standing_of(user)]}
    return render(request, "pipeline/visits/rules.html", context)


def _rule_row(standing: using.Standing) -> dict[str, Any]:
    rule = standing.rule
    return {
        "rule": rule,
        "region": standing.region,
        "used": standing.used,
        "may_change": standing.may_change,
        "tier": Tier(rule.tier).label,
        "kinds": _("; ").join(str(Application.Kind(kind).label) for kind in rule.kinds),
        "when": [WHEN[name] for name in rule.when],
        "least": f"{rule.least / PER_CENT:g}" if rule.least else "",
    }


def seen_visit(request: HttpRequest, pk: int) -> Visit:
    """Return a visit in the viewer's sight; any other is a 404."""
    rows = Visit.objects.visible_to(viewer(request)).select_related(
        "application__enterprise__region", "application__submission", "first", "second",
        "waiver_by", "waived_by", "listed__draw",
    )  # fmt: skip
    found: Visit = get_object_or_404(rows, pk=pk)
    return found


def whole(typed: str) -> int:
    """Return a version as typed; nought, which fits none, where it is no number."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _nation(path: str) -> dict[str, str]:
    return {} if path else {"level": Region.Level.NATION}
