"""The duties of holders of titles as dated rules, read from seeds/duties.toml (动态管理规则)."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(settings.BASE_DIR) / "seeds" / "duties.toml"
HELD = (Tier.INNOVATIVE, Tier.SRDI, Tier.LITTLE_GIANT)  # the titles of three years
CONFIDENCE = ("H", "M", "L")
THEN = ("recheck_lost", "cancel")


class DutyError(ValueError):
    """A rule that makes no sense: the file, the entry and the mend."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One rule: what is owed until when, and what missing it leads to (义务)."""

    rule: str
    kind: str  # update | change
    since: dt.date
    until: dt.date | None
    then: str
    of_itself: bool  # else an office decides
    clause: str
    confidence: str
    misses: int = 1
    due: tuple[int, int] = (12, 31)  # month and day, of an update
    months: int = 3  # of a change
    note: str = ""

    def counts_on(self, day: dt.date) -> bool:
        """Tell whether the rule counts on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def due_in(self, year: int) -> dt.date:
        """Return the last day of a year's update."""
        return dt.date(year, *self.due)


@cache
def duties() -> tuple[Duty, ...]:
    """Return all rules; DutyError where the file makes no sense."""
    with FILE.open("rb") as file:
        said = tomllib.load(file)
    return tuple(
        _duty(kind, number, entry)
        for kind in ("update", "change")
        for number, entry in enumerate(said.get(kind, []), start=1)
    )


def update_of(year: int) -> Duty | None:
    """Return the rule for a year's update: the one that counts on its own last day."""
    found = [duty for duty in duties() if duty.kind == "update"]
    return next((duty for duty in found if duty.counts_on(duty.due_in(year))), None)


def change_of(day: dt.date) -> Duty | None:
    """Return the rule for a change that happened on a day."""
    return next((d for d in duties() if d.kind == "change" and d.counts_on(day)), None)


def named(rule: str) -> Duty | None:
    """Return a rule by its name."""
    return next((duty for duty in duties() if duty.rule == rule), None)


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of that month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    following = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return dt.date(year, month + 1, min(day.day, (following - dt.timedelta(days=1)).day))


def _duty(kind: str, number: int, entry: Mapping[str, Any]) -> Duty:
    place = f"{FILE.name}: {kind} {number}"
    try:
        month, day = (int(part) for part in str(entry.get("due", "12-31")).split("-"))
        dt.date(2023, month, day)  # in a year without 29 February
        found = Duty(
            rule=str(entry["rule"]),
            kind=kind,
            since=entry["since"],
            until=entry.get("until"),
            then=str(entry["then"]),
            of_itself=entry["decides"] == "rule",
            clause=str(entry["clause"]),
            confidence=str(entry["confidence"]),
            misses=int(entry.get("misses", 1)),
            due=(month, day),
            months=int(entry.get("months", 3)),
            note=str(entry.get("note", "")),
        )
    except KeyError as error:
        raise DutyError(f"{place}: {error.args[0]} is missing; state it") from error
    except (TypeError, ValueError) as error:
        raise DutyError(f"{place}: {error}") from error
    if found.then not in THEN or found.confidence not in CONFIDENCE:
        raise DutyError(f"{place}: `then` is one of {THEN}, `confidence` one of {CONFIDENCE}")
    if found.of_itself and found.confidence != "H":
        raise DutyError(f'{place}: only an H item decides of itself; say decides = "officer"')
    return found
