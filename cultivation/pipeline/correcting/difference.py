"""What differs between an application as sent back and as it comes again (补正前后对照)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cultivation.pipeline import findings
from cultivation.pipeline.correcting import bearing, papers, states
from cultivation.pipeline.correcting import opened as openings
from cultivation.pipeline.correcting.fields import FieldChange, answers_between, facts_between
from cultivation.standards import editions

if TYPE_CHECKING:
    from cultivation.pipeline.correcting.opened import Opened
    from cultivation.pipeline.correcting.papers import PaperChange
    from cultivation.pipeline.correcting.states import State
    from cultivation.pipeline.findings import Finding
    from cultivation.pipeline.models import Correction


@dataclass(frozen=True, slots=True)
class CriterionChange:
    """A criterion whose verdict or value came out otherwise (判定变化)."""

    code: str
    label: str
    verdict_before: int | None
    verdict_after: int | None
    value_before: str
    value_after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs, what was not asked for first (前后差异)."""

    fields: list[FieldChange]
    criteria: list[CriterionChange]
    papers: list[tuple[PaperChange, bool]]  # and whether it was asked for

    @property
    def beyond(self) -> list[str]:
        """Return what changed beyond what was asked, in words."""
        changed = [one.label for one in self.fields if one.beyond]
        return list(
            dict.fromkeys([*changed, *(one.name for one, asked in self.papers if not asked)])
        )

    def __bool__(self) -> bool:
        return bool(self.fields or self.criteria or self.papers)

    def touches(self, opened: Opened) -> bool:
        """Tell whether anything changed within what is open."""
        return any(one.own and opened.covers(one.subject) for one in self.fields) or any(
            opened.touches(one.subject) if one.subject else opened.takes_papers
            for one, _asked in self.papers
        )


def of_correction(correction: Correction) -> Difference:
    """Return the difference that a correction made, or would make as things stand (补正对照)."""
    application = correction.application
    after = (
        states.as_it_stands(application)
        if correction.is_open
        else states.as_resubmitted(correction)
    )
    return between(correction, states.as_sent_back(correction), after)


def between(correction: Correction, before: State, after: State) -> Difference:
    """Return what differs between two states, each change asked for or not (对照)."""
    return made_of(correction, before, after).difference


@dataclass(frozen=True, slots=True)
class Made:
    """A difference with what it was measured by: what each criterion rests on, what was open."""

    difference: Difference
    rests: dict[str, frozenset[str]]
    opened: Opened


def made_of(correction: Correction, before: State, after: State) -> Made:
    """Return what differs, with what was asked for (对照及依据)."""
    application = correction.application
    policy = editions.policy(application.edition)
    rests = bearing.rests_on(policy, before.result)
    named = [item.subject for item in correction.items.all()]
    opened = openings.within(named, rests) if named else openings.EVERYTHING
    written = _written(correction)
    fields = [
        *answers_between(application.tier, before, after, opened),
        *facts_between(policy, before, after, opened, written=written),
    ]
    came = [
        (one, opened.touches(one.subject) if one.subject else opened.takes_papers)
        for one in papers.changes(before.papers, after.papers)
    ]
    made = Difference(
        fields=sorted(fields, key=lambda one: (not one.beyond, not one.own)),
        criteria=_criteria(before.result, after.result),
        papers=sorted(came, key=lambda pair: pair[1]),
    )
    return Made(made, rests, opened)


def _written(correction: Correction) -> frozenset[str]:
    """Return what was written to in the record since what was sent back had been judged."""
    if correction.before is None:
        return frozenset()
    application = correction.application
    return states.written_since(
        application.enterprise_id, correction.before.made_at, correction.closed_at
    )


def _criteria(before: dict[str, Any], after: dict[str, Any]) -> list[CriterionChange]:
    """Return the criteria that differ; a group only where its verdict does."""
    old, new = _lines(before), _lines(after)
    changed = findings.changed_codes(before, after)
    found = []
    for code, line in (old | new).items():
        then, now = old.get(code), new.get(code)
        turned = then is None or now is None or then.verdict != now.verdict
        if code in changed and (line.is_leaf or turned):
            found.append(_change(line, then, now))
    return found


def _change(line: Finding, then: Finding | None, now: Finding | None) -> CriterionChange:
    return CriterionChange(
        code=line.code,
        label=line.label,
        verdict_before=then.verdict.value if then else None,
        verdict_after=now.verdict.value if now else None,
        value_before=then.value if then else "",
        value_after=now.value if now else "",
    )


def _lines(tree: dict[str, Any]) -> dict[str, Finding]:
    return {line.code: line for line in findings.lines(tree)} if tree else {}
