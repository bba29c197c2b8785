"""The review sheet: each criterion with all that helps to judge it, side by side (逐条审核表)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from cultivation.pipeline import findings
from cultivation.pipeline.correcting import bearing, papers, subjects
from cultivation.pipeline.filling import slots
from cultivation.pipeline.models import Entry, Evidence, Reason
from cultivation.pipeline.questions import questions_of
from cultivation.standards import editions
from cultivation.standards.explanation import explain_facts
from cultivation.standards.indicators import FIGURE_UNITS
from cultivation.standards.papers import said as papers_said
from cultivation.standards.sources import YEARS
from enterprises.places.models import Region
from enterprises.registry.models import AnnualReport, Proof

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.pipeline.findings import Finding, Node
    from cultivation.pipeline.models import Application, Move
    from cultivation.standards.policy import Criterion, Policy
    from enterprises.registry.models import Document

T = TypeVar("T")
NEVER_HANDED_IN = frozenset((*slots.STATED, *slots.KEPT_HERE))  # ticked in the form, or known here


@dataclass(frozen=True, slots=True)
class Doubt:
    """A plausibility warning on a figure that a criterion reads, with the firm's word (提示)."""

    year: int
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class LaidAside:
    """What a level had said before the application came again (已搁置意见)."""

    level: str
    opinion: str
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A document that bears on a criterion: as which paper or of which field, on which page."""

    document: Document
    page: str
    what: str


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of the sheet, finished for a page (审核行)."""

    finding: Finding
    papers: list[str] = field(default_factory=list)  # kinds the edition asks for
    owed: bool = False  # one of them has to be handed in
    seen: list[Seen] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)  # label and answer of the form
    remarks: list[tuple[str, str]] = field(default_factory=list)  # on a paper, to the reviewer
    doubts: list[Doubt] = field(default_factory=list)
    last_year: str = ""
    laid_aside: list[LaidAside] = field(default_factory=list)

    @property
    def documents(self) -> list[Document]:
        """Return the documents that bear on it, each once."""
        return list({one.document.pk: one.document for one in self.seen}.values())

    @property
    def bare(self) -> bool:
        """Tell whether the edition asks for papers and nothing takes their place."""
        return self.owed and not (self.seen or self.texts or self.remarks)


def lines_of(application: Application, moves: Iterable[Move]) -> list[Line]:
    """Return the sheet of an application as submitted; moves are all its steps, lowest first."""
    result = application.submitted_result
    if not result:
        return []
    reviews = application.criterion_reviews.select_related("made_by", "grounds", "document")
    found = findings.lines(result, reviews)
    policy = editions.policy(application.edition)
    known = {one.code: one for one in policy.root.walk()}
    rests = bearing.rests_on(policy, result)
    leaves = {one.code: rests[one.code] for one in found if one.is_leaf}
    seen, remarks = _seen(application, leaves), _remarks(application, leaves)
    doubts = _doubts(application, found)
    earlier = _last_year(application, policy)
    aside = _laid_aside(moves)
    answers = {
        question.name: (str(question.label), str(answer))
        for question in questions_of(application.tier)
        if (answer := application.submitted_answers.get(question.name))
    }
    return [
        Line(
            one,
            papers=papers_said(_evidence(known, one)),
            owed=any(kind not in NEVER_HANDED_IN for kind in _evidence(known, one)),
            seen=seen[one.code],
            remarks=remarks[one.code],
            texts=[
                answers[name]
                for name in bearing.answers_for(known.get(one.code), application.tier)
                if name in answers
            ],
            doubts=[said for key in _figures(one.node) for said in doubts[key]],
            last_year=earlier.get(one.code, "") if one.node.get("figures") else "",
            laid_aside=aside[one.code],
        )
        for one in found
    ]


def _evidence(known: Mapping[str, Criterion], line: Finding) -> tuple[str, ...]:
    return known[line.code].evidence if line.code in known else ()


