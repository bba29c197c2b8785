"""A record of the past as it is read: beside each value what it is today (历史时点阅览)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enterprises.registry import histories, labels, past, profile, subjects
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from enterprises.registry.past import Past, Values

IDENTITY = ("name", "credit_code", "region")
WHOLE = {f.name: f for f in Enterprise._meta.concrete_fields if f.is_relation}


@dataclass(frozen=True, slots=True)
class Item:
    """A value of then, and that of today where it is another."""

    label: Any
    then: str
    now: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """The figures of a year as they stood."""

    year: int
    items: list[Item]


class Reading:
    """A record of the past beside today's (时点与现值对照)."""

    def __init__(self, then: Past, now: Past) -> None:
        self.then, self.now = then, now
        self._names: dict[tuple[str, Any], str] = {}

    def groups(self) -> list[tuple[Any, list[Item]]]:
        """Return the profile in its groups, the identity first."""
        (heading, names), *rest = profile.GROUPS
        groups = [(heading, (*IDENTITY, *names)), *rest]
        return [
            (heading, [self._item(name) for name in names if self._shown(name)])
            for heading, names in groups
        ]

    def years(self) -> list[Year]:
        """Return the annual figures, the newest year first."""
        return [
            Year(year, self._year(self.then.reports[year], self.now.reports.get(year, {})))
            for year in sorted(self.then.reports, reverse=True)
        ]

    def facts(self) -> list[tuple[Any, list[str]]]:
        """Return the honours, rights and other facts by kind."""
        found: dict[str, list[str]] = {}
        for subject, row in sorted(self.then.facts.items()):
            kind = subject.partition(":")[0]
            found.setdefault(kind, []).append(subjects.fact_text(past.MODELS[kind](**row)))
        return [(subjects.kind_label(past.MODELS[kind]), rows) for kind, rows in found.items()]

    def gaps(self) -> list[str]:
        """Return in words what the history leaves open."""
        return [subjects.label(subject) for subject in dict.fromkeys(self.then.gaps)]

    def _shown(self, name: str) -> bool:
        return name not in profile.ONLY_IF_STATED or bool(self.then.profile.get(name))

    def _item(self, name: str) -> Item:
        then, now = self.then.profile.get(name), self.now.profile.get(name)
        return Item(
            labels.of(name), self._text(name, then), self._text(name, now) if now != then else ""
        )

    def _year(self, then: Values, now: Values) -> list[Item]:
        return [
            Item(
                labels.of(name),
                histories.written(name, then.get(name)),
                histories.written(name, now.get(name)) if now.get(name) != then.get(name) else "",
            )
            for name in labels.REPORT
            if then.get(name) not in (None, "") or now.get(name) not in (None, "")
        ]

    def _text(self, name: str, value: Any) -> str:
        """Return a value as it is read; a link by what it leads to."""
        if name not in WHOLE or value in (None, ""):
            return histories.written(name, value)
        if (name, value) not in self._names:
            rows: Any = WHOLE[name].related_model
            by = "code" if any(f.name == "code" for f in rows._meta.concrete_fields) else "pk"
            row = rows._default_manager.filter(**{by: value}).first()
            self._names[name, value] = str(row) if row is not None else str(value)
        return self._names[name, value]
