"""What a move does beside changing the status; each returns what the record keeps (流转效果)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from cultivation.pipeline import checklist, findings, routes, titles
from cultivation.pipeline.models import Application
from enterprises.places import working_days

if TYPE_CHECKING:
    from enterprises.accounts.models import User


def none(_application: Application, _by: User) -> dict[str, Any]:
    """Do nothing beside."""
    return {}


def take_snapshot(application: Application, _by: User) -> dict[str, Any]:
    """Fix route, facts, answers and the result by today's edition, and give a receipt (回执)."""
    enterprise = application.enterprise
    application.region_path = enterprise.region_path
    application.route = routes.route_of(enterprise.region, application.tier)
    _judge(application)
    unit, facts = application.region_path[:2], application.facts_hash[:8]
    application.receipt = f"{application.year}-{unit}-{application.pk:08d}-{facts}"
    return _kept(application) | {"answers": application.submitted_answers}


def take_snapshot_again(application: Application, _by: User) -> dict[str, Any]:
    """Fix facts and answers anew; opinions on criteria that changed are laid aside and noted."""
    before = application.submitted_result
    answers_before = application.submitted_answers
    _judge(application)
    changed = findings.changed_codes(before, application.submitted_result)
    stale = application.criterion_reviews.filter(criterion__in=changed)
    laid_aside = list(stale.values("level", "criterion", "opinion", "reason"))
    stale.delete()
    return _kept(application) | {
        "answers": application.submitted_answers,
        "answers_before": answers_before,
        "changed_criteria": sorted(changed),
        "opinions_laid_aside": laid_aside,
    }


def note_decision(application: Application, _by: User) -> dict[str, Any]:
    """Keep with the move on what it rests: hashes, result and the level's opinions."""
    level = routes.holding_level(application)
    rows = application.criterion_reviews.filter(level=level)
    return _kept(application) | {
        "level": level,
        "opinions": list(rows.values("criterion", "opinion", "reason")),
    }


def remember_where(application: Application, by: User) -> dict[str, Any]:
    """Note which level sent the application back, so that it returns there."""
    level = routes.holding_level(application)
    application.returned_from = f"at_{level}"
    note = note_decision(application, by)
    return note | _end_notice(application)


def set_notice(application: Application, by: User) -> dict[str, Any]:
    """Begin the public notice: so many working days after today (公示)."""
    level = routes.holding_level(application)
    today = timezone.localdate()
    application.notice_level = level
    application.notice_from = today
    application.notice_to = working_days.add(today, settings.NOTICE_WORKING_DAYS)
    return note_decision(application, by) | {
        "notice_from": today.isoformat(),
        "notice_to": application.notice_to.isoformat(),
        "working_days": settings.NOTICE_WORKING_DAYS,
    }


def give_title(application: Application, by: User) -> dict[str, Any]:
    """Give the title (认定)."""
    application.title = titles.grant(application, by=by)
    return note_decision(application, by) | {
        "title": application.title.number,
        "valid_to": application.title.valid_to.isoformat(),
    }


def let_lapse(application: Application) -> None:
    """End a title that only its re-check kept alive, where the re-check came to nothing."""
    if application.kind == Application.Kind.RECHECK:
        titles.expire(enterprise=application.enterprise)


def _judge(application: Application) -> None:
    application.year = timezone.localdate().year
    application.edition = checklist.edition_now(application)
    told = checklist.judge_now(application)
    application.submitted_facts = told.facts
    application.submitted_result = told.as_json()
    application.facts_hash = told.facts_hash
    application.edition_hash = application.edition.sha256
    application.submitted_answers = dict(application.answers)
    application.submitted_at = timezone.now()


def _kept(application: Application) -> dict[str, Any]:
    return {
        "edition": application.edition.code,
        "edition_hash": application.edition_hash,
        "facts_hash": application.facts_hash,
        "facts": application.submitted_facts,
        "result": application.submitted_result,
        "documents": list(application.documents.values_list("sha256", flat=True)),
    }


def _end_notice(application: Application) -> dict[str, Any]:
    if not application.notice_level:
        return {}
    ended = {"notice_ended": application.notice_level}
    application.notice_level, application.notice_from, application.notice_to = "", None, None
    return ended
