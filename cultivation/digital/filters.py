"""Narrowing the list of firms behind a coverage figure (筛选)."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cultivation.digital.coverage import GROUPS
from enterprises.registry.models import Enterprise, SizeClass

Rows = QuerySet[Any]  # firms with their group
GROUP_NAMES = {
    "transformed": _("transformed"),
    "not_transformed": _("not transformed"),
    "not_assessed": _("not assessed"),
}


class CountedFirmFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow counted firms by group, name or code, and size (名单筛选)."""

    group = django_filters.ChoiceFilter(
        method="by_group",
        choices=list(GROUP_NAMES.items()),
        label=_("Group"),
        empty_label=_("All counted"),
    )
    q = django_filters.CharFilter(
        method="by_words",
        label=_("Name or credit code"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    size_class = django_filters.ChoiceFilter(
        choices=SizeClass.choices, label=_("Size"), empty_label=_("All sizes")
    )

    class Meta:
        model = Enterprise
        fields = ("group", "q", "size_class")

    def by_group(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep one group of those counted."""
        return rows.filter(group=GROUPS[value])

    def by_words(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep firms whose name holds the words or whose code begins with them."""
        words = value.strip()
        return rows.filter(Q(name__icontains=words) | Q(credit_code__istartswith=words))
