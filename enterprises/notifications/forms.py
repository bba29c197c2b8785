"""Forms of how one is told, and of mass mail (通知表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from enterprises.notifications import readers
from enterprises.notifications.kinds import Way

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.notifications.kinds import Kind

PREFIX = "way-"


class SettingsForm(forms.Form):
    """How a user is told what (接收设置表)."""

    language = forms.ChoiceField(label=_("Language of mails"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds: dict[str, list[Kind]] = {}  # kinds of the same heading are one choice
        self.fields["language"].initial = readers.language_of(user)
        for kind in readers.kinds_for(user):
            self.kinds.setdefault(str(kind.label), []).append(kind)
        for kind, *_others in self.kinds.values():
            self.fields[f"{PREFIX}{kind.name}"] = forms.ChoiceField(
                label=kind.label,
                choices=Way.choices,
                initial=readers.chosen(user, kind),
                required=False,
                widget=forms.Select(attrs={"aria-label": kind.label}),
            )

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """Return each heading with its field."""
        return [(label, self[f"{PREFIX}{of[0].name}"]) for label, of in self.kinds.items()]

    @property
    def ways(self) -> dict[str, str]:
        """Return the way chosen for each kind that was sent."""
        found: dict[str, str] = {}
        for kinds in self.kinds.values():
            way = self.cleaned_data[f"{PREFIX}{kinds[0].name}"]
            found |= {kind.name: way for kind in kinds if way}
        return found


class CancelForm(forms.Form):
    """Why nobody is to be told (撤销理由)."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
