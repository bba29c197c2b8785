"""What a move does beside changing the status; each returns what the record keeps (流转效果)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import checklist, decisions, invitations, routes, titles
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import submitted
from cultivation.pipeline.models import Application
from cultivation.pipeline.notices import publishing
from cultivation.pipeline.rounds import noting, quotas
from cultivation.standards import keeping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.models import Judgement
    from enterprises.accounts.models import User


def none(_application: Application, _by: User) -> dict[str, Any]:
    """Do nothing beside."""
    return {}


def take_snapshot(application: Application, by: User) -> dict[str, Any]:
    """Fix route, facts, answers and the result by today's edition, and give a receipt (回执)."""
    enterprise = application.enterprise
    application.region_path = enterprise.region_path
    application.route = routes.route_of(enterprise.region, application.tier)
    kept = _judge(application)
    unit, facts = application.region_path[:2], kept.facts_hash[:8]
    application.receipt = f"{application.year}-{unit}-{application.pk:08d}-{facts}"
    submitted.seal(application)
    invitations.converted(application, by=by)
    return (
        decisions.basis_of(application)
        | {"answers": application.submitted_answers}
        | noting.intake(application)
    )


def take_snapshot_again(application: Application, _by: User) -> dict[str, Any]:
    """Fix facts and answers anew, keep the receipt (再次提交存档)."""
    answers_before = application.submitted_answers
    _judge(application)
    submitted.seal(application)
    return (
        decisions.basis_of(application)
        | {"answers": application.submitted_answers, "answers_before": answers_before}
        | noting.intake(application)
    )


def note_decision(application: Application, _by: User) -> dict[str, Any]:
    """Keep with the move on what it rests: rules, facts, the machine's word and the people's."""
    return decisions.record_of(application)


def recommend(application: Application, _by: User) -> dict[str, Any]:
    """Take the places that the recommendation needs; keep on what it rests, and whether late."""
    taken = quotas.take(application)
    note = decisions.record_of(application) | noting.office(application)
    return note | ({"places": taken} if taken else {})


def remember_where(application: Application, by: User) -> dict[str, Any]:
    """Note which level sent the application back, so that it returns there."""
    level = routes.holding_level(application)
    application.returned_from = f"at_{level}"
    note = note_decision(application, by)
    return note | _end_notice(application)


def set_notice(application: Application, by: User) -> dict[str, Any]:
    """Begin the public notice: write the application onto a list laid open (公示)."""
    record = note_decision(application, by) | noting.office(application)
    notice = publishing.enter(application, by=by)
    return record | {
        "notice": notice.pk,
        "notice_from": notice.first_day.isoformat(),
        "notice_to": notice.last_day.isoformat(),
        "working_days": notice.working_days,
    }


def give_titles(applications: Sequence[Application], by: User) -> None:
    """Give the titles of applications of different enterprises (认定)."""
    for application, title in zip(applications, titles.grant(applications, by=by), strict=True):
        application.title = title


def note_title(application: Application, by: User) -> dict[str, Any]:
    """Keep with the recognition on what it rests, and the title that was given."""
    if application.title is None:
        raise ValueError("no title was given")
    return note_decision(application, by) | {
        "title": application.title.number,
        "valid_to": application.title.valid_to.isoformat(),
    }


def let_lapse(applications: Sequence[Application]) -> None:
    """End titles that only their re-checks kept alive, where these came to nothing."""
    recheck = Application.Kind.RECHECK
    if firms := [one.enterprise_id for one in applications if one.kind == recheck]:
        titles.expire(enterprises=firms)


def withdrawn(applications: Sequence[Application]) -> None:
    """Give the places back that cases took, and end titles that only they kept alive."""
    for application in applications:
        quotas.give_back(application)
    let_lapse(applications)


def _judge(application: Application) -> Judgement:
    """Judge the application as it goes in, and keep the judgement whole."""
    application.year = timezone.localdate().year
    application.edition = checklist.edition_now(application)
    told = checklist.judge_now(application)
    try:
        kept = keeping.keep(told, enterprise=application.enterprise)
    except keeping.AlteredRulesError as error:
        raise MoveError(
            _("The text of the standard %(code)s is not the one that was loaded; nothing can be "
              "judged by it. Tell those who run the system.") % {"code": error}
        ) from error  # fmt: skip
    application.submission = kept
    application.submitted_answers = dict(application.answers)
    application.submitted_form = submitted.freeze(application)
    application.submitted_at = application.moment or timezone.now()
    return kept


def _end_notice(application: Application) -> dict[str, Any]:
    if not application.notice_level:
        return {}
    ended = {"notice_ended": application.notice_level}
    application.notice_level, application.notice_from, application.notice_to = "", None, None
    return ended
