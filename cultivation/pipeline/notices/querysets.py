"""Querysets of notices and objections; every list starts from visible_to or public (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from enterprises.accounts.models import User


class NoticeQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Public notices (公示)."""

    def public(self) -> Self:
        """Return what everybody may read: the notices published."""
        return self.filter(state="published")

    def running(self) -> Self:
        """Return the notices whose days run (公示期内)."""
        today = timezone.localdate()
        return self.public().filter(first_day__lte=today, last_day__gte=today)


class ObjectionQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Objections (异议)."""

    def visible_to(self, user: User) -> Self:
        """Return what offices and auditors read in their region, never of an own enterprise.

        An office sees what its own level or one below answers; experts and firms see none.
        """
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        found = Q(pk__in=[])
        for path, role in scope.offices:
            found |= Q(region_path__startswith=path, level__in=_from(role))
        for path in scope.audits:
            found |= Q(region_path__startswith=path)
        return self.filter(found).exclude(enterprise_id__in=scope.enterprises)

    def put_to(self, user: User) -> Self:
        """Return those whose redacted text was put to an enterprise of the user (交企业说明)."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(enterprise_id__in=user.scope.enterprises, put_to_firm_at__isnull=False)

    def open(self) -> Self:
        """Return those not answered yet (未办结)."""
        return self.filter(status__in=["received", "examined"])

    def holding(self) -> Self:
        """Return those that stand in the way of a decision (阻断性异议)."""
        return self.open().exclude(material=False)

    def by_due(self) -> Self:
        """Return them with the first one due first (按办结期限)."""
        return self.order_by(F("closed_at").asc(nulls_first=True), "reply_due", "pk")


def _from(role: str) -> tuple[str, ...]:
    """Return a level and those below it."""
    order = ("nation", "province", "city", "county")
    return order[order.index(role) :]
