"""The mail of the day: what was told and not read yet, in one (每日摘要)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from enterprises.notifications import readers, sending
from enterprises.notifications.models import Delivery, Notification
from enterprises.notifications.notifying import message_id

if TYPE_CHECKING:
    import datetime as dt

CHUNK = 500


def collect(*, at: dt.datetime | None = None) -> int:
    """Make the mails of the day where their hour has come; return how many (汇总).

    It may run every hour: nobody gets two on a day. Who has read everything gets none.
    """
    now = timezone.localtime(at)
    if now.hour < settings.MAIL_DAILY_HOUR:
        return 0
    waiting = Notification.objects.filter(daily=True, shown=True)
    waiting.filter(read_at__isnull=False).update(daily=False)
    done = Delivery.objects.filter(digest_on=now.date()).values("recipient")
    people = waiting.exclude(recipient__in=done).order_by("recipient")
    ids = list(people.values_list("recipient", flat=True).distinct())
    for start in range(0, len(ids), CHUNK):
        _collect(ids[start : start + CHUNK], now.date())
    if ids:
        sending.wake()
    return len(ids)


@transaction.atomic
def _collect(people: list[int], day: dt.date) -> None:
    rows = Notification.objects.filter(recipient__in=people, daily=True, shown=True)
    rows = rows.select_for_update(of=("self",)).select_related("recipient__notification_reader")
    told: dict[int, list[Notification]] = {}
    for row in rows.order_by("recipient", "-pk"):
        told.setdefault(row.recipient_id, []).append(row)
    made = {
        person: Delivery(
            recipient_id=person,
            kind=Delivery.DIGEST,
            digest_on=day,
            region_path=_shared([row.region_path for row in found]),
            message_id=message_id(),
            due_at=timezone.now(),
        )
        for person, found in told.items()
        if readers.takes_mail(found[0].recipient)
    }
    Delivery.objects.bulk_create(made.values())
    for person, found in told.items():
        for row in found:
            row.daily, row.delivery = False, made.get(person)
    every = [row for found in told.values() for row in found]
    Notification.objects.bulk_update(every, ["daily", "delivery"], batch_size=CHUNK)


def _shared(paths: list[str]) -> str:
    """Return the region that holds several: the longest beginning of their paths."""
    first, last = min(paths), max(paths)
    shared = 0
    while shared < len(first) and first[shared] == last[shared]:
        shared += 1
    return first[: shared - shared % 2]
