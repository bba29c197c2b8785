"""Querysets of reconsiderations and of requests for more time; from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from enterprises.registry.querysets import OfEnterpriseQuerySet

if TYPE_CHECKING:
    from enterprises.accounts.models import User

ORDER = ("nation", "province", "city", "county")
OWN = ("draft", "lapsed")  # what was never sent stays with the enterprise


class ReconsiderationQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Reconsiderations of refusals (复核)."""

    def visible_to(self, user: User) -> Self:
        """Return those of own enterprises, and what was asked of a user's office or one below it.

        Auditors read what was asked in their region. Who sits for the enterprise reads as such.
        """
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        found = Q(pk__in=[])
        for path, role in scope.offices:
            found |= self._below(path) & Q(level__in=ORDER[ORDER.index(role) :])
        for path in scope.audits:
            found |= self._below(path)
        own = Q(enterprise_id__in=scope.enterprises)
        return self.filter((found & ~Q(status__in=OWN) & ~own) | own)

    def asked(self) -> Self:
        """Return those that were sent (已提出)."""
        return self.exclude(status__in=OWN)

    def open(self) -> Self:
        """Return those that were asked for and are not answered (未办结)."""
        return self.filter(status__in=["asked", "examined", "proposed"])

    def late(self) -> Self:
        """Return those whose answer is overdue (逾期)."""
        return self.open().filter(reply_due__lt=timezone.localdate())

    def waiting_for(self, user: User) -> Self:
        """Return the open ones that a user has in hand, may take, or may confirm (待办)."""
        if not user.is_authenticated:
            return self.none()
        offices = Q(pk__in=[])
        for path, role in user.scope.decide_paths:
            offices |= self._below(path) & Q(level__in=ORDER[ORDER.index(role) :])
        free = offices & (Q(handler__isnull=True) | (Q(status="proposed") & ~Q(handler=user)))
        mine = Q(handler=user) & ~Q(status="proposed")
        return self.open().filter(free | mine).exclude(enterprise_id__in=user.scope.enterprises)

    @staticmethod
    def _below(path: str) -> Q:
        return Q(region_path__startswith=path) if path else Q(pk__isnull=False)


class MoreTimeQuerySet(OfEnterpriseQuerySet):
    """Requests for more time (延期申请)."""

    def open(self) -> Self:
        """Return those that nobody answered (待答复)."""
        return self.filter(outcome="")
