"""Querysets of the audit log; the list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class AuditRecordQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Records of the audit log (审计记录)."""

    def visible_to(self, user: User) -> Self:
        """Return the records below the regions a user audits; superusers read all."""
        if not user.is_authenticated:
            return self.none()
        audits = ("",) if user.is_superuser else user.scope.audits
        found = Q(pk__in=[])
        for path in audits:
            found |= Q(region_path__startswith=path) if path else Q(pk__isnull=False)
        return self.filter(found)
