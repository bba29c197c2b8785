"""Working through what waits: the next case, what is skipped, how far one is (连续审核).

An officer is served the cases that wait for the office and are given to nobody else, their own
first, the longest waiting first. A case is done once they kept their opinions on it as it was
submitted last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q

from cultivation.pipeline.models import Application, Assignment, Reviewed

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from enterprises.accounts.models import User


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an officer is with what waits (审核进度)."""

    done: int
    all: int
    skipped: int


def marked(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Mark what the user works on, what a colleague does, and what the user went through."""
    given = Assignment.objects.filter(application=OuterRef("pk"), ended_at__isnull=True)
    seen = Reviewed.objects.filter(application=OuterRef("pk"), officer=user)
    found: QuerySet[Any] = rows.annotate(
        is_mine=Exists(given.filter(officer=user)),
        is_anothers=Exists(given.exclude(officer=user)),
        is_done=Exists(seen.filter(submission=OuterRef("submission"))),
    )
    return found


def waiting(user: User, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """Return the cases that a user is served: for review, not the user's firm, no colleague's."""
    found: Any = Application.objects.visible_to(user) if rows is None else rows
    found = found.waiting_for(user).exclude(enterprise_id__in=user.scope.enterprises)
    free: QuerySet[Any] = marked(found, user).filter(is_anothers=False)
    return free


def next_case(
    user: User, rows: QuerySet[Any] | None = None, *, skipped: Collection[int] = ()
) -> Application | None:
    """Return the case to be looked at next, None where all are done or skipped (下一件)."""
    left = waiting(user, rows).filter(is_done=False).exclude(pk__in=list(skipped))
    found: Application | None = left.order_by("-is_mine", "held_since", "pk").first()
    return found


def progress(
    user: User, rows: QuerySet[Any] | None = None, *, skipped: Collection[int] = ()
) -> Progress:
    """Return how many of the cases are done, and how many there are; one query."""
    told = waiting(user, rows).aggregate(
        all=Count("pk"),
        done=Count("pk", filter=Q(is_done=True)),
        skipped=Count("pk", filter=Q(is_done=False, pk__in=[0, *skipped])),
    )
    return Progress(told["done"], told["all"], told["skipped"])
