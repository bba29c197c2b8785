"""What a decision rests on: rules, facts, the machine's word, the people's (决定依据).

Before a decision on the merits the judgement as submitted is judged again; where it does not come
out the same, nothing is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from cultivation.pipeline import ahead, findings, routes
from cultivation.pipeline.models import CriterionReview, Reason
from cultivation.standards import keeping
from cultivation.standards.models import Verdict
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.pipeline.models import Application, Move
    from cultivation.standards.drift import Difference

HASHES = ("rules_hash", "facts_hash", "result_hash")


def basis_of(application: Application) -> dict[str, Any]:
    """Return what names the judgement as submitted: edition, hashes, evaluator, documents."""
    kept = application.submission
    if kept is None:
        return {}
    return {
        "edition": kept.edition.code,
        "rules_hash": kept.rules_hash,
        "facts_hash": kept.facts_hash,
        "result_hash": kept.result_hash,
        "engine": kept.engine,
        "submission_hash": application.submitted_hash,
        "documents": [document.sha256 for document in application.documents.all()],
    }


def record_of(application: Application) -> dict[str, Any]:
    """Return the record of a decision: its basis, the level's opinions, and how all stand."""
    level = routes.holding_level(application)
    rows = [row for row in application.criterion_reviews.all() if row.level == level]
    rows.sort(key=attrgetter("criterion"))
    opinions = {row.criterion: row.opinion for row in rows}
    root = application.submitted_result
    return basis_of(application) | {
        "level": level,
        "opinions": [
            {
                "criterion": row.criterion,
                "opinion": row.opinion,
                "reason": row.reason,
                "grounds": row.grounds.code if row.grounds else "",
                "document": row.document_id,
                "page": row.page,
                "by": row.made_by_id,
                "at": row.made_at.isoformat(),
            }
            for row in rows
        ],
        "verdict": root.get("verdict"),
        "standing": findings.standing(root, opinions).value if root else None,
        "engine_now": keeping.engine(),
        **({"reconsideration": application.reconsidered} if application.reconsidered else {}),
    }


def drift_of(application: Application) -> Difference | None:
    """Judge the application as submitted again; return what differs, None for nothing (重演)."""
    kept = application.submission
    if kept is None:
        return None
    known = ahead.drift_read(application)
    return keeping.replayed(kept) if known is ahead.NOT_READ else known


def hindrance(application: Application) -> str | None:
    """Say why the judgement as submitted no longer carries a decision, or nothing."""
    if application.submission is None:
        return _("The application was never submitted.")
    difference = drift_of(application)
    if difference is None:
        swapped = _swapped(application)
        if not swapped:
            return None
        said = swapped
    else:
        said = difference.text
    return _(
        "Judged again, the application as submitted does not come out the same: %(drift)s. "
        "Nothing can be decided on it; return it, so that it is submitted and judged anew."
    ) % {"drift": said}


def _swapped(application: Application) -> str:
    """Say that the judgement is not the one whose hashes the submission noted, or nothing."""
    last = ahead.last_submission(application)
    kept = application.submission
    if (
        last is None
        or kept is None
        or all(last.note.get(name) == getattr(kept, name) for name in HASHES)
    ):
        return ""
    return _("the hashes are not those noted when it was submitted")


@dataclass(frozen=True, slots=True)
class Said:
    """One opinion as it stood when the decision was taken (决定时的意见)."""

    criterion: str
    label: str
    word: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A step on the merits with all it rested on, finished for a page (决定记录)."""

    move: Move
    label: str
    level: str
    verdict: Verdict | None
    standing: Verdict | None
    opinions: list[Said]


def decisions_of(moves: Iterable[Move], *, labels: Mapping[str, str]) -> list[Decision]:
    """Return the decisions among the steps of an application, each with its record."""
    found = [move for move in moves if move.judgement_id and move.note.get("level")]
    everybody = {row.get("by") for move in found for row in move.note.get("opinions", [])}
    people = {user.pk: str(user) for user in get_user_model().objects.filter(pk__in=everybody)}
    codes = {row.get("grounds") for move in found for row in move.note.get("opinions", [])}
    library = {one.code: str(one) for one in Reason.objects.filter(code__in=codes - {"", None})}
    return [_decision(move, labels.get(move.name, move.name), people, library) for move in found]


def _decision(
    move: Move, label: str, people: Mapping[int, str], library: Mapping[str, str]
) -> Decision:
    note = move.note
    tree = move.judgement.result if move.judgement else {}
    criteria = {line.code: line.label for line in findings.lines(tree)}
    return Decision(
        move=move,
        label=label,
        level=str(Region.Level(note["level"]).label),
        verdict=_verdict(note.get("verdict")),
        standing=_verdict(note.get("standing")),
        opinions=[
            Said(
                criterion=row["criterion"],
                label=criteria.get(row["criterion"], ""),
                word=str(CriterionReview.Opinion(row["opinion"]).label),
                reason="\n".join(
                    filter(None, (library.get(row.get("grounds", "")), row["reason"]))
                ),
                by=people.get(row.get("by", 0), ""),
            )
            for row in note.get("opinions", [])
        ],
    )


def _verdict(digit: int | None) -> Verdict | None:
    return None if digit is None else Verdict(digit)
