"""Querysets of seats, claims and readings; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User

NOBODY = Q(pk__in=[])


def _below(paths: Iterable[str], *fields: str) -> Q:
    """Return the filter for rows whose region path lies below one of the paths."""
    condition = NOBODY
    for path in paths:
        if not path:
            return Q(pk__isnull=False)
        for field in fields:
            condition |= Q(**{f"{field}__startswith": path})
    return condition


class SeatQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Seats (岗位)."""

    def visible_to(self, user: User) -> Self:
        """Return the seats below an office or audit, those of owned enterprises, and one's own."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        return self.filter(
            _below(scope.paths, "region__path", "enterprise__region_path")
            | Q(enterprise_id__in=scope.owned)
            | Q(user_id=user.pk)
        )


class ClaimQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Claims (认领)."""

    def visible_to(self, user: User) -> Self:
        """Return the claims on enterprises of an office or audit, and one's own."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(_below(user.scope.paths, "enterprise__region_path") | Q(user_id=user.pk))

    def waiting_for(self, user: User) -> Self:
        """Return the open claims that a user may answer (待办认领)."""
        if not user.is_authenticated:
            return self.none()
        answerable = _below(user.scope.register_paths, "enterprise__region_path")
        return self.filter(answerable, status="open").exclude(user_id=user.pk)


class ReadingQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Notes of personal data read (个人信息查阅记录)."""

    def visible_to(self, user: User) -> Self:
        """Return the readings below an audit, those of owned enterprises, and one's own."""
        if not user.is_authenticated:
            return self.none()
        audits = ("",) if user.is_superuser else user.scope.audits
        return self.filter(
            _below(audits, "enterprise__region_path")
            | Q(enterprise_id__in=user.scope.owned)
            | Q(user_id=user.pk)
        )
