"""The fields of a draft as inputs: options, levels, days, texts (评测填报表单)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.digital import index, maturity
from cultivation.digital.assessing.sheet import FINDINGS, label_of, said
from cultivation.pipeline.filling.saving import State, Wish
from enterprises.registry.forms.fields import DayField
from enterprises.registry.models import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.digital.assessing.sheet import Sheet
    from cultivation.pipeline.filling.saving import Outcome

SEEN = "seen:"
REMARK, ASSESSOR = 300, 120


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the page, finished for the template (填报行)."""

    bound: forms.BoundField
    subject: str
    sort: str  # options | levels | finding | day | text | choice
    mark: str
    kept: str = ""  # the value kept, as the script compares it
    said: str = ""
    then: str = ""  # what it was in the last assessment, where that was something else
    declared: str = ""  # what the enterprise declared
    outcome: Outcome | None = None
    under: tuple[Line, ...] = field(default=())  # finding and remark

    @property
    def key(self) -> str:
        return self.subject.replace(":", "-")

    @property
    def is_group(self) -> bool:
        return self.sort in ("options", "levels", "finding")

    @property
    def binding(self) -> bool:
        kind, _colon, number = self.subject.partition(":")
        return kind == "s" and index.scenarios()[int(number) - 1].binding

    @property
    def none(self) -> str:
        """Return the option that stands alone, for the script."""
        kind, _colon, number = self.subject.partition(":")
        if self.sort != "options" or kind != "q":
            return ""
        question = index.questions()[int(number) - 1]
        return question.options[0].code if question.multiple else ""

    @property
    def is_clash(self) -> bool:
        return self.outcome is not None and self.outcome.state == State.CLASH

    @property
    def refusal(self) -> str:
        refused = self.outcome is not None and self.outcome.state == State.REFUSED
        return self.outcome.message if refused and self.outcome else ""

    @property
    def is_bad(self) -> bool:
        return bool(self.bound.errors) or self.is_clash or bool(self.refusal)


