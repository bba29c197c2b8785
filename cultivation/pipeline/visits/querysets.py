"""Querysets of on-site checks; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from enterprises.accounts.models import User

ORDER = ("nation", "province", "city", "county")
OPEN = ("open", "planned")  # of a visit: nothing signed yet
ENDED = ("recognised", "refused", "withdrawn")  # of an application


class VisitQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """On-site checks of applications (现场核查)."""

    def visible_to(self, user: User) -> Self:
        """Return what offices and auditors read in their region, never of an own enterprise.

        An office sees the checks of its own level and of those below; firms read on a page of
        their own (`of_firm`), experts none.
        """
        if not user.is_authenticated:
            return self.none()
        scope, path = user.scope, "application__region_path__startswith"
        found = Q(pk__in=[])
        for place, role in scope.offices:
            found |= Q(**{path: place}, level__in=ORDER[ORDER.index(role) :])
        for place in scope.audits:
            found |= Q(**{path: place})
        return self.filter(found).exclude(application__enterprise_id__in=scope.enterprises)

    def of_firm(self, user: User) -> Self:
        """Return the checks that the enterprises of a user were told of (企业可见)."""
        if not user.is_authenticated:
            return self.none()
        rows = self.filter(application__enterprise_id__in=user.scope.enterprises)
        return rows.filter(state__in=["planned", "signed"])

    def standing(self) -> Self:
        """Return those that were not called off."""
        return self.exclude(state="cancelled")

    def open(self) -> Self:
        """Return those still to be made, on applications that go on (待核查)."""
        return self.filter(state__in=OPEN).exclude(application__status__in=ENDED)


class VisitDrawQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Draws of samples (抽取)."""

    def visible_to(self, user: User) -> Self:
        """Return the draws held in a region that a user reads by office or audit."""
        if not user.is_authenticated:
            return self.none()
        found = Q(pk__in=[])
        for path in user.scope.paths:
            found |= Q(region_path__startswith=path) if path else Q(pk__isnull=False)
        return self.filter(found)

    def public(self) -> Self:
        """Return the draws that everybody may follow: those whose seed was sealed."""
        return self.exclude(commitment="")
