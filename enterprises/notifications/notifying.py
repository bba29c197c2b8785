"""Telling users something, once each (发送通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enterprises.notifications.kinds import KINDS
from enterprises.notifications.models import Notification

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from enterprises.accounts.models import User


def notify(
    recipients: Iterable[User],
    kind: str,
    *,
    key: str,
    url: str = "",
    params: Mapping[str, str | int] | None = None,
    enterprise_id: int | None = None,
) -> int:
    """Tell users something within the transaction at hand; return how many are told anew (通知).

    `kind` must be registered. `key` names the event ("application:17:returned:4"): who was told it
    already is not told again, so a job may be run twice.
    """
    if kind not in KINDS:
        raise LookupError(kind)
    told = {
        user.pk: Notification(
            recipient=user,
            kind=kind,
            key=key,
            url=url,
            params=dict(params or {}),
            enterprise_id=enterprise_id,
        )
        for user in recipients
        if user.is_active
    }
    known = Notification.objects.filter(key=key, recipient__in=list(told))
    for pk in known.values_list("recipient_id", flat=True):
        del told[pk]
    Notification.objects.bulk_create(told.values(), ignore_conflicts=True, batch_size=1000)
    return len(told)
