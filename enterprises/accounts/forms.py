"""Forms of claims and seats; they read what was typed, the domain decides (表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enterprises.accounts import seats
from enterprises.accounts.models import Seat, User
from enterprises.places import regions
from enterprises.registry import credit_code
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from enterprises.places.models import Region

Role = Seat.Role


class ClaimForm(forms.Form):
    """Which enterprise, and who says so (认领表)."""

    code = forms.CharField(
        label=_("Unified social credit code"),
        max_length=60,
        help_text=_("18 characters, as on the business licence."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    statement = forms.CharField(
        label=_("Your part in the enterprise"),
        max_length=1000,
        help_text=_(
            "Name, position and an office telephone number. The office that registers the "
            "enterprise reads this."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    """The office's answer to a claim (认领审批)."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("owner", _("Approve as owner of the record")),
            ("editor", _("Approve as editor")),
            ("refuse", _("Refuse")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        required=False,
        help_text=_("Needed for a refusal; the claimant reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EndForm(forms.Form):
    """Why a seat ends (停用理由)."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class GrantForm(forms.Form):
    """Whom, which seat, where (岗位授予表); offers only what the granter may grant."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("The person signs up first; then give the user name here."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Seat"))
    region = forms.CharField(
        label=_("Region"),
        max_length=60,
        required=False,
        help_text=_("Name or six-digit code; for an office, an expert or an auditor."),
    )
    enterprise = forms.CharField(
        label=_("Enterprise"),
        max_length=60,
        required=False,
        help_text=_("Credit code; for an owner or editor."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    rights = forms.MultipleChoiceField(
        label=_("Rights of an office"),
        required=False,
        choices=[
            ("may_register", _("registers enterprises and imports")),
            ("may_review", _("reviews applications")),
            ("may_decide", _("decides, and grants seats below")),
        ],
        initial=list(seats.RIGHTS),
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        roles = seats.grantable(by)
        labels = dict(Role.choices)
        self.fields["role"].choices = [(role, labels[Role(role)]) for role in roles]  # type: ignore[attr-defined]
        if not by.scope.is_office:
            del self.fields["region"], self.fields["rights"]

    def clean_username(self) -> User:
        """Return the active user of that name."""
        user = User.objects.filter(username=self.cleaned_data["username"], is_active=True).first()
        if user is None:
            raise ValidationError(gettext("Nobody of this user name has signed up."))
        return user

    def clean_region(self) -> Region | None:
        """Return the region meant."""
        text = self.cleaned_data["region"]
        region = regions.find(text) if text else None
        if text and region is None:
            raise ValidationError(gettext("No region of this name or code, or several of them."))
        return region

    def clean_enterprise(self) -> Enterprise | None:
        """Return the enterprise in sight that has the code."""
        text = self.cleaned_data["enterprise"]
        if not text:
            return None
        in_sight = Enterprise.objects.visible_to(self.by)
        found: Enterprise | None = in_sight.filter(credit_code=credit_code.normalise(text)).first()
        if found is None:
            raise ValidationError(gettext("No enterprise with this code is in your sight."))
        return found
