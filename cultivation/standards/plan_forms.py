"""The form of a plan: figures, rights and statements that an edition reads (试算录入)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cultivation.standards import wording
from cultivation.standards.columns import column_label, column_unit, column_value
from cultivation.standards.indicators import FIGURE_UNITS, STATEMENTS
from cultivation.standards.models import Assessment, Plan
from enterprises.registry.forms.fields import MoneyField, ScaledField, StatedField, WholeField
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from cultivation.standards.whatif import Outlook

UNIT = "万元"
SCHEMES = tuple(wording.SCHEMES)
TEXTS = frozenset({"domain_scheme"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One value to plan, finished for a page (一项录入)."""

    field: forms.BoundField
    unit: str
    now: str
    until: str


@dataclass(frozen=True, slots=True)
class Group:
    """Values that belong together: a year, the rights, the statements (分组)."""

    heading: str
    entries: list[Entry]

    @property
    def until(self) -> str:
        """Return until when all of them can change, where that is the same."""
        found = {entry.until for entry in self.entries}
        return found.pop() if len(found) == 1 else ""


class ChoiceForm(forms.Form):
    """Which tier and which round to plan for (选择批次)."""

    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Assessment.Kind.choices, required=False)
    year = forms.TypedChoiceField(label=_("Round"), coerce=int, required=False)

    def __init__(self, *args: Any, years: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = years  # type: ignore[attr-defined]


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a plan is called (规划名称)."""

    class Meta:
        model = Plan
        fields = ["name", "note"]
        labels = {"name": _("Name of the plan"), "note": _("Note")}
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}


class PlanForm(forms.Form):
    """Planned values by column; empty is as it is (规划数据)."""

    def __init__(self, *args: Any, seen: Outlook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen = seen
        for column in self.offered():
            self.fields[column] = _field(column, seen)

    def offered(self) -> list[str]:
        """Return the columns that may be planned."""
        return [
            column
            for column in self.seen.columns
            if column not in self.seen.fixed
            and (column not in STATEMENTS or STATEMENTS[column].sort != "text" or column in TEXTS)
            and column != "is_sme"
        ]

    def values(self) -> dict[str, Any]:
        """Return the planned values that are sound, as the frame has them."""
        found = {}
        for column in self.fields:
            value = self.cleaned_data.get(column)
            if value in (None, ""):
                continue
            if column.endswith("_low"):
                value += self.seen.facts.get(column) or 0
            if value != self.seen.facts.get(column):
                found[column] = value
        return found

    @staticmethod
    def initial_of(seen: Outlook, values: dict[str, Any]) -> dict[str, Any]:
        """Return planned values as the form shows them: counts as so many more (初值)."""
        shown = {}
        for column, value in values.items():
            if column.endswith("_low"):
                more = value - (seen.facts.get(column) or 0)
                if more > 0:
                    shown[column] = more
            else:
                shown[column] = value
        return shown

    def typed(self, values: dict[str, Any]) -> dict[str, str]:
        """Return the data of a form that would state these values (回填)."""
        data = {}
        for column, value in self.initial_of(self.seen, values).items():
            if column in self.fields:
                field = self.fields[column]
                shown = field.widget.format_value(field.prepare_value(value))
                data[column] = shown[0] if isinstance(shown, list) else str(shown or 0)
        return data

    def groups(self) -> list[Group]:
        """Return the fields in groups, the years first (分组)."""
        found: dict[str, list[Entry]] = {}
        for column in sorted(self.fields, key=self._place):
            deadline = self.seen.stage.deadline(column, self.seen.facts)
            until = str(deadline.why.label)
            if deadline.until:
                until += f" ({deadline.until.isoformat()})"
            entry = Entry(self[column], _unit(column, self.seen), self._now(column), until)
            found.setdefault(self._heading(column), []).append(entry)
        return [Group(heading, entries) for heading, entries in found.items()]

    def _now(self, column: str) -> str:
        if self.seen.facts.get(column) is None and column in self.seen.assumed:
            value, back = self.seen.assumed[column]
            year = self.seen.stage.day.year - back
            text = column_value(column, value, self.seen.stage)
            return gettext("%(year)s: %(amount)s") % {"year": year, "amount": text}
        text = column_value(column, self.seen.facts.get(column), self.seen.stage)
        return gettext("now: %(amount)s") % {"amount": text}

    def _place(self, column: str) -> tuple[int, int, str]:
        name, _mark, back = column.rpartition("_y")
        if name in FIGURE_UNITS:
            return (0, int(back), f"{list(FIGURE_UNITS).index(name):03d}")
        return (2 if column in STATEMENTS else 1, 0, column)

    def _heading(self, column: str) -> str:
        name, _mark, back = column.rpartition("_y")
        if name not in FIGURE_UNITS:
            return gettext("Statements") if column in STATEMENTS else gettext("Honours and rights")
        year = self.seen.stage.day.year - int(back)
        if column in self.seen.bygone:
            return gettext("Figures of %(year)s, not stated yet") % {"year": year}
        return gettext("Figures of %(year)s") % {"year": year}


def _field(column: str, seen: Outlook) -> forms.Field:
    common: dict[str, Any] = {
        "label": column_label(column, seen.stage, year=False),
        "required": False,
    }
    unit = column_unit(column, seen.stage)
    if unit == "money":
        field = MoneyField(**common)
        field.unit = UNIT
        return field
    if unit == "share":
        return ScaledField(**common)
    if unit == "points":
        return ScaledField(**common, scale=Decimal(100), most=10_000)
    if column in STATEMENTS and STATEMENTS[column].sort == "truth":
        stated = StatedField(**common)
        stated.choices = [("", _("as it is")), ("true", _("yes")), ("false", _("no"))]
        return stated
    if column in TEXTS:
        choices = [("", _("as it is")), *((name, wording.SCHEMES[name]()) for name in SCHEMES)]
        return forms.ChoiceField(**common, choices=choices)
    return WholeField(**common, most=1_000_000)


def _unit(column: str, seen: Outlook) -> str:
    unit = column_unit(column, seen.stage)
    if unit == "money":
        return gettext("%(unit)s more") % {"unit": UNIT} if column.endswith("_low") else UNIT
    if column.endswith("_low"):
        return gettext("more")
    return {"share": "%", "points": gettext("points")}.get(unit, "")
