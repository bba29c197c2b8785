"""What a list of changed verdicts can be narrowed by (筛选条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cultivation.standards.models import VerdictChange
from enterprises.registry.filters import NONE, region_choices, regions_of
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from enterprises.places.models import Region

Rows = QuerySet[VerdictChange]


class ChangeFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow the enterprises whose verdict changed (变动筛选)."""

    basis = django_filters.ChoiceFilter(
        method="by_basis", label=_("Edition"), empty_label=_("All editions")
    )
    region = django_filters.ModelChoiceFilter(
        method="by_region",
        queryset=lambda request: regions_of(request.user.scope),
        to_field_name="code",
        label=_("Region"),
        empty_label=_("All regions"),
    )
    tier = django_filters.ChoiceFilter(
        method="by_tier",
        choices=lambda: [*reversed(Tier.choices), (NONE, _("no title"))],
        label=_("Tier"),
        empty_label=_("All tiers"),
    )

    class Meta:
        model = VerdictChange
        fields: list[str] = []

    def __init__(self, *args: Any, bases: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["basis"].extra["choices"] = bases
        scope = self.request.user.scope
        chosen = str(self.data.get("region", ""))
        self.form.fields["region"].widget.choices = region_choices(scope, chosen)

    def by_basis(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep one edition and kind of application."""
        code, _space, kind = value.partition(" ")
        return rows.filter(edition__code=code, kind=kind)

    def by_region(self, rows: Rows, _name: str, value: Region) -> Rows:
        """Keep the enterprises of a region's subtree."""
        return rows.filter(enterprise__region_path__startswith=value.path)

    def by_tier(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep the holders of a tier's title, or those without any."""
        return rows.filter(enterprise__tier="" if value == NONE else value)
