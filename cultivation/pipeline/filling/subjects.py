"""The names of the fields of a form, and what each is called (填报项名称).

"answer:niche" a text or declaration, "report:2025:revenue" a figure of a year,
"statement:own_brand" a field of the profile, "paper:audit_report:2025" a paper asked for.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cultivation.pipeline.filling import slots
from cultivation.pipeline.questions import QUESTIONS
from enterprises.registry import ledger
from enterprises.registry import subjects as registry_subjects
from enterprises.registry.labels import of as label_of_field

ANSWER, REPORT, STATEMENT, PAPER = "answer", "report", "statement", "paper"
LABELS = {question.name: question.label for question in QUESTIONS}
TICKS = frozenset(question.name for question in QUESTIONS if question.section == "statements")


def answer(name: str) -> str:
    """Return the name of a text or declaration."""
    return f"{ANSWER}:{name}"


def figure(year: int, name: str) -> str:
    """Return the name of a figure of a year."""
    return f"{REPORT}:{year}:{name}"


def statement(name: str) -> str:
    """Return the name of a field of the profile."""
    return f"{STATEMENT}:{name}"


def kind_of(subject: str) -> str:
    """Return what a field is: answer, report, statement or paper."""
    return subject.partition(":")[0]


def name_of(subject: str) -> str:
    """Return the last part of a name: the question, figure or field of the profile."""
    return subject.rpartition(":")[2]


def year_of(subject: str) -> int:
    """Return the year of a figure."""
    return int(subject.split(":")[1])


def label_of(subject: str) -> str:
    """Return what a field is called, in the reader's language."""
    kind = kind_of(subject)
    if kind == ANSWER:
        return str(LABELS.get(name_of(subject), name_of(subject)))
    if kind == REPORT:
        return registry_subjects.label(subject)
    if kind == PAPER:
        return slots.label_of(subject)
    return str(label_of_field(name_of(subject)))


def is_tick(subject: str) -> bool:
    """Tell whether a field is a declaration, given or not."""
    return name_of(subject) in TICKS and kind_of(subject) == ANSWER


def plain(subject: str, value: Any) -> Any:
    """Return a value as it is kept and compared: nothing is None, a declaration is yes or no."""
    if is_tick(subject):
        return bool(value)
    value = ledger.plain(value)
    return value.replace("\r\n", "\n").strip() or None if isinstance(value, str) else value


def mark(subject: str, value: Any) -> str:
    """Return a short mark of a value: the version of the field (字段版本)."""
    text = json.dumps(plain(subject, value), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
