"""What can be sent back, by name: choices for the officer, words for everybody (补正事项名称)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.filling import slots
from cultivation.pipeline.filling import subjects as fields
from cultivation.pipeline.questions import SECTIONS, questions_of
from cultivation.standards import editions
from cultivation.standards.indicators import FIGURE_LABELS
from enterprises.registry.models import Document, Proof
from enterprises.registry.profile import COUNTED, PRODUCT, STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application

PROFILE = (*PRODUCT, "industry", *STATEMENTS)
LISTS = {code: heading for code, heading, _model in COUNTED}


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that an officer may send back (可退回事项)."""

    subject: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of one sort, with a heading."""

    name: str
    label: str
    choices: list[Choice]


def groups_of(application: Application) -> list[Group]:
    """Return all of an application that can be sent back, in the order of the review page."""
    lines = findings.lines(application.submitted_result)
    figures = sorted(
        {(year, name) for line in lines for name, year in line.node.get("figures") or ()},
        key=lambda pair: (-pair[0], list(FIGURE_LABELS).index(pair[1])),
    )
    rows = [
        ("criteria", _("Criteria, with their evidence and what they read"), [
            Choice(f"criterion:{line.code}", f"{line.code} {line.label}")
            for line in lines
            if line.is_leaf
        ]),
        ("answers", str(SECTIONS["texts"]), [
            Choice(f"answer:{question.name}", str(question.label))
            for question in questions_of(application.tier)
        ]),
        ("figures", _("Figures"), [
            Choice(f"report:{year}:{name}", plain_label(f"report:{year}:{name}"))
            for year, name in figures
        ]),
        ("statements", _("Profile and statements"), [
            Choice(f"statement:{name}", plain_label(f"statement:{name}")) for name in PROFILE
        ]),
        ("facts", _("Lists of facts"), [
            Choice(f"fact:{code}", str(heading)) for code, heading in LISTS.items()
        ]),
        ("papers", _("Papers asked for"), [
            Choice(subject, fields.label_of(subject)) for subject in papers_of(application)
        ]),
        ("documents", _("Documents"), [
            Choice(f"document:{one.pk}", one.name) for one in documents_of(application)
        ]),
    ]  # fmt: skip
    return [Group(name, label, choices) for name, label, choices in rows if choices]


def papers_of(application: Application) -> list[str]:
    """Return the papers that the standard asks for, as judged at submission."""
    policy = editions.policy(application.edition)
    year = int(application.submitted_result["as_of"][:4])
    asked = slots.slots(policy.root, policy.tier)
    return list(dict.fromkeys(slot.subject(year) for slot in asked))


def documents_of(application: Application) -> list[Document]:
    """Return the documents that go with an application or prove something of its enterprise."""
    proving = Proof.objects.filter(document__enterprise_id=application.enterprise_id)
    found = application.documents.all() | Document.objects.filter(
        pk__in=proving.values("document"), enterprise_id=application.enterprise_id
    )
    return list(found.distinct().order_by("name", "pk")[:500])


def known(application: Application) -> dict[str, str]:
    """Return what can be sent back with its words; groups of criteria too."""
    found = {
        choice.subject: choice.label for group in groups_of(application) for choice in group.choices
    }
    for line in findings.lines(application.submitted_result):
        found.setdefault(f"criterion:{line.code}", f"{line.code} {line.label}")
    return found


def plain_label(subject: str) -> str:
    """Return what a subject is called that needs no application to be named."""
    kind, _colon, rest = subject.partition(":")
    if kind == "fact":
        return str(LISTS.get(rest, rest))
    if kind == "document":
        return _("document %(number)s, removed") % {"number": rest}
    return fields.label_of(subject)


def labels_of(
    names: Iterable[str], application: Application, result: dict[str, Any]
) -> dict[str, str]:
    """Return what subjects are called in words, by a result tree; one query for documents."""
    named = list(names)
    pks = [one.partition(":")[2] for one in named if one.startswith("document:")]
    files = {f"document:{pk}": name for pk, name in _names_of(application, pks)} if pks else {}
    known = files | {
        f"criterion:{line.code}": f"{line.code} {line.label}" for line in findings.lines(result)
    }
    return {one: known.get(one) or plain_label(one) for one in named}


def _names_of(application: Application, pks: list[str]) -> Iterable[tuple[int, str]]:
    rows = Document.objects.filter(
        enterprise_id=application.enterprise_id, pk__in=[pk for pk in pks if pk.isdigit()]
    )
    return rows.values_list("pk", "name")
