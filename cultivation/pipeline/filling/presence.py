"""Who else of the enterprise is in a form now, and where: rows that fade (在场)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline.models import Presence

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User

BEAT = 20  # seconds between signs of life of a page
FADES = dt.timedelta(seconds=3 * BEAT)
GONE = dt.timedelta(days=1)


def enter(application: Application, user: User, section: str) -> None:
    """Note that somebody is in a section; of an application a user is in one place."""
    Presence.objects.update_or_create(
        application=application,
        user=user,
        defaults={"section": section[:60], "seen_at": timezone.now()},
    )
    Presence.objects.filter(application=application, seen_at__lt=timezone.now() - GONE).delete()


def leave(application: Application, user: User) -> None:
    """Note that somebody left the form."""
    Presence.objects.filter(application=application, user=user).delete()


def others(application: Application, user: User) -> list[Presence]:
    """Return who else is in the form now, with the section each is in."""
    rows = Presence.objects.filter(
        application=application, seen_at__gte=timezone.now() - FADES
    ).exclude(user=user)
    return list(rows.select_related("user").order_by("seen_at"))
