"""Forms for projects, their steps, check-lists and providers (项目表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cultivation.digital import index
from cultivation.digital.models import ProjectStep, ServiceProvider
from cultivation.digital.transforming import steps
from enterprises.places.models import Region
from enterprises.registry.forms.fields import DayField, MoneyField
from enterprises.registry.models import Document

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.models import TransformationProject
    from enterprises.registry.models import Enterprise

DUE = "due_"


class MoneyForm(forms.Form):
    """What a project costs, promised and paid (项目资金)."""

    own_money = MoneyField(label=_("Own money"), help_text=_("In yuan; 120万 is understood."))
    own_paid = MoneyField(label=_("Own money paid so far"))
    public_money = MoneyField(label=_("Public money promised"))
    public_paid = MoneyField(label=_("Public money paid so far"))


class ProviderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The providers of the list, and the one that a project has though it left the list."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name, and whether it is no longer in the list."""
        if obj.active:
            return str(obj)
        return _("%(provider)s (no longer in the list)") % {"provider": obj}


class ProjectForm(MoneyForm):
    """A project: name, provider, money, note (项目)."""

    name = forms.CharField(label=_("Name of the project"), max_length=200)
    provider = ProviderChoice(
        ServiceProvider.objects.none(),
        label=_("Service provider"),
        required=False,
        empty_label=_("none, or not in the list"),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("name", "started_on", "provider", "own_money", "own_paid", "public_money")

    def __init__(
        self, *args: Any, present: TransformationProject | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        kept = Q(pk=present.provider_id) if present and present.provider_id else Q(pk__in=[])
        rows = ServiceProvider.objects.filter(Q(active=True) | kept)
        self.fields["provider"].queryset = rows  # type: ignore[attr-defined]


class NewProjectForm(ProjectForm):
    """A project that has begun, with the due days of its stages (项目登记)."""

    started_on = DayField(label=_("Begun on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(ProjectStep.Stage.choices)
        for stage in steps.FIXED:
            self.fields[DUE + stage] = DayField(
                label=_("Due: %(stage)s") % {"stage": labels[stage]}, required=False
            )

    def due(self) -> dict[str, dt.date | None]:
        """Return the due days by stage."""
        return {stage: self.cleaned_data[DUE + stage] for stage in steps.FIXED}

    def values(self) -> dict[str, Any]:
        """Return what else the project is registered with."""
        return {k: v for k, v in self.cleaned_data.items() if not k.startswith(DUE)}


class StepForm(forms.Form):
    """The day of a step (节点日期)."""

    on = DayField(label=_("Day"))


class MilestoneForm(forms.Form):
    """A milestone with its due day (里程碑)."""

    name = forms.CharField(label=_("Milestone"), max_length=120)
    due_on = DayField(label=_("Due on"))


class DueForm(forms.Form):
    """Another due day of a step (调整节点)."""

    due_on = DayField(label=_("Due on"), required=False)


class ReasonForm(forms.Form):
    """Why a step is left out (略过理由)."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class TickForm(forms.Form):
    """An item of the check-list with its proof (验收核对)."""

    document = forms.ModelChoiceField(
        Document.objects.none(), label=_("Evidence document"), required=False
    )
    remark = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Document.objects.filter(enterprise=enterprise)
        self.fields["document"].queryset = rows  # type: ignore[attr-defined]


class ProviderForm(forms.Form):
    """A provider of digital services (服务商)."""

    name = forms.CharField(label=_("Name"), max_length=120)
    credit_code = forms.CharField(label=_("Credit code"), max_length=18, required=False)
    about = forms.CharField(
        label=_("What it offers"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    nationwide = forms.BooleanField(label=_("Works nationwide"), required=False)
    regions = forms.ModelMultipleChoiceField(
        Region.objects.none(),
        label=_("Regions served"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
    )
    scenarios = forms.TypedMultipleChoiceField(
        label=_("Scenarios served"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    contact_name = forms.CharField(label=_("Contact"), max_length=60, required=False)
    contact_phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    contact_email = forms.EmailField(label=_("E-mail"), required=False)
    active = forms.BooleanField(label=_("In the list"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Region.objects.filter(level__in=("province", "city")).order_by("code")
        self.fields["regions"].queryset = rows  # type: ignore[attr-defined]
        self.fields["scenarios"].choices = [  # type: ignore[attr-defined]
            (one.no, str(one)) for one in index.scenarios()
        ]
