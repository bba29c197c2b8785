"""Querysets of this room; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class AlertQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Alerts of coverage (覆盖预警)."""

    def visible_to(self, user: User) -> Self:
        """Return the alerts of the regions that an officer or auditor reads; none for others."""
        if not user.is_authenticated:
            return self.none()
        condition = Q(pk__in=[])
        for prefix in user.scope.paths:
            condition |= Q(region__path__startswith=prefix) if prefix else Q(pk__isnull=False)
        return self.filter(condition)

    def open(self) -> Self:
        """Return those that still hold (未解除)."""
        return self.filter(closed_on=None)

    def untold(self) -> Self:
        """Return those of whose opening or end nobody was told yet (未通知)."""
        ended = Q(closed_on__isnull=False, closing_told_on=None)
        return self.filter(Q(opening_told_on=None) | ended)
