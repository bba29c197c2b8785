"""The moves of an application as data, and the one writer that takes them (流转)."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline import effects, guards, routes, taking
from cultivation.pipeline.appealing import reopening
from cultivation.pipeline.correcting import closing, opening
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, Move, Status
from cultivation.pipeline.notices.guards import no_open_objection
from cultivation.pipeline.panels import evidence
from cultivation.pipeline.panels.guards import scores_in
from cultivation.pipeline.rounds import choosing
from cultivation.pipeline.rounds import guards as round_guards
from cultivation.pipeline.routing import handing
from cultivation.pipeline.taking import moved
from cultivation.pipeline.visits.guards import visited

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from django_stubs_ext import StrOrPromise

    from enterprises.accounts.models import User

__all__ = ["HELD", "STEPS", "Choice", "Step", "advance", "choices_of", "may", "moved"]
OWNER, REVIEW, DECIDE, HAND = "owner", "review", "decide", "hand"
AGAIN = "again"  # taken by a reconsideration alone
HELD = (Status.AT_COUNTY, Status.AT_CITY, Status.AT_PROVINCE, Status.AT_NATION)


@dataclass(frozen=True, slots=True)
class Step:
    """A permitted move: from where to where, by whom, under which conditions (流转规则)."""

    name: str
    label: StrOrPromise
    sources: tuple[Status, ...]
    target: Callable[[Application], str]
    right: str
    offered: Callable[[Application], bool] | None = None  # else always where its source fits
    prepare: Callable[[Application], None] | None = None  # on the row in hand, before the guards
    guards: tuple[Callable[[Application], str | None], ...] = ()
    together: Callable[[Sequence[Application], Any], None] | None = None  # before the effect
    effect: Callable[[Application, Any], dict[str, Any]] = effects.none
    after: Callable[[Sequence[Application]], None] | None = None
    two_persons: Callable[[Application], bool] = routes.never  # proposes and releases
    moves_away: bool = False  # to another office of the same level
    in_bulk: bool = False  # many of different enterprises are taken in a few statements
    reason_owed: bool = False
    tone: str = ""  # of the button: primary | danger
    page: str = ""  # the page on which it is taken, where it asks for more than a reason
    by_system: bool = False  # the system itself may take it, with nobody's name

    @property
    def button(self) -> str:
        """Return the label as a button bears it."""
        return capfirst(str(self.label))


def _to(status: Status) -> Callable[[Application], str]:
    return lambda _application: status


STEPS = {
    step.name: step
    for step in (
        Step(
            "submit",
            gettext_lazy("submit"),
            (Status.DRAFT,),
            routes.first,
            OWNER,
            prepare=choosing.attach,
            guards=(
                guards.not_barred,
                guards.holds_what_is_needed,
                round_guards.company_window,
                guards.complete,
            ),
            effect=effects.take_snapshot,
            tone="primary",
        ),
        Step(
            "resubmit",
            gettext_lazy("resubmit"),
            (Status.RETURNED,),
            lambda application: application.returned_from,
            OWNER,
            prepare=choosing.attach,
            guards=(
                guards.not_barred,
                guards.holds_what_is_needed,
                handing.stands_elsewhere,
                round_guards.company_window,
                guards.complete,
                closing.mended,
            ),
            effect=closing.close_by_resubmission,
            after=evidence.list_handed_in_later,
            tone="primary",
        ),
        Step(
            "recommend",
            gettext_lazy("recommend"),
            (Status.AT_COUNTY, Status.AT_CITY, Status.ON_NOTICE),
            routes.following,
            REVIEW,
            guards=(
                handing.stands_elsewhere,
                guards.has_a_level_above,
                guards.notice_over,
                no_open_objection,
                round_guards.office_window,
                round_guards.place_left,
                guards.not_barred,
                guards.no_objection,
                guards.judged_where_it_counts,
                scores_in,
                visited,
                guards.same_when_judged_again,
            ),
            effect=effects.recommend,
            tone="primary",
        ),
        Step(
            "put_on_notice",
            gettext_lazy("put on public notice"),
            (Status.AT_PROVINCE, Status.AT_NATION),
            _to(Status.ON_NOTICE),
            DECIDE,
            guards=(
                handing.stands_elsewhere,
                round_guards.office_window,
                guards.not_barred,
                guards.held_when_submitted,
                guards.no_objection,
                guards.judged_where_it_counts,
                scores_in,
                visited,
                guards.same_when_judged_again,
            ),
            effect=effects.set_notice,
            tone="primary",
        ),
        Step(
            "recognise",
            gettext_lazy("recognise"),
            (Status.ON_NOTICE,),
            _to(Status.RECOGNISED),
            DECIDE,
            guards=(
                handing.stands_elsewhere,
                guards.is_deciding_level,
                guards.notice_over,
                no_open_objection,
                guards.not_barred,
                guards.held_when_submitted,
                guards.no_objection,
                guards.judged_where_it_counts,
                scores_in,
                visited,
                guards.same_when_judged_again,
            ),
            together=effects.give_titles,
            effect=effects.note_title,
            two_persons=routes.always,
            in_bulk=True,
            tone="primary",
        ),
        Step(
            "return",
            gettext_lazy("return for correction"),
            (*HELD, Status.ON_NOTICE),
            _to(Status.RETURNED),
            REVIEW,
            guards=(opening.names_what_to_mend,),
            effect=opening.open_it,
            page="pipeline:return",
        ),
        Step(
            "lapse",
            gettext_lazy("close as not corrected"),
            (Status.RETURNED,),
            _to(Status.WITHDRAWN),
            REVIEW,
            guards=(closing.out_of_time,),
            effect=closing.lapse,
            after=effects.withdrawn,
            tone="danger",
            by_system=True,
        ),
        Step(
            "refuse",
            gettext_lazy("refuse"),
            (*HELD, Status.ON_NOTICE),
            _to(Status.REFUSED),
            DECIDE,
            guards=(
                handing.stands_elsewhere,
                guards.same_when_judged_again,
            ),
            effect=effects.note_decision,
            after=effects.let_lapse,
            two_persons=routes.is_last,
            in_bulk=True,
            reason_owed=True,
            tone="danger",
        ),
        Step(
            "reopen",
            gettext_lazy("reopen after reconsideration"),
            (Status.REFUSED,),
            reopening.back,
            AGAIN,
            guards=(
                reopening.found_wrong,
                reopening.nothing_meanwhile,
                guards.not_barred,
            ),
            effect=reopening.reopen,
            reason_owed=True,
        ),
        Step(
            "withdraw",
            gettext_lazy("withdraw"),
            (Status.DRAFT, *HELD, Status.RETURNED, Status.ON_NOTICE),
            _to(Status.WITHDRAWN),
            OWNER,
            effect=closing.withdraw,
            after=effects.withdrawn,
            tone="danger",
        ),
        Step(
            "hand_over",
            gettext_lazy("hand over"),
            (*HELD, Status.RETURNED, Status.ON_NOTICE),
            handing.heads_for,
            HAND,
            offered=handing.has_moved,
            guards=(handing.stayed,),
            effect=handing.hand,
            moves_away=True,
            reason_owed=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A move as it stands for a user now: `hindrance` says why not yet (可选操作).

    What a page of its own asks for is not looked into; the page does.
    A decision of two persons is proposed, not taken.
    """

    step: Step
    hindrance: str = ""
    two_persons: bool = False


