"""Narrowing the lists of firms, projects and providers (筛选)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from cultivation.digital import index, maturity
from cultivation.digital.coverage import GROUPS, TIERS
from cultivation.digital.models import (
    CoverageAlert,
    CoverageDefinition,
    ServiceProvider,
    TransformationProject,
)
from cultivation.digital.transforming import providers
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, SizeClass

if TYPE_CHECKING:
    import datetime as dt

Rows = QuerySet[Any]  # firms with their group
GROUP_NAMES = {
    "transformed": _("transformed"),
    "not_transformed": _("not transformed"),
    "not_assessed": _("not assessed"),
}


NO_LEVEL = "none"


class CountedFirmFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow counted firms by group, name or code, size, and level on a day (名单筛选)."""

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

    level = django_filters.ChoiceFilter(
        method="by_level",
        choices=[(NO_LEVEL, _("not assessed")), *((str(n), _("level %d") % n) for n in range(5))],
        label=_("Level, by any assessment"),
        empty_label=_("All levels"),
    )

    class Meta:
        model = Enterprise
        fields = ("group", "q", "size_class", "level")

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        """Take the day that levels are those of."""
        super().__init__(*args, **kwargs)
        self.on = on

    def by_level(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep those whose latest valid assessment gives a level, or who have none."""
        rows = rows.annotate(level_then=Subquery(maturity.latest(self.on).values("level")))
        return rows.filter(level_then=None if value == NO_LEVEL else int(value))

    def by_group(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep one group of those counted."""
        return rows.filter(group=GROUPS[value])

    def by_words(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep firms whose name holds the words or whose code begins with them."""
        words = value.strip()
        return rows.filter(Q(name__icontains=words) | Q(credit_code__istartswith=words))


class AlertFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow alerts by what they are about, where, and how they stand (预警筛选)."""

    STATES = (
        ("open", _("not closed yet")),
        ("unseen", _("not closed yet, not answered")),
        ("closed", _("closed")),
    )

    state = django_filters.ChoiceFilter(
        method="by_state", choices=STATES, label=_("State"), empty_label=_("All alerts")
    )
    kind = django_filters.ChoiceFilter(
        choices=CoverageAlert.Kind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    tier = django_filters.ChoiceFilter(
        choices=[(tier.value, tier.label) for tier in TIERS],
        label=_("Tier"),
        empty_label=_("All tiers"),
    )
    definition = django_filters.ModelChoiceFilter(
        queryset=CoverageDefinition.objects.all(),
        to_field_name="code",
        label=_("Definition"),
        empty_label=_("All definitions"),
    )
    region = django_filters.CharFilter(
        method="by_region",
        label=_("Region, name or code"),
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    day = django_filters.DateFilter(
        method="by_day",
        label=_("Opened, closed or told on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = CoverageAlert
        fields = ("state", "kind", "tier", "definition", "region", "day")

    def by_state(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep open ones, those nobody answered, or closed ones."""
        if value == "closed":
            return rows.filter(closed_on__isnull=False)
        found = rows.filter(closed_on=None)
        return found.filter(acknowledged_at=None) if value == "unseen" else found

    def by_region(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep the alerts of a region and all below it."""
        words = value.strip()
        named = Q(code=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words)
        within = Q(pk__in=[])
        for path in Region.objects.filter(named).values_list("path", flat=True)[:100]:
            within |= Q(region__path__startswith=path)
        return rows.filter(within)

    def by_day(self, rows: Rows, _name: str, value: Any) -> Rows:
        """Keep what opened or closed on a day, or what officers were told of on it."""
        told = Q(opening_told_on=value) | Q(closing_told_on=value)
        return rows.filter(Q(opened_on=value) | Q(closed_on=value) | told)


class ProjectFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow projects by how far they are, lateness, provider, place and words (项目筛选)."""

    far = django_filters.ChoiceFilter(
        method="by_far",
        choices=[
            ("open", _("under way")),
            ("done", _("work done")),
            ("accepted", _("accepted after the check")),
        ],
        label=_("How far"),
        empty_label=_("All"),
    )
    late = django_filters.BooleanFilter(
        method="by_late",
        label=_("Overdue only"),
        widget=forms.CheckboxInput,
    )
    provider = django_filters.ModelChoiceFilter(
        queryset=ServiceProvider.objects.all(), label=_("Service provider"), empty_label=_("All")
    )
    region = django_filters.CharFilter(method="by_region", label=_("Region code"), max_length=6)
    year = django_filters.NumberFilter(
        method="by_year", label=_("Begun in"), min_value=2000, max_value=2100
    )
    q = django_filters.CharFilter(
        method="by_words",
        label=_("Name or credit code"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    class Meta:
        model = TransformationProject
        fields = ("far", "late", "provider", "region", "year", "q")

    def by_far(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep projects that are so far."""
        if value == "accepted":
            return rows.filter(accepted_on__isnull=False)
        return rows.filter(accepted_on__isnull=True, finished_on__isnull=value == "open")

    def by_late(self, rows: Rows, _name: str, value: bool) -> Rows:  # noqa: FBT001
        """Keep projects with an overdue step."""
        return rows.filter(is_late=True) if value else rows

    def by_region(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep projects of a region and all below it; an unknown code has none."""
        region = Region.objects.filter(code=value.strip()).first()
        return (
            rows.filter(enterprise__region_path__startswith=region.path) if region else rows.none()
        )

    def by_year(self, rows: Rows, _name: str, value: Any) -> Rows:
        """Keep projects begun in a year."""
        return rows.filter(started_on__year=int(value))

    def by_words(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep projects whose name or firm holds the words or whose firm's code begins so."""
        words = value.strip()
        return rows.filter(
            Q(name__icontains=words)
            | Q(enterprise__name__icontains=words)
            | Q(enterprise__credit_code__istartswith=words)
        )


class ProviderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow providers by scenario, place and name (服务商筛选)."""

    scenario = django_filters.ChoiceFilter(
        method="by_scenario", choices=[], label=_("Scenario"), empty_label=_("All")
    )
    region = django_filters.CharFilter(method="by_region", label=_("Region code"), max_length=6)
    q = django_filters.CharFilter(
        field_name="name",
        lookup_expr="icontains",
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    class Meta:
        model = ServiceProvider
        fields = ("scenario", "region", "q")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.no), str(one)) for one in index.scenarios()]
        self.filters["scenario"].extra["choices"] = choices

    def by_scenario(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep providers who serve a scenario."""
        return rows.filter(scenarios__scenario=int(value))

    def by_region(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep providers who work in a region; an unknown code has none."""
        region = Region.objects.filter(code=value.strip()).first()
        return rows.filter(providers.in_reach(region.path)) if region else rows.none()
