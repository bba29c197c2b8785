"""What the lists of titles, of discovery and of invitations can be narrowed by (筛选条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline import discovery
from cultivation.pipeline.models import Invitation, Round
from cultivation.standards.models import Assessment
from enterprises.places.models import Chain, Industry
from enterprises.registry import names
from enterprises.registry.filters import region_choices, regions_of
from enterprises.registry.models import SizeClass, Tier, Title

if TYPE_CHECKING:
    from enterprises.places.models import Region

MINE, EVERY = "mine", "all"


def sections() -> list[tuple[str, str]]:
    """Return the sections of industry as choices (行业门类)."""
    rows = Industry.objects.filter(is_section=True).order_by("section")
    return [(one.section, f"{one.section} {one}") for one in rows]


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


class CaseNarrowed(Narrowed):
    """The same for rows that belong to an application; a credit code is typed whole (案件筛选)."""

    tier = django_filters.ChoiceFilter(
        field_name="application__tier",
        choices=lambda: [*reversed(Tier.choices)],
        label=_("Tier"),
        empty_label=_("All tiers"),
    )
    path = "application__region_path"

    def by_words(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Find by part of the enterprise's name, or by its credit code."""
        key = names.key(value)
        code = "".join(key.split()).upper()
        firm = "application__enterprise__"
        found = Q(**{f"{firm}name_key__contains": key}) | Q(**{f"{firm}credit_code": code})
        return rows.filter(found) if key else rows


class RoundFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of rounds (批次筛选)."""

    tier = django_filters.ChoiceFilter(
        choices=lambda: [*reversed(Tier.choices)], label=_("Tier"), empty_label=_("All tiers")
    )
    state = django_filters.ChoiceFilter(
        choices=Round.State.choices, label=_("State"), empty_label=_("Any state")
    )
    year = django_filters.ChoiceFilter(
        choices=lambda: [(str(y), str(y)) for y in range(timezone.localdate().year + 1, 2017, -1)],
        label=_("Year"),
        empty_label=_("Any year"),
    )

    class Meta:
        model = Round
        fields: list[str] = []


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


class DiscoveryFilter(Narrowed):
    """Narrow the worklist of enterprises that could apply (主动发现筛选)."""

    tier = django_filters.ChoiceFilter(
        field_name="edition__tier",
        choices=lambda: [*reversed(Tier.choices)],
        label=_("Tier"),
        empty_label=_("All tiers"),
    )
    show = django_filters.ChoiceFilter(
        method="by_distance",
        choices=[("qualify", _("qualify")), ("near", _("one requirement short"))],
        label=_("Show"),
        empty_label=None,
    )
    asked = django_filters.ChoiceFilter(
        method="by_invitation",
        choices=[
            ("no", _("never invited")),
            (Invitation.Outcome.OPEN, _("invited, open")),
            (Invitation.Outcome.DECLINED, _("declined before")),
        ],
        label=_("Invitation"),
        empty_label=_("Any"),
    )
    section = django_filters.ChoiceFilter(
        field_name="enterprise__industry__section",
        choices=sections,
        label=_("Industry"),
        empty_label=_("All industries"),
    )
    size = django_filters.ChoiceFilter(
        field_name="enterprise__size_class",
        choices=SizeClass.choices,
        label=_("Size"),
        empty_label=_("All sizes"),
    )
    chain = django_filters.ModelChoiceFilter(
        field_name="enterprise__chain",
        queryset=lambda _request: Chain.objects.all(),
        to_field_name="code",
        label=_("Key chain"),
        empty_label=_("All chains"),
    )

    class Meta:
        model = Assessment
        fields: list[str] = []

    def by_distance(
        self, rows: QuerySet[Assessment], _name: str, value: str
    ) -> QuerySet[Assessment]:
        """Keep those that qualify, or those that are one requirement short."""
        return rows.filter(discovery.NEAR if value == "near" else discovery.QUALIFY)

    def by_invitation(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep those whose last invitation stands so, or who never had one."""
        return rows.filter(asked="" if value == "no" else value)


class InvitationFilter(Narrowed):
    """Narrow the list of invitations (邀约筛选)."""

    outcome = django_filters.ChoiceFilter(
        choices=Invitation.Outcome.choices, label=_("Outcome"), empty_label=_("Any outcome")
    )
    mine = django_filters.ChoiceFilter(
        method="by_officer",
        choices=[("mine", _("followed up by me")), ("nobody", _("followed up by nobody"))],
        label=_("Followed up"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Invitation
        fields: list[str] = []

    def by_officer(
        self, rows: QuerySet[Invitation], _name: str, value: str
    ) -> QuerySet[Invitation]:
        """Keep those that the viewer, or nobody, follows up."""
        return rows.filter(assigned_to=self.request.user if value == "mine" else None)
