"""Querysets of the pipeline; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from enterprises.registry.models import Enterprise

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

    def to_decide_by(self, user: User) -> Self:
        """Return what a user decides on at province or nation, on notice or in hand (待决定)."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        found = Q(pk__in=[])
        for path, level in scope.decide_paths:
            if level in {"province", "nation"}:
                here = Q(status=f"at_{level}") | Q(status="on_notice", notice_level=level)
                found |= here & Q(region_path__startswith=path)
        return self.filter(found).exclude(enterprise_id__in=scope.enterprises)

    def public(self) -> Self:
        """Return what everybody may know: who is on notice or recognised, less what was revoked."""
        taken = Q(title__end_kind__in=["revoked", "cancelled"])
        return self.filter(Q(status="on_notice") | (Q(status="recognised") & ~taken))


def _along(paths: Iterable[str], field: str) -> Q:
    """Return the filter for rows whose region lies below one of the paths, or above it."""
    found = Q(pk__in=[])
    for path in paths:
        if not path:
            return Q(pk__isnull=False)
        above = [path[:length] for length in range(len(path) + 1)]
        found |= Q(**{f"{field}__startswith": path}) | Q(**{f"{field}__in": above})
    return found


class RoundQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rounds (批次)."""

    def visible_to(self, user: User) -> Self:
        """Return the published rounds that reach a user's offices or firms, and offices' drafts."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        own = Enterprise.objects.filter(pk__in=scope.enterprises) if scope.enterprises else None
        units = {path[:2] for path in own.values_list("region_path", flat=True)} if own else set()
        reached = _along({*scope.paths}, "region_path")
        if units or scope.expert:
            reached |= Q(region_path__in=["", *units])
        below = Q(pk__in=[])
        for path in scope.paths:
            below |= Q(region_path__startswith=path)
        return self.filter((reached & ~Q(state="draft")) | (below & Q(state="draft")))

    def in_force(self) -> Self:
        """Return the rounds that were published, closed ones too (已发布批次)."""
        return self.exclude(state="draft")


class QuotaQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Quotas (推荐名额)."""

    def visible_to(self, user: User) -> Self:
        """Return the quotas of an office's own line: its own, those above and below it."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(_along({*user.scope.paths}, "region_path"))


class HandoverQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Cases handed over (移交)."""

    def visible_to(self, user: User) -> Self:
        """Return what went from or to the regions of a user's offices, and of own enterprises."""
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        left = scope.visible(path="from_path", enterprise="application__enterprise_id")
        here = scope.visible(path="to_path", enterprise="application__enterprise_id")
        return self.filter(left | here)


class PendingQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Pending decisions, read by offices alone, never by the enterprise concerned (待发布决定)."""

    path = "region_path"
    enterprise = ""

    def visible_to(self, user: User) -> Self:
        """Return those of a user's office and level, and those below the regions one audits.

        Nobody sees what concerns an enterprise one sits for.
        """
        if not user.is_authenticated:
            return self.none()
        scope = user.scope
        found = Q(pk__in=[])
        for path, level in scope.offices:
            found |= Q(level=level) & self._below(path)
        for path in scope.audits:
            found |= self._below(path)
        rows = self.filter(found)
        if self.enterprise and scope.enterprises:
            rows = rows.exclude(**{f"{self.enterprise}__in": scope.enterprises})
        return rows

    def _below(self, path: str) -> Q:
        return Q(**{f"{self.path}__startswith": path}) if path else Q(pk__isnull=False)


class ProposalQuerySet(PendingQuerySet):
    """Proposals how to decide applications (拟办决定)."""

    path = "application__region_path"
    enterprise = "application__enterprise_id"

    def open(self) -> Self:
        """Return those that can still take effect (待发布)."""
        return self.filter(state__in=["pending", "held"])


class EndingQuerySet(PendingQuerySet):
    """Proposals to end titles (拟撤销、取消)."""

    path = "title__enterprise__region_path"
    enterprise = "title__enterprise_id"

    def open(self) -> Self:
        """Return those that can still take effect (待发布)."""
        return self.filter(state="pending")


class ReleaseQuerySet(PendingQuerySet):
    """Releases of pending decisions (集中发布)."""
