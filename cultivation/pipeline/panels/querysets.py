"""Querysets of experts, panels and tasks; every list starts from visible_to (查询)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

NOBODY = Q(pk__in=[])


def keepers(scope: Scope) -> list[str]:
    """Return the region paths whose experts a scope keeps: as a nation's or unit's reviewer."""
    levels = ("nation", "province")
    return [path for path, level in scope.review_paths if level in levels]


def _seated_below(paths: Iterable[str], user: str) -> Q:
    """Return the filter for users with an expert seat below some region paths."""
    from enterprises.accounts.models import Seat

    wanted = NOBODY
    for path in paths:
        wanted |= Q(region__path__startswith=path) if path else Q(pk__isnull=False)
    seats = Seat.objects.filter(wanted, role=Seat.Role.EXPERT, user=OuterRef(user))
    return Q(Exists(seats))


class ProfileQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Profiles of experts (专家档案)."""

    def visible_to(self, user: User) -> Self:
        """Return the profiles of experts whom a user keeps or audits, and one's own."""
        if not user.is_authenticated:
            return self.none()
        paths = [*keepers(user.scope), *user.scope.audits]
        return self.filter(_seated_below(paths, "user") | Q(user_id=user.pk))

    def kept_by(self, user: User) -> Self:
        """Return the profiles that a user checks: of experts seated below, never one's own."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(_seated_below(keepers(user.scope), "user")).exclude(user_id=user.pk)

    def drawable_for(self, region_path: str) -> Self:
        """Return the profiles a panel of a region draws from: checked, available, seated below."""
        from enterprises.accounts.models import Seat

        below = Q(region__path__startswith=region_path) if region_path else Q(pk__isnull=False)
        seats = Seat.objects.filter(
            below, role=Seat.Role.EXPERT, active=True, user=OuterRef("user")
        )
        return self.filter(
            Exists(seats), state="approved", available=True, user__is_active=True
        ).order_by("pk")


class OfProfileQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rows that belong to an expert's profile and are seen with it (专家档案下属记录)."""

    def visible_to(self, user: User) -> Self:
        """Return the rows of the profiles that a user may see."""
        from cultivation.pipeline.models import ExpertProfile

        if not user.is_authenticated:
            return self.none()
        return self.filter(profile__in=ExpertProfile.objects.visible_to(user))


class PanelQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Panels (评审组)."""

    def visible_to(self, user: User) -> Self:
        """Return the panels held in a region that a user reads by office or audit."""
        if not user.is_authenticated:
            return self.none()
        found = NOBODY
        for path in user.scope.paths:
            found |= Q(region_path__startswith=path) if path else Q(pk__isnull=False)
        return self.filter(found)

    def public(self) -> Self:
        """Return the panels whose draw everybody may follow: those with a sealed seed."""
        return self.filter(draw__isnull=False)


class TaskQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Tasks of experts (评审任务)."""

    def visible_to(self, user: User) -> Self:
        """Return the tasks of panels in an office's sight, and one's own while a phase is open."""
        from cultivation.pipeline.models import Panel

        if not user.is_authenticated:
            return self.none()
        office = Q(case__panel__in=Panel.objects.visible_to(user))
        return self.filter(office | Q(pk__in=self.model.objects.before(user).values("pk")))

    def before(self, user: User) -> Self:
        """Return an expert's own tasks in an open phase whose case is still held (本人任务)."""
        if not (user.is_authenticated and user.scope.expert):
            return self.none()
        return self.under_way().filter(member__profile__user_id=user.pk).exclude(state="replaced")

    def under_way(self) -> Self:
        """Return the tasks of drawn panels in an open phase whose case the level still holds."""
        from cultivation.pipeline.models import PanelPhase

        now = timezone.now()
        phases = PanelPhase.objects.filter(
            panel=OuterRef("case__panel"), opens_at__lte=now, closes_at__gt=now
        )
        held = NOBODY
        for level in ("county", "city", "province", "nation"):
            there = Q(case__application__status=f"at_{level}") | Q(
                case__application__status="on_notice", case__application__notice_level=level
            )
            held |= Q(case__level=level) & there
        return self.filter(held, Exists(phases), case__panel__state="drawn", case__void=False)
