"""Querysets of the registry; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class EnterpriseQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Enterprises (企业)."""

    def visible_to(self, user: User) -> Self:
        """Return the enterprises that a user may see; none for a stranger."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(user.scope.visible())


class OfEnterpriseQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rows that belong to an enterprise and are seen with it (企业下属记录)."""

    def visible_to(self, user: User) -> Self:
        """Return the rows of the enterprises that a user may see."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            user.scope.visible(path="enterprise__region_path", enterprise="enterprise_id")
        )
