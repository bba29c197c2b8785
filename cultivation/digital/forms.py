"""Forms for assessments; what they mean is decided in the domain (表单)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cultivation.digital import index
from enterprises.registry.forms.fields import DayField, ScaledField, WholeField
from enterprises.registry.models import Document

if TYPE_CHECKING:
    from enterprises.registry.models import Enterprise

LEVELS = [(1, _("level 1")), (2, _("level 2")), (3, _("level 3")), (4, _("level 4"))]
VERSIONS = [(2024, "2024"), (2022, "2022")]


class ResultForm(forms.Form):
    """A level fixed elsewhere, entered from its report (评定结果录入).

    Of the 2022 index only the bands of the total are known, so the total gives the level; staff
    enter such totals alone.
    """

    index_version = forms.TypedChoiceField(
        label=_("Index version"), coerce=int, choices=VERSIONS, initial=2024
    )
    level = forms.TypedChoiceField(
        label=_("Digital level"),
        coerce=int,
        choices=[("", _("by the total (2022), else choose")), (0, _("no level")), *LEVELS],
        required=False,
        empty_value=None,
    )
    score = ScaledField(
        label=_("Score"),
        required=False,
        scale=Decimal(100),
        most=10_000,
        help_text=_("Out of 100; leave empty where the report gives none."),
    )
    assessed_on = DayField(label=_("Day of the assessment"))
    valid_to = DayField(
        label=_("Valid to"), required=False, help_text=_("Leave empty where no end is stated.")
    )
    assessor = forms.CharField(label=_("Assessor"), max_length=120)
    document = forms.ModelChoiceField(
        Document.objects.none(),
        label=_("Evidence document"),
        required=False,
        empty_label=_("none"),
    )

    def __init__(self, *args: Any, enterprise: Enterprise, on_site: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Document.objects.filter(enterprise=enterprise)
        self.fields["document"].queryset = rows  # type: ignore[attr-defined]
        self.on_site = on_site
        if not on_site:
            for name in ("index_version", "level", "assessor"):
                del self.fields[name]
            self.fields["score"].required = True
            self.fields["score"].help_text = _("The total of the 2022 index, out of 100.")
            self.fields["pledge"] = forms.BooleanField(
                label=_("We pledge that this total is true and can be proved on request."),
                required=False,
            )

    def values(self) -> dict[str, Any]:
        """Return what is recorded."""
        if self.on_site:
            return dict(self.cleaned_data)
        given = {name: value for name, value in self.cleaned_data.items() if name != "pledge"}
        return {**given, "index_version": 2022}


class LevelRuleForm(forms.Form):
    """A new version of the thresholds of an index (定级规则发布)."""

    index_version = forms.TypedChoiceField(
        label=_("Index version"), coerce=int, choices=VERSIONS, initial=2024
    )
    in_force_from = DayField(label=_("In force from"))
    source = forms.CharField(
        label=_("Where it was read"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    verified = forms.BooleanField(label=_("Checked against the official text"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        checked = self.fields.pop("verified")
        for level in index.levels(index.ASKED):
            words = {"level": level.no}
            self.fields[f"points{level.no}"] = ScaledField(
                label=_("Level %(level)s: points") % words,
                scale=Decimal(1000),
                most=100_000,
                initial=level.points,
            )
            self.fields[f"scenarios{level.no}"] = WholeField(
                label=_("Level %(level)s: scenarios") % words,
                most=16,
                initial=level.scenarios,
            )
            self.fields[f"binding{level.no}"] = WholeField(
                label=_("Level %(level)s: of them binding") % words,
                most=16,
                initial=level.binding,
            )
        self.fields["verified"] = checked

    def thresholds(self) -> dict[int, dict[str, int]]:
        """Return points, scenarios and binding by level."""
        data = self.cleaned_data
        return {
            level.no: {
                name: data[f"{name}{level.no}"] for name in ("points", "scenarios", "binding")
            }
            for level in index.levels(index.ASKED)
        }
