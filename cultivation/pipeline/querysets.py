"""Querysets of the pipeline; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User


class ApplicationQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Applications (申报)."""

    def visible_to(self, user: User) -> Self:
        """Return what a user may see: all of an own enterprise, else what was ever submitted."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        office = scope.visible(enterprise="enterprise_id") & Q(submitted_at__isnull=False)
        return self.filter(office | Q(enterprise_id__in=scope.enterprises))

    def drafts_in_sight_of(self, user: User) -> Self:
        """Return the drafts whose existence, not content, a user may know of."""
        if not user.is_authenticated:
            return self.none()
        seen = user.scope.visible(path="enterprise__region_path", enterprise="enterprise_id")
        return self.filter(seen, status="draft")

    def waiting_for(self, user: User) -> Self:
        """Return the applications whose next step is this user's (待办)."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        offices = self._at(scope.review_paths) | self._at(scope.decide_paths)
        offices |= self._notice_over(scope.decide_paths) | self._notice_over(scope.review_paths)
        mine = Q(enterprise_id__in=scope.enterprises)
        return self.filter((offices & ~mine) | (mine & Q(status__in=["draft", "returned"])))

    @staticmethod
    def _at(rights: Iterable[tuple[str, str]]) -> Q:
        found = Q(pk__in=[])
        for path, level in rights:
            found |= Q(status=f"at_{level}", region_path__startswith=path)
        return found

    @staticmethod
    def _notice_over(rights: Iterable[tuple[str, str]]) -> Q:
        found = Q(pk__in=[])
        over = Q(status="on_notice", notice_to__lt=timezone.localdate())
        for path, level in rights:
            found |= over & Q(notice_level=level, region_path__startswith=path)
        return found

    def public(self) -> Self:
        """Return what everybody may know: who is on notice or recognised, less what was revoked."""
        taken = Q(title__end_kind__in=["revoked", "cancelled"])
        return self.filter(Q(status="on_notice") | (Q(status="recognised") & ~taken))
