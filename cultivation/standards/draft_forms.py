"""What a drafter types: where to begin, the texts, a worked case, the approval (起草表单)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cultivation.standards.cases import WORDS
from cultivation.standards.drafting import LONGEST, LONGEST_CODE
from cultivation.standards.models import Assessment, Edition, Verdict
from cultivation.standards.policy import PolicyError
from cultivation.standards.reading import toml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.standards.policy import Criterion

PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class BeginForm(forms.Form):
    """From which edition, under which name, from which day (新建草案)."""

    edition = forms.ModelChoiceField(
        Edition.objects.none(),
        label=_("Edition to begin from"),
        to_field_name="code",
        help_text=_("The draft begins as its copy and supersedes it from the first day."),
    )
    code = forms.CharField(
        label=_("Name of the new edition"),
        max_length=LONGEST_CODE,
        help_text=_("Small letters, digits and _, as srdi_2027."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    in_force = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("This is not a day. Write it as 2026-05-01.")},
    )

    def __init__(self, *args: Any, editions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["edition"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = editions


class TextForm(forms.Form):
    """The texts of a draft as typed, the version they were read at (草案文本)."""

    text = forms.CharField(
        label=_("Text (TOML)"), strip=False, max_length=LONGEST, widget=forms.Textarea
    )
    cases = forms.CharField(
        label=_("Worked cases (TOML)"),
        strip=False,
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("What you changed, for the history"), required=False, max_length=300
    )


def _is_plain(said: object) -> bool:
    """Tell whether a value can be a fact: a text, a truth or a number that is one."""
    return isinstance(said, str | int) or (isinstance(said, Decimal) and said.is_finite())


class CaseForm(forms.Form):
    """One worked case: what is otherwise than in the base enterprise, what must follow (判例)."""

    prefix = "case"

    name = forms.CharField(label=_("Name of the case"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=Assessment.Kind.choices)
    facts = forms.CharField(
        label=_("Facts that differ from the base enterprise"),
        required=False,
        max_length=4000,
        help_text=_("One a line, as revenue_y1 = 4999.99; money in 10,000 yuan."),
        widget=forms.Textarea(attrs={"rows": 3, **PLAIN}),
    )
    code = forms.ChoiceField(label=_("Criterion"))
    verdict = forms.ChoiceField(label=_("It must give"))

    def __init__(self, *args: Any, criteria: Iterable[tuple[Criterion, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        words = {verdict.name.lower(): verdict.label for verdict in Verdict}
        offered: dict[str, list[tuple[str, Any]]] = {
            "code": [(one.code, f"{one.code} {label}") for one, label in criteria],
            "verdict": [(word, words.get(word, gettext("does not apply"))) for word in WORDS],
        }
        for name, choices in offered.items():
            choice = self.fields[name]
            if isinstance(choice, forms.ChoiceField):
                choice.choices = choices

    def clean_facts(self) -> dict[str, Any]:
        """Return the facts; a line that is none is named."""
        text = self.cleaned_data["facts"].replace("\r\n", "\n")
        try:
            facts = toml(text, origin="facts")
        except PolicyError as error:
            raise forms.ValidationError(
                gettext("This does not read: %(why)s. Write lines as revenue_y1 = 4999.99."),
                params={"why": error},
                code="toml",
            ) from error
        if nested := next((name for name, said in facts.items() if not _is_plain(said)), ""):
            raise forms.ValidationError(
                gettext("%(name)s is no fact. Write lines as revenue_y1 = 4999.99."),
                params={"name": nested},
                code="nested",
            )
        return facts

    def case(self) -> dict[str, Any]:
        """Return the case as a row of the file of cases."""
        said = self.cleaned_data
        row: dict[str, Any] = {"name": said["name"]}
        if said["kind"] != Assessment.Kind.RECOGNITION:
            row["kind"] = said["kind"]
        if said["facts"]:
            row["facts"] = said["facts"]
        return {**row, "gives": {said["code"]: said["verdict"]}}


class ReasonForm(forms.Form):
    """A step with its reason (理由)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ApproveForm(forms.Form):
    """The second person's approval: the name typed, the text that was read (批准)."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    confirm = forms.CharField(
        label=_("Type the name of the edition to publish it"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs=PLAIN),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = code

    def clean_confirm(self) -> str:
        """Refuse another name than that of the edition."""
        typed = str(self.cleaned_data["confirm"])
        if typed != self.code:
            raise forms.ValidationError(
                _("“%(typed)s” is not the name. Type %(code)s."),
                params={"typed": typed, "code": self.code},
                code="other",
            )
        return typed
