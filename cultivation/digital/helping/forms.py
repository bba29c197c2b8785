"""Forms of tasks (任务表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models import HelpTask
from enterprises.accounts.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet


class OwnerField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An officer, by name and office (责任人)."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name with that of the office."""
        english = (get_language() or "").startswith("en")
        office = (english and obj.office_en) or obj.office_zh
        return f"{obj} · {office}" if office else str(obj)


class WishForm(forms.Form):
    """Owner, day and note of a task (任务要求)."""

    owner = OwnerField(User.objects.none(), label=_("Owner"))
    due_on = forms.DateField(
        label=_("Due on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=_("Note for colleagues"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, owners: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = owners
        self.fields["due_on"].widget.attrs["min"] = timezone.localdate().isoformat()


class ChangeForm(WishForm):
    """What is changed of a task, and how it was seen (变更任务)."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class GiveForm(WishForm):
    """What is to be done for the firms chosen; empty is what each lacks first (批量生成)."""

    kind = forms.ChoiceField(
        label=_("Task"),
        required=False,
        choices=[("", _("what each firm lacks first")), *HelpTask.Kind.choices],
    )
    field_order = ("kind", "owner", "due_on", "note")


class CloseForm(forms.Form):
    """How and why a task is closed by hand (结束任务)."""

    state = forms.ChoiceField(
        label=_("Closed as"),
        choices=[(one.value, one.label) for one in (HelpTask.State.DONE, HelpTask.State.DROPPED)],
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000)
