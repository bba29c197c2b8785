"""The secret address of a calendar: made, renewed, revoked, found again (日历订阅地址).

The secret is shown once; the database knows its hash alone. Whoever has the address reads the
user's dates without signing in, until it is renewed or revoked, or the user may not sign in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from cultivation.pipeline.models import CalendarFeed
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.models import User

READ_AGAIN = dt.timedelta(minutes=10)  # how exactly it is noted when an address was read


@transaction.atomic
def renew(user: User, *, language: str) -> str:
    """Give a user's calendar a new secret address and return the secret; the old one ends."""
    secret = secrets.token_urlsafe(32)
    feed, new = CalendarFeed.objects.update_or_create(
        user=user,
        defaults={
            "secret_hash": _hashed(secret),
            "language": language,
            "made_at": timezone.now(),
            "read_at": None,
        },
    )
    recording.note("calendar.renew", feed, by=user, after={"new": new, "language": language})
    return secret


@transaction.atomic
def revoke(user: User) -> bool:
    """End the address of a user's calendar; tell whether there was one."""
    feed = CalendarFeed.objects.select_for_update().filter(user=user).first()
    if feed is None:
        return False
    recording.note("calendar.revoke", feed, by=user)
    feed.delete()
    return True


def found(secret: str) -> CalendarFeed | None:
    """Return the calendar of a secret, where its user may still sign in."""
    rows = CalendarFeed.objects.filter(secret_hash=_hashed(secret), user__is_active=True)
    return rows.select_related("user").first()


def note_reading(feed: CalendarFeed) -> None:
    """Note when a calendar was read last, to about ten minutes."""
    now = timezone.now()
    if feed.read_at is None or feed.read_at < now - READ_AGAIN:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
