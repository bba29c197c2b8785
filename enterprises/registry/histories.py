"""The history of a record as people read it; personal data stay hidden (变更记录阅览)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from enterprises.registry import labels, money, subjects
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt

    from enterprises.registry.models import Change

PERSONAL = frozenset({"contact_name", "contact_phone", "contact_email"})


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a change."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: what, who, when, why, and its fields."""

    heading: str
    who: str
    at: dt.datetime
    reason: str
    lines: list[Line]


def entry(change: Change) -> Entry:
    """Return a change as it is read."""
    names = dict.fromkeys([*change.before, *change.after])
    lines = [
        Line(
            str(labels.of(name)),
            written(name, change.before.get(name)),
            written(name, change.after.get(name)),
        )
        for name in names
        if change.before.get(name) not in (None, "") or change.after.get(name) not in (None, "")
    ]
    who = str(change.made_by) if change.made_by else _("the system")
    return Entry(subjects.label(change.subject), who, change.made_at, change.reason, lines)


def written(name: str, value: Any) -> str:
    """Return a stored value as it is read."""
    if value is None or value == "":
        return "—"
    if name in PERSONAL:
        return _("(personal data, not shown)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and name in labels.AMOUNTS:
        return f"{money.show(value)} {_('yuan')}"
    if isinstance(value, int) and name in labels.PERCENTS:
        return f"{value / 10_000:g}%"
    if isinstance(value, int) and name == "quality_score":
        return f"{value / 100:g}"
    choices = _choices(name)
    return str(choices.get(value, value))


def _choices(name: str) -> dict[Any, Any]:
    try:
        return dict(Enterprise._meta.get_field(name).choices or ())  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return {}
