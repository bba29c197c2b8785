"""Filling in an application: a list of tasks, its sections, a last look (填报)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline import applications, checklist, findings, moves
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.forms import AnswersForm, DocumentsForm
from cultivation.pipeline.questions import SECTIONS, questions_of
from cultivation.pipeline.views.gate import own_application
from cultivation.pipeline.views.parts import answers_of, returned, way
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.models import Application


@require_GET
@login_required
def tasks(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is done and what is still to do; a closed application goes to its own page."""
    application = own_application(request, pk)
    if application.status not in applications.WRITABLE:
        return redirect("pipeline:application", pk)
    sheet = Sheet(application)
    told = sheet.told
    lacking = checklist.missing(application, sheet=sheet)
    context = {
        "application": application,
        "sections": [_section_state(application, name, lacking) for name in SECTIONS],
        "missing": lacking,
        "figures": [item for item in lacking if item.kind == "figure"],
        "unmet": [item for item in lacking if item.kind == "criterion"],
        "manual": [
            (node["code"], findings.label_of(node))
            for node in findings.open_manual(told.as_json(), {})
        ],
        "verdict": told.verdict,
        "way": way(application),
        "returned": returned(application),
    }
    return render(request, "pipeline/tasks.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def section(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Show and keep one section; what was typed stays when it cannot be kept."""
    application = own_application(request, pk)
    if section not in SECTIONS:
        raise Http404
    if application.status not in applications.WRITABLE:
        messages.error(request, _("This application can no longer be changed."))
        return redirect("pipeline:application", pk)
    make = DocumentsForm if section == "documents" else AnswersForm
    extra: dict[str, Any] = {} if section == "documents" else {"section": section}
    form = make(request.POST or None, application=application, **extra)
    stored: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, application, section, form.cleaned_data)
        except MovedMeanwhileError as error:
            application.refresh_from_db()
            form.add_error(None, str(error))
            stored = answers_of(application, application.answers)
        else:
            messages.success(request, _("Saved."))
            return redirect("pipeline:form", pk)
    context = {
        "application": application,
        "section": section,
        "label": SECTIONS[section],
        "form": form,
        "stored": [row for row in stored if row["question"].section == section],
    }
    return render(request, "pipeline/section.html", context, status=409 if stored else 200)


@require_GET
@login_required
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all answers and the verdict once more before the application goes in."""
    application = own_application(request, pk)
    if application.status not in applications.WRITABLE:
        return redirect("pipeline:application", pk)
    sheet = Sheet(application)
    told = sheet.told
    name = "submit" if application.status == "draft" else "resubmit"
    step = moves.STEPS[name]
    context = {
        "application": application,
        "answers": answers_of(application, application.answers),
        "documents": application.documents.all(),
        "findings": findings.lines(told.as_json()),
        "verdict": told.verdict,
        "missing": checklist.missing(application, sheet=sheet),
        "step": step,
        "may_submit": moves.may(application, step, viewer(request)),
        "to": reverse("pipeline:move", args=[pk, name]),
        "way": way(application),
    }
    return render(request, "pipeline/check.html", context)


def _keep(
    request: HttpRequest, application: Application, section: str, data: dict[str, Any]
) -> None:
    posted = request.POST.get("version", "")
    version = int(posted) if posted.isdigit() else 0
    documents = data.pop("documents", None) if section == "documents" else None
    try:
        applications.save_answers(
            application, data, by=viewer(request), version=version, documents=documents
        )
    except MovedMeanwhileError:
        raise
    except MoveError as error:
        raise MovedMeanwhileError(str(error)) from error


def _section_state(
    application: Application, name: str, lacking: list[checklist.Missing]
) -> dict[str, Any]:
    left = sum(1 for item in lacking if item.kind == name)
    asked = len(questions_of(application.tier, name))
    if name == "documents":
        number = application.documents.count()
        return {
            "name": name,
            "label": SECTIONS[name],
            "state": _("%(number)s chosen") % {"number": number},
            "tone": "good" if number else "neutral",
        }
    state, tone = (_("done"), "good") if not left else (_("in progress"), "warn")
    if left == asked:
        state, tone = _("not started"), "neutral"
    return {"name": name, "label": SECTIONS[name], "state": state, "tone": tone}
