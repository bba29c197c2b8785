"""What an application still lacks before it can go in (申报待办清单)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.filling import remarks
from cultivation.pipeline.filling.rules import edition_now, edition_of, judge_now
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.questions import questions_of
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application

__all__ = [
    "Missing",
    "edition_now",
    "edition_of",
    "judge_now",
    "missing",
    "missing_answers",
    "missing_figures",
    "missing_papers",
    "open_warnings",
    "unmet_criteria",
]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing still to do: an answer, a figure, a criterion not met (待办)."""

    kind: str  # texts | statements | figure | criterion | documents | warning
    subject: str
    text: str


def missing(application: Application, *, sheet: Sheet | None = None) -> list[Missing]:
    """Return what is still needed; `sheet` is the form of the application, where read already."""
    sheet = sheet or Sheet(application)
    return [
        *missing_answers(application),
        *missing_figures(sheet.root),
        *unmet_criteria(sheet.root),
        *missing_papers(sheet),
        *open_warnings(sheet),
    ]


def missing_answers(application: Application) -> list[Missing]:
    """Return the texts and statements without an answer."""
    return [
        Missing(
            question.section, question.name, _("“%(item)s” is empty") % {"item": question.label}
        )
        for question in questions_of(application.tier)
        if not application.answers.get(question.name)
    ]


def missing_figures(root: dict[str, Any]) -> list[Missing]:
    """Return the criteria that cannot be judged because a figure is missing."""
    return [
        Missing("figure", str(node["code"]), _("figure missing for %(criterion)s") % _named(node))
        for node in findings.decisive(root, Verdict.UNKNOWN)
    ]


def unmet_criteria(root: dict[str, Any]) -> list[Missing]:
    """Return the criteria that are not met."""
    return [
        Missing("criterion", str(node["code"]), _("not met: %(criterion)s") % _named(node))
        for node in findings.decisive(root, Verdict.UNMET)
    ]


def missing_papers(sheet: Sheet) -> list[Missing]:
    """Return the papers owed that are neither handed in nor passed over with a reason."""
    return [
        Missing("documents", paper.subject, _("no paper yet: %(paper)s") % {"paper": paper.label})
        for paper in sheet.papers.values()
        if paper.missing
    ]


def open_warnings(sheet: Sheet) -> list[Missing]:
    """Return the warnings to which nobody has written a sentence for the reviewer."""
    return [
        Missing("warning", one.subject, _("say why: %(warning)s") % {"warning": one.message})
        for one in remarks.of(sheet)
        if not one.reason
    ]


def _named(node: dict[str, Any]) -> dict[str, str]:
    return {"criterion": f"{node['code']} {findings.label_of(node)}"}
