"""A visit from being owed to being planned, left, waived or called off (核查安排)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import routes
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import LIVE, Application, Visit, VisitRecord, VisitRecusal
from cultivation.pipeline.visits import officers, rules, telling
from cultivation.pipeline.visits.noting import note, note_begun, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import VisitListed
    from cultivation.pipeline.visits.rules import VisitRule
    from enterprises.accounts.models import User

State = Visit.State
BATCH = 1000
AHEAD = dt.timedelta(days=366)  # a day farther off is a slip of the pen


@dataclass(frozen=True, slots=True)
class Plan:
    """When a visit is made and which two officers go, by their keys (核查计划)."""

    day: dt.date
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit to be written down: of which case at which level, and why (拟核查)."""

    application: Application
    level: str
    rule: VisitRule | None = None
    listed: VisitListed | None = None


@transaction.atomic
def begin(application: Application, *, by: User) -> Visit:
    """Begin the visit of the level that has a case in hand, owed or as it wishes (发起)."""
    locked = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    level = routes.holding_level(locked)
    if not level or not officers.may_visit(by, locked, level):
        raise PermissionDenied(_("This application is not with your office."))
    if locked.visits.standing().filter(level=level).exists():
        raise MovedMeanwhileError(_("A visit of this level to this case exists already."))
    (made,) = make([Wanted(locked, level, rules.owed(locked, level))], by=by)
    return made


def make(wanted: Sequence[Wanted], *, by: User) -> list[Visit]:
    """Write visits down that somebody allowed already, in a few statements (登记)."""
    visits = [
        Visit(
            application=one.application,
            level=one.level,
            rule=one.rule.rule if one.rule else "",
            listed=one.listed,
            made_by=by,
        )
        for one in wanted
    ]
    try:
        with transaction.atomic():
            made: list[Visit] = Visit.objects.bulk_create(visits, batch_size=BATCH)
    except IntegrityError as error:
        raise MovedMeanwhileError(
            _("A visit of this level to this case exists already.")
        ) from error
    note_begun(made, by=by)
    return made


@transaction.atomic
def plan(visit: Visit, wanted: Plan, *, by: User, version: int | None = None) -> Visit:
    """Set or change day and officers of a visit, and tell the enterprise (安排)."""
    locked = locked_visit(visit, by, version=version)
    if not locked.is_open:
        raise MoveError(_("A visit that is %(state)s is not planned any more.") % _state(locked))
    if locked.application.status not in LIVE:
        raise MoveError(
            _("The application is %(status)s; there is nothing left to check.")
            % {"status": locked.application.get_status_display()}
        )
    _check(locked, wanted)
    _no_pen_down(locked)
    before = said(locked)
    locked.planned_on, locked.state = wanted.day, State.PLANNED
    locked.first_id, locked.second_id = wanted.first, wanted.second
    locked.waiver_by, locked.waiver_reason = None, ""
    _save(locked)
    note("planned", locked, by=by, before=before, after=said(locked))
    telling.planned(locked)
    return locked


@transaction.atomic
def recuse(visit: Visit, *, by: User, reason: str) -> Visit:
    """Leave a visit for a conflict of interest; it has to be planned anew (回避)."""
    locked = locked_visit(visit, by)
    if by.pk not in {locked.first_id, locked.second_id} or not locked.is_open:
        raise MoveError(_("You are none of the officers of this visit."))
    if not reason.strip():
        raise MoveError(_("Say what the conflict is."), field="reason")
    VisitRecusal.objects.create(visit=locked, officer=by, reason=reason.strip())
    before, was_planned = said(locked), locked.state == State.PLANNED
    for place in ("first", "second"):
        if getattr(locked, f"{place}_id") == by.pk:
            setattr(locked, place, None)
    locked.state = State.OPEN
    _save(locked)
    note("recused", locked, by=by, before=before, after=said(locked))
    telling.left(locked)
    if was_planned:
        telling.called_off(locked)
    return locked


@transaction.atomic
def ask_waiver(visit: Visit, *, by: User, reason: str) -> Visit:
    """Propose to do without a visit, where the law leaves room (申请免于核查)."""
    locked = locked_visit(visit, by)
    _waivable(locked)
    _no_pen_down(locked)
    _no_tie(locked, by)
    if not reason.strip():
        raise MoveError(_("Say why the visit can be done without."), field="reason")
    locked.waiver_by, locked.waiver_reason = by, reason.strip()
    _save(locked)
    note("waiver_asked", locked, by=by, reason=reason.strip())
    return locked