def _figures(node: Node) -> list[tuple[str, int]]:
    return [(name, year) for name, year in node.get("figures") or ()]


def _seen(application: Application, leaves: Mapping[str, frozenset[str]]) -> dict[str, list[Seen]]:
    """Return the documents that bear on each criterion: handed in, or proving what it reads."""
    handed_in = Evidence.objects.filter(application=application).select_related("document")
    rows = [
        (one.subject, Seen(one.document, one.page, subjects.plain_label(one.subject)))
        for one in handed_in
    ]
    proofs = Proof.objects.filter(document__enterprise_id=application.enterprise_id)
    for proof in proofs.select_related("document").order_by("pk")[: papers.MOST]:
        subject = papers.subject_of(proof.subject)
        what = "" if subject.startswith("criterion:") else subjects.plain_label(subject)
        rows.append((subject, Seen(proof.document, proof.page, what)))
    return _by_criterion(rows, leaves)


def _remarks(
    application: Application, leaves: Mapping[str, frozenset[str]]
) -> dict[str, list[tuple[str, str]]]:
    """Return what the enterprise said to the reviewer about papers of each criterion."""
    rows = Entry.objects.filter(application=application).exclude(remark="")
    said = [(one.subject, (subjects.plain_label(one.subject), one.remark)) for one in rows]
    return _by_criterion(said, leaves)


def _by_criterion(
    rows: Iterable[tuple[str, T]], leaves: Mapping[str, frozenset[str]]
) -> dict[str, list[T]]:
    """Sort what has a subject to the criteria that rest on it; a year stands for its figures."""
    found: dict[str, list[T]] = defaultdict(list)
    for subject, row in rows:
        for code, mine in leaves.items():
            if subject in mine or any(one.startswith(f"{subject}:") for one in mine):
                found[code].append(row)
    return found


def _doubts(
    application: Application, found: Iterable[Finding]
) -> dict[tuple[str, int], list[Doubt]]:
    """Return the plausibility warnings by figure and year; one query."""
    years = {year for one in found for _name, year in _figures(one.node)}
    rows = AnnualReport.objects.filter(enterprise_id=application.enterprise_id, year__in=years)
    said: dict[tuple[str, int], list[Doubt]] = defaultdict(list)
    for year, warnings in rows.values_list("year", "warnings"):
        for one in warnings:
            doubt = Doubt(year, str(one.get("message", "")), str(one.get("reason", "")))
            said[str(one.get("figure", "")), year].append(doubt)
    return said


def _last_year(application: Application, policy: Policy) -> dict[str, str]:
    """Return each criterion's value had it been judged by the figures of the year before."""
    facts, result = application.submitted_facts, application.submitted_result
    shifted = dict(facts)
    for name in FIGURE_UNITS:
        for back in YEARS:
            shifted[f"{name}_y{back}"] = facts.get(f"{name}_y{back + 1}")
    as_of = dt.date.fromisoformat(result["as_of"])
    told = explain_facts(
        shifted, application.edition, kind=result["kind"], as_of=as_of, said=policy
    )
    return {
        node.code: node.value_text
        for node in told.root.walk()
        if any(value is not None for value in node.values)
    }


def _laid_aside(moves: Iterable[Move]) -> dict[str, list[LaidAside]]:
    """Return what was laid aside when the application last came again, by criterion."""
    last = next((m for m in reversed(list(moves)) if m.name == "resubmit"), None)
    rows = last.note.get("opinions_laid_aside", []) if last else []
    codes = {row.get("grounds", "") for row in rows} - {""}
    library = {one.code: str(one) for one in Reason.objects.filter(code__in=codes)} if codes else {}
    found: dict[str, list[LaidAside]] = defaultdict(list)
    for row in rows:
        words = filter(None, (library.get(row.get("grounds", "")), row.get("reason")))
        found[row["criterion"]].append(
            LaidAside(
                str(Region.Level(row["level"]).label),
                row["opinion"],
                "\n".join(map(str, words)),
            )
        )
    return found
