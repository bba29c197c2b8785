"""What the list of visits can be narrowed by (筛选条件)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.filters import CaseNarrowed
from cultivation.pipeline.models import Visit

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from enterprises.accounts.models import User

TODO, EVERY = "todo", "all"
WEEK = dt.timedelta(days=7)


class VisitFilter(CaseNarrowed):
    """Narrow the list of visits (核查清单筛选)."""

    show = django_filters.ChoiceFilter(
        method="by_state",
        choices=[(TODO, _("still to be made")), (EVERY, _("all")), *Visit.State.choices],
        label=_("Show"),
        empty_label=None,
    )
    due = django_filters.ChoiceFilter(
        method="by_day",
        choices=[("late", _("day is past")), ("week", _("within a week")), ("none", _("no day"))],
        label=_("Planned day"),
        empty_label=_("Any"),
    )
    why = django_filters.ChoiceFilter(
        method="by_origin",
        choices=[("drawn", _("drawn")), ("owed", _("owed by rule")), ("own", _("own wish"))],
        label=_("Why"),
        empty_label=_("Any"),
    )
    mine = django_filters.ChoiceFilter(
        method="by_officer",
        choices=[("me", _("I go")), ("nobody", _("nobody yet"))],
        label=_("Officers"),
        empty_label=_("Anybody"),
    )

    class Meta:
        model = Visit
        fields: list[str] = []

    def by_state(self, rows: Any, _name: str, value: str) -> QuerySet[Any]:
        """Keep what is still to be made, or what stands so."""
        if value == TODO:
            found: QuerySet[Any] = rows.open()
            return found
        every: QuerySet[Any] = rows if value == EVERY else rows.filter(state=value)
        return every

    def by_day(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what is late, what soon is, or what has no day."""
        today = timezone.localdate()
        if value == "late":
            return rows.filter(planned_on__lt=today, state__in=["open", "planned"])
        if value == "week":
            return rows.filter(planned_on__range=(today, today + WEEK))
        return rows.filter(planned_on__isnull=True)

    def by_origin(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep what was drawn, what a rule owes, or what the office wished."""
        if value == "drawn":
            return rows.filter(listed__isnull=False)
        if value == "owed":
            return rows.exclude(rule="")
        return rows.filter(listed__isnull=True, rule="")

    def by_officer(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep where the viewer goes, or where officers are missing."""
        if value == "me":
            return rows.filter(Q(first=self.request.user) | Q(second=self.request.user))
        return rows.filter(Q(first__isnull=True) | Q(second__isnull=True))


def visits_of(request: HttpRequest, user: User) -> VisitFilter:
    """Return the list of a viewer as the address narrows it (核查清单)."""
    data = request.GET.copy()
    data.setdefault("show", TODO)
    return VisitFilter(data, queryset=Visit.objects.visible_to(user), request=request)
