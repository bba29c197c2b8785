"""What the review queue and the list of titles can be narrowed by (筛选条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Application, Status
from enterprises.registry import names
from enterprises.registry.filters import region_choices, regions_of
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from enterprises.places.models import Region

MINE, EVERY = "mine", "all"


class Narrowed(django_filters.FilterSet):  # type: ignore[misc]
    """What both lists share: words, tier, region."""

    q = django_filters.CharFilter(
        method="by_words",
        label=_("Enterprise"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or credit code")}),
    )
    tier = django_filters.ChoiceFilter(
        choices=lambda: [*reversed(Tier.choices)], label=_("Tier"), empty_label=_("All tiers")
    )
    region = django_filters.ModelChoiceFilter(
        method="by_region",
        queryset=lambda request: regions_of(request.user.scope),
        to_field_name="code",
        label=_("Region"),
        empty_label=_("All regions"),
    )
    path = "enterprise__region_path"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = self.form.fields
        if self.request.user.scope.paths:
            fields["region"].widget.choices = region_choices(
                self.request.user.scope, str(self.data.get("region", ""))
            )
        else:
            del fields["region"]

    def by_words(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Find by part of the enterprise's name or credit code."""
        key = names.key(value)
        if not key:
            return rows
        found = Q(enterprise__name_key__contains=key)
        code = "".join(key.split()).upper()
        if code.isascii() and code.isalnum():
            found |= Q(enterprise__credit_code__contains=code)
        return rows.filter(found)

    def by_region(self, rows: QuerySet[Any], _name: str, value: Region) -> QuerySet[Any]:
        """Keep the subtree of a region."""
        return rows.filter(**{f"{self.path}__startswith": value.path}) if value.path else rows


class ApplicationFilter(Narrowed):
    """Narrow the review queue (审核队列筛选)."""

    show = django_filters.ChoiceFilter(
        method="by_turn",
        choices=[(MINE, _("waiting for me")), (EVERY, _("all in sight"))],
        label=_("Show"),
        empty_label=None,
    )
    status = django_filters.ChoiceFilter(
        choices=[choice for choice in Status.choices if choice[0] != Status.DRAFT],
        label=_("Status"),
        empty_label=_("Any status"),
    )
    path = "region_path"

    class Meta:
        model = Application
        fields: list[str] = []

    def by_turn(self, rows: QuerySet[Application], _name: str, value: str) -> QuerySet[Application]:
        """Keep what waits for the viewer."""
        return rows.waiting_for(self.request.user) if value == MINE else rows  # type: ignore[attr-defined]


class TitleFilter(Narrowed):
    """Narrow the list of titles (称号名录筛选)."""

    year = django_filters.ChoiceFilter(
        choices=lambda: [(str(y), str(y)) for y in range(timezone.localdate().year, 2016, -1)],
        label=_("Year"),
        empty_label=_("Any year"),
    )
    valid = django_filters.ChoiceFilter(
        method="by_validity",
        choices=[("yes", _("valid today")), ("no", _("no longer valid"))],
        label=_("Validity"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Title
        fields: list[str] = []

    def by_validity(self, rows: QuerySet[Title], _name: str, value: str) -> QuerySet[Title]:
        """Keep titles that run, or those that ended."""
        today = timezone.localdate()
        running = Q(ended_on__isnull=True) | Q(ended_on__gt=today)
        return rows.filter(running) if value == "yes" else rows.exclude(running)
