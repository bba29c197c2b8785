"""Who else of the enterprise is in a form now, and where: rows that fade (在场)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from cultivation.pipeline.models import Presence

if TYPE_CHECKING:
    from django.db.models import Manager, Model

    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User

BEAT = 20  # seconds between signs of life of a page
FADES = dt.timedelta(seconds=3 * BEAT)
GONE = dt.timedelta(days=1)


def enter(application: Application, user: User, section: str) -> None:
    """Note that somebody is in a section; of an application a user is in one place."""
    enter_in(Presence.objects, user, section, application=application)


def enter_in(rows: Manager[Any], user: User, section: str, **form: Model) -> None:
    """Note that somebody is in a section of any sort of form, named by its column (到场)."""
    now = timezone.now()
    found: dict[str, Any] = {"user": user, **form}
    rows.update_or_create(**found, defaults={"section": section[:60], "seen_at": now})
    rows.filter(seen_at__lt=now - GONE, **form).delete()


def leave(application: Application, user: User) -> None:
    """Note that somebody left the form."""
    Presence.objects.filter(application=application, user=user).delete()


def others(application: Application, user: User) -> list[Presence]:
    """Return who else is in the form now, with the section each is in."""
    return others_in(Presence.objects, user, application=application)


def others_in(rows: Manager[Any], user: User, **form: Model) -> list[Any]:
    """Return who else is in any sort of form now, with the section each is in."""
    here = rows.filter(seen_at__gte=timezone.now() - FADES, **form).exclude(user=user)
    return list(here.select_related("user").order_by("seen_at"))