@transaction.atomic
def waive(visit: Visit, *, by: User, agreed: bool) -> Visit:
    """Let a second officer who decides agree to a waiver or decline it (第二人同意免于核查)."""
    locked = locked_visit(visit, by)
    _waivable(locked)
    if locked.waiver_by_id is None:
        raise MoveError(_("Nobody asked for a waiver of this visit."))
    if locked.waiver_by_id == by.pk:
        raise MoveError(_("A second officer agrees to a waiver, not the one who asked for it."))
    if not by.scope.may_decide(locked.application.region_path, locked.level):
        raise PermissionDenied(_("Only an officer who decides there agrees to a waiver."))
    reason, was_planned = locked.waiver_reason, locked.state == State.PLANNED
    if agreed:
        _no_pen_down(locked)
        _no_tie(locked, by)
        locked.waived_by, locked.state = by, State.WAIVED
    else:
        locked.waiver_by, locked.waiver_reason = None, ""
    _save(locked)
    note("waived" if agreed else "waiver_declined", locked, by=by, reason=reason)
    if agreed and was_planned:
        telling.called_off(locked)
    return locked


@transaction.atomic
def call_off(visit: Visit, *, by: User, reason: str) -> Visit:
    """Call a visit off that nobody owes: the office's own wish (取消)."""
    locked = locked_visit(visit, by)
    if not locked.is_open:
        raise MoveError(_("A visit that is %(state)s is not called off.") % _state(locked))
    if locked.rule or locked.listed_id:
        raise MoveError(_("A visit that is owed or was drawn is made or waived, not called off."))
    _no_pen_down(locked)
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    was_planned = locked.state == State.PLANNED
    locked.state = State.CANCELLED
    _save(locked)
    note("called_off", locked, by=by, reason=reason.strip())
    if was_planned:
        telling.called_off(locked)
    return locked


def waivable(visit: Visit) -> bool:
    """Tell whether the law leaves room to do without a visit."""
    rule = rules.named(visit.rule) if visit.rule else None
    return visit.is_open and (rule is None or rule.waivable)


def locked_visit(visit: Visit, by: User, *, version: int | None = None) -> Visit:
    """Return a visit locked for an officer of its level; else PermissionDenied or MoveError."""
    rows = Visit.objects.select_for_update(of=("self",)).select_related("application__enterprise")
    found: Visit = rows.get(pk=visit.pk)
    officers.need(by, found)
    if version is not None and version != found.version:
        raise MovedMeanwhileError(_("Somebody changed this visit meanwhile. Look at it again."))
    return found


def _check(visit: Visit, wanted: Plan) -> None:
    today = timezone.localdate()
    if wanted.day < today:
        raise MoveError(
            _("%(day)s is past; a visit is planned for today or later.")
            % {"day": wanted.day.isoformat()},
            field="day",
        )
    if wanted.day > today + AHEAD:
        raise MoveError(
            _("%(day)s is more than a year off; choose an earlier day.")
            % {"day": wanted.day.isoformat()},
            field="day",
        )
    if wanted.first == wanted.second:
        raise MoveError(_("Two different officers go."), field="second")
    able = {one.pk for one in officers.possible(visit)}
    for place in ("first", "second"):
        if getattr(wanted, place) not in able:
            raise MoveError(
                _("Choose an officer of this level without a conflict of interest."), field=place
            )


def _no_pen_down(visit: Visit) -> None:
    """Refuse a change of plan under a record that waits for its signature."""
    if VisitRecord.objects.filter(visit=visit, written_at__isnull=False, signed_at=None).exists():
        raise MoveError(
            _("The record waits for its signature; take it back before you change the plan.")
        )


def _no_tie(visit: Visit, by: User) -> None:
    """Refuse a waiver by an officer who could not go either."""
    barred = officers.conflicts(visit.application, [by], visit=visit).get(by.pk)
    if barred:
        raise MoveError(_("A conflict of interest: %(why)s.") % {"why": _("; ").join(barred)})


def _waivable(visit: Visit) -> None:
    if not visit.is_open:
        raise MoveError(_("A visit that is %(state)s needs no waiver.") % _state(visit))
    if not waivable(visit):
        rule = rules.named(visit.rule)
        raise MoveError(
            _("The rule leaves no room for a waiver: %(clause)s.")
            % {"clause": rule.clause if rule else visit.rule}
        )


def _state(visit: Visit) -> dict[str, str]:
    return {"state": str(visit.get_state_display())}


def _save(visit: Visit) -> None:
    visit.version += 1
    visit.save()
