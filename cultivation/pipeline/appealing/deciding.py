"""Handling a reconsideration: upheld by one officer, reopened by two (复核办理)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import moves, taking
from cultivation.pipeline.appealing import handlers, noting, subjects, telling
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import ContestedPoint, Reconsideration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User

Status = Reconsideration.Status
STEP = "reopen"


def give(case: Reconsideration) -> User | None:
    """Give what was asked to an officer without a part, or tell those who may take it (分办)."""
    to = handlers.next_handler(case) if settings.RECONSIDERATION_ASSIGNED else None
    if to is None:
        at = str(case.version)
        telling.to_offices(case, "reconsideration_asked", handlers.possible(case), at=at)
        return None
    case.handler, case.status = to, Status.EXAMINED
    noting.step(case, "given", by=None, after={"handler": to.pk})
    telling.to_offices(case, "reconsideration_given", [to], at=str(case.version))
    return to


@transaction.atomic
def take(case: Reconsideration, *, by: User, version: int | None = None) -> Reconsideration:
    """Take a reconsideration in hand; one that is overdue is taken over from a colleague (受理)."""
    found = _open(case, by, version)
    if found.handler_id == by.pk:
        return found
    if found.handler_id is not None and not found.is_late:
        raise MovedMeanwhileError(
            _("%(who)s has this reconsideration in hand already.") % {"who": found.handler}
        )
    _clear(found)
    found.handler, found.status = by, Status.EXAMINED
    return noting.step(found, "taken", by=by)


@transaction.atomic
def recuse(case: Reconsideration, *, by: User, reason: str) -> Reconsideration:
    """Declare a conflict of interest; what one has in hand goes to another (回避)."""
    if not handlers.entitled(case, by):
        raise PermissionDenied(_("This reconsideration is not for your office."))
    found = noting.locked(case)
    _still_open(found)
    noting.owed(reason, "reason", _("Say what the conflict is."))
    mine = found.handler_id == by.pk
    if mine:
        found.handler, found.status = None, Status.ASKED
        _clear(found)
    noting.step(found, "recused", by=by, text=reason)
    if mine:
        give(found)
    return found


@transaction.atomic
def uphold(
    case: Reconsideration,
    answers: Mapping[str, str],
    *,
    by: User,
    reply: str,
    version: int | None = None,
) -> Reconsideration:
    """Let the refusal stand, with a reason for every point contested (维持原决定)."""
    found = _in_hand(case, by, version)
    _answer(found, dict.fromkeys(answers, False), answers, reply)
    found.status, found.decided_by, found.decided_at = Status.UPHELD, by, timezone.now()
    noting.step(found, "upheld", by=by, text=found.reply)
    telling.to_firm(found, "reconsideration_upheld")
    return found


@transaction.atomic
def propose(
    case: Reconsideration,
    founded: Mapping[str, bool],
    answers: Mapping[str, str],
    *,
    by: User,
    reply: str,
    version: int | None = None,
) -> Reconsideration:
    """Propose to reopen, as something contested is founded; a second officer confirms (拟重新审核).

    Nothing takes effect before, and the enterprise sees nothing of it.
    """
    found = _in_hand(case, by, version)
    if not any(founded.values()):
        raise MoveError(_("Say which point is founded; without one the refusal stands."))
    _answer(found, founded, answers, reply)
    found.status, found.decided_by, found.decided_at = Status.PROPOSED, by, timezone.now()
    found.save()  # before the look ahead, which reads it
    if said := moves.hindrance(found.application, moves.STEPS[STEP]):
        raise MoveError(said)
    noting.step(found, "proposed", by=by, text=found.reply)
    at = str(found.version)
    telling.to_offices(
        found, "reconsideration_to_confirm", handlers.possible(found, but=[by.pk]), at=at
    )
    return found


@transaction.atomic
def send_back(
    case: Reconsideration, *, by: User, reason: str, version: int | None = None
) -> Reconsideration:
    """Do not confirm a reopening: it goes back to its handler, with a reason (退回办理人)."""
    found = _as_second(case, by, version)
    noting.owed(reason, "reason", _("Say why it is not confirmed."))
    _clear(found)
    found.status = Status.EXAMINED
    noting.step(found, "sent_back", by=by, text=reason)
    if found.handler is not None:
        telling.to_offices(
            found, "reconsideration_not_confirmed", [found.handler], at=str(found.version)
        )
    return found


@transaction.atomic
def confirm(case: Reconsideration, *, by: User, version: int | None = None) -> Reconsideration:
    """Confirm a reopening as the second officer: the application is at its level again (确认).

    Raises MoveError where something stands in the way now: the enterprise applied anew meanwhile.
    """
    application = taking.locked().get(pk=case.application_id)
    found = _as_second(case, by, version)
    step = moves.STEPS[STEP]
    if application.status not in step.sources:
        raise MoveError(
            _("The application is %(status)s since.") % {"status": application.get_status_display()}
        )
    if said := moves.hindrance(application, step):
        raise MoveError(said)
    (move,) = taking.take(
        step, [taking.Due(application, found.reply, proposed_by=found.decided_by_id)], by=by
    )
    found.status, found.confirmed_by, found.move = Status.REOPENED, by, move
    found.application = application
    noting.step(found, "reopened", by=by, text=found.reply, after={"move": move.pk})
    telling.to_firm(found, "reconsideration_reopened")
    return found


def may_confirm(case: Reconsideration, user: User) -> bool:
    """Tell whether a user is the second officer: may handle it, and did not propose it."""
    waits = case.status == Status.PROPOSED and user.pk not in {case.decided_by_id, case.handler_id}
    return waits and handlers.may_handle(case, user)


def _open(case: Reconsideration, by: User, version: int | None) -> Reconsideration:
    """Return a reconsideration locked, where it is open and the user may handle it."""
    if not handlers.entitled(case, by):
        raise PermissionDenied(_("This reconsideration is not for your office."))
    found = noting.locked(case, version)
    _still_open(found)
    if why := handlers.conflicts(found, by):
        raise MoveError(
            _("Somebody without a part in the refusal has to handle it; you: %(why)s.")
            % {"why": _("; ").join(why)}
        )
    return found


def _in_hand(case: Reconsideration, by: User, version: int | None) -> Reconsideration:
    if case.handler_id != by.pk:
        raise PermissionDenied(_("Only who handles the reconsideration may do that."))
    found = _open(case, by, version)
    if found.handler_id != by.pk:
        raise MovedMeanwhileError(
            _("%(who)s has this reconsideration in hand already.") % {"who": found.handler}
        )
    if found.status != Status.EXAMINED:
        raise MoveError(_("The reconsideration is %(state)s already.") % {
            "state": found.get_status_display()
        })  # fmt: skip
    return found


def _as_second(case: Reconsideration, by: User, version: int | None) -> Reconsideration:
    found = _open(case, by, version)
    if found.status != Status.PROPOSED:
        raise MoveError(_("No reopening waits to be confirmed here."))
    if by.pk in {found.decided_by_id, found.handler_id}:
        raise PermissionDenied(_("Who proposes does not release; a second officer has to."))
    return found


def _still_open(case: Reconsideration) -> None:
    if not case.is_open:
        raise MoveError(_("The reconsideration is %(state)s already.") % {
            "state": case.get_status_display()
        })  # fmt: skip


def _answer(
    case: Reconsideration, founded: Mapping[str, bool], answers: Mapping[str, str], reply: str
) -> None:
    """Keep what was found on each point contested; every one is owed a reason (逐项答复)."""
    noting.owed(reply, "reply", _("Write the answer to the enterprise."))
    points = list(case.points.all())
    labels = subjects.labels_of(case.refusal)
    left = [
        labels[point.subject].label if point.subject in labels else point.subject
        for point in points
        if not answers.get(point.subject, "").strip()
    ]
    if left:
        raise MoveError(
            _("Give a reason for each point contested: %(points)s.")
            % {"points": _("; ").join(left)},
            field="points",
        )
    for point in points:
        point.founded = founded.get(point.subject, False)
        point.answer = answers[point.subject].strip()
    ContestedPoint.objects.bulk_update(points, ["founded", "answer"])
    case.reply = reply.strip()


def _clear(case: Reconsideration) -> None:
    """Take back what was proposed; the words stay for the handler to go on from."""
    case.decided_by = case.decided_at = None
