"""One visit for its office: what was found, and what may be done now (核查办理)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Visit, VisitRecord
from cultivation.pipeline.views.visits import officers_only, seen_visit, whole
from cultivation.pipeline.visits import officers, planning, reading, recording
from cultivation.pipeline.visits.forms import PlanForm, ReasonForm
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from enterprises.accounts.models import User


@require_http_methods(["GET", "POST"])
@officers_only
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a visit and take a step on it: plan, recuse, waive, hand in, sign, correct (核查)."""
    found, user = seen_visit(request, pk), viewer(request)
    if request.method == "GET":
        return _shown(request, found)
    name = request.POST.get("do", "")
    if name not in DOING:
        raise BadRequest(_("The form names no step; load the page again."))
    form = _form(name, found, request.POST)
    if form is not None and not form.is_valid():
        return _shown(request, found, bound={name: form}, status=400)
    try:
        said = DOING[name](found, user, form)
    except MoveError as error:
        if form is not None and error.field in form.fields:
            form.add_error(error.field, str(error))
        else:
            messages.error(request, str(error))
        bound = {name: form} if form is not None else {}
        return _shown(request, seen_visit(request, pk), bound=bound, status=409)
    messages.success(request, said)
    return redirect("pipeline:visit", pk)


@require_GET
@officers_only
def file(request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """Hand out a photo or document of a visit, as a download (现场材料)."""
    found = seen_visit(request, pk)
    for record in found.records.filter(files=number):
        kept_file = record.files.get(pk=number)
        return FileResponse(
            kept_file.file.open("rb"),
            as_attachment=True,
            filename=kept_file.name,
            content_type="application/octet-stream",
        )
    raise Http404


REASONED = ("recuse", "ask_waiver", "call_off", "correct")


def _form(name: str, found: Visit, data: Any) -> forms.Form | None:
    if name == "plan":
        return PlanForm(data, visit=found)
    return ReasonForm(data, auto_id=f"{name}_%s") if name in REASONED else None


def _plan(found: Visit, user: User, form: Any) -> str:
    planning.plan(found, form.plan, by=user, version=whole(form.data.get("version", "")))
    return _("The visit is planned; the enterprise is told.")


def _reason(form: Any) -> str:
    text: str = form.cleaned_data["reason"]
    return text


def _said(work: Callable[..., Any], text: str) -> str:
    work()
    return text


DOING: dict[str, Callable[[Visit, User, Any], str]] = {
    "plan": _plan,
    "recuse": lambda found, user, form: _said(
        lambda: planning.recuse(found, by=user, reason=_reason(form)),
        _("You are off this visit; it has to be planned anew."),
    ),
    "ask_waiver": lambda found, user, form: _said(
        lambda: planning.ask_waiver(found, by=user, reason=_reason(form)),
        _("The waiver waits for a second officer."),
    ),
    "waive": lambda found, user, _form: _said(
        lambda: planning.waive(found, by=user, agreed=True), _("The visit is waived.")
    ),
    "decline": lambda found, user, _form: _said(
        lambda: planning.waive(found, by=user, agreed=False), _("The waiver is declined.")
    ),
    "call_off": lambda found, user, form: _said(
        lambda: planning.call_off(found, by=user, reason=_reason(form)),
        _("The visit is called off."),
    ),
    "hand_in": lambda found, user, _form: _said(
        lambda: recording.hand_in(found, by=user), _("The record waits for the other officer.")
    ),
    "take_back": lambda found, user, _form: _said(
        lambda: recording.take_back(found, by=user), _("The record is open again.")
    ),
    "sign": lambda found, user, _form: _said(
        lambda: recording.sign(found, by=user), _("The record is signed and frozen.")
    ),
    "correct": lambda found, user, form: _said(
        lambda: recording.correct(found, by=user, reason=_reason(form)),
        _("A new version is begun; the signed one counts until the new one is signed."),
    ),
}


def _shown(
    request: HttpRequest,
    found: Visit,
    *,
    bound: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    user, bound = viewer(request), bound or {}
    records = list(
        found.records.select_related("submission", "written_by", "signed_by").prefetch_related(
            "files"
        )
    )
    may = officers.may_visit(user, found.application, found.level)
    goes = may and user.pk in {found.first_id, found.second_id}
    draft = next((one for one in records if not one.is_signed), None)
    decides = user.scope.may_decide(found.application.region_path, found.level)
    plans = may and found.is_open
    context = {
        "visit": found,
        "tone": reading.STATES[Visit.State(found.state)],
        "rule": reading.rule_of(found),
        "versions": [_version(one) for one in reversed(records)],
        "draft": draft,
        "lacking": recording.lacking(draft) if draft and goes and not draft.written_at else [],
        "may": may,
        "goes": goes,
        "may_write": goes and (draft is not None or found.state == Visit.State.PLANNED),
        "may_sign": goes
        and draft is not None
        and bool(draft.written_at)
        and draft.written_by_id != user.pk,
        "may_correct": goes and draft is None and found.state == Visit.State.SIGNED,
        "waivable": may and planning.waivable(found),
        "may_waive": decides
        and bool(found.waiver_by_id)
        and found.waiver_by_id != user.pk
        and found.is_open,
        "may_call_off": may and found.is_open and not found.rule and not found.listed_id,
        "plan_form": bound.get("plan") or (PlanForm(visit=found) if plans else None),
        "recusals": officers.recused(found),
        "comments": found.comments.select_related("made_by"),
    } | {f"{name}_form": bound.get(name) or ReasonForm(auto_id=f"{name}_%s") for name in REASONED}
    return render(request, "pipeline/visits/visit.html", context, status=status)


def _version(record: VisitRecord) -> dict[str, Any]:
    lines = reading.lines(record)
    return {
        "record": record,
        "lines": lines,
        "tally": reading.tally(record),
        "files": [one for one in record.files.all() if not one.criterion],
    }
