"""Dates of visits: of the officers who go and of the enterprise that is seen (核查日程)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.calendar.sources import LATELY, Date
from cultivation.pipeline.models import Visit

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.accounts.models import User


def of_officer(user: User) -> list[Date]:
    """Return the days on which an officer goes on a visit."""
    if not user.scope.offices:
        return []
    rows = Visit.objects.visible_to(user).filter(Q(first=user) | Q(second=user))
    return [
        Date(
            f"visit:{row.pk}:planned",
            row.planned_on,
            _("You check on site"),
            row.application.enterprise.name,
            reverse("pipeline:visit", args=[row.pk]),
            row.application.enterprise_id,
        )
        for row in _planned(rows)
        if row.planned_on
    ]


def of_firm(user: User) -> list[Date]:
    """Return the days on which officers come to the user's enterprises."""
    if not user.scope.enterprises:
        return []
    return [
        Date(
            f"visit:{row.pk}:comes",
            row.planned_on,
            _("Officers check on site"),
            row.application.enterprise.name,
            reverse("pipeline:visit_firm", args=[row.pk]),
            row.application.enterprise_id,
        )
        for row in _planned(Visit.objects.of_firm(user))
        if row.planned_on
    ]


def _planned(rows: QuerySet[Visit]) -> list[Visit]:
    found = rows.filter(state="planned", planned_on__gte=timezone.localdate() - LATELY)
    return list(found.select_related("application__enterprise").order_by("planned_on", "pk"))
