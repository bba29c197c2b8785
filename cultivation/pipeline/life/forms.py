"""Forms of the life after recognition (动态管理表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.life import changing
from cultivation.pipeline.models import MajorChange, Relation
from enterprises.registry import credit_code
from enterprises.registry.models import Document, Enterprise


class ChangeForm(forms.Form):
    """Report of a major change (重大变化情况报告表)."""

    kind = forms.ChoiceField(label=_("Kind of change"), choices=MajorChange.Kind.choices)
    happened_on = forms.DateField(
        label=_("Day of the change"), widget=forms.DateInput(attrs={"type": "date"})
    )
    new_name = forms.CharField(
        label=_("New name, where the name changed"), max_length=200, required=False
    )
    text = forms.CharField(
        label=_("What it means for business, product and control"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    documents = forms.ModelMultipleChoiceField(
        queryset=Document.objects.none(),
        required=False,
        label=_("Documents of the record that prove it"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["documents"]
        field.queryset = Document.objects.filter(enterprise=enterprise)


class OutcomeForm(forms.Form):
    """What the office makes of a change (核查结论)."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[(one.value, one.label) for one in changing.OUTCOMES],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, change: MajorChange, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["outcome"]
        if change.kind != MajorChange.Kind.RENAME:
            field.choices = [one for one in field.choices if one[0] != "simple_rename"]


class DecideForm(forms.Form):
    """Whether a consequence is applied or waived (处理意见)."""

    apply = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Apply")), ("no", _("Waive"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    """A reason alone (理由)."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class RelationForm(forms.Form):
    """A related enterprise, by its credit code (关联企业)."""

    kind = forms.ChoiceField(label=_("Relation"), choices=Relation.Kind.choices)
    other = forms.CharField(label=_("Credit code of the other enterprise"), max_length=40)
    source = forms.CharField(label=_("Where it is known from"), max_length=200)

    def clean_other(self) -> Enterprise:
        """Return the enterprise of the code; the name is told to nobody who cannot see it."""
        code = credit_code.normalise(self.cleaned_data["other"])
        found: Enterprise | None = Enterprise.objects.filter(credit_code=code).first()
        if found is None:
            raise ValidationError(_("No enterprise of the registry has this credit code."))
        return found
