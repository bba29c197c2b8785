"""An application as it went in, ready to be read on paper: equal to what is stored (打印件)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.filling import slots, subjects
from cultivation.pipeline.questions import QUESTIONS, questions_of
from cultivation.standards import keeping
from cultivation.standards.indicators import FIGURE_LABELS, FIGURE_UNITS, STATEMENTS
from cultivation.standards.sources import YEARS
from cultivation.standards.wording import amount as write
from enterprises.registry import labels, money
from enterprises.registry.forms.facts import KINDS, STANDARD_LEVELS

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table on paper: heading, column heads, rows (表)."""

    heading: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """The parts of an application on paper (打印件)."""

    firm: Rows
    figures: Table
    statements: Rows
    texts: Rows
    declarations: Rows
    lists: tuple[Table, ...]
    counts: Rows
    papers: Table
    remarks: Rows
    findings: list[findings.Finding]


def of(application: Application) -> Paper:
    """Return an application as submitted, in the reader's language."""
    form = application.submitted_form
    return Paper(
        firm=_firm(application),
        figures=_figures(application),
        statements=_statements(application),
        texts=_answers(application, "texts"),
        declarations=_answers(application, "statements"),
        lists=tuple(_list(code, rows) for code, rows in form.get("lists", {}).items()),
        counts=_counts(application),
        papers=_papers(form),
        remarks=[(one["message"], one["reason"]) for one in form.get("remarks", [])],
        findings=findings.lines(application.submitted_result),
    )


def exactly(name: str, value: int) -> str:
    """Return a figure exactly: money in 万元, shares in per cent, scores in points."""
    unit = FIGURE_UNITS[name]
    if unit == "money":
        return f"{money.show(value, unit='万元')} 万元"
    if unit == "number":
        return f"{value:,}"
    return write(Fraction(value), unit, exact=True)


def _firm(application: Application) -> Rows:
    firm = application.submitted_form.get("enterprise", {})
    return [
        (_("Enterprise"), firm.get("name") or application.enterprise.name),
        (str(labels.PROFILE["credit_code"]), firm.get("credit_code", "")),
        (_("Region"), f"{firm.get('region_name', '')} {firm.get('region', '')}".strip()),
    ]


def _figures(application: Application) -> Table:
    """Return all figures of the snapshot, the years side by side."""
    facts = application.submitted_facts
    kept = application.submission
    last = kept.as_of.year if kept else application.year
    rows = []
    for name, label in FIGURE_LABELS.items():
        values = [facts.get(f"{name}_y{back}") for back in YEARS]
        if any(value is not None for value in values):
            said = ("—" if value is None else exactly(name, value) for value in values)
            rows.append((str(capfirst(label)), *said))
    return Table(_("Figures"), ("", *(str(last - back) for back in YEARS)), tuple(rows))


def _statements(application: Application) -> Rows:
    """Return what is stated of the enterprise: fields as submitted, then facts worked out."""
    fields = application.submitted_form.get("fields", {})
    english = (get_language() or "").startswith("en")
    said = [
        (subjects.label_of(name), field.get("en" if english else "zh") or _plain(field["value"]))
        for name, field in fields.items()
        if subjects.kind_of(name) == subjects.STATEMENT
    ]
    given = {subjects.name_of(name) for name in fields}
    facts = application.submitted_facts
    said += [
        (str(capfirst(statement.label)), _plain(facts[name]))
        for name, statement in STATEMENTS.items()
        if name not in given and facts.get(name) is not None
    ]
    return said


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return write(value, "text") if isinstance(value, str) else f"{value:,}"


def _answers(application: Application, section: str) -> Rows:
    answers = application.submitted_answers
    asked = {question.name for question in questions_of(application.tier, section)}
    return [
        (str(question.label), _plain(answers.get(question.name)))
        for question in QUESTIONS
        if question.section == section and (question.name in asked or question.name in answers)
    ]


def _list(code: str, rows: list[dict[str, Any]]) -> Table:
    kind = KINDS[code]
    heads = tuple(str(labels.of(name)) for name in kind.columns)
    return Table(
        str(kind.heading),
        heads,
        tuple(tuple(_cell(code, name, row.get(name)) for name in kind.columns) for row in rows),
    )


def _cell(code: str, name: str, value: Any) -> str:
    field: Any = KINDS[code].model._meta.get_field(name)
    choices = dict(field.flatchoices) or (dict(STANDARD_LEVELS) if name == "level" else {})
    if value in choices:
        return str(choices[value])
    if name in labels.AMOUNTS and isinstance(value, int):
        return f"{money.show(value, unit='万元')} 万元"
    if name in labels.PERCENTS and isinstance(value, int):
        return write(Fraction(value), "share", exact=True)
    return _plain(value)


def _counts(application: Application) -> Rows:
    """Return how many facts the rules counted, between the least and the most."""
    kept = application.submission
    policy = keeping.rules_as_kept(tuple((c, h) for c, h in kept.rules))[0] if kept else None
    if policy is None:
        return []
    facts, found = application.submitted_facts, []
    english = (get_language() or "").startswith("en")
    for count in policy.counts:
        low, high = facts.get(f"{count.name}_low"), facts.get(f"{count.name}_high")
        if low is None and high is None:
            continue
        unit = "money" if count.amount else "number"
        ends = [
            write(None if end is None else Fraction(end), unit, exact=True) for end in (low, high)
        ]
        text = ends[0] if ends[0] == ends[1] else " – ".join(ends)
        found.append((count.label_en if english else count.label_zh, text))
    return found


def _papers(form: dict[str, Any]) -> Table:
    rows = []
    for paper in form.get("papers", []):
        label = slots.label_of(paper["subject"])
        for one in paper["documents"]:
            until = one.get("valid_to") or ""
            rows.append((label, one["name"], one["page"], until, one["sha256"]))
        if not paper["documents"]:
            said = paper["remark"] or (_("stated in the form") if paper["stated"] else "—")
            rows.append((label, said, "", "", ""))
    rows += [
        (_("other"), one["name"], "", "", one["sha256"]) for one in form.get("other_documents", [])
    ]
    heads = (_("Paper"), _("Document"), _("Page or line"), _("Valid until"), "SHA-256")
    return Table(_("Evidence documents"), heads, tuple(rows))
