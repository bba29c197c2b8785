"""The fields that differ between two states of an application, each in words (字段对照)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.pipeline.correcting import bearing, subjects
from cultivation.pipeline.questions import questions_of
from cultivation.standards import wording
from cultivation.standards.indicators import FIGURE_UNITS, STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.pipeline.correcting.opened import Opened
    from cultivation.pipeline.correcting.states import State
    from cultivation.standards.policy import Policy

Key = tuple[str, str]  # subject, name of the figure, statement or count
OTHERS = ("size_class", "tier", "region_path")
UNITS = {**FIGURE_UNITS, "niche_years": "years"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; asked: within what was sent back; own: the firm wrote it."""

    subject: str
    label: str
    before: str
    after: str
    asked: bool
    own: bool = True

    @property
    def beyond(self) -> bool:
        """Tell whether the enterprise changed what nobody asked it to."""
        return self.own and not self.asked


def answers_between(
    tier: str, before: State, after: State, opened: Opened
) -> Iterator[FieldChange]:
    """Yield the texts and statements of the form that differ (申报内容对照)."""
    for question in questions_of(tier):
        old, new = (state.answers.get(question.name) for state in (before, after))
        if (old or "") != (new or ""):
            subject = f"answer:{question.name}"
            yield FieldChange(
                subject, str(question.label), _answer(old), _answer(new), opened.covers(subject)
            )


def facts_between(
    policy: Policy, before: State, after: State, opened: Opened, *, written: frozenset[str]
) -> Iterator[FieldChange]:
    """Yield the facts that differ (事实对照): figures by their year, counts by both bounds.

    `written` are the subjects somebody wrote to meanwhile: a count or a number of years that
    differs without that does so by the passing of time, not by the enterprise's doing.
    """
    old, new = (_by_key(policy, state) for state in (before, after))
    for key in dict.fromkeys([*old, *new]):
        then, now = old.get(key), new.get(key)
        if then == now:
            continue
        subject, name = key
        shown = [_shown(name, value) for value in (then, now)]
        if shown[0] == shown[1]:
            shown = [_shown(name, value, exact=True) for value in (then, now)]
        by_time = name == "niche_years" or subject.startswith("fact:")
        yield FieldChange(
            subject or name,
            _label(policy, subject, name),
            shown[0],
            shown[1],
            asked=opened.covers(subject),
            own=bool(subject) and (not by_time or subject in written),
        )


def _by_key(policy: Policy, state: State) -> dict[Key, Any]:
    counts = {count.name for count in policy.counts}
    found: dict[Key, Any] = {}
    for column, value in state.facts.items():
        name = _name(column)
        subject = bearing.subject_of_column(column, year=state.year, policy=policy)
        if name in counts:
            found[subject, name] = (state.facts[f"{name}_low"], state.facts[f"{name}_high"])
        elif name in FIGURE_UNITS and value is None:
            continue  # a year beyond the frame is as a figure nobody stated
        elif name in FIGURE_UNITS or name in STATEMENTS or name in OTHERS:
            found[subject, name] = value
    return found


def _name(column: str) -> str:
    """Return what a column is about: revenue_y1 is revenue, awards_low is awards."""
    name, _mark, end = column.rpartition("_")
    is_part = end in {"low", "high"} or (end[:1] == "y" and end[1:].isdigit())
    return name if name and is_part else column


def _answer(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "")


def _shown(name: str, value: Any, *, exact: bool = False) -> str:
    if isinstance(value, tuple):
        low, high = value
        return str(low) if low == high else f"{low}–{'?' if high is None else high}"
    if value is None or value == "":
        return "—"
    plain = value if isinstance(value, bool | str) else Fraction(value)
    return wording.amount(plain, UNITS.get(name, "number"), exact=exact)


def _label(policy: Policy, subject: str, name: str) -> str:
    english = (get_language() or "").startswith("en")
    for count in policy.counts:
        if count.name == name:
            return count.label_en if english else count.label_zh
    if subject.startswith("report:"):
        return subjects.plain_label(subject)
    if name in STATEMENTS:
        return str(STATEMENTS[name].label)
    return {
        "size_class": _("size by the size standard"),
        "tier": _("highest title held"),
        "region_path": _("region"),
    }[name]
