"""What an application still lacks before it can go in (申报待办清单)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import findings, titles
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.questions import questions_of
from cultivation.standards import editions, explanation, facts
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from cultivation.standards.explanation import Explanation
    from cultivation.standards.models import Edition
    from enterprises.registry.models import Enterprise


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing still to do: an answer, a figure, a criterion not met (待办)."""

    kind: str  # texts | statements | figure | criterion
    subject: str
    text: str


def judge_now(application: Application) -> Explanation:
    """Return what today's edition says of today's facts for an application (即时评价).

    A title past its last day counts as held while its re-check is under way.
    """
    today = timezone.localdate()
    row = facts.row(application.enterprise_id, as_of=today)
    row |= {f"title_{title.tier}": True for title in titles.running(application.enterprise)}
    edition = edition_now(application)
    return explanation.explain_facts(row, edition, kind=application.kind, as_of=today)


def edition_now(application: Application) -> Edition:
    """Return the edition that counts today; MoveError where none does."""
    return edition_of(application.enterprise, application.tier, kind=application.kind)


def edition_of(enterprise: Enterprise, tier: str, *, kind: str) -> Edition:
    """Return the edition for an application begun today; MoveError where there is none."""
    try:
        return editions.edition_for(
            tier, kind=kind, on=timezone.localdate(), path=enterprise.region_path
        )
    except editions.NoEditionError as error:
        raise MoveError(
            _("No edition of the standard covers such an application today.")
        ) from error


def missing(application: Application, *, told: dict[str, Any] | None = None) -> list[Missing]:
    """Return what is still needed, in the order of the form; `told` is a result judged already."""
    root = judge_now(application).as_json() if told is None else told
    return [*missing_answers(application), *missing_figures(root), *unmet_criteria(root)]


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


def _named(node: dict[str, Any]) -> dict[str, str]:
    return {"criterion": f"{node['code']} {findings.label_of(node)}"}
