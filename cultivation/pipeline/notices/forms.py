"""Forms of notices, objections and lists (公示与异议表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Application, Objection
from cultivation.pipeline.notices.objections import MOST_FILES, Statement
from cultivation.pipeline.notices.publishing import MOST_DAYS
from enterprises.registry import documents
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.base import File

Area = forms.Textarea


class Several(forms.ClearableFileInput):
    """A box that takes several files."""

    allow_multiple_selected = True


class Files(forms.FileField):
    """Several files of the kinds that are kept (多文件)."""

    def __init__(self, **kwargs: Any) -> None:
        endings = ",".join(documents.MEDIA)
        super().__init__(widget=Several(attrs={"multiple": True, "accept": endings}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[File[bytes]]:
        """Return the files, each checked as one."""
        given = data if isinstance(data, list) and data else [data or None]
        return [super(Files, self).clean(one, initial) for one in given]


class ObjectionForm(forms.Form):
    """What somebody objects, in the real name, with proof (异议表)."""

    text = forms.CharField(
        label=_("What is wrong, and how you know"), max_length=5000, widget=Area({"rows": 8})
    )
    name = forms.CharField(
        label=_("Your real name, or the name of your organisation"),
        max_length=80,
        help_text=_("Only the officer who handles the objection sees it; each look is noted."),
    )
    contact = forms.CharField(label=_("Telephone or e-mail"), max_length=120)
    affiliation = forms.CharField(label=_("Where you work"), max_length=120, required=False)
    evidence = Files(label=_("Evidence"))
    real = forms.BooleanField(label=_("I object in my real name and what I say is true."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].help_text = _(
            "PDF, PNG, JPEG, XLSX, DOCX or OFD, each up to %(most)s MB, at most %(number)s files."
        ) % {"most": settings.DOCUMENT_MAX_BYTES // 1_048_576, "number": MOST_FILES}

    @property
    def statement(self) -> Statement:
        """Return what is put forward."""
        data = self.cleaned_data
        return Statement(data["text"], data["name"], data["contact"], data["affiliation"])

    @property
    def given(self) -> Sequence[File[bytes]]:
        """Return the files."""
        found: Sequence[File[bytes]] = self.cleaned_data["evidence"]
        return found


class KeyForm(forms.Form):
    """Number and key of an objection, to read its answer (查询)."""

    number = forms.CharField(label=_("Number of the objection"), max_length=24)
    key = forms.CharField(
        label=_("Key"), max_length=64, widget=forms.PasswordInput({"autocomplete": "off"})
    )


class WeighForm(forms.Form):
    """Whether an objection is material, and why (是否实质)."""

    material = forms.TypedChoiceField(
        label=_("Is it material?"),
        choices=[("yes", _("Material: it holds the application")), ("no", _("Not material"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=Area({"rows": 3}))
    identity = forms.CharField(
        label=_("How you made sure of the name"), max_length=200, required=False
    )


class TextForm(forms.Form):
    """A text that a step owes (文字)."""

    text = forms.CharField(label=_("Text"), max_length=5000, widget=Area({"rows": 5}))

    def __init__(self, *args: Any, label: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label is not None:
            self.fields["text"].label = label


class CloseForm(forms.Form):
    """The answer to an objection (办结)."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[
            (value, label)
            for value, label in Objection.Status.choices
            if value not in {"received", "examined"}
        ],
        widget=forms.RadioSelect,
    )
    reply = forms.CharField(
        label=_("Answer to who objected"), max_length=5000, widget=Area({"rows": 5})
    )
    summary = forms.CharField(
        label=_("What the public reads"),
        max_length=1000,
        widget=Area({"rows": 3}),
        help_text=_("Without names of persons and without what is a business secret."),
    )


class PublishForm(forms.Form):
    """How long a notice lasts (公示期)."""

    days = forms.IntegerField(label=_("Working days"), max_value=MOST_DAYS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least = settings.NOTICE_WORKING_DAYS
        days: Any = self.fields["days"]
        days.initial = days.min_value = least
        days.widget.attrs |= {"min": least}
        days.help_text = _("%(least)s to %(most)s; the last day counts whole.") % {
            "least": least,
            "most": MOST_DAYS,
        }

    def clean_days(self) -> int:
        """Refuse fewer days than the setting."""
        given: int = self.cleaned_data["days"]
        if given < settings.NOTICE_WORKING_DAYS:
            raise forms.ValidationError(
                _("At least %(least)s working days.") % {"least": settings.NOTICE_WORKING_DAYS}
            )
        return given


class ListForm(forms.Form):
    """The announcement of a list (名单公布)."""

    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices)
    kind = forms.ChoiceField(label=_("Kind"), choices=Application.Kind.choices)
    name = forms.CharField(label=_("Name of the list"), max_length=200)
    document = forms.CharField(label=_("Number of the announcement"), max_length=120)
    published_on = forms.DateField(
        label=_("Published on"), widget=forms.DateInput(attrs={"type": "date"})
    )
