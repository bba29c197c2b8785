"""Making, changing and closing the tasks of officers (帮扶任务)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital import coverage
from cultivation.digital.helping import closing, telling
from cultivation.digital.models import HelpTask
from enterprises.accounts.models import Seat, User
from enterprises.audit import recording
from enterprises.audit.hashing import digest
from enterprises.audit.recording import Deed
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from cultivation.digital.models import CoverageDefinition
    from enterprises.places.models import Region

OFFICES = ("county", "city", "province")
MOST, LONGEST, NOTE = 200, dt.timedelta(days=3 * 365), 1000
State = HelpTask.State


@dataclass(frozen=True, slots=True)
class Aim:
    """What tasks are made for: a tier under a definition (任务目标)."""

    tier: str
    definition: CoverageDefinition


@dataclass(frozen=True, slots=True)
class Wish:
    """Who does it, by when, and what colleagues should know (任务要求)."""

    owner: User
    due_on: dt.date
    note: str = ""


def may_give(user: User, path: str) -> bool:
    """Tell whether a user may make and change tasks for firms of a region path: reviewers."""
    return user.scope.reviews(path)


def owners(region: Region, by: User, *, kept: int | None = None) -> QuerySet[User]:
    """Return who may own a task in a region, as far as the one asking sees them (责任人选).

    `kept` is the owner a task has already. Each has the name of an office, since names alike exist.
    """
    above = [region.path[:length] for length in range(1, len(region.path) + 1)]
    seats = Seat.objects.filter(active=True, may_review=True, role__in=OFFICES)
    inside = seats.filter(region__path__startswith=region.path)
    held = seats.filter(region__path__in=above)
    found = [
        pk
        for pk, path in (inside | held).values_list("user", "region__path")
        if by.scope.sees_path(path) or pk == by.pk
    ]
    rows = User.objects.filter(Q(is_active=True, pk__in=found) | Q(pk=kept))
    first = seats.filter(user=OuterRef("pk")).order_by("region__path")
    names = {
        f"office_{one}": Subquery(first.values(f"region__name_{one}")[:1]) for one in ("zh", "en")
    }
    return rows.annotate(**names).order_by("username")


def with_hold(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return tasks with `owner_holds`: whether the owner still reviews where the firm is (在岗)."""
    place = ExpressionWrapper(OuterRef("enterprise__region_path"), CharField())
    seats = Seat.objects.annotate(place=place).filter(
        user=OuterRef("owner"), user__is_active=True, active=True, may_review=True,
        role__in=OFFICES, place__startswith=F("region__path"),
    )  # fmt: skip
    found: QuerySet[Any] = rows.annotate(owner_holds=Exists(seats))
    return found


@transaction.atomic
def give(
    kinds: Mapping[int, str], *, aim: Aim, wish: Wish, by: User
) -> tuple[list[HelpTask], list[Enterprise]]:
    """Make a task for each firm, by its kind, and tell the owner once (批量生成任务).

    Returns the tasks made, and the firms that have an open one of the kind already. Raises
    PermissionDenied for a firm that the user does not review and ValidationError for what cannot
    be; then nothing is made.
    """
    if not kinds:
        raise ValidationError(_("Choose at least one enterprise."))
    if len(kinds) > MOST:
        raise ValidationError(_("At most %(most)s enterprises at once.") % {"most": MOST})
    rows = Enterprise.objects.visible_to(by).filter(pk__in=kinds)
    firms = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if len(firms) != len(kinds) or not all(may_give(by, firm.region_path) for firm in firms):
        raise PermissionDenied
    _check(wish, [firm.region_path for firm in firms])
    taken = set(
        HelpTask.objects.filter(enterprise__in=firms, state=State.OPEN).values_list(
            "enterprise", "kind"
        )
    )
    free = [firm for firm in firms if (firm.pk, kinds[firm.pk]) not in taken]
    ends = _expiring(free, aim)
    made = HelpTask.objects.bulk_create(
        HelpTask(
            enterprise=firm, kind=kinds[firm.pk], tier=aim.tier, definition=aim.definition,
            owner=wish.owner, due_on=wish.due_on, note=wish.note.strip(), made_by=by,
            made_on=timezone.localdate(), expires_on=ends.get(firm.pk),
        )
        for firm in free
    )  # fmt: skip
    recording.note_many(
        [
            Deed("help.give", task, {}, _noted(task), "", task.enterprise_id,
                 task.enterprise.region_path)
            for task in made
        ],
        by=by,
    )  # fmt: skip
    telling.given(made, wish.owner, by=by)
    return made, [firm for firm in firms if firm not in free]