def choices_of(application: Application, user: User) -> list[Choice]:
    """Return the moves that a user may take from where the application stands."""
    return [
        Choice(
            step,
            "" if step.page else hindrance(application, step),
            step.two_persons(application),
        )
        for step in STEPS.values()
        if application.status in step.sources
        and (step.offered is None or step.offered(application))
        and may(application, step, user)
    ]


def may(application: Application, step: Step, user: User) -> bool:
    """Tell whether a move is allowed to a user, whatever may hinder it now."""
    if not user.is_authenticated or step.right == AGAIN:
        return False
    scope = user.scope
    if step.right == OWNER:
        return application.enterprise_id in scope.owned
    if application.enterprise_id in scope.enterprises:
        return False
    if step.right == HAND:
        return handing.may(application, user)
    allows = scope.may_review if step.right == REVIEW else scope.may_decide
    holding = routes.holding_level(application)
    if application.status == Status.RETURNED:
        holding = application.returned_from.removeprefix("at_")
    return any(
        allows(application.region_path, level)
        for level in ([holding] if holding else application.route)
    )


def advance(
    application: Application,
    name: str,
    *,
    by: User | None,
    reason: str = "",
    version: int | None = None,
) -> Move:
    """Take one move on an application, record it, and return the record (推进申报).

    The step counts by the server's time now, before anything is waited for: who comes in time is
    not late because another's step or the judging takes a while. `version` is the state the user
    looked at, by default the object's own; nobody as `by` is the system itself, which may take few
    moves. Raises PermissionDenied where the move is not the user's, MovedMeanwhileError where
    somebody else was faster, MoveError where it is not possible now or takes two persons.
    """
    return _advance(
        application, STEPS[name], by=by, reason=reason, version=version, moment=timezone.now()
    )


