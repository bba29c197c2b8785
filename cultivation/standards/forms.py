"""What a reader may ask: as of which day, for which kind of application (表单)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.standards.models import Assessment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

EARLIEST = dt.date(2017, 5, 3)  # the first edition


class AsOfForm(forms.Form):
    """The day to judge as of, and the kind of application (评价时点)."""

    on = forms.DateField(
        label=_("As of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("This is not a day. Write it as 2026-05-01.")},
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Assessment.Kind.choices, required=False)

    @classmethod
    def asked(cls, query: QueryDict) -> AsOfForm:
        """Return the form as asked; what is left out is today and a new application."""
        left_out = {"on": timezone.localdate().isoformat(), "kind": Assessment.Kind.RECOGNITION}
        return cls({**left_out, **{k: v for k, v in query.items() if v}})

    def clean_on(self) -> dt.date:
        """Return the day, today where none is stated."""
        on = self.cleaned_data["on"] or timezone.localdate()
        if not EARLIEST <= on <= timezone.localdate() + dt.timedelta(days=731):
            raise forms.ValidationError(
                _("No standard is known for this day. Choose one from 2017-05-03 on."),
                code="out_of_range",
            )
        return on

    def clean_kind(self) -> str:
        """Return the kind, a new application where none is stated."""
        return str(self.cleaned_data["kind"] or Assessment.Kind.RECOGNITION)


class AppliesForm(AsOfForm):
    """The day, the recommending unit and the kind for which the law is asked (适用查询)."""

    unit = forms.ChoiceField(label=_("Recommending unit"), required=False)

    def __init__(self, *args: Any, names: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", _("the whole nation")), *names.items()]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, query: QueryDict, names: Mapping[str, str]) -> AppliesForm:
        """Return the form as asked; what is left out is today, the nation, a new application."""
        left_out = {"on": timezone.localdate().isoformat(), "kind": Assessment.Kind.RECOGNITION}
        return cls({**left_out, **{k: v for k, v in query.items() if v}}, names=names)


class ScenarioForm(forms.Form):
    """What a scenario is called, where and as of when it looks, for whom it holds (门槛情景)."""

    name = forms.CharField(label=_("Name"), max_length=120)
    region_path = forms.ChoiceField(label=_("Region looked at"), required=False)
    as_of = forms.TypedChoiceField(
        label=_("Facts of"),
        coerce=dt.date.fromisoformat,
        help_text=_("A day whose facts have been read is quickest; today's are read first."),
    )
    kind = forms.ChoiceField(
        label=_("The changes hold for"),
        required=False,
        choices=[("", _("new applications and re-checks")), *Assessment.Kind.choices],
    )
    units = forms.MultipleChoiceField(
        label=_("The changes hold in"),
        required=False,
        help_text=_("Choose none, and they hold everywhere."),
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        regions: list[tuple[str, str]],
        days: list[dt.date],
        units: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offered = dict(regions)
        offered = [(day.isoformat(), day.isoformat()) for day in days]
        for name, choices in (("region_path", regions), ("as_of", offered), ("units", units)):
            choice = self.fields[name]
            if isinstance(choice, forms.ChoiceField):
                choice.choices = choices
        if not units:
            del self.fields["units"]

    def clean_region_path(self) -> str:
        """Return the path; the nation's is empty and is chosen only where it is offered."""
        path = str(self.cleaned_data["region_path"])
        if path not in self.offered:
            raise forms.ValidationError(_("Choose a region from the list."), code="required")
        return path

    def reach(self) -> dict[str, list[str]]:
        """Return where and for whom the changes hold, as an overlay states it; empty: always."""
        said = {"kinds": [self.cleaned_data["kind"]], "units": self.cleaned_data.get("units", [])}
        return {key: values for key, values in said.items() if values and values != [""]}
