"""Asking for more time, and the officer's answer; nothing is extended by itself (延期申请)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.appealing import telling
from cultivation.pipeline.correcting import returning
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    Correction,
    MoreTimeRequest,
    Round,
    Status,
    WindowLevel,
)
from cultivation.pipeline.rounds import extending, rights, windows
from cultivation.pipeline.rounds.setting import YEARS
from enterprises.audit import recording
from enterprises.notifications.addressees import officers_of

if TYPE_CHECKING:
    from cultivation.pipeline.rounds.windows import Span
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

COMPANY = WindowLevel.COMPANY
OFFICES = ("city", "province", "nation")  # that extend windows, the nearest first
LAST = dt.time(23, 59, 59)
Outcome = MoreTimeRequest.Outcome


@transaction.atomic
def ask_in_round(
    round_: Round, enterprise: Enterprise, *, until: dt.datetime, reason: str, by: User
) -> MoreTimeRequest:
    """Ask that an enterprise may apply later than its window closes (申请个别延期).

    It is asked while the window has not closed; who comes after it goes to the office.
    """
    _own(enterprise, by)
    if said := hindrance(round_, enterprise):
        raise MoveError(said)
    span = span_of(round_, enterprise)
    if span is None:
        raise LookupError(round_.pk)
    _check(until, after=span.until, reason=reason)
    return _keep(MoreTimeRequest(enterprise=enterprise, round=round_), until, reason, by)


@transaction.atomic
def ask_for_correction(
    correction: Correction, *, due_on: dt.date, reason: str, by: User
) -> MoreTimeRequest:
    """Ask for more days to correct, while the correction is open, late or not (申请补正延期)."""
    application = Application.objects.select_related("enterprise").get(pk=correction.application_id)
    _own(application.enterprise, by)
    if not correction.is_open or application.status != Status.RETURNED or not correction.due_on:
        raise MoveError(_("Nothing is open to be corrected, so nothing to extend."))
    if due_on.year not in YEARS:
        raise MoveError(
            _("%(year)s lies outside the years 2015 to 2100.") % {"year": due_on.year},
            field="due_on",
        )
    after = _end_of(max(correction.due_on, timezone.localdate()))
    _check(_end_of(due_on), after=after, reason=reason, field="due_on")
    made = MoreTimeRequest(enterprise=application.enterprise, correction=correction)
    return _keep(made, _end_of(due_on), reason, by)


@transaction.atomic
def grant(
    request: MoreTimeRequest, *, until: dt.datetime, reason: str, by: User
) -> MoreTimeRequest:
    """Grant more time as an extension, to the moment asked for or another (同意延期)."""
    found = _answerable(request, by)
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    if found.round is not None:
        found.extension = extending.grant(
            found.round, found.enterprise, COMPANY, until=until, reason=reason, by=by
        )
    elif found.correction is not None:
        found.correction_extension = returning.extend(
            found.correction, timezone.localdate(until), by=by, reason=reason
        )
    return _answered(found, Outcome.GRANTED, reason, by)


@transaction.atomic
def refuse(request: MoreTimeRequest, *, reason: str, by: User) -> MoreTimeRequest:
    """Refuse more time, with a reason that the enterprise reads (不同意延期)."""
    found = _answerable(request, by)
    if not reason.strip():
        raise MoveError(_("Say why no more time is given."), field="reason")
    _answered(found, Outcome.REFUSED, reason, by)
    telling.more_time_refused(found, about(found))
    return found


@transaction.atomic
def withdraw(request: MoreTimeRequest, *, by: User) -> MoreTimeRequest:
    """Take a request back that nobody answered (撤回)."""
    _own(request.enterprise, by)
    found = _open(request)
    return _answered(found, Outcome.WITHDRAWN, "", by)


def may_answer(request: MoreTimeRequest, user: User) -> bool:
    """Tell whether a user extends what a request is about."""
    if not user.is_authenticated or request.enterprise_id in user.scope.enterprises:
        return False
    if request.round is not None:
        path = request.enterprise.region_path
        return rights.may_extend(user, request.round, path, COMPANY) is not None
    correction = request.correction
    return correction is not None and returning.may_extend(correction.application, correction, user)


def hindrance(round_: Round, enterprise: Enterprise) -> str:
    """Say why no more time can be asked for in a round, or nothing."""
    if round_.state != Round.State.OPEN:
        return _("Only the window of a published round can be extended.")
    span = span_of(round_, enterprise)
    if span is None:
        return _("The round does not reach this enterprise.")
    if not span.takes(timezone.now()) and span.state(timezone.now()) != windows.State.AHEAD:
        return _("The window is over: %(why)s. Talk to the office that holds the round.") % {
            "why": span.over()
        }
    if MoreTimeRequest.objects.open().filter(round=round_, enterprise=enterprise).exists():
        return _("More time was asked for already; the office has not answered yet.")
    return ""


def span_of(round_: Round, enterprise: Enterprise) -> Span | None:
    """Return the window of a round for an enterprise; None where the round is not for it."""
    path = enterprise.region_path
    reached = path.startswith(round_.region_path) and (not round_.units or path[:2] in round_.units)
    return windows.of_firm(round_, enterprise.pk, path).get(COMPANY) if reached else None


def answering(request: MoreTimeRequest) -> list[User]:
    """Return the officers who may answer: of the lowest office that may (可答复人)."""
    if request.correction is not None:
        of = request.correction.application
        return list(officers_of(of.region_path, request.correction.level))
    path = request.enterprise.region_path
    for level in OFFICES:
        officers = officers_of(path, level, right="may_decide").order_by("pk")
        if found := [one for one in officers if _fits(request, one)]:
            return found
    return []


def about(request: MoreTimeRequest) -> str:
    """Say what more time is asked for (事由)."""
    if request.round is not None:
        return str(request.round.name)
    if request.correction is None:
        return ""
    tier = request.correction.application.get_tier_display()
    return _("correction of the application for %(tier)s") % {"tier": tier}


def lapse() -> int:
    """Close requests that nobody needs answered: the round closed, the correction ended (清理)."""
    gone = (
        MoreTimeRequest.objects.open()
        .exclude(round__isnull=False, round__state=Round.State.OPEN)
        .exclude(correction__isnull=False, correction__closed_at__isnull=True)
    )
    number = 0
    for request in gone.select_related("enterprise", "round", "correction__application"):
        with transaction.atomic():
            found = MoreTimeRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
            if found.is_open:
                _answered(found, Outcome.LAPSED, "", None)
                number += 1
    return number


def _fits(request: MoreTimeRequest, user: User) -> bool:
    """Tell whether an officer may extend as far as is asked for."""
    round_, path = request.round, request.enterprise.region_path
    office = rights.may_extend(user, round_, path, COMPANY) if round_ else None
    if round_ is None or office is None:
        return False
    if office.path == round_.region_path:
        return True
    whole = windows.spans(round_.windows.all(), round_.region_path).get(COMPANY)
    return whole is not None and request.until <= whole.closes


def _own(enterprise: Enterprise, by: User) -> None:
    if enterprise.pk not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself asks for more time."))


def _check(until: dt.datetime, *, after: dt.datetime, reason: str, field: str = "until") -> None:
    if not reason.strip():
        raise MoveError(_("Say why more time is needed."), field="reason")
    if timezone.localtime(until).year not in YEARS:
        raise MoveError(
            _("%(time)s lies outside the years 2015 to 2100.") % {"time": windows.written(until)},
            field=field,
        )
    if until <= after:
        raise MoveError(
            _("There is time until %(time)s anyhow; name a later one.")
            % {"time": windows.written(after)},
            field=field,
        )


def _keep(made: MoreTimeRequest, until: dt.datetime, reason: str, by: User) -> MoreTimeRequest:
    made.until, made.reason, made.made_by = until, reason.strip(), by
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise MoveError(
            _("More time was asked for already; the office has not answered yet.")
        ) from error
    _note(made, "asked", by)
    telling.more_time_asked(made, answering(made), about(made))
    return made


def _open(request: MoreTimeRequest) -> MoreTimeRequest:
    MoreTimeRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    found: MoreTimeRequest = MoreTimeRequest.objects.select_related(
        "enterprise", "round", "correction__application"
    ).get(pk=request.pk)
    if not found.is_open:
        raise MovedMeanwhileError(
            _("The request was answered already: %(outcome)s.")
            % {"outcome": found.get_outcome_display()}
        )
    return found


def _answerable(request: MoreTimeRequest, by: User) -> MoreTimeRequest:
    if not may_answer(request, by):
        raise PermissionDenied(_("This request is answered by another office."))
    return _open(request)


def _answered(
    request: MoreTimeRequest, outcome: str, answer: str, by: User | None
) -> MoreTimeRequest:
    request.outcome, request.answer = outcome, answer.strip()
    request.answered_by, request.answered_at = by, timezone.now()
    request.save()
    _note(request, outcome, by)
    return request


def _note(request: MoreTimeRequest, what: str, by: User | None) -> None:
    recording.note(
        f"more_time.{what}",
        request,
        by=by,
        after={
            "round": request.round_id,
            "correction": request.correction_id,
            "until": windows.stored(request.until),
        },
        reason=request.answer or request.reason,
        enterprise_id=request.enterprise_id,
        region_path=request.enterprise.region_path,
    )


def _end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, LAST))