class DraftForm(forms.Form):
    """Some fields of a draft; nothing is required (草稿)."""

    use_required_attribute = False

    def __init__(self, *args: Any, sheet: Sheet, names: Iterable[str], **kwargs: Any) -> None:
        self.sheet, self.names = sheet, tuple(names)
        kwargs["initial"] = {name: _initial(name, sheet.value(name)) for name in self.names}
        super().__init__(*args, **kwargs)
        for name in self.names:
            self.fields[name] = self._made(name)

    def _made(self, subject: str) -> forms.Field:
        kind, _colon, rest = subject.partition(":")
        if kind == "q":
            return _question(int(rest))
        if kind == "s":
            return _scenario(int(rest))
        if kind == "f":
            return forms.ChoiceField(
                label=label_of(subject),
                choices=list(FINDINGS.items()),
                widget=forms.RadioSelect,
                required=False,
            )
        if kind == "r":
            return forms.CharField(label=_("What was seen"), required=False, max_length=REMARK)
        return self._detail(rest)

    def _detail(self, name: str) -> forms.Field:
        label = label_of(f"d:{name}")
        if name == "assessor":
            return forms.CharField(label=label, required=False, max_length=ASSESSOR)
        if name == "document":
            rows = Document.objects.filter(enterprise=self.sheet.draft.enterprise_id)
            return forms.ModelChoiceField(
                rows.order_by("-pk"), label=label, required=False, empty_label=_("none")
            )
        text = _("Leave empty where no end is stated.") if name == "valid_to" else ""
        return DayField(label=label, required=False, help_text=text)

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot stand: “none” beside others, a day that has not come."""
        data: dict[str, Any] = super().clean() or {}
        for name in self.names:
            if name.startswith("q:") and name in data:
                question = index.questions()[int(name[2:]) - 1]
                none = question.options[0].code
                if question.multiple and len(data[name]) > 1 and none in data[name]:
                    self.add_error(
                        name,
                        _("“%(none)s” stands alone.") % {"none": question.options[0]},
                    )
        for name, text in self._wrong_days(data).items():
            self.add_error(name, text)
        return data

    def _wrong_days(self, data: dict[str, Any]) -> dict[str, str]:
        """Say what is wrong with a day that was sent, beside the one that is kept."""
        on, until = (
            data[name] if name in data else self.sheet.day(name)
            for name in ("d:assessed_on", "d:valid_to")
        )
        wrong = maturity.wrong_days(index.ASKED, on, until) if on else {}
        return {f"d:{name}": text for name, text in wrong.items() if data.get(f"d:{name}")}

    def wishes(self) -> list[Wish]:
        """Return what was sent and could be read, each with the version its page showed."""
        return [
            Wish(name, self.wanted(name), self.data.get(f"{SEEN}{name}", ""))
            for name in self.names
            if name in self.cleaned_data
        ]

    def wanted(self, subject: str) -> Any:
        """Return a value as the draft keeps it."""
        value, kind = self.cleaned_data[subject], subject[0]
        if kind == "q":
            codes = value if isinstance(value, list) else [value]
            options = index.questions()[int(subject[2:]) - 1].options
            return [one.code for one in options if one.code in codes] or None
        if kind == "s":
            return int(value) if value else None
        if isinstance(value, Document):
            return value.pk
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return value or None

    def line(self, subject: str, outcomes: Mapping[str, Outcome]) -> Line:
        """Return a field finished for the page."""
        sheet, value = self.sheet, self.sheet.value(subject)
        asked = subject[0] in "qs"
        before, declared = sheet.value_before(subject), sheet.declared_value(subject)
        return Line(
            bound=self[subject],
            subject=subject,
            sort=_sort(subject),
            mark=sheet.mark(subject),
            kept=shown(value),
            said=self.said(subject, value),
            then=_then(sheet, subject) if asked and before not in (None, value) else "",
            declared=said(subject, declared) if declared is not None else "",
            outcome=outcomes.get(subject),
            under=tuple(
                self.line(name, outcomes)
                for name in (f"f:{subject}", f"r:{subject}")
                if name in self.fields
            ),
        )

    def said(self, subject: str, value: Any) -> str:
        """Return how a value reads; a document by its name."""
        if subject == "d:document" and value is not None:
            rows = Document.objects.filter(pk=value, enterprise=self.sheet.draft.enterprise_id)
            return rows.values_list("name", flat=True).first() or ""
        return said(subject, value)


def shown(value: Any) -> str:
    """Return a value as the script compares it: options by their letters (脚本取值)."""
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, list) else str(value)


def _then(sheet: Sheet, subject: str) -> str:
    before = sheet.draft.before
    day = date_format(before.assessed_on) if before else ""
    words = {"day": day, "value": said(subject, sheet.value_before(subject))}
    return _("Changed since the assessment of %(day)s: it was %(value)s") % words


def _initial(subject: str, value: Any) -> Any:
    if subject.startswith("q:") and value:
        return value if index.questions()[int(subject[2:]) - 1].multiple else value[0]
    return None if value is None else value if subject[0] == "q" else str(value)


def _sort(subject: str) -> str:
    kind, _colon, rest = subject.partition(":")
    kinds = {"q": "options", "s": "levels", "f": "finding", "r": "text"}
    details = {"assessor": "text", "document": "choice"}
    return kinds.get(kind) or details.get(rest, "day")


def _question(number: int) -> forms.Field:
    question = index.questions()[number - 1]
    choices = [(one.code, str(one)) for one in question.options]
    label = f"{number}. {question}"
    if question.multiple:
        return forms.MultipleChoiceField(
            label=label,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=_("Choose all that apply; “none” stands alone."),
        )
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, required=False)


def _scenario(number: int) -> forms.Field:
    scenario = index.scenarios()[number - 1]
    choices = [("0", str(_("None of these")))]
    choices += [(str(level), f"{level} · {text}") for level, text in scenario.texts]
    return forms.ChoiceField(
        label=f"{number}. {scenario}", choices=choices, widget=forms.RadioSelect, required=False
    )
