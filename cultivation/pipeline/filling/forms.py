"""The fields of a form as people fill them in: amounts, choices, texts (填报表单)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from cultivation.pipeline.filling import subjects
from cultivation.pipeline.filling.saving import State, Wish
from cultivation.pipeline.questions import QUESTIONS
from enterprises.registry import amounts, labels
from enterprises.registry.forms.enterprise import tie_place
from enterprises.registry.forms.fields import MoneyField, ScaledField, field_for
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cultivation.pipeline.filling.saving import Outcome
    from cultivation.pipeline.filling.sheet import Sheet
    from enterprises.registry.plausibility import Doubt

ASKED = {question.name: question for question in QUESTIONS}
SEEN = "seen:"  # before the name of a field: the version its page showed


class DraftText(forms.CharField):
    """A text that is owed in the end, but may be saved empty meanwhile (草稿文字)."""

    def validate(self, value: Any) -> None:
        """Accept an empty text; the checklist names it."""


class DraftTick(forms.BooleanField):
    """A statement that is owed in the end, but may be saved unticked meanwhile (草稿声明)."""

    def validate(self, value: Any) -> None:
        """Accept an unticked box; the checklist names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the page, finished for the template (填报行)."""

    bound: forms.BoundField
    subject: str
    sort: str  # money | number | text | tick | choice | day
    mark: str
    unit: str = ""
    reading: str = ""
    kept: str = ""  # the value kept, as the input shows it
    said: str = ""  # and as people read it
    then: str = ""  # what it was in the last application, where that was something else
    grown: str = ""  # what it was the year before
    outcome: Outcome | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    open: bool = True

    @property
    def is_clash(self) -> bool:
        return self.outcome is not None and self.outcome.state == State.CLASH

    @property
    def is_refused(self) -> bool:
        return self.outcome is not None and self.outcome.state == State.REFUSED

    @property
    def is_bad(self) -> bool:
        """Tell whether what was sent could not be kept."""
        return bool(self.bound.errors) or (
            self.outcome is not None and self.outcome.state != State.SAVED
        )

    @property
    def doubts(self) -> list[dict[str, str]]:
        """Return what looks unusual, with the sentences given so far."""
        found = [(f"{one.code}:{one.figure}", one.message) for one in self._doubts]
        return [
            {"key": key, "message": text, "reason": self.reasons.get(key, "")}
            for key, text in found
        ]

    @property
    def _doubts(self) -> tuple[Doubt, ...]:
        return self.outcome.doubts if self.outcome else ()

    @property
    def year(self) -> int:
        """Return the year of a figure."""
        return subjects.year_of(self.subject)

    @property
    def key(self) -> str:
        """Return the name as an anchor of a page."""
        return self.subject.replace(":", "-")


class SheetForm(forms.Form):
    """Some fields of a form; money in the unit chosen, nothing is required (草稿)."""

    use_required_attribute = False

    def __init__(
        self, *args: Any, sheet: Sheet, names: Iterable[str], unit: str, **kwargs: Any
    ) -> None:
        self.sheet, self.unit = sheet, unit
        self.names = tuple(names)
        kwargs["initial"] = {name: sheet.value(name) for name in self.names}
        super().__init__(*args, **kwargs)
        for name in self.names:
            self.fields[name] = self._made(name)

    def add_prefix(self, field_name: str) -> str:
        """Return the name of an input: a question goes by its own name."""
        kind = subjects.kind_of(field_name)
        return subjects.name_of(field_name) if kind == subjects.ANSWER else field_name

    def _made(self, subject: str) -> forms.Field:
        kind, name = subjects.kind_of(subject), subjects.name_of(subject)
        if kind == subjects.ANSWER:
            return _question(name)
        model = AnnualReport if kind == subjects.REPORT else Enterprise
        made = field_for(model._meta.get_field(name))  # type: ignore[arg-type]
        if made is None:
            raise LookupError(subject)
        made.required = False
        if isinstance(made, MoneyField):
            made.unit = self.unit
        if isinstance(made, forms.ModelChoiceField):
            tie_place(name, made, self.sheet.application.enterprise.region_path)
        if kind == subjects.REPORT:
            made.label = subjects.label_of(subject)
        return made

    def wishes(self) -> list[Wish]:
        """Return what was typed and is a value, with the versions that the page showed.

        A field that the page did not show, or that nobody touched, is left out.
        """
        found = []
        for name in self.names:
            seen = self.data.get(f"{SEEN}{name}")
            if seen is None or name not in self.cleaned_data:
                continue
            value = self.cleaned_data[name]
            if subjects.mark(name, value) != seen:
                found.append(Wish(name, value, seen))
        return found

    def lines(self) -> Iterator[Line]:
        """Yield the fields, finished for a page."""
        for name in self.names:
            made = self.fields[name]
            sort, mark = sort_of(made), self.sheet.mark(name)
            yield Line(self[name], name, sort, mark, self._unit(name), self.reading(name))

    def _unit(self, name: str) -> str:
        made = self.fields[name]
        if isinstance(made, MoneyField):
            return self.unit
        return "%" if subjects.name_of(name) in labels.PERCENTS else ""

    def reading(self, name: str) -> str:
        """Return how an amount reads in words; empty where it is none."""
        made = self.fields[name]
        if not isinstance(made, MoneyField):
            return ""
        value = self.cleaned_data.get(name) if self.is_bound and self.is_valid_field(name) else None
        value = self.initial[name] if not self.is_bound else value
        return amounts.reading(value) if value is not None else ""

    def is_valid_field(self, name: str) -> bool:
        """Tell whether what was typed into a field is a value."""
        return name not in self.errors

    def shown(self, name: str, value: Any) -> str:
        """Return a value as the input of a field shows it."""
        made = self.fields[name]
        if isinstance(made, DraftTick):
            return "on" if value else ""
        text = made.widget.format_value(made.prepare_value(value))
        if isinstance(text, (list, tuple)):
            text = text[0] if text else ""
        return "" if text is None else str(text)

    def said(self, name: str, value: Any) -> str:
        """Return a value as people read it: with its unit, a choice in words."""
        return said(self.fields[name], value, self._unit(name))


def said(made: forms.Field, value: Any, unit: str = "") -> str:
    """Return a value of a field as people read it; a dash where nothing is stated."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(made, MoneyField | ScaledField):
        return f"{made.prepare_value(value)} {unit}".strip()
    return f"{value:,}" if isinstance(value, int) else str(value)


def sort_of(made: forms.Field) -> str:
    """Return what a field is for the page: how it is typed and when it is saved."""
    if isinstance(made, MoneyField):
        return "money"
    if isinstance(made, forms.BooleanField):
        return "tick"
    if isinstance(made, forms.ChoiceField):  # a model's choice as well
        return "choice"
    if isinstance(made, forms.DateField):
        return "day"
    return "text" if isinstance(made.widget, forms.Textarea) else "number"


def _question(name: str) -> forms.Field:
    question = ASKED[name]
    if question.section == "statements":
        return DraftTick(label=question.label, help_text=question.help)
    return DraftText(
        label=question.label,
        help_text=question.help,
        max_length=question.most,
        widget=forms.Textarea(attrs={"rows": question.lines}),
    )
