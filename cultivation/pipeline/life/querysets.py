"""Querysets of what follows recognition; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from enterprises.registry.querysets import OfEnterpriseQuerySet

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class ConsequenceQuerySet(OfEnterpriseQuerySet):
    """Consequences of duties missed (处理事项)."""

    def waiting_for(self, user: User) -> Self:
        """Return those that an office of the user has to decide (待处理)."""
        if not user.is_authenticated:
            return self.none()
        found = Q(pk__in=[])
        for path, role in user.scope.decide_paths:
            if role == "nation":
                found |= Q(title__tier="little_giant")
            elif role == "province":
                found |= ~Q(title__tier="little_giant") & Q(
                    enterprise__region_path__startswith=path
                )
        mine = user.scope.enterprises
        return self.filter(found, state="proposed").exclude(enterprise_id__in=mine)
