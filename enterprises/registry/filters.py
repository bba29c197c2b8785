"""What a list of enterprises can be narrowed by (筛选条件)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.places.models import Chain, Industry, Park, Region
from enterprises.registry import names
from enterprises.registry.models import (
    AnnualReport,
    Enterprise,
    NameRecord,
    SizeClass,
    Stage,
    Tier,
)

if TYPE_CHECKING:
    from enterprises.accounts.scope import Scope

NONE = "none"
Rows = QuerySet[Enterprise]


def report_years() -> list[int]:
    """Return the years whose reports can be asked for, the last complete year first."""
    last = timezone.localdate().year - 1
    return list(range(last, last - 5, -1))


class EnterpriseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of enterprises (企业名录筛选)."""

    q = django_filters.CharFilter(
        method="by_words",
        label=_("Name or credit code"),
        max_length=100,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name, former name or code")}
        ),
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
    stage = django_filters.ChoiceFilter(
        choices=Stage.choices, label=_("Stage"), empty_label=_("All stages")
    )
    size_class = django_filters.ChoiceFilter(
        choices=SizeClass.choices, label=_("Size"), empty_label=_("All sizes")
    )
    industry = django_filters.ModelChoiceFilter(
        method="by_industry",
        queryset=lambda _request: Industry.objects.all(),
        to_field_name="code",
        label=_("Industry"),
        empty_label=_("All industries"),
    )
    chain = django_filters.ModelChoiceFilter(
        queryset=lambda _request: Chain.objects.all(),
        to_field_name="code",
        label=_("Key chain"),
        empty_label=_("All chains"),
    )
    park = django_filters.ModelChoiceFilter(
        queryset=lambda request: parks_of(request.user.scope),
        to_field_name="code",
        label=_("Park"),
        empty_label=_("All parks"),
    )
    digital = django_filters.ChoiceFilter(
        method="by_digital",
        choices=lambda: [
            *[(str(level), _("level %(level)s") % {"level": level}) for level in range(4, -1, -1)],
            (NONE, _("not assessed")),
        ],
        label=_("Digital level"),
        empty_label=_("All levels"),
    )
    missing = django_filters.ChoiceFilter(
        method="by_missing",
        choices=lambda: [(str(year), str(year)) for year in report_years()],
        label=_("Missing report of"),
        empty_label=_("Any"),
    )

    FIRST = ("q", "region", "tier", "stage")

    class Meta:
        model = Enterprise
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = self.form.fields
        fields["industry"].widget.choices = industry_choices()
        if self.request.user.scope.paths:
            fields["region"].widget.choices = region_choices(
                self.request.user.scope, str(self.data.get("region", ""))
            )
        else:
            del fields["region"]

    @property
    def more_active(self) -> int:
        """Return how many filters are set among those folded away."""
        return sum(1 for name in self.form.fields if name not in self.FIRST and self.data.get(name))

    def by_words(self, rows: Rows, _name: str, value: str) -> Rows:
        """Find by part of the name, of a former name, or of the credit code."""
        key = names.key(value)
        if not key:
            return rows
        former = NameRecord.objects.filter(name_key__contains=key).values("enterprise_id")
        found = Q(name_key__contains=key) | Q(pk__in=former)
        code = "".join(key.split()).upper()
        if code.isascii() and code.isalnum():
            found |= Q(credit_code__contains=code)
        return rows.filter(found)

    def by_region(self, rows: Rows, _name: str, value: Region) -> Rows:
        """Keep the subtree of a region."""
        return rows.filter(region_path__startswith=value.path) if value.path else rows

    def by_tier(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep a tier, or those without any title."""
        return rows.filter(tier="" if value == NONE else value)

    def by_industry(self, rows: Rows, _name: str, value: Industry) -> Rows:
        """Keep a division, or all divisions of a section."""
        if value.is_section:
            return rows.filter(industry__section=value.section)
        return rows.filter(industry=value)

    def by_digital(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep a digital maturity level, or those not assessed."""
        if value == NONE:
            return rows.filter(digital_level__isnull=True)
        return rows.filter(digital_level=int(value))

    def by_missing(self, rows: Rows, _name: str, value: str) -> Rows:
        """Keep those without a report of a year."""
        reported = AnnualReport.objects.filter(enterprise=OuterRef("pk"), year=int(value))
        return rows.filter(~Exists(reported))


def regions_of(scope: Scope) -> QuerySet[Region]:
    """Return the regions a scope reads."""
    return Region.objects.filter(_within(scope.paths, "path"))


def parks_of(scope: Scope) -> QuerySet[Park]:
    """Return the parks in the regions a scope reads."""
    return Park.objects.filter(_within(scope.paths, "region__path"))


def region_choices(scope: Scope, chosen: str) -> list[tuple[str, str]]:
    """Return the top regions of a scope and, below the chosen one's ancestors, their children."""
    whole = "" in scope.paths
    tops = Region.objects.filter(
        Q(is_unit=True) if whole else Q(path__in=scope.paths, in_use=True)
    ).order_by("code")
    line = _line(regions_of(scope), chosen)
    opened = {region.pk for region in line}
    below: dict[int, list[Region]] = {}
    if line or not whole:
        parents = opened | (set() if whole else {region.pk for region in tops})
        for child in Region.objects.filter(parent_id__in=parents, in_use=True).order_by("code"):
            below.setdefault(child.parent_id or 0, []).append(child)
    choices: list[tuple[str, str]] = [("", str(_("All regions")))]
    for top in tops:
        _add(choices, top, below, depth=0)
    return choices


def industry_choices() -> list[tuple[str, Any]]:
    """Return sections with their divisions, as groups."""
    choices: list[tuple[str, Any]] = [("", _("All industries"))]
    for section, members in groupby(Industry.objects.all(), key=lambda one: one.section):
        rows = [(one.code, f"{one.code} {one}") for one in members]
        choices.append((section, rows))
    return choices


def _within(paths: tuple[str, ...], field: str) -> Q:
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path}) if path else Q(pk__isnull=False)
    return condition


def _line(visible: QuerySet[Region], code: str) -> list[Region]:
    """Return a chosen region and its ancestors in sight."""
    region = visible.filter(code=code[:6]).first() if code else None
    if region is None:
        return []
    prefixes = [region.path[:length] for length in range(1, len(region.path))]
    return [region, *visible.filter(path__in=prefixes)]


def _add(
    choices: list[tuple[str, str]], region: Region, below: dict[int, list[Region]], *, depth: int
) -> None:
    choices.append((region.code, "\u3000" * depth + str(region)))
    for child in below.get(region.pk, []):
        if child.path.startswith(region.path) and child.path != region.path:
            _add(choices, child, below, depth=depth + 1)