@transaction.atomic
def _advance(
    application: Application,
    step: Step,
    *,
    by: User | None,
    reason: str,
    version: int | None,
    moment: dt.datetime,
) -> Move:
    locked = taking.locked().get(pk=application.pk)
    locked.moment = moment
    seen = application.version if version is None else version
    if by is not None and seen != locked.version and _was_allowed(locked, step, by, seen):
        raise MovedMeanwhileError(_already(locked))
    _permit(locked, step, by)
    if seen != locked.version:
        raise MovedMeanwhileError(_already(locked))
    _check(locked, step, by, reason)
    (move,) = taking.take(step, [taking.Due(locked, reason.strip())], by=by)
    application.refresh_from_db()
    return move


def _permit(application: Application, step: Step, by: User | None) -> None:
    if not (step.by_system if by is None else may(application, step, by)):
        raise PermissionDenied(
            _("“%(move)s” is not allowed to you for this application.") % {"move": step.label}
        )


def _was_allowed(application: Application, step: Step, by: User, seen: int) -> bool:
    """Tell whether a move was a user's in the state seen: a second click is no trespass."""
    left = application.moves.filter(version=seen).first()
    if left is None:
        return False
    before = copy(application)
    before.status = left.source
    return may(before, step, by)


def _check(application: Application, step: Step, by: User | None, reason: str) -> None:
    if application.status not in step.sources:
        raise MoveError(
            _("An application that is %(status)s cannot take “%(move)s”. %(possible)s")
            % {
                "status": application.get_status_display(),
                "move": step.label,
                "possible": _possible(application, by),
            }
        )
    if step.two_persons(application):
        raise MoveError(
            _("“%(move)s” takes two persons here: one proposes it, another releases it.")
            % {"move": step.label}
        )
    if step.reason_owed and not reason.strip():
        raise MoveError(_("“%(move)s” needs a reason.") % {"move": step.label}, field="reason")
    if said := hindrance(application, step):
        raise MoveError(said)


def _possible(application: Application, by: User | None) -> str:
    found = choices_of(application, by) if by is not None else []
    open_now = [_open(choice) for choice in found if not choice.hindrance]
    if not open_now:
        return _("Nothing is left to do for you here now.")
    return _("Possible for you now: %(moves)s.") % {"moves": ", ".join(open_now)}


def _open(choice: Choice) -> str:
    name = {"move": choice.step.label}
    return _("propose: %(move)s") % name if choice.two_persons else str(choice.step.label)


def hindrance(application: Application, step: Step) -> str:
    """Say what stands in the way of a step now, or nothing; the first of its guards that does."""
    if step.prepare is not None:
        step.prepare(application)
    return next((said for guard in step.guards if (said := guard(application))), "")


def _already(application: Application) -> str:
    last = application.moves.select_related("made_by").last()
    if last is None:
        return _("Somebody changed this application meanwhile. Look at it again.")
    return _("%(who)s already took “%(move)s”; the application is %(status)s now.") % {
        "who": last.made_by or _("Somebody"),
        "move": STEPS[last.name].label if last.name in STEPS else last.name,
        "status": application.get_status_display(),
    }
