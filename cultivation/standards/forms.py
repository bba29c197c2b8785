"""What a reader may ask: as of which day, for which kind of application (表单)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.standards.models import Assessment

if TYPE_CHECKING:
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
