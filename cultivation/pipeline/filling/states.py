"""How far each part of a form is: the list of tasks, in any order (任务清单).

What is missing follows from the verdict: a figure counts as missing where the whole hangs on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline import findings
from cultivation.pipeline.filling import subjects
from cultivation.pipeline.questions import SECTIONS, questions_of
from cultivation.standards.explanation import statement_label
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.filling.needs import Section
    from cultivation.pipeline.filling.sheet import Sheet
    from cultivation.standards.explanation import Node

NAMED = 6  # missing things named in a row


class State(TextChoices):
    """How far a task is (任务状态)."""

    NOT_STARTED = "not_started", gettext_lazy("not started")
    IN_PROGRESS = "in_progress", gettext_lazy("in progress")
    BLOCKED = "blocked", gettext_lazy("cannot complete yet")
    DONE = "done", gettext_lazy("done")
    NOT_NEEDED = "not_needed", gettext_lazy("not needed so far")


TONES = {
    State.NOT_STARTED: "neutral",
    State.IN_PROGRESS: "info",
    State.BLOCKED: "warn",
    State.DONE: "good",
    State.NOT_NEEDED: "neutral",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A part of the form with its state, and why it is not done (任务)."""

    key: str
    label: str
    state: State
    over: str = ""
    left: tuple[str, ...] = ()  # what is still to be filled in
    why: tuple[str, ...] = ()  # what hinders that this form cannot mend at once
    section: bool = False  # of criteria, else one of SECTIONS

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def shown(self) -> tuple[str, ...]:
        return self.left[:NAMED]

    @property
    def more(self) -> int:
        return max(0, len(self.left) - NAMED)

    @property
    def is_done(self) -> bool:
        return self.state in {State.DONE, State.NOT_NEEDED}


def tasks(sheet: Sheet) -> list[Task]:
    """Return the parts of the form in its order: criteria, texts, papers, declarations."""
    unknown = findings.decisive(sheet.root, Verdict.UNKNOWN)
    unmet = findings.decisive(sheet.root, Verdict.UNMET)
    of_criteria = [_of_section(sheet, section, unknown, unmet) for section in sheet.sections]
    return [*of_criteria, _of_answers(sheet, "texts"), _of_papers(sheet),
            _of_answers(sheet, "statements")]  # fmt: skip


def of_section(sheet: Sheet, section: Section) -> Task:
    """Return how far one section of criteria is."""
    unknown = findings.decisive(sheet.root, Verdict.UNKNOWN)
    return _of_section(sheet, section, unknown, findings.decisive(sheet.root, Verdict.UNMET))


def _of_section(
    sheet: Sheet,
    section: Section,
    unknown: Iterable[dict[str, Any]],
    unmet: Iterable[dict[str, Any]],
) -> Task:
    codes = section.codes
    nodes = {node.code: node for node in sheet.told.root.walk()}
    missing = [nodes[str(one["code"])] for one in unknown if _touches(one, codes)]
    left, elsewhere = _missing(sheet, section, missing)
    left += [
        _("“%(item)s” is empty") % {"item": question.label}
        for question in section.needs.texts
        if not sheet.application.answers.get(question.name)
    ]
    left += [
        paper.label
        for paper in sheet.papers.values()
        if paper.missing and codes & set(paper.slot.codes)
    ]
    failing = [_unmet(nodes[str(one["code"])]) for one in unmet if _touches(one, codes)]
    started = any(sheet.is_given(name) for name in sheet.fields_of(section)) or any(
        paper.handed_in for paper in sheet.papers.values() if codes & set(paper.slot.codes)
    )
    started = started or any(count_of(sheet, count.name) for count in section.needs.counts)
    state = _state(left, elsewhere, failing, started=started, asked=bool(left or missing))
    why = (*elsewhere, *failing)
    return Task(section.key, section.label, state, section.over, tuple(left), why, section=True)


def _state(
    left: list[str], elsewhere: list[str], failing: list[str], *, started: bool, asked: bool
) -> State:
    if elsewhere or (failing and started):
        return State.BLOCKED
    if left or failing:
        return State.IN_PROGRESS if started else State.NOT_STARTED
    return State.DONE if started or asked else State.NOT_NEEDED


def count_of(sheet: Sheet, name: str) -> int:
    """Return how many facts an enterprise has for sure by a count."""
    return int(sheet.told.facts.get(f"{name}_low") or 0)


def _touches(node: dict[str, Any], codes: frozenset[str]) -> bool:
    """Tell whether a criterion lies in a section, or a whole that the section is a part of."""
    return str(node["code"]) in codes or any(_touches(part, codes) for part in node["parts"])


def _missing(sheet: Sheet, section: Section, nodes: Iterable[Node]) -> tuple[list[str], list[str]]:
    """Return in words which figures and statements are missing: of this form, and elsewhere."""
    here: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    fields = set(sheet.fields_of(section))
    for node in nodes:
        here |= {str(figure_text_of(used.name, used.year)): None for used in node.missing}
        for name in node.unstated:
            if name in section.needs.elsewhere:
                elsewhere[_("not known yet: %(item)s") % {"item": statement_label(name)}] = None
            else:
                here |= dict.fromkeys(_fields_missing(sheet, name, fields))
        if not (node.missing or node.unstated):
            here[node.label] = None
    return list(here), list(elsewhere)


def figure_text_of(name: str, year: int) -> str:
    """Return what a figure of a year is called."""
    return subjects.label_of(subjects.figure(year, name))


def _fields_missing(sheet: Sheet, statement: str, fields: set[str]) -> list[str]:
    """Return the fields of a form that a statement waits for."""
    from cultivation.pipeline.filling.needs import SIZE_FIGURES, fields_of

    names = [subjects.statement(name) for name in fields_of(statement)]
    if statement == "is_sme":
        names += [subjects.figure(sheet.year - 1, name) for name in SIZE_FIGURES]
    empty = [name for name in names if name in fields and not sheet.is_given(name)]
    return [subjects.label_of(name) for name in empty] or [statement_label(statement)]


def _unmet(node: Node) -> str:
    words = {"criterion": f"{node.code} {node.label}", "distance": node.distance_text}
    if not node.distance_text:
        return _("not met: %(criterion)s") % words
    return _("not met: %(criterion)s (%(distance)s)") % words


def _of_answers(sheet: Sheet, name: str) -> Task:
    asked = questions_of(sheet.application.tier, name)
    empty = [q for q in asked if not sheet.application.answers.get(q.name)]
    left = tuple(_("“%(item)s” is empty") % {"item": q.label} for q in empty)
    state = State.DONE if not left else State.IN_PROGRESS
    if left and len(left) == len(asked):
        state = State.NOT_STARTED
    return Task(name, str(SECTIONS[name]), state if asked else State.NOT_NEEDED, left=left)


def _of_papers(sheet: Sheet) -> Task:
    owed = [paper for paper in sheet.papers.values() if paper.slot.owed and not paper.by_text]
    left = tuple(paper.label for paper in owed if paper.missing)
    asks = tuple(said for p in sheet.papers.values() if p.asks_why for said in p.warnings)
    state = State.DONE if not (left or asks) else State.IN_PROGRESS
    if left and not any(paper.handed_in for paper in sheet.papers.values()):
        state = State.NOT_STARTED
    if not owed and not any(paper.handed_in for paper in sheet.papers.values()):
        state = State.NOT_NEEDED
    return Task("documents", str(SECTIONS["documents"]), state, left=(*left, *asks))
