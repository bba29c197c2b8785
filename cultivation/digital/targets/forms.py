"""Forms for what offices report of goals and find in parks (填报表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models import ParkFinding, ParkItem, Target
from enterprises.registry.forms.fields import DayField, ScaledField, WholeField


class ReportForm(forms.Form):
    """A value of a goal as a document states it (目标填报)."""

    on = DayField(label=_("Day that the value is of"))
    source = forms.CharField(
        label=_("Document"),
        max_length=300,
        help_text=_("Title, number and date of the document that the value stands in."),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        """Ask for a share in per cent or for a whole number, as the goal does."""
        super().__init__(*args, **kwargs)
        if target.unit == Target.Unit.SHARE:
            value: forms.Field = ScaledField(label=_("Value, in per cent"))
        else:
            value = WholeField(label=_("Value"), most=1_000_000_000)
        self.fields = {"value": value, **self.fields}
        self.fields["on"].initial = timezone.localdate()


class FindingForm(forms.Form):
    """What was found of an item in a park (对照填报)."""

    state = forms.ChoiceField(label=_("State"), choices=[("", "—"), *ParkFinding.State.choices])
    value = ScaledField(label=_("Share, in per cent"), required=False)
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=500,
        help_text=_("What shows it: document, number, date, place seen."),
    )
    on = DayField(label=_("Day of the finding"))

    def __init__(self, *args: Any, item: ParkItem, **kwargs: Any) -> None:
        """Ask for a share only where the item does."""
        super().__init__(*args, **kwargs)
        self.fields["value"].required = item.share
        if not item.share:
            del self.fields["value"]
        self.fields["on"].initial = timezone.localdate()
