"""Narrowing the list of tasks (任务筛选)."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.digital.helping.closing import overdue
from cultivation.digital.models import HelpTask
from enterprises.places.models import Region

Rows = QuerySet[Any]
LOST = Q(state=HelpTask.State.OPEN, owner_holds=False)  # of tasks.with_hold


class HelpTaskFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow tasks by state, kind, owner, lateness and words (任务筛选)."""

    state = django_filters.ChoiceFilter(
        choices=HelpTask.State.choices, label=_("State"), empty_label=_("All states")
    )
    kind = django_filters.ChoiceFilter(
        choices=HelpTask.Kind.choices, label=_("Task"), empty_label=_("All tasks")
    )
    q = django_filters.CharFilter(
        method="by_words",
        label=_("Enterprise or owner"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    region = django_filters.CharFilter(
        method="by_region",
        label=_("Region, name or code"),
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    mine = django_filters.BooleanFilter(
        method="by_owner", label=_("Only mine"), widget=forms.CheckboxInput
    )
    late = django_filters.BooleanFilter(
        method="by_day", label=_("Only overdue"), widget=forms.CheckboxInput
    )

    lost = django_filters.BooleanFilter(
        method="by_hold", label=_("Only without an owner in office"), widget=forms.CheckboxInput
    )

    class Meta:
        model = HelpTask
        fields = ("state", "kind", "q", "region", "mine", "late", "lost")

    def by_words(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep tasks whose firm or owner is called so."""
        words = value.strip()
        return rows.filter(
            Q(enterprise__name__icontains=words)
            | Q(owner__display_name__icontains=words)
            | Q(owner__username__icontains=words)
        )

    def by_region(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep the tasks of firms of a region and all below it."""
        words = value.strip()
        named = Q(code=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words)
        within = Q(pk__in=[])
        for path in Region.objects.filter(named).values_list("path", flat=True)[:100]:
            within |= Q(enterprise__region_path__startswith=path)
        return rows.filter(within)

    def by_owner(self, rows: Rows, _name: str, value: bool) -> Rows:  # noqa: FBT001
        """Keep the tasks of the one looking."""
        return rows.filter(owner=self.request.user) if value else rows

    def by_day(self, rows: Rows, _name: str, value: bool) -> Rows:  # noqa: FBT001
        """Keep what is open and late."""
        return rows.filter(overdue(timezone.localdate())) if value else rows

    def by_hold(self, rows: Rows, _name: str, value: bool) -> Rows:  # noqa: FBT001
        """Keep what is open and whose owner no longer holds the region of the firm."""
        return rows.filter(LOST) if value else rows
