"""Querysets of notifications and mails; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from enterprises.accounts.models import User

MOST_COUNTED = 100  # unread ones: more are "99+"


class NotificationQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Notifications (通知)."""

    def visible_to(self, user: User) -> Self:
        """Return a user's own notifications; nobody reads another's."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(recipient_id=user.pk, shown=True)

    def unread(self) -> Self:
        """Return those not read yet (未读)."""
        return self.filter(read_at__isnull=True)

    def unread_of(self, user: User) -> int:
        """Return how many a user has not read, counted to MOST_COUNTED (未读数)."""
        return self.visible_to(user).unread().order_by()[:MOST_COUNTED].count()


class BatchQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Batches of mass mail (待发批次)."""

    def visible_to(self, user: User) -> Self:
        """Return the batches below the offices and audits of a user."""
        return self.filter(_below(user)) if user.is_authenticated else self.none()


class DeliveryQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Mails (投递)."""

    def visible_to(self, user: User) -> Self:
        """Return the mails below the offices and audits of a user."""
        return self.filter(_below(user)) if user.is_authenticated else self.none()


def _below(user: User) -> Q:
    found = Q(pk__in=[])
    for path in user.scope.paths:
        found |= Q(region_path__startswith=path) if path else Q(pk__isnull=False)
    return found
