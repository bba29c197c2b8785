"""What a refused enterprise reads: criterion by criterion, the reasons, what would meet it (反馈).

It is made from the step that refused and from what that step kept. Nobody who reviewed is named,
no word that an officer wrote on what was found in order, no score of an expert, no other firm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
from django.utils import timezone

from cultivation.pipeline import findings
from cultivation.pipeline.appealing import limits, reapplying, reopening, subjects
from cultivation.pipeline.models import CriterionReview, Reason
from cultivation.standards import explanation
from cultivation.standards.prospects import Prospect, prospects
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from cultivation.pipeline.appealing.limits import Limit
    from cultivation.pipeline.appealing.reapplying import Again
    from cultivation.pipeline.models import Application, Move

NO_PROSPECTS = (pl.exceptions.PolarsError, TypeError, ValueError, LookupError)  # facts altered


@dataclass(frozen=True, slots=True)
class Word:
    """What the level that refused said on a criterion, as the enterprise reads it (审核意见)."""

    label: str
    reason: str
    objected: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion with all that is said on it (一条反馈)."""

    finding: findings.Finding
    word: Word | None = None
    reasons: list[str] = field(default_factory=list)
    prospect: Prospect = field(default_factory=Prospect)
    stands_against: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """All that a refused enterprise reads (不予通过反馈)."""

    refusal: Move
    level: str
    lines: list[Line]
    reasons: list[str]  # on the application as a whole
    words: str  # of the office
    limit: Limit
    again: Again | None
    edition: str
    unverified: list[str]  # criteria whose wording is not sure

    @property
    def day(self) -> dt.date:
        """Return the day of the decision."""
        return timezone.localdate(self.refusal.made_at)

    @property
    def against(self) -> list[Line]:
        """Return the criteria that speak against the application."""
        return [line for line in self.lines if line.stands_against]


def refusals_of(application: Application) -> list[Move]:
    """Return the refusals of an application, the last first."""
    rows = application.moves.filter(name="refuse").select_related("judgement__edition")
    return list(rows.order_by("-pk"))


def of(application: Application, refusal: Move, *, is_last: bool = True) -> Feedback:
    """Return the feedback on a refusal; what may come next only where it is the last (反馈)."""
    tree = refusal.judgement.result if refusal.judgement else {}
    words, given = _words(refusal), subjects.reasons_of(refusal)
    ahead = _prospects(application, refusal)
    stood = subjects.against(refusal) | {one.criterion for one in given}
    lines = [
        Line(
            finding,
            words.get(finding.code),
            [one.text for one in given if one.criterion == finding.code],
            ahead.get(finding.code, Prospect()),
            finding.code in stood,
        )
        for finding in (findings.lines(tree) if tree else [])
    ]
    level = reopening.level_of(refusal)
    return Feedback(
        refusal=refusal,
        level=str(Region.Level(level).label) if level else "",
        lines=lines,
        reasons=[one.text for one in given if not one.criterion],
        words=subjects.own_words(refusal),
        limit=limits.of(refusal),
        again=reapplying.of(application) if is_last else None,
        edition=str(refusal.judgement.edition) if refusal.judgement else "",
        unverified=[one.finding.code for one in lines if not one.finding.verified],
    )


def _words(refusal: Move) -> dict[str, Word]:
    """Return by criterion what the level said: its verdict; why, only where it objected."""
    rows = refusal.note.get("opinions", [])
    codes = {row.get("grounds") for row in rows} - {"", None}
    library = {one.code: str(one) for one in Reason.objects.filter(code__in=codes)} if codes else {}
    return {row["criterion"]: _word(row, library) for row in rows}


def _word(row: Mapping[str, Any], library: Mapping[str, str]) -> Word:
    objected = row["opinion"] == findings.OBJECTED
    said = [library.get(row.get("grounds", ""), ""), row.get("reason", "")] if objected else []
    label = str(CriterionReview.Opinion(row["opinion"]).label)
    return Word(label, "\n".join(filter(None, said)), objected)


def _prospects(application: Application, refusal: Move) -> Mapping[str, Prospect]:
    """Return what would have met each criterion, on the facts as they were judged."""
    kept = refusal.judgement
    if kept is None:
        return {}
    try:
        told = explanation.explain_facts(
            dict(kept.facts), kept.edition, kind=kept.kind, as_of=kept.as_of
        )
        return prospects(told, application.enterprise, today=timezone.localdate()).by_code
    except NO_PROSPECTS:
        return {}
