"""Filling in an application: a list of tasks, and its pages in any order (填报)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline import applications, checklist, findings
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import lists, reminding, rights, states, subjects
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.forms import DocumentsForm
from cultivation.pipeline.questions import SECTIONS, questions_of
from cultivation.pipeline.rounds import telling
from cultivation.pipeline.views import filling_pages as pages
from cultivation.pipeline.views.filling_form import Filled, filled
from cultivation.pipeline.views.gate import own_application
from cultivation.pipeline.views.parts import returned, way
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.filling.needs import Section


@require_GET
@login_required
def tasks(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is done and what is still to do; a closed application goes to its own page."""
    application = own_application(request, pk)
    if application.status not in rights.OPEN:
        return redirect("pipeline:application", pk)
    sheet = Sheet(application)
    rows, lacking = states.tasks(sheet), checklist.missing(application, sheet=sheet)
    context = pages.frame(request, sheet) | {
        "tasks": rows,
        "sent_back": pages.sent_back(sheet, viewer(request)),
        "done": sum(row.is_done for row in rows),
        "missing": lacking,
        "figures": [item for item in lacking if item.kind == "figure"],
        "unmet": [item for item in lacking if item.kind == "criterion"],
        "manual": [
            (node["code"], findings.label_of(node)) for node in findings.open_manual(sheet.root, {})
        ],
        "edition": sheet.edition,
        "closes": reminding.last_moment(application),
        "verdict": sheet.told.verdict,
        "way": way(application),
        "standing": telling.standing_of(application, viewer(request)),
        "returned": returned(application),
    }
    return render(request, "pipeline/tasks.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def criteria(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show and keep what one group of criteria asks for: figures, statements, texts."""
    application = own_application(request, pk)
    if application.status not in rights.OPEN:
        return _closed(request, pk)
    sheet = Sheet(application)
    section = sheet.section(code)
    if section is None:
        raise Http404
    done = filled(request, sheet, sheet.fields_of(section))
    if done.kept:
        return _went_on(request, pk, done)
    context = {"label": section.label, "over": section.over}
    return _shown(request, done, code, context | _of_criteria(request, done.sheet, section))


@require_http_methods(["GET", "POST"])
@login_required
def section(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Show and keep all texts, all declarations, or the papers."""
    application = own_application(request, pk)
    if section not in SECTIONS:
        raise Http404
    if application.status not in rights.OPEN:
        return _closed(request, pk)
    sheet = Sheet(application)
    if section == "documents":
        return _papers(request, sheet)
    names = [subjects.answer(q.name) for q in questions_of(application.tier, section)]
    done = filled(request, sheet, names)
    if done.kept:
        return _went_on(request, pk, done)
    return _shown(request, done, section, {"label": SECTIONS[section]})


@require_GET
@login_required
def field(request: HttpRequest, pk: int, subject: str) -> HttpResponse:
    """Go to where a field, a list or a paper of the form is filled in."""
    application = own_application(request, pk)
    return redirect(pages.where(Sheet(application), subject))


@require_GET
@login_required
def standing(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show how a group of criteria stands by what is kept now, as a part of its page."""
    application = own_application(request, pk)
    sheet = Sheet(application)
    section = sheet.section(code) if application.status in rights.OPEN else None
    if section is None:
        raise Http404
    context = {
        "findings": pages.standing(sheet, section),
        "task": states.of_section(sheet, section),
    }
    return render(request, "pipeline/filling/_standing.html", context)


def _shown(request: HttpRequest, done: Filled, key: str, context: dict[str, Any]) -> HttpResponse:
    """Return the page of a section, with what could not be kept and why."""
    sheet = done.sheet
    found = pages.lines(sheet, done.form, viewer(request), done.outcomes, done.reasons)
    before, after = pages.neighbours(sheet, key)
    whole = pages.frame(request, sheet) | {
        "key": key,
        "groups": pages.groups(found),
        "problems": pages.problems(done.form, found),
        "before": before,
        "after": after,
        **context,
    }
    page = render(request, "pipeline/section.html", whole, status=done.status)
    pages.remember_unit(page, whole["unit"])
    return page


def _of_criteria(request: HttpRequest, sheet: Sheet, section: Section) -> dict[str, Any]:
    """Return what a group of criteria has beside its fields: lists, papers, how it stands."""
    nodes = {node.code: node for node in sheet.told.root.walk()}
    scope = rights.open_to(sheet.application, viewer(request))
    return {
        "section_page": True,
        "lists": [(one, scope.covers(one.subject)) for one in lists.of(sheet, section)],
        "papers": pages.paper_rows(sheet, viewer(request), section.codes),
        "limits": pages.limits(),
        "elsewhere": [
            nodes[leaf.code]
            for leaf in section.leaves()
            if leaf.quantity and leaf.quantity.names[0] in section.needs.elsewhere
        ],
        "manual": [nodes[leaf.code] for leaf in section.needs.manual],
        "findings": pages.standing(sheet, section),
        "task": states.of_section(sheet, section),
    }


def _papers(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Show all papers asked for, and keep which other documents go with the application."""
    application, status = sheet.application, 200
    form = DocumentsForm(request.POST or None, application=application)
    if request.method == "POST" and form.is_valid():
        try:
            applications.save_answers(
                application,
                {},
                by=viewer(request),
                version=pages.version_of(request),
                documents=form.cleaned_data["documents"],
            )
        except MoveError as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, _("Saved."))
            return redirect("pipeline:form", application.pk)
    before, after = pages.neighbours(sheet, "documents")
    context = pages.frame(request, sheet) | {
        "key": "documents",
        "label": SECTIONS["documents"],
        "papers": pages.paper_rows(sheet, viewer(request)),
        "limits": pages.limits(),
        "form": form,
        "before": before,
        "after": after,
    }
    return render(request, "pipeline/filling/papers.html", context, status=status)


def _went_on(request: HttpRequest, pk: int, done: Filled) -> HttpResponse:
    """Say that all is kept, and go where the button says."""
    messages.success(request, _("Saved."))
    _before, after = pages.neighbours(done.sheet, request.POST.get("after", ""))
    if after:
        return redirect(after.url)
    return redirect("pipeline:form", pk)


def _closed(request: HttpRequest, pk: int) -> HttpResponse:
    messages.error(request, _("This application can no longer be changed."))
    return redirect("pipeline:application", pk)
