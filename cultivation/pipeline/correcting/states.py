"""An application at a moment: facts and result as judged, answers, papers (申报快照)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cultivation.pipeline import checklist
from cultivation.pipeline.correcting import papers
from enterprises.registry.models import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import Application, Correction
    from cultivation.standards.models import Judgement

PROFILE_CHANGES = {"profile", "registered"}


@dataclass(frozen=True, slots=True)
class State:
    """What an application is judged by, and how it comes out."""

    facts: dict[str, Any]
    result: dict[str, Any]
    answers: dict[str, Any]
    papers: Sequence[papers.Row]

    @property
    def year(self) -> int:
        """Return the year of the judging; 0 for nothing judged."""
        day = self.result.get("as_of")
        return dt.date.fromisoformat(day).year if day else 0


def as_sent_back(correction: Correction) -> State:
    """Return an application as it was when it was sent back."""
    return _kept(correction.before, correction.answers_before, correction.papers_before)


def as_resubmitted(correction: Correction) -> State:
    """Return an application as it came again."""
    return _kept(correction.after, correction.answers_after, correction.papers_after)


def as_it_stands(application: Application) -> State:
    """Return an application as it would go in now."""
    told = checklist.judge_now(application)
    return State(
        facts=dict(told.facts),
        result=told.as_json(),
        answers=dict(application.answers),
        papers=papers.papers_of(application),
    )


def written_since(
    enterprise_id: int, since: dt.datetime, until: dt.datetime | None = None
) -> frozenset[str]:
    """Return the subjects that somebody wrote to in the record since a moment (已改事项)."""
    rows = Change.objects.filter(enterprise_id=enterprise_id, made_at__gte=since)
    if until is not None:
        rows = rows.filter(made_at__lte=until)
    found: set[str] = set()
    for subject, before, after in rows.values_list("subject", "before", "after"):
        kind = subject.partition(":")[0]
        if kind in papers.LISTS:
            found.add(f"fact:{papers.LISTS[kind]}")
        elif kind in PROFILE_CHANGES or kind == "import":
            found |= {f"statement:{name}" for name in {*before, *after}}
        else:
            found |= {f"{subject}:{name}" for name in {*before, *after}}
    return frozenset(found)


def _kept(
    judgement: Judgement | None, answers: dict[str, Any], rows: Sequence[papers.Row]
) -> State:
    if judgement is None:
        return State({}, {}, answers, rows)
    return State(dict(judgement.facts), dict(judgement.result), answers, rows)
