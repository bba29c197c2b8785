"""Forms of the facts that a criterion may count, one per kind (事实录入)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enterprises.registry import labels
from enterprises.registry.forms.fields import MoneyField, field_for
from enterprises.registry.models import (
    Award,
    Certificate,
    EquityRound,
    Fact,
    Honour,
    IntellectualProperty,
    MajorEvent,
    RdInstitution,
    StandardPart,
)

if TYPE_CHECKING:
    from enterprises.registry.models import Enterprise

STANDARD_LEVELS = [
    ("international", _("international")),
    ("national", _("national")),
    ("industry", _("industry")),
    ("local", _("local")),
    ("group", _("group")),
]


class FactForm(forms.ModelForm):  # type: ignore[type-arg]
    """What all forms of facts share: the dates in order, figures as people write them."""

    begins = ""

    class Meta:
        formfield_callback = field_for

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enterprise = enterprise
        for field in self.fields.values():
            if isinstance(field, MoneyField):
                field.unit = "万元"

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        data = super().clean() or self.cleaned_data
        start, end = data.get(self.begins), data.get("valid_to")
        if start and end and end < start:
            self.add_error(
                "valid_to",
                _("%(end)s lies before %(start)s. Put the last valid day here.")
                % {"end": end, "start": start},
            )
        if not self.errors and self._is_twin(data):
            self.add_error(None, _("An entry with exactly these values is already listed."))
        return data

    def _is_twin(self, data: dict[str, Any]) -> bool:
        """Tell whether such a fact is listed already, as after a double click."""
        twins = self._meta.model.objects.filter(enterprise=self.enterprise, **data)
        return bool(twins.exclude(pk=self.instance.pk).exists())


class HonourForm(FactForm):
    begins = "granted_on"

    class Meta(FactForm.Meta):
        model = Honour
        fields = ["kind", "level", "number", "granted_on", "valid_to"]


class IntellectualPropertyForm(FactForm):
    begins = "granted_on"

    class Meta(FactForm.Meta):
        model = IntellectualProperty
        fields = [
            "kind",
            "number",
            "title",
            "obtained",
            "transferred_on",
            "granted_on",
            "valid_to",
            "holder_rank",
            "high_value",
            "related",
            "applied",
            "benefit",
            "disputed",
        ]

    def clean_number(self) -> str:
        """Refuse a right that the enterprise already has."""
        number: str = self.cleaned_data["number"].strip()
        twin = IntellectualProperty.objects.filter(enterprise=self.enterprise, number=number)
        if twin.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(
                _("The right “%(value)s” is already listed. Change that entry instead."),
                params={"value": number},
            )
        return number

    def clean(self) -> dict[str, Any]:
        """Ask for the date of a transfer."""
        data = super().clean()
        if data.get("obtained") == "transferred" and not data.get("transferred_on"):
            self.add_error(
                "transferred_on", _("A right transferred in needs the date of the transfer.")
            )
        return data


class AwardForm(FactForm):
    class Meta(FactForm.Meta):
        model = Award
        fields = ["kind", "level", "name", "unit_rank", "awarded_on"]


class RdInstitutionForm(FactForm):
    begins = "recognised_on"

    class Meta(FactForm.Meta):
        model = RdInstitution
        fields = ["name", "level", "own", "recognised_on", "valid_to"]


class CertificateForm(FactForm):
    begins = "issued_on"

    class Meta(FactForm.Meta):
        model = Certificate
        fields = ["kind", "name", "foreign", "issued_on", "valid_to"]


class StandardPartForm(FactForm):
    level = forms.ChoiceField(label=labels.FACTS["level"], choices=STANDARD_LEVELS)

    class Meta(FactForm.Meta):
        model = StandardPart
        fields = ["level", "name", "unit_rank", "published_on"]


class EquityRoundForm(FactForm):
    class Meta(FactForm.Meta):
        model = EquityRound
        fields = ["paid_on", "amount", "investor", "qualified", "shares_given"]


class MajorEventForm(FactForm):
    class Meta(FactForm.Meta):
        model = MajorEvent
        fields = ["kind", "weight", "happened_on", "note"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: its address, headings, model, form and the columns shown."""

    code: str
    heading: Any
    model: type[Fact]
    form: type[FactForm]
    columns: tuple[str, ...]


KINDS = {
    kind.code: kind
    for kind in (
        Kind(
            "ip",
            _("Intellectual property"),
            IntellectualProperty,
            IntellectualPropertyForm,
            ("number", "kind", "title", "obtained", "granted_on", "valid_to"),
        ),
        Kind(
            "honour",
            _("Honours"),
            Honour,
            HonourForm,
            ("kind", "level", "number", "granted_on", "valid_to"),
        ),
        Kind(
            "award",
            _("Awards"),
            Award,
            AwardForm,
            ("kind", "level", "name", "unit_rank", "awarded_on"),
        ),
        Kind(
            "institution",
            _("R&D institutions"),
            RdInstitution,
            RdInstitutionForm,
            ("name", "level", "own", "recognised_on", "valid_to"),
        ),
        Kind(
            "certificate",
            _("Certificates"),
            Certificate,
            CertificateForm,
            ("kind", "name", "foreign", "issued_on", "valid_to"),
        ),
        Kind(
            "standard",
            _("Parts in standards"),
            StandardPart,
            StandardPartForm,
            ("level", "name", "unit_rank", "published_on"),
        ),
        Kind(
            "equity",
            _("Equity rounds"),
            EquityRound,
            EquityRoundForm,
            ("paid_on", "amount", "investor", "qualified", "shares_given"),
        ),
        Kind(
            "event",
            _("Major events"),
            MajorEvent,
            MajorEventForm,
            ("kind", "weight", "happened_on", "note"),
        ),
    )
}
