"""Querysets of the standards; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class PlanQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Plans of enterprises (达标规划)."""

    def visible_to(self, user: User) -> Self:
        """Return the plans of a user's own enterprises; officials see none."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(enterprise_id__in=user.scope.enterprises)


class DraftQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Editions in the making (标准草案)."""

    def visible_to(self, user: User) -> Self:
        """Return all drafts for those who decide for the nation, none for others."""
        if user.is_authenticated and user.scope.may_decide("", "nation"):
            return self.all()
        return self.none()


class ScenarioQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Scenarios of policy makers (门槛情景)."""

    def visible_to(self, user: User) -> Self:
        """Return the scenarios of subtrees for which the user decides as nation or province."""
        if not user.is_authenticated:
            return self.none()
        condition = Q(pk__in=[])
        for path, role in user.scope.decide_paths:
            if role in {"nation", "province"}:
                condition |= Q(region_path__startswith=path) if path else Q(pk__isnull=False)
        return self.filter(condition)


class ReplayQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Replays of judgements (重演)."""

    def visible_to(self, user: User) -> Self:
        """Return all for the nation's officers and for auditors, none for others."""
        if user.is_authenticated and (user.scope.level == "nation" or user.scope.is_auditor):
            return self.all()
        return self.none()
