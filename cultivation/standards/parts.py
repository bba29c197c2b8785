"""What every part of an edition's file has, and how it is refused (标准读取的公共部分).

Every refusal is a PolicyError that names the file, the criterion and the mend. Nothing is taken for
what it is not: a text for a number, a day with an hour for a day, one text for a list.
"""

from __future__ import annotations

import datetime as dt
import difflib
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cultivation.standards.indicators import SCALE
from cultivation.standards.policy import (
    EVERYWHERE,
    KINDS,
    UNSOURCED,
    PolicyError,
    Reach,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Table = dict[str, Any]
REACH = ("kinds", "since", "until", "units", "not_units")
SOURCE = ("clause", "document", "confidence", "verified", "note")
LONGEST = 200  # letters of a title or a document number
MOST = {"share": 1, "ratio": 10, "points": 10_000}  # of a threshold as written; else HUGE
HUGE = 10**12
DECIMALS = 6
RANGES = {
    "share": "a share is written as part of one: 0.10, not 10",
    "ratio": "a ratio is written as part of one: 0.70, not 70",
}


class PartReader:
    """Reads what every part has; knows its file for the complaints."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def refuse(self, at: str, fault: str, mend: str) -> PolicyError:
        return PolicyError(f"{self.origin}: {at}: {fault}; {mend}")

    def known(self, at: str, table: Table, *names: Iterable[str]) -> None:
        allowed = {name for group in names for name in group}
        for key in table:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                mend = f"write {near[0]!r}" if near else f"use one of {', '.join(sorted(allowed))}"
                raise self.refuse(at, f"unknown key {key!r}", mend)

    def need(self, at: str, table: Table, name: str, kind: type, what: str) -> Any:
        value = table.get(name)
        if type(value) is not kind or (kind is str and not str(value).strip()):
            raise self.refuse(at, f"{name!r} is missing or not {what}", f"state {name} as {what}")
        return value

    def rows(self, table: Table, name: str) -> list[Table]:
        """Return the tables [[name]] of a file."""
        rows = table.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.refuse(name, "it is no list of tables", f"begin each with [[{name}]]")
        return rows

    def text(self, at: str, row: Table, name: str, *, longest: int | None = None) -> str:
        value = row.get(name, "")
        if not isinstance(value, str):
            raise self.refuse(at, f"{name} = {value!r} is no text", f"write {name} in quotes")
        if longest and len(value) > longest:
            raise self.refuse(at, f"{name} has {len(value)} letters", f"use at most {longest}")
        return value

    def texts(self, at: str, row: Table, name: str) -> tuple[str, ...]:
        value = row.get(name, [])
        if not isinstance(value, list) or not all(isinstance(x, str) and x for x in value):
            raise self.refuse(at, f"{name} = {value!r} is no list of texts", f'{name} = ["…"]')
        if len(set(value)) < len(value):
            raise self.refuse(at, f"{name} = {value!r} names one twice", "name each once")
        return tuple(value)

    def flag(self, at: str, row: Table, name: str, *, default: bool = False) -> bool:
        value = row.get(name, default)
        if not isinstance(value, bool):
            raise self.refuse(at, f"{name} = {value!r}", f"write {name} = true or {name} = false")
        return value

    def date_of(self, at: str, row: Table, name: str) -> dt.date | None:
        value = row.get(name)
        if value is not None and type(value) is not dt.date:
            raise self.refuse(at, f"{name} is not a date", "write 2026-04-01 without quotes")
        return value

    def threshold(self, at: str, value: Any, unit: str) -> Fraction:
        """Read a number as policies write it and return it in stored units."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.refuse(at, f"{value!r} is not a number", "write a plain number")
        written = Decimal(value)
        if not written.is_finite() or abs(written) > MOST.get(unit, HUGE):
            mend = RANGES.get(unit, f"use at most {MOST.get(unit, HUGE)}")
            raise self.refuse(at, f"{value} is out of range", mend)
        exponent = written.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -DECIMALS:
            raise self.refuse(at, f"{value} is too fine", f"use at most {DECIMALS} decimals")
        return Fraction(written) * SCALE[unit]

    def hundredths(self, at: str, value: Any) -> int:
        exact = self.threshold(at, value, "points")
        if exact.denominator != 1:
            raise self.refuse(at, f"{value} points", "points have at most two decimals")
        if exact < 0:
            raise self.refuse(at, f"{value} points", "points are nought or more")
        return int(exact)

    def source(self, at: str, row: Table, *, default: Source = UNSOURCED) -> Source:
        """Read where a rule comes from; a part of an overlay is as sure as the overlay."""
        confidence = row.get("confidence", default.confidence)
        if confidence not in ("H", "M", "L"):
            raise self.refuse(at, f"confidence {confidence!r}", "use H, M or L")
        stated = "verified" in row or ("confidence" not in row and not default.verified)
        unsure = confidence != "H"
        verified = self.flag(at, row, "verified", default=not unsure)
        if unsure and (not stated or verified):
            raise self.refuse(
                at, f"confidence {confidence} passes as verified", "state verified = false"
            )
        return Source(
            self.text(at, row, "clause"),
            self.text(at, row, "document", longest=LONGEST) or default.document,
            confidence,
            verified,
            self.text(at, row, "note"),
        )

    def reach(self, at: str, row: Table) -> Reach:
        kinds = self.texts(at, row, "kinds")
        if not set(kinds) <= set(KINDS):
            raise self.refuse(at, f"kinds {list(kinds)}", f"use {list(KINDS)}")
        since, until = self.date_of(at, row, "since"), self.date_of(at, row, "until")
        if since and until and since > until:
            raise self.refuse(at, f"it ends on {until}, before it begins", "change the days about")
        units, not_units = self.texts(at, row, "units"), self.texts(at, row, "not_units")
        for unit in units + not_units:
            if len(unit) != 2 or not unit.isascii() or not unit.isalnum():
                raise self.refuse(
                    at, f"units {[*units, *not_units]}", "name recommending units, as 44"
                )
        if units and not_units:
            raise self.refuse(at, "both units and not_units", "state one of them")
        reach = Reach(kinds, since, until, units, not_units)
        return EVERYWHERE if reach == EVERYWHERE else reach
