"""Sending an application back: choosing the fields, naming reasons and a last day (退回补正)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cultivation.pipeline import findings, moves, routes
from cultivation.pipeline.correcting import opening, reasons, returning, subjects
from cultivation.pipeline.correcting.forms import MoreTimeForm, ReturnForm
from cultivation.pipeline.correcting.returning import Ask, AskError
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.views.gate import seen_application
from cultivation.pipeline.views.parts import way
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse, QueryDict

    from cultivation.pipeline.models import Application, Reason


@dataclass(frozen=True, slots=True)
class Row:
    """One field that may be sent back, as the page shows it."""

    subject: str
    label: str
    ticked: bool
    grounds: str
    words: str
    offered: list[Reason]
    fault: str


@require_http_methods(["GET", "POST"])
@login_required
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what is to be mended, and return the application to its enterprise."""
    application = seen_application(request, pk)
    if not moves.may(application, moves.STEPS["return"], viewer(request)):
        raise PermissionDenied
    if request.method == "GET":
        form = ReturnForm(initial={"due_on": opening.last_day()})
        return _shown(request, application, form, _prepared(application))
    form, asks = ReturnForm(request.POST), asks_of(request.POST)
    if not form.is_valid():
        return _shown(request, application, form, asks, status=400)
    try:
        returning.send_back(
            application, asks, by=viewer(request), version=_version(request), **form.cleaned_data
        )
    except AskError as error:
        form.add_error(None, _("Some fields lack what they need; nothing was sent back yet."))
        return _shown(request, application, form, asks, faults=error.faults, status=400)
    except MoveError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _shown(request, seen_application(request, pk), form, asks, status=409)
    messages.success(
        request,
        _("Returned to the enterprise with %(number)s things to correct.") % {"number": len(asks)},
    )
    return redirect("pipeline:queue")


@require_POST
@login_required
def more_time(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an enterprise more time to correct."""
    application = seen_application(request, pk)
    correction = get_object_or_404(application.corrections, closed_at=None, opened_at__isnull=False)
    if not returning.may_extend(application, correction, viewer(request)):
        raise PermissionDenied
    form = MoreTimeForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect("pipeline:correction", pk)
    try:
        returning.extend(
            correction,
            form.cleaned_data["due_on"],
            by=viewer(request),
            reason=form.cleaned_data["reason"],
            version=_version(request),
        )
    except MoveError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The enterprise has more time and was told."))
    return redirect("pipeline:correction", pk)


def asks_of(data: QueryDict) -> list[Ask]:
    """Return what was ticked on the page, with reasons; a field twice counts once."""
    return [
        Ask(
            subject,
            data.get(f"grounds:{subject}", ""),
            data.get(f"words:{subject}", "").replace("\x00", "").strip(),
        )
        for subject in dict.fromkeys(data.getlist("subject"))
    ]


def _prepared(application: Application) -> list[Ask]:
    """Return what the level objected to, as a beginning."""
    level = routes.holding_level(application)
    rows = application.criterion_reviews.filter(level=level, opinion=findings.OBJECTED)
    return [
        Ask(
            f"criterion:{one.criterion}",
            one.grounds.code if one.grounds and reasons.RETURN in one.grounds.uses else "",
            one.reason or str(one.grounds or ""),
        )
        for one in rows.select_related("grounds").order_by("criterion")
    ]


def _shown(
    request: HttpRequest,
    application: Application,
    form: ReturnForm,
    asks: list[Ask],
    *,
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    library = reasons.fitting(reasons.RETURN)
    ticked = {ask.subject: ask for ask in asks}
    groups = subjects.groups_of(application)
    shown = {choice.subject for group in groups for choice in group.choices}
    context = {
        "application": application,
        "way": way(application),
        "form": form,
        "groups": [
            {
                "name": group.name,
                "label": group.label,
                "rows": [_row(one, ticked, library, faults or {}) for one in group.choices],
                "ticked": sum(one.subject in ticked for one in group.choices),
            }
            for group in groups
        ],
        "unknown": [text for name, text in (faults or {}).items() if name not in shown],
        "number": len(ticked),
    }
    return render(request, "pipeline/return.html", context, status=status)


def _row(
    choice: subjects.Choice,
    ticked: Mapping[str, Ask],
    library: list[Reason],
    faults: Mapping[str, str],
) -> Row:
    ask = ticked.get(choice.subject)
    return Row(
        choice.subject,
        choice.label,
        ask is not None,
        ask.grounds if ask else "",
        ask.words if ask else "",
        reasons.chosen(library, reasons.RETURN, subject=choice.subject),
        faults.get(choice.subject, ""),
    )


def _version(request: HttpRequest) -> int:
    try:
        return int(request.POST.get("version", ""))
    except ValueError as error:
        raise BadRequest(_("The form lacks its version; load the page again.")) from error
