"""Telling users something, once each (发送通知)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from enterprises.accounts.models import User
from enterprises.notifications import holding, readers, sending
from enterprises.notifications.addressees import officers_of
from enterprises.notifications.kinds import KINDS, Way
from enterprises.notifications.models import Delivery, Notification
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from enterprises.notifications.kinds import Kind
    from enterprises.notifications.models import Batch

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to tell some users; see `notify` (一则通知)."""

    recipients: Iterable[User]
    key: str
    url: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)
    enterprise_id: int | None = None
    region_path: str = ""

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith("/"):
            raise ValueError(self.url)


def notify(
    recipients: Iterable[User],
    kind: str,
    *,
    key: str,
    url: str = "",
    params: Mapping[str, str | int] | None = None,
    enterprise_id: int | None = None,
    region_path: str = "",
) -> int:
    """Tell users something within the transaction at hand; return how many are told anew (通知).

    `kind` must be registered. `key` names the event ("application:17:returned:4"): who was told it
    already is not told again, so a job may be run twice. `url` is a path of this site. Mail goes
    out once the transaction is committed; many recipients at once wait for an officer.
    `region_path` says whose officers see the mails; left out, it is that of the enterprise.
    """
    telling = Telling(recipients, key, url, params or {}, enterprise_id, region_path)
    known = _known(kind)
    with transaction.atomic(savepoint=False):
        made = _rows(telling, known)
        _tell(made, known, held=holding.is_owed(known, len(made)))
    return len(made)


def notify_all(tellings: Iterable[Telling], kind: str) -> int:
    """Tell several things of a kind as one event: together they may be many (批量通知)."""
    known = _known(kind)
    with transaction.atomic(savepoint=False):
        made = [row for some in _together(tellings) for row in chain(*_rows_of_each(some, known))]
        _tell(made, known, held=holding.is_owed(known, len(made)))
    return len(made)


def notify_each(tellings: Iterable[Telling], kind: str) -> int:
    """Tell several things of a kind, each an event of its own, in a few queries (逐件通知)."""
    known, told = _known(kind), list(tellings)
    with transaction.atomic(savepoint=False):
        made = _rows_of_each(told, known)
        few = [rows for rows in made if not holding.is_owed(known, len(rows))]
        _tell([row for rows in few for row in rows], known, held=False)
        for rows in made:
            if holding.is_owed(known, len(rows)):
                _tell(rows, known, held=True)
    return sum(map(len, made))


def _known(kind: str) -> Kind:
    if kind not in KINDS:
        raise LookupError(kind)
    return KINDS[kind]


def _tell(made: Sequence[Notification], known: Kind, *, held: bool) -> None:
    """Store rows with their mails, held until an officer has seen them or not."""
    if not made:
        return
    _place(made)
    batch = holding.hold(known, made) if held else None
    mails = _mails(made, known, batch)
    Notification.objects.bulk_create(made, ignore_conflicts=True, batch_size=BATCH)
    if batch is not None:
        _tell_officers(batch, len(made))
    elif mails:
        sending.wake()


def _rows(telling: Telling, kind: Kind) -> list[Notification]:
    """Return a row for each active recipient who was not told yet."""
    return [
        _row(telling, user, kind)
        for some in _some(telling.recipients)
        for user in User.objects.filter(pk__in=some, is_active=True)
        .exclude(notifications__key=telling.key)
        .select_related("notification_reader")
        .order_by("pk")
    ]


def _rows_of_each(tellings: Sequence[Telling], kind: Kind) -> list[list[Notification]]:
    """Return by event what `_rows` returns, everybody concerned read at once."""
    wanted = [{user.pk for user in telling.recipients} for telling in tellings]
    keys = [telling.key for telling in tellings]
    users = User.objects.filter(pk__in=set().union(*wanted), is_active=True)
    known = {user.pk: user for user in users.select_related("notification_reader")}
    before = Notification.objects.filter(recipient__in=list(known), key__in=keys)
    told = set(before.values_list("recipient_id", "key"))
    return [
        [
            _row(telling, known[pk], kind)
            for pk in sorted(people & known.keys())
            if (pk, telling.key) not in told
        ]
        for telling, people in zip(tellings, wanted, strict=True)
    ]


def _together(tellings: Iterable[Telling]) -> Iterator[list[Telling]]:
    """Yield tellings in turn, as many at a time as name no more than BATCH people (分批)."""
    some: list[Telling] = []
    room = BATCH
    for telling in tellings:
        everybody = list(telling.recipients)
        for start in range(0, len(everybody), BATCH):
            people = everybody[start : start + BATCH]
            if room < len(people):
                yield some
                some, room = [], BATCH
            some.append(replace(telling, recipients=people))
            room -= len(people)
    if some:
        yield some


def _row(telling: Telling, user: User, kind: Kind) -> Notification:
    return Notification(
        recipient=user,
        kind=kind.name,
        key=telling.key,
        url=telling.url,
        params=dict(telling.params),
        enterprise_id=telling.enterprise_id,
        region_path=telling.region_path,
        daily=readers.way_of(user, kind) == Way.DAILY,
    )


def _some(recipients: Iterable[User]) -> Iterator[Any]:
    """Yield the ids of recipients, so many at a time; those of a query as the query."""
    if isinstance(recipients, QuerySet):
        yield recipients.order_by().values("pk")
        return
    ids = [user.pk for user in recipients]
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _place(rows: Sequence[Notification]) -> None:
    """Give the region of its enterprise to each row that has none."""
    firms = {row.enterprise_id for row in rows if row.enterprise_id and not row.region_path}
    if not firms:
        return
    paths = dict(Enterprise.objects.filter(pk__in=firms).values_list("pk", "region_path"))
    for row in rows:
        row.region_path = row.region_path or paths.get(row.enterprise_id or 0, "")


def _mails(rows: Sequence[Notification], kind: Kind, batch: Batch | None) -> list[Delivery]:
    """Make a mail for each row whose reader wants one at once."""
    now = timezone.now()
    state = Delivery.State.WAITING if batch is None else Delivery.State.HELD
    made: list[Delivery] = []
    for row in rows:
        row.batch, row.shown = batch, batch is None
        if readers.way_of(row.recipient, kind) == Way.NOW:
            row.delivery = Delivery(
                recipient=row.recipient,
                kind=kind.name,
                batch=batch,
                region_path=row.region_path,
                state=state,
                message_id=message_id(),
                due_at=now,
            )
            made.append(row.delivery)
    Delivery.objects.bulk_create(made, batch_size=BATCH)
    for row in rows:
        row.delivery = row.delivery  # its id is known now
    return made


def _tell_officers(batch: Batch, people: int) -> None:
    """Tell those who decide over a batch that it waits for them."""
    level = "province" if batch.region_path else "nation"
    notify(
        officers_of(batch.region_path, level, right="may_decide"),
        holding.HELD,
        key=f"batch:{batch.pk}",
        url=reverse("notifications:batch", args=[batch.pk]),
        params={"people": people, "kind": batch.kind},
        region_path=batch.region_path,
    )


def message_id() -> str:
    """Return the identifier that a mail keeps, however often it is sent."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{uuid.uuid4().hex}@{host}>"
