"""Querysets of notifications; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class NotificationQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Notifications (通知)."""

    def visible_to(self, user: User) -> Self:
        """Return a user's own notifications; nobody reads another's."""
        return self.filter(recipient_id=user.pk) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        """Return those not read yet (未读)."""
        return self.filter(read_at__isnull=True)
