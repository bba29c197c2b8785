"""Querysets of runs; the list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class JobRunQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Runs of background work (任务运行)."""

    def visible_to(self, user: User) -> Self:
        """Return a user's own runs; the nation's officers and auditors and superusers see all."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        if user.is_superuser or "" in scope.audits or scope.level == "nation":
            return self.all()
        return self.filter(started_by_id=user.pk)

    def live(self) -> Self:
        """Return the runs that wait or work (进行中)."""
        return self.filter(status__in=["waiting", "running"])
