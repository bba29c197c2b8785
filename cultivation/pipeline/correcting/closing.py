"""How a correction ends: resubmitted with what differs, withdrawn, or out of time (补正结束)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import effects, findings
from cultivation.pipeline.correcting import bearing, difference, mending, opened, papers, telling
from cultivation.pipeline.models import Correction
from cultivation.standards import editions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.correcting.difference import Difference
    from cultivation.pipeline.models import Application, CriterionReview
    from enterprises.accounts.models import User

Outcome = Correction.Outcome


def mended(application: Application) -> str | None:
    """Hinder a resubmission that leaves open what was sent back, or slips something in."""
    correction = opened.open_correction(application)
    if correction is None:
        return None
    return mending.state_of(correction).hindrance or None


def close_by_resubmission(application: Application, by: User) -> dict[str, Any]:
    """Judge anew, keep what differs, lay aside the opinions that no longer fit (再提交)."""
    before = application.submitted_result
    correction = opened.open_correction(application)
    note = effects.take_snapshot_again(application, by)
    again = findings.changed_codes(before, application.submitted_result)
    if correction is not None:
        made = _close_with_difference(correction, application)
        again |= _rest_on_changed(made, application)
        note |= {"correction": correction.pk, "beyond": made.beyond}
    note["changed_criteria"] = sorted(again)
    note["opinions_laid_aside"] = lay_aside(application, again)
    telling.resubmitted(application, correction)
    return note


def withdraw(application: Application, _by: User) -> dict[str, Any]:
    """Close an open correction, as the enterprise takes its application back."""
    return _ended(application, Outcome.WITHDRAWN)


def lapse(application: Application, _by: User | None) -> dict[str, Any]:
    """Close a correction that was not made in time."""
    return _ended(application, Outcome.LAPSED)


def out_of_time(application: Application) -> str | None:
    """Hinder while the enterprise still has time to correct."""
    correction = opened.open_correction(application)
    if correction is None or correction.due_on is None:
        return _("Nothing was sent back with a last day.")
    if correction.is_late(timezone.localdate()):
        return None
    return _("The enterprise has until the end of %(day)s to correct.") % {
        "day": correction.due_on.isoformat()
    }


def lay_aside(
    application: Application, codes: Iterable[str], *, level: str = ""
) -> list[dict[str, Any]]:
    """Take opinions on criteria that came out otherwise off the table; the step keeps them.

    Those of a level alone, where one is named.
    """
    stale = application.criterion_reviews.filter(criterion__in=sorted(codes))
    if level:
        stale = stale.filter(level=level)
    rows = [_kept(one) for one in stale.select_related("grounds").order_by("pk")]
    stale.delete()
    return rows


def _kept(review: CriterionReview) -> dict[str, Any]:
    return {
        "level": review.level,
        "criterion": review.criterion,
        "opinion": review.opinion,
        "reason": review.reason,
        "grounds": review.grounds.code if review.grounds else "",
        "by": review.made_by_id,
        "at": review.made_at.isoformat(),
    }


def _rest_on_changed(made: Difference, application: Application) -> set[str]:
    """Return the criteria whose evidence came or went, or whose text was written anew."""
    changed = {one.subject for one, _asked in made.papers}
    changed |= {one.subject for one in made.fields if one.subject.startswith("answer:")}
    policy = editions.policy(application.edition)
    rests = bearing.rests_on(policy, application.submitted_result)
    leaves = (line.code for line in findings.lines(application.submitted_result) if line.is_leaf)
    return {code for code in leaves if changed & rests[code]}


def _close_with_difference(correction: Correction, application: Application) -> Difference:
    """Keep what stands now, close, and return what differs."""
    correction.application = application
    correction.after = application.submission
    correction.answers_after = application.submitted_answers
    correction.papers_after = papers.papers_of(application)
    _close(correction, Outcome.RESUBMITTED)
    return difference.of_correction(correction)


def _ended(application: Application, outcome: Outcome) -> dict[str, Any]:
    correction = opened.open_correction(application)
    if correction is None:
        return {}
    _close(correction, outcome)
    return {"correction": correction.pk}


def _close(correction: Correction, outcome: Outcome) -> None:
    correction.closed_at, correction.outcome = timezone.now(), outcome
    correction.version += 1
    correction.save()