def mark(task: HelpTask) -> str:
    """Return a sign of what can be changed of a task, to see whether somebody did (版本标记)."""
    return digest([task.owner_id, task.due_on.isoformat(), task.note])


@transaction.atomic
def change(task: HelpTask, wish: Wish, *, by: User, seen: str = "") -> HelpTask:
    """Give an open task another owner, day or note; those concerned are told (变更任务).

    Raises ValidationError where somebody changed it since it was `seen`.
    """
    locked = _locked(task, by)
    if seen and seen != mark(locked):
        raise ValidationError(
            _("Somebody changed the task meanwhile. See above how it is now, then save once more.")
        )
    _check(wish, [locked.enterprise.region_path], kept=locked)
    before, owner, due = _noted(locked), locked.owner, locked.due_on
    locked.owner, locked.due_on, locked.note = wish.owner, wish.due_on, wish.note.strip()
    locked.handed += (owner, due) != (wish.owner, wish.due_on)
    locked.save(update_fields=["owner", "due_on", "note", "handed"])
    _note("help.change", locked, before, by)
    if owner != wish.owner:
        telling.given([locked], wish.owner, by=by)
        telling.changed(locked, "taken", owner, by=by)
    elif due != wish.due_on:
        telling.changed(locked, "due", owner, by=by)
    return locked


@transaction.atomic
def close(task: HelpTask, state: str, *, reason: str, by: User) -> HelpTask:
    """Close an open task by hand, saying why (结束任务)."""
    locked = _locked(task, by)
    if state not in (State.DONE, State.DROPPED):
        raise ValidationError(_("A task is closed as done or as dropped."))
    if not reason.strip():
        raise ValidationError(_("Say why the task is closed."))
    before = _noted(locked)
    locked.state, locked.closed_on, locked.closed_by = state, timezone.localdate(), by
    locked.reason = {"text": reason.strip().replace("\0", "")[:NOTE]}
    locked.save(update_fields=["state", "closed_on", "closed_by", "reason"])
    _note("help.close", locked, before, by)
    telling.changed(locked, state, locked.owner, by=by)
    return locked


def _expiring(firms: Sequence[Enterprise], aim: Aim) -> dict[int, dt.date]:
    """Return by firm that counts today the day on which what it counts by expires (到期日)."""
    among = Enterprise.objects.filter(pk__in=[firm.pk for firm in firms])
    on = timezone.localdate()
    found = closing.counted(among, aim.definition, tier=aim.tier, on=on)
    return {
        pk: until
        for pk, (group, until) in found.items()
        if group == coverage.TRANSFORMED and until is not None
    }


def _locked(task: HelpTask, by: User) -> HelpTask:
    rows = HelpTask.objects.select_for_update(of=("self",)).select_related("enterprise", "owner")
    found: HelpTask = rows.get(pk=task.pk)
    if not may_give(by, found.enterprise.region_path):
        raise PermissionDenied
    if found.state != State.OPEN:
        raise ValidationError(_("The task is closed already."))
    return found


def _check(wish: Wish, paths: Sequence[str], *, kept: HelpTask | None = None) -> None:
    today = timezone.localdate()
    same = kept is not None and wish.due_on == kept.due_on
    if not same and not today <= wish.due_on <= today + LONGEST:
        raise ValidationError(
            _("The due day %(day)s does not lie between today and three years from now.")
            % {"day": wish.due_on}
        )
    if len(wish.note) > NOTE:
        raise ValidationError(_("The note is longer than %(most)s letters.") % {"most": NOTE})
    if kept is not None and wish.owner.pk == kept.owner_id:
        return
    seats = Seat.objects.filter(
        user=wish.owner, user__is_active=True, active=True, may_review=True, role__in=OFFICES
    )
    held = list(seats.values_list("region__path", flat=True))
    if not all(any(path.startswith(office) for office in held) for path in paths):
        raise ValidationError(
            _("%(officer)s does not hold the region of every enterprise chosen.")
            % {"officer": wish.owner}
        )


def _noted(task: HelpTask) -> dict[str, object]:
    """Return what the audit log keeps of a task; the note may name people and stays out."""
    return {
        "kind": task.kind, "owner": task.owner_id, "due_on": task.due_on, "state": task.state,
        "reason": task.reason.get("code", "") or bool(task.reason),
    }  # fmt: skip


def _note(action: str, task: HelpTask, before: dict[str, object], by: User) -> None:
    recording.note(
        action,
        task,
        by=by,
        before=before,
        after=_noted(task),
        enterprise_id=task.enterprise_id,
        region_path=task.enterprise.region_path,
    )
