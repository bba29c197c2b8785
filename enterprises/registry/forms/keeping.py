"""Forms that know what their reader saw, so that two editors do not overwrite each other (并发)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms

if TYPE_CHECKING:
    from django.http import QueryDict


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else changed meanwhile: what it was, is, and what was typed."""

    name: str
    label: str
    was: str
    now: str
    typed: str
    overlaps: bool


class KeepingForm(forms.Form):
    """A form that carries what it showed, and saves only what its user changed.

    `stored` holds the values as they are now; `seen` those at the time the page was made.
    """

    def __init__(self, *args: Any, stored: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored
        self.initial = {**(self.initial or {}), **stored}

    def shown(self) -> dict[str, str]:
        """Return the stored values as the inputs show them."""
        return {name: self._text(name, value) for name, value in self.stored.items()}

    @property
    def seen_field(self) -> str:
        """Return the text of the hidden field: what the page showed when it was first made."""
        given = self.data.get("seen") if self.is_bound else None
        return str(given) if given else json.dumps(self.shown(), ensure_ascii=False)

    def seen(self) -> dict[str, str]:
        """Return what the page showed; a page that does not tell counts as up to date."""
        now = self.shown()
        try:
            seen = json.loads(self.data.get("seen", ""))
        except ValueError:
            return now
        return (
            {name: str(seen.get(name, now[name])) for name in now}
            if isinstance(seen, dict)
            else now
        )

    def typed(self) -> dict[str, str]:
        """Return what was typed, as text."""
        found = {}
        for name in self.stored:
            value = self.fields[name].widget.value_from_datadict(
                self.data, self.files, self.add_prefix(name)
            )
            found[name] = self._plain(value)
        return found

    def changes(self) -> dict[str, Any]:
        """Return the cleaned values of the fields that the user changed."""
        seen, typed = self.seen(), self.typed()
        return {
            name: self.cleaned_data[name]
            for name in self.stored
            if name in self.cleaned_data and typed[name] != seen[name]
        }

    def clashes(self) -> list[Clash]:
        """Return the fields that somebody else changed since the page was made."""
        seen, now, typed = self.seen(), self.shown(), self.typed()
        return [
            Clash(
                name=name,
                label=str(self.fields[name].label or name),
                was=self._display(name, seen[name]),
                now=self._display(name, now[name]),
                typed=self._display(name, typed[name]),
                overlaps=typed[name] not in {seen[name], now[name]},
            )
            for name in self.stored
            if seen[name] != now[name] and typed[name] != now[name]
        ]

    def merged(self) -> QueryDict:
        """Return the data again with others' changes taken over where the user typed nothing."""
        data = cast("QueryDict", self.data).copy()
        seen, now, typed = self.seen(), self.shown(), self.typed()
        for name in self.stored:
            if typed[name] == seen[name] and seen[name] != now[name]:
                data[self.add_prefix(name)] = "" if now[name] == "False" else now[name]
        data["seen"] = json.dumps(now, ensure_ascii=False)
        return data

    def _text(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field.widget, forms.CheckboxInput):
            return str(bool(value))
        return self._plain(field.widget.format_value(field.prepare_value(value)))

    @staticmethod
    def _plain(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, (list, tuple)):
            value = value[0] if value else ""
        return str(value).replace("\r\n", "\n").strip()

    def _display(self, name: str, text: str) -> str:
        choices = getattr(self.fields[name], "choices", None)
        if choices is None or isinstance(self.fields[name], forms.ModelChoiceField):
            return self._model_display(name, text)
        return str(dict(choices).get(text, text)) if text else ""

    def _model_display(self, name: str, text: str) -> str:
        field = self.fields[name]
        if text and isinstance(field, forms.ModelChoiceField):
            try:
                return str(field.to_python(text))
            except forms.ValidationError:
                return text
        return text
