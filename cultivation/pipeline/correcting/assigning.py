"""Who works on an application at a level: oneself, or a colleague of the same office (指派经办)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import opinions, routes
from cultivation.pipeline.correcting import telling
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, Assignment, Status
from enterprises.audit import recording
from enterprises.notifications.addressees import officers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from enterprises.accounts.models import User


def colleagues(application: Application) -> QuerySet[User]:
    """Return who may work on an application where it is now: reviewers of that office."""
    level = routes.holding_level(application)
    found = officers_of(application.region_path, level)
    return found.exclude(seats__active=True, seats__enterprise=application.enterprise_id)


def current(application: Application) -> Assignment | None:
    """Return who works on an application at the level that has it."""
    level = routes.holding_level(application)
    rows = application.assignments.filter(level=level, ended_at__isnull=True)
    return rows.select_related("officer").first()


@transaction.atomic
def assign(
    application: Application, to: User | None, *, by: User, seen: int | None = None
) -> Assignment | None:
    """Give a case to an officer of the level that has it, or to nobody (指派).

    `seen` is the assignment the user looked at, 0 for none; another one now raises
    MovedMeanwhileError, so that two who take the same case do not both believe they have it.
    """
    locked = (
        Application.objects.select_for_update(of=("self",))
        .select_related("enterprise")
        .get(pk=application.pk)
    )
    if not opinions.may_review(locked, by):
        raise PermissionDenied(_("This application is not with your office."))
    held = current(locked)
    if seen is not None and seen != (held.pk if held else 0):
        raise MovedMeanwhileError(
            _("%(officer)s has this case now.") % {"officer": held.officer}
            if held
            else _("Nobody has this case any more; look at it again.")
        )
    if to is not None and not colleagues(locked).filter(pk=to.pk).exists():
        raise MoveError(
            _("%(user)s does not review at this office; choose one of the list.") % {"user": to},
            field="officer",
        )
    if held is not None and to is not None and held.officer_id == to.pk:
        return held
    return _give(locked, held, to, by)


def release(applications: Iterable[Application], *, moved: bool = False) -> None:
    """End what officers of other levels had in hand, as cases leave them (结束经办).

    While the enterprise corrects, the officer keeps the case. `moved` tells that it went to another
    place, where nobody has it yet.
    """
    kept = Q(pk__in=[])
    gone = []
    for application in applications:
        if moved or application.status != Status.RETURNED:
            gone.append(application.pk)
        if not moved and (level := routes.holding_level(application)):
            kept |= Q(application=application.pk, level=level)
    held = Assignment.objects.filter(application__in=gone, ended_at__isnull=True)
    held.exclude(kept).update(ended_at=timezone.now())


def _give(
    application: Application, held: Assignment | None, to: User | None, by: User
) -> Assignment | None:
    if held is not None:
        held.ended_at = timezone.now()
        held.save(update_fields=["ended_at"])
    made = None
    if to is not None:
        made = Assignment.objects.create(
            application=application,
            level=routes.holding_level(application),
            officer=to,
            made_by=by,
        )
        if to.pk != by.pk:
            telling.assigned(application, to, at=made.pk)
    recording.note(
        "application.assigned",
        application,
        by=by,
        before={"officer": held.officer_id if held else None},
        after={"officer": to.pk if to else None},
        enterprise_id=application.enterprise_id,
        region_path=application.region_path,
    )
    return made
