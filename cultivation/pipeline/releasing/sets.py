"""Putting pending decisions together, and when they go out: now, at a moment, not at all (发布批).

prepared → scheduled → under way → done; called off at any time before it starts.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Proposal, Release
from cultivation.pipeline.releasing import looking
from cultivation.pipeline.releasing.releasing import not_yours, work_off
from enterprises.audit import recording
from enterprises.jobs import runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User
    from enterprises.jobs.models import JobRun
    from enterprises.jobs.runs import Progress

TASK = "cultivation.pipeline.tasks.release_decisions"
LOOK = "cultivation.pipeline.tasks.look_at_release"
AT_ONCE = 100  # looked at while the page waits
FURTHEST = dt.timedelta(days=366)
State = Release.State


@transaction.atomic
def prepare(pks: Iterable[int], *, by: User) -> tuple[Release, int]:
    """Put pending proposals into a set of the user's; return it and how many were left out (备发).

    Left out are the user's own proposals and what is not the user's to decide.
    """
    wanted = sorted(set(pks))
    rows = Proposal.objects.visible_to(by).filter(pk__in=wanted, state=Proposal.State.PENDING)
    fit = [one for one in rows.select_related("application") if not _refused(one, by)]
    if not fit:
        raise MoveError(
            _("None of these is yours to release: a second officer releases what one proposed.")
        )
    level, office = fit[0].level, _office(fit[0], by)
    fit = [o for o in fit if o.level == level and o.application.region_path.startswith(office)]
    made = Release.objects.create(level=level, region_path=office, made_by=by)
    # Whoever confirms at this moment is waited for; what it took is no longer pending.
    pending = _of([one.pk for one in fit]).filter(state=Proposal.State.PENDING)
    put = pending.update(release=made)
    if not put:
        raise MoveError(_("Somebody else released these decisions meanwhile."))
    return made, len(wanted) - put


@transaction.atomic
def confirm(
    release: Release, *, by: User, count: int, due_at: dt.datetime | None = None
) -> Release:
    """Let a set go, now or at a moment, its number typed once more (确认发布).

    MoveError where the number is not that of the set: it may have changed since it was shown.
    """
    found = _locked(release)
    if found.made_by_id != by.pk:
        raise PermissionDenied(_("Only who prepared a release confirms it."))
    if found.state != State.PREPARED:
        raise MoveError(_already(found))
    now = timezone.now()
    if due_at is not None and not now < due_at <= now + FURTHEST:
        raise MoveError(_("Name a moment within the next year, not one that passed."), field="due")
    rows = list(
        found.proposals.select_for_update(of=("self",))
        .filter(state=Proposal.State.PENDING)
        .select_related("application")
    )
    if any(_refused(one, by) for one in rows):
        raise PermissionDenied(_("Who proposes does not release; a second officer has to."))
    if not rows or count != len(rows):
        raise MoveError(
            _("This release holds %(number)s decisions now; you typed %(typed)s.")
            % {"number": len(rows), "typed": count},
            field="count",
        )
    found.state, found.count, found.due_at = State.SCHEDULED, count, due_at or now
    _of([one.pk for one in rows]).update(state=Proposal.State.HELD)
    if due_at is None:
        _start(found)
    found.save()
    _note(found, "release.confirmed", by)
    return found


@transaction.atomic
def cancel(release: Release, *, by: User) -> None:
    """Call a release off before it starts; its decisions are pending again (取消发布)."""
    found = _locked(release)
    _permit(found, by)
    if found.state not in {State.PREPARED, State.SCHEDULED}:
        raise MoveError(_already(found))
    if found.run is not None and found.run.is_live:
        runs.cancel(found.run)
    found.state, found.ended_at, found.cancelled_by = State.CANCELLED, timezone.now(), by
    found.save()
    _free(found)
    _note(found, "release.cancelled", by)


@transaction.atomic
def resume(release: Release, *, by: User) -> None:
    """Go on with a release whose run failed or was stopped (继续发布)."""
    found = _locked(release)
    _permit(found, by)
    if not stopped(found):
        raise MoveError(_already(found))
    _start(found)
    found.save()
    _note(found, "release.resumed", by)


@transaction.atomic
def give_up(release: Release, *, by: User) -> None:
    """End a release that was stopped midway; what did not take effect is pending again (终止)."""
    found = _locked(release)
    _permit(found, by)
    if not stopped(found):
        raise MoveError(_already(found))
    _free(found)
    _end(found)
    _note(found, "release.given_up", by)


def look(release: Release, *, by: User) -> JobRun | None:
    """Look at all that a release holds: at once, or where it is much by a run (核查)."""
    rows = release.proposals.open()
    if rows.count() <= AT_ONCE:
        looking.look(rows)
        return None
    key, params = str(release.pk), {"release": release.pk}
    started, _new = runs.start("look_at_release", task=LOOK, key=key, params=params, by=by)
    return started


def look_at(pk: int, *, progress: Progress) -> dict[str, int]:
    """Do the work of looking at a release."""
    return looking.look(Proposal.objects.open().filter(release=pk), progress=progress)


def stopped(release: Release) -> bool:
    """Tell whether a release began, or was to begin, and nothing works on it."""
    begun = release.state in {State.SCHEDULED, State.RUNNING}
    return begun and release.run is not None and not release.run.is_live


def may_handle(release: Release, user: User) -> bool:
    """Tell whether a user decides where a release belongs."""
    return user.scope.may_decide(release.region_path, release.level)


def start_due() -> int:
    """Start the releases whose moment has come; return how many (到时发布)."""
    due = Release.objects.filter(state=State.SCHEDULED, due_at__lte=timezone.now(), run=None)
    started = 0
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            found = Release.objects.select_for_update().get(pk=pk)
            if found.state == State.SCHEDULED and found.run_id is None:
                _start(found)
                found.save()
                started += 1
    return started


def run(pk: int, *, progress: Progress) -> dict[str, Any]:
    """Do the work of a release, from where it was left; return what came of it (执行)."""
    with transaction.atomic():
        found = Release.objects.select_for_update().get(pk=pk)
        if found.state not in {State.SCHEDULED, State.RUNNING}:
            return {}
        found.state = State.RUNNING
        found.save(update_fields=["state"])
    done = work_off(found, progress=progress)
    with transaction.atomic():
        found = Release.objects.select_for_update().get(pk=pk)
        _end(found)
    return {"decided": found.taken, "hindered": done["hindered"]}


def _refused(proposal: Proposal, by: User) -> str:
    return not_yours(proposal, proposal.application, by)


def _office(proposal: Proposal, by: User) -> str:
    """Return the path of the user's office that decides a proposal."""
    path, held = proposal.application.region_path, by.scope.decide_paths
    return next(own for own, role in held if role == proposal.level and path.startswith(own))


