"""Forms of the pipeline: documents, titles, invitations (表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.invitations import Text
from enterprises.accounts.models import User
from enterprises.registry.models import Document, Tier

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cultivation.pipeline.models import Application


class DocumentsForm(forms.Form):
    """The enterprise's documents that go with an application as no paper asked for (佐证材料)."""

    documents = forms.ModelMultipleChoiceField(
        queryset=Document.objects.none(),
        required=False,
        label=_("Documents that go with the application"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        handed_in = application.evidence.values("document")
        chosen = list(application.documents.exclude(pk__in=handed_in))
        kwargs.setdefault("initial", {"documents": chosen})
        super().__init__(*args, **kwargs)
        field: Any = self.fields["documents"]
        mine = Document.objects.filter(enterprise_id=application.enterprise_id)
        field.queryset = mine.exclude(pk__in=handed_in)


class TitleForm(forms.Form):
    """A title from an existing list (既有称号录入)."""

    tier = forms.ChoiceField(choices=Tier.choices, label=_("Tier"))
    granted_on = forms.DateField(
        label=_("Recognised on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_to = forms.DateField(
        label=_("Last valid day"),
        required=False,
        help_text=_("Left empty: three years, one for technology-based."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    number = forms.CharField(
        label=_("Certificate number"),
        required=False,
        max_length=40,
        help_text=_("Left empty, a number of our own is made."),
    )
    batch = forms.CharField(label=_("Batch"), required=False, max_length=40)
    reason = forms.CharField(
        label=_("Which list it comes from"),
        max_length=200,
        help_text=_("Name the document and the place in the list."),
    )


class InvitationForm(forms.Form):
    """What an invitation says (邀约内容)."""

    due_on = forms.DateField(
        label=_("Asked to apply by"),
        required=False,
        help_text=_("Left empty, no day is named; the windows for applying hold in any case."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    message = forms.CharField(
        label=_("Message to the enterprise"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    note = forms.CharField(
        label=_("Note among offices"),
        required=False,
        max_length=2000,
        help_text=_("The enterprise does not see it. Name no persons."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    mine = forms.BooleanField(label=_("I follow these up myself"), required=False)

    @property
    def text(self) -> Text:
        """Return what was typed, for sending."""
        data = self.cleaned_data
        return Text(message=data["message"], note=data["note"], due_on=data["due_on"])


class FollowerForm(forms.Form):
    """Who follows an invitation up (指派)."""

    assigned_to = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        label=_("Followed up by"),
        empty_label=_("nobody"),
    )

    def __init__(self, *args: Any, followers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assigned_to"]
        field.queryset = followers


class EndForm(forms.Form):
    """Why an invitation is declined or withdrawn."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
