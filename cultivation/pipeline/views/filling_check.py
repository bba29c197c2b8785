"""The last look before an application goes in: answers, warnings, submit (核对与提交)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from cultivation.pipeline import checklist, findings, moves
from cultivation.pipeline.correcting import closing
from cultivation.pipeline.filling import lists, remarks, rights, subjects
from cultivation.pipeline.filling.forms import SheetForm
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.rounds import telling
from cultivation.pipeline.views import filling_pages as pages
from cultivation.pipeline.views.gate import own_application
from cultivation.pipeline.views.parts import way
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest, HttpResponse

    from cultivation.pipeline.checklist import Missing
    from cultivation.pipeline.filling.forms import Line


@dataclass(frozen=True, slots=True)
class Checked:
    """A field on the last look: what it is called, how it reads, where to change it (核对项)."""

    label: str
    text: str
    empty: bool
    then: str
    key: str
    long: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the form on the last look (核对分组)."""

    place: pages.Place
    rows: tuple[Checked, ...]


@require_GET
@login_required
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything once more, with links to change it; then the owner may submit."""
    application = own_application(request, pk)
    if application.status not in rights.OPEN:
        return redirect("pipeline:application", pk)
    sheet = Sheet(application)
    name = "submit" if application.status == "draft" else "resubmit"
    step = moves.STEPS[name]
    lacking = checklist.missing(application, sheet=sheet)
    warnings = remarks.of(sheet)
    context = pages.frame(request, sheet) | {
        "parts": parts(request, sheet),
        "lists": lists.plain(sheet),
        "papers": [row for row in pages.paper_rows(sheet, viewer(request)) if _says(row)],
        "documents_at": reverse("pipeline:form_section", args=[pk, "documents"]),
        "documents": _others(sheet),
        "warnings": warnings,
        "unanswered": any(not one.reason for one in warnings),
        "findings": findings.lines(sheet.root),
        "verdict": sheet.told.verdict,
        "facts": sheet.told.facts_hash,
        "missing": [(item.text, _where(sheet, item)) for item in lacking],
        "to_mend": closing.mended(application) if name == "resubmit" else None,
        "step": step,
        "may_submit": moves.may(application, step, viewer(request)),
        "to": reverse("pipeline:move", args=[pk, name]),
        "way": way(application),
        "standing": telling.standing_of(application, viewer(request)),
    }
    return render(request, "pipeline/check.html", context)


def parts(request: HttpRequest, sheet: Sheet) -> list[Part]:
    """Return the pages of the form with their fields, each field once, none without fields."""
    named = dict(zip(pages.places(sheet), _names(sheet), strict=True))
    seen: set[str] = set()
    found = []
    every = list(dict.fromkeys(name for names in named.values() for name in names))
    form = SheetForm(sheet=sheet, names=every, unit=pages.unit_of(request))
    rows = pages.lines(sheet, form, viewer(request))
    for place, names in named.items():
        mine = [name for name in names if name not in seen]
        seen |= set(mine)
        if mine:
            found.append(Part(place, tuple(_checked(form, sheet, rows, mine))))
    return found


def _names(sheet: Sheet) -> list[list[str]]:
    """Return the names of the fields of each page, in the order of the pages."""
    tier = sheet.application.tier
    of_criteria = [sheet.fields_of(section) for section in sheet.sections]
    of_sections = [
        [subjects.answer(q.name) for q in questions_of(tier, key)]
        for key in ("texts", "documents", "statements")
    ]
    return [*of_criteria, *of_sections]


def _checked(
    form: SheetForm, sheet: Sheet, rows: Mapping[str, Line], names: Iterable[str]
) -> list[Checked]:
    return [
        Checked(
            str(form.fields[name].label),
            form.said(name, sheet.value(name)),
            not sheet.is_given(name),
            rows[name].then,
            rows[name].key,
            rows[name].sort == "text",
        )
        for name in names
    ]


def _says(row: pages.PaperRow) -> bool:
    return bool(row.paper.slot.owed or row.paper.handed_in or row.paper.remark)


def _others(sheet: Sheet) -> list[str]:
    taken = {one.document_id for paper in sheet.papers.values() for one in paper.handed_in}
    return [one.name for one in sheet.application.documents.all() if one.pk not in taken]


def _where(sheet: Sheet, item: Missing) -> str:
    """Return the address where something missing is mended; empty on this page itself."""
    pk = sheet.application.pk
    if item.kind in {"texts", "statements", "documents"}:
        return reverse("pipeline:form_section", args=[pk, item.kind])
    if item.kind == "warning":
        return "#warnings"
    found = next((one for one in sheet.sections if item.subject in one.codes), None)
    if found is None:
        return reverse("pipeline:form", args=[pk])
    return reverse("pipeline:form_criteria", args=[pk, found.key])
