"""A draft as its fields: steps, names, values, marks, what is still missing (评测草稿填报项).

"q:1" a question, "s:3" a scenario, "d:assessed_on" the day, the end, the assessor, the document;
on site with self-declared answers also "f:q:1" whether they agree, "r:q:1" a remark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.digital import index, maturity, scoring
from cultivation.digital.models import DraftField, MaturityAssessment
from cultivation.pipeline.filling import subjects as marks

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.models import AssessmentDraft

Way = MaturityAssessment.Way
AGREE, DIFFERS = "agree", "differs"
DETAILS = "details"
OF_DIMENSIONS = ("foundation", "management", "results")
OF_AREAS = ("product", "production", "supply", "decision")
KEYS = (DETAILS, *OF_DIMENSIONS, *OF_AREAS)
FINDINGS = {AGREE: gettext_lazy("agrees"), DIFFERS: gettext_lazy("differs")}


@dataclass(frozen=True, slots=True)
class Step:
    """A page of the draft with its fields (填报步骤)."""

    key: str
    label: str
    asked: tuple[str, ...]  # questions or scenarios
    names: tuple[str, ...]  # all fields


class Sheet:
    """A draft with its fields (评测填报表)."""

    def __init__(self, draft: AssessmentDraft) -> None:
        self.draft = draft

    @cached_property
    def entries(self) -> dict[str, DraftField]:
        """Return the rows of the fields that were saved, by name."""
        rows = DraftField.objects.filter(draft=self.draft).select_related("made_by")
        return {row.subject: row for row in rows}

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Return the pages in their order: details, dimensions, areas."""
        found = [Step(DETAILS, _("Day and evidence"), (), self._details())]
        for key, group in zip(OF_DIMENSIONS, index.dimensions(), strict=True):
            asked = tuple(f"q:{one.no}" for one in group)
            found.append(Step(key, group[0].dimension, asked, self._with_findings(asked)))
        for key, area in zip(OF_AREAS, index.areas(), strict=True):
            asked = tuple(f"s:{one.no}" for one in area)
            found.append(Step(key, area[0].area, asked, self._with_findings(asked)))
        return tuple(found)

    def _details(self) -> tuple[str, ...]:
        if self.draft.way == Way.SELF:
            return ("d:assessed_on", "d:valid_to", "d:document")
        return ("d:assessed_on", "d:valid_to", "d:assessor", "d:document")

    def _with_findings(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        if not self.is_held_against:
            return asked
        return tuple(name for one in asked for name in (one, f"f:{one}", f"r:{one}"))

    @property
    def is_held_against(self) -> bool:
        """Tell whether each answer is held against a self-declared one."""
        return self.draft.declared_id is not None

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        return tuple(name for step in self.steps for name in step.names)

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def value(self, subject: str) -> Any:
        return self.draft.values.get(subject)

    def mark(self, subject: str) -> str:
        """Return the version of a field."""
        return marks.mark(subject, self.value(subject))

    @property
    def answers(self) -> scoring.Answers:
        """Return the answers as an assessment keeps them; what is not answered is left out."""
        values = self.draft.values
        return {
            "questions": {k[2:]: v for k, v in values.items() if k.startswith("q:") and v},
            "scenarios": {
                k[2:]: v for k, v in values.items() if k.startswith("s:") and v is not None
            },
        }

    def declared_value(self, subject: str) -> Any:
        """Return the self-declared answer of a question or scenario; None without any."""
        return answer_of(self.draft.declared, subject)

    def value_before(self, subject: str) -> Any:
        """Return the answer of the last assessment of this way; None without any."""
        return answer_of(self.draft.before, subject)

    @property
    def findings(self) -> dict[str, list[str]]:
        """Return what was found of each self-declared answer, with the remark."""
        values = self.draft.values
        return {
            name[2:]: [found, values.get(f"r:{name[2:]}") or ""]
            for name, found in values.items()
            if name.startswith("f:") and found
        }

    def is_given(self, subject: str) -> bool:
        """Tell whether a question or scenario is properly answered, and looked at on site."""
        if not self._is_answered(subject):
            return False
        return not self.is_held_against or not self._finding_missing(subject)

    def _is_answered(self, subject: str) -> bool:
        kind, number = subject.split(":")
        value = self.value(subject)
        if kind == "s":
            return value is not None
        question = index.questions()[int(number) - 1]
        return bool(value) and scoring.is_answer(question, value)

    def _finding_missing(self, subject: str) -> str:
        """Say what is missing or wrong in what was found of a self-declared answer."""
        found, own = self.value(f"f:{subject}"), self.value(subject)
        same = plain(own) == plain(self.declared_value(subject))
        words = {"name": label_of(subject)}
        if not found:
            return _("%(name)s: say whether the self-declared answer agrees") % words
        if found == AGREE and not same:
            return _("%(name)s: marked as agreeing, but the answer is another one") % words
        if found == DIFFERS and same:
            return _("%(name)s: marked as differing, but the answer is the same") % words
        return ""

    @property
    def wrong_days(self) -> dict[str, str]:
        """Say what is wrong with the day of the assessment or its end, by name."""
        on, until = self.day("d:assessed_on"), self.day("d:valid_to")
        return maturity.wrong_days(index.ASKED, on, until) if on else {}

    def day(self, subject: str) -> dt.date | None:
        """Return a day of the details."""
        return parse_date(self.value(subject) or "")

    def missing(self) -> list[tuple[str, str, str]]:
        """Return what stands in the way of handing in: step, field, and in words."""
        found = []
        if not self.value("d:assessed_on"):
            found.append((DETAILS, "d:assessed_on", _("Day of the assessment")))
        found += [(DETAILS, f"d:{name}", text) for name, text in self.wrong_days.items()]
        if self.draft.way == Way.ON_SITE and not self.value("d:assessor"):
            found.append((DETAILS, "d:assessor", _("Assessor")))
        for step in self.steps:
            for subject in step.asked:
                if not self._is_answered(subject):
                    text = _("%(name)s: not answered") % {"name": label_of(subject)}
                    found.append((step.key, subject, text))
                elif self.is_held_against and (said := self._finding_missing(subject)):
                    found.append((step.key, subject, said))
        return found


def plain(value: Any) -> Any:
    """Return an answer so that it equals the same one given in another order."""
    return sorted(value) if isinstance(value, list) else value


def answer_of(row: MaturityAssessment | None, subject: str) -> Any:
    """Return an assessment's answer of "q:1" or "s:3"; None where there is none."""
    kind, _colon, number = subject.partition(":")
    if row is None or not row.answers or kind not in ("q", "s"):
        return None
    return row.answers["questions" if kind == "q" else "scenarios"].get(number)


def label_of(subject: str) -> str:
    """Return what a field is called."""
    kind, _colon, rest = subject.partition(":")
    if kind == "q":
        question = index.questions()[int(rest) - 1]
        return f"{rest}. {question.indicator}"
    if kind == "s":
        return str(index.scenarios()[int(rest) - 1])
    if kind in ("f", "r"):
        words = {"name": label_of(rest)}
        return (_("%(name)s: finding") if kind == "f" else _("%(name)s: what was seen")) % words
    return {
        "assessed_on": _("Day of the assessment"),
        "valid_to": _("Valid to"),
        "assessor": _("Assessor"),
        "document": _("Evidence document"),
    }[rest]


def said(subject: str, value: Any) -> str:
    """Return how an answer reads (作答文字)."""
    kind, _colon, number = subject.partition(":")
    if value is None or value == []:
        return ""
    if kind == "q":
        options = index.questions()[int(number) - 1].options
        return _("; ").join(str(option) for option in options if option.code in value)
    if kind == "s":
        if not value:
            return _("None of these")
        return f"{value} · {index.scenarios()[int(number) - 1].level_text(value)}"
    if kind == "f":
        return str(FINDINGS.get(value, ""))
    return str(value)