def _of(pks: list[int]) -> Any:
    return Proposal.objects.filter(pk__in=pks)


def _locked(release: Release) -> Release:
    rows = Release.objects.select_for_update(of=("self",)).select_related("run")
    found: Release = rows.get(pk=release.pk)
    return found


def _permit(release: Release, by: User) -> None:
    if not may_handle(release, by):
        raise PermissionDenied(_("Only an officer of the office that releases may do that."))


def _start(release: Release) -> None:
    release.run, _new = runs.start(
        "release",
        task=TASK,
        key=str(release.pk),
        params={"release": release.pk},
        by=release.made_by,
    )


def _free(release: Release) -> None:
    held = release.proposals.filter(state=Proposal.State.HELD)
    held.update(state=Proposal.State.PENDING)


def _end(release: Release) -> None:
    release.taken = release.proposals.filter(state=Proposal.State.RELEASED).count()
    release.state, release.ended_at = State.DONE, timezone.now()
    release.save()


def _already(release: Release) -> str:
    return _("The release is %(state)s.") % {"state": release.get_state_display()}


def _note(release: Release, action: str, by: User) -> None:
    recording.note(
        action,
        release,
        by=by,
        after={"state": release.state, "count": release.count, "due_at": release.due_at},
        region_path=release.region_path,
    )
