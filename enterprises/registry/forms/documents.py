"""The form that takes a proof in (佐证材料上传)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enterprises.registry import documents


class DocumentForm(forms.Form):
    """A file, what it proves, and on which page (上传佐证)."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(documents.MEDIA)}),
    )
    subject = forms.ChoiceField(label=_("What it proves"), required=False)
    page = forms.CharField(label=_("Page or line"), required=False, max_length=40)

    def __init__(self, *args: Any, subjects: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["subject"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [("", _("not yet said")), *subjects]


class ProofForm(forms.Form):
    """What a kept document proves besides (补充证明关系)."""

    subject = forms.ChoiceField(label=_("What it proves"))
    page = forms.CharField(label=_("Page or line"), required=False, max_length=40)

    def __init__(self, *args: Any, subjects: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["subject"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = subjects
