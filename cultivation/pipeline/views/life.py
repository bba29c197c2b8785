"""The life after recognition: duties, changes, consequences, cohorts (动态管理)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.pipeline import titles as held
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.life import changing, cohorts, consequences, duties, relations, updating
from cultivation.pipeline.life.forms import (
    ChangeForm,
    DecideForm,
    OutcomeForm,
    ReasonForm,
    RelationForm,
)
from cultivation.pipeline.models import Consequence, MajorChange, RecheckWaiver, YearlyUpdate
from cultivation.pipeline.views.parts import neighbour_of, state_of
from enterprises.accounts.access import seat_required
from enterprises.registry import exports, paging
from enterprises.registry.models import Tier, Title
from enterprises.registry.views.gate import seen_enterprise, viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

readers_only = seat_required(lambda scope: scope.is_office or scope.is_auditor)


@require_http_methods(["GET", "POST"])
@login_required
def of_enterprise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show titles, duties, changes, consequences and relations of an enterprise (动态管理)."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    may_relate = enterprise.pk in user.scope.enterprises or user.scope.may_register(
        enterprise.region_path
    )
    form = RelationForm(request.POST or None) if may_relate else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            try:
                relations.enter(enterprise, form.cleaned_data.pop("other"), by=user,
                                **form.cleaned_data)  # fmt: skip
            except MoveError as error:
                form.add_error(error.field or None, str(error))
            else:
                messages.success(request, _("The relation is entered."))
                return redirect("pipeline:life", pk)
    status = 400 if form is not None and form.errors else 200
    return render(request, "life/of_enterprise.html", _life(user, enterprise, form), status=status)


@require_POST
@login_required
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a year's update; say what is lacking where it cannot be (确认更新)."""
    update = get_object_or_404(
        YearlyUpdate.objects.visible_to(viewer(request)).select_related("enterprise"), pk=pk
    )
    try:
        updating.confirm(update, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The update of %(year)s is confirmed.") % {"year": update.year})
    return redirect("pipeline:life", update.enterprise_id)


@require_http_methods(["GET", "POST"])
@login_required
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the report of a major change (报告重大变化)."""
    user, enterprise = viewer(request), seen_enterprise(request, pk)
    if enterprise.pk not in user.scope.enterprises:
        raise PermissionDenied
    form = ChangeForm(request.POST or None, enterprise=enterprise)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = changing.report(enterprise, data.pop("kind"), by=user, **data)
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("The change is reported."))
            return redirect("pipeline:change", made.pk)
    duty = duties.change_of(timezone.localdate())
    context = {"enterprise": enterprise, "form": form, "duty": duty}
    return render(request, "life/report.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a reported change; the office weighs it (核查)."""
    user = viewer(request)
    found = get_object_or_404(
        MajorChange.objects.visible_to(user).select_related(
            "enterprise__region", "reported_by", "decided_by"
        ),
        pk=pk,
    )
    may_decide = changing.may_decide(found, user)
    if request.method == "POST" and not may_decide:
        raise PermissionDenied
    form = OutcomeForm(request.POST or None, change=found)
    if request.method == "POST" and form.is_valid():
        try:
            changing.decide(
                found, form.cleaned_data["outcome"], by=user, reason=form.cleaned_data["reason"]
            )
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The outcome is kept and the enterprise is told."))
            return redirect("pipeline:change", pk)
    context = {
        "change": found,
        "duty": duties.named(found.rule),
        "documents": found.documents.all(),
        "titles": held.running(found.enterprise),
        "form": form if may_decide and found.status == MajorChange.Status.REPORTED else None,
        "own": found.enterprise_id in user.scope.enterprises,
    }
    return render(request, "life/change.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def withdraw_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a report back that nobody decided on yet (撤回报告)."""
    found = get_object_or_404(MajorChange.objects.visible_to(viewer(request)), pk=pk)
    try:
        changing.withdraw(found, by=viewer(request))
    except MoveError as error:
        messages.error(request, str(error))
    return redirect("pipeline:change", pk)


@require_GET
@readers_only
def duty_list(request: HttpRequest) -> HttpResponse:
    """List the changes and consequences that wait for the office (待处理)."""
    user = viewer(request)
    reported = MajorChange.objects.visible_to(user).filter(status="reported")
    page = paging.take(
        Consequence.objects.waiting_for(user).select_related("title", "enterprise__region"),
        sort="pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "reported": reported.select_related("enterprise__region").order_by("due_on")[:100],
        "today": timezone.localdate(),
        "page": page,
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "life/duties.html", context)


@require_http_methods(["GET", "POST"])
@readers_only
def consequence(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply or waive what a missed duty leads to (处理)."""
    user = viewer(request)
    found = get_object_or_404(
        Consequence.objects.visible_to(user).select_related(
            "title__enterprise__region", "decided_by"
        ),
        pk=pk,
    )
    may_decide = consequences.may_decide(found, user)
    if request.method == "POST" and not may_decide:
        raise PermissionDenied
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            consequences.decide(found, by=user, **form.cleaned_data)
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("The decision is kept and the enterprise is told."))
            return redirect("pipeline:consequence", pk)
    open_ = may_decide and found.state != Consequence.State.WAIVED
    context = {
        "consequence": found,
        "duty": duties.named(found.rule),
        "form": form if open_ else None,
    }
    return render(request, "life/consequence.html", context, status=400 if form.errors else 200)


@require_GET
@readers_only
def cohort(request: HttpRequest) -> HttpResponseBase:
    """Show whose titles end in a year and how far their re-checks are (复核批次)."""
    user, tier, year = viewer(request), _tier(request), _year(request)
    rows = cohorts.titles_of(user, year=year, tier=tier)
    where = request.GET.get("state", "")
    if request.GET.get("format") == "csv":
        exports.note(user, filters={"tier": tier, "year": year}, form="csv", rows=rows.count())
        lines = exports.csv_text(_heading(), _cells(rows))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="recheck-{tier}-{year}.csv"'
        return answer
    page = paging.take(
        (rows.filter(recheck=where) if where in cohorts.STATES else rows).select_related(
            "enterprise__region"
        ),
        sort="valid_to",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    path = next((path for path, _role in user.scope.offices), "")
    context = {
        "tier": tier,
        "tiers": Tier.choices,
        "year": year,
        "years": sorted({*cohorts.years(user, tier), year}),
        "state": where,
        "counts": [(s, cohorts.STATES[s], n) for s, n in cohorts.counts(rows).items()],
        "edition": cohorts.edition_of(tier, year=year, path=path),
        "page": page,
        "rows": [(row, cohorts.STATES[row.recheck]) for row in page.rows],
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "life/cohort.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an owner give up the re-check of a title (放弃复核)."""
    user = viewer(request)
    found = get_object_or_404(
        Title.objects.visible_to(user).select_related("enterprise__region"), pk=pk
    )
    if found.enterprise_id not in user.scope.owned:
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cohorts.give_up(found, by=user, reason=form.cleaned_data["reason"])
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("The re-check is given up; the title runs to its end."))
            return redirect("pipeline:life", found.enterprise_id)
    below = cohorts.next_below(found.tier)
    context = {"title": found, "form": form, "below": Tier(below).label if below else ""}
    return render(request, "life/give_up.html", context, status=400 if form.errors else 200)


def _life(user: User, enterprise: Enterprise, form: RelationForm | None) -> dict[str, Any]:
    own = enterprise.pk in user.scope.enterprises
    updates = list(YearlyUpdate.objects.filter(enterprise=enterprise)[:10])
    today = timezone.localdate()
    open_update = next((u for u in updates if not u.confirmed_at and u.due_on >= today), None)
    rows = Title.objects.filter(enterprise=enterprise)
    waived = set(
        RecheckWaiver.objects.filter(title__enterprise=enterprise).values_list("title", flat=True)
    )
    return {
        "enterprise": enterprise,
        "own": own,
        "owner": enterprise.pk in user.scope.owned,
        "titles": [
            (title, *state_of(title), held.recheck_opens(title), title.pk in waived)
            for title in rows
        ],
        "updates": updates,
        "open_update": open_update,
        "lacking": updating.lacking(enterprise, open_update.year) if open_update and own else [],
        "duty": duties.update_of(today.year),
        "changes": MajorChange.objects.filter(enterprise=enterprise)[:50],
        "unreported": changing.unreported(enterprise),
        "consequences": Consequence.objects.filter(enterprise=enterprise).select_related("title"),
        "relations": _in_sight(user, relations.of(enterprise)),
        "barred": held.barred_until(enterprise),
        "form": form,
        "office": user.scope.sees_path(enterprise.region_path),
    }


def _in_sight(user: User, found: list[relations.Related]) -> list[tuple[relations.Related, bool]]:
    """Return relations, each with whether the viewer may open the other enterprise."""
    scope = user.scope
    return [
        (one, scope.sees_path(one.other.region_path) or one.other.pk in scope.enterprises)
        for one in found
    ]


def _tier(request: HttpRequest) -> str:
    wanted = request.GET.get("tier", "")
    return wanted if wanted in Tier.values else Tier.LITTLE_GIANT.value


def _year(request: HttpRequest) -> int:
    wanted = request.GET.get("year", "")
    this = timezone.localdate().year
    year = int(wanted) if wanted.isdecimal() and len(wanted) == 4 else this
    return year if 2000 <= year <= 2100 else this


def _heading() -> list[str]:
    return [_("Name"), _("Credit code"), _("Region"), _("Number"), _("Valid until"), _("Re-check")]


def _cells(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    words = {state: str(label) for state, label in cohorts.STATES.items()}
    values = rows.order_by("valid_to", "pk").values_list(
        "enterprise__name", "enterprise__credit_code", "enterprise__region__name_zh", "number",
        "valid_to", "recheck",
    )  # fmt: skip
    return ([*row[:5], words[row[5]]] for row in values.iterator(chunk_size=2000))
