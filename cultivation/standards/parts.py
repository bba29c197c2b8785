"""What every part of an edition's file has, and how it is refused (标准读取的公共部分).

Every refusal is a PolicyError that names the file, the criterion and the mend.
"""

from __future__ import annotations

import datetime as dt
import difflib
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cultivation.standards.indicators import SCALE
from cultivation.standards.policy import EVERYWHERE, KINDS, PolicyError, Reach, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

Table = dict[str, Any]
REACH = ("kinds", "since", "until", "units", "not_units")
SOURCE = ("clause", "document", "confidence", "verified", "note")


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
        if not isinstance(value, kind) or (kind is str and not value):
            raise self.refuse(at, f"{name!r} is missing or not {what}", f"state {name} as {what}")
        return value

    def threshold(self, at: str, value: Any, unit: str) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.refuse(at, f"{value!r} is not a number", "write a plain number")
        return Fraction(value) * SCALE[unit]

    def hundredths(self, at: str, value: Any) -> int:
        exact = self.threshold(at, value, "points")
        if exact.denominator != 1:
            raise self.refuse(at, f"{value} points", "points have at most two decimals")
        return int(exact)

    def source(self, at: str, row: Table) -> Source:
        confidence = row.get("confidence", "H")
        if confidence not in {"H", "M", "L"}:
            raise self.refuse(at, f"confidence {confidence!r}", "use H, M or L")
        verified = row.get("verified", confidence == "H")
        if confidence != "H" and ("verified" not in row or verified):
            raise self.refuse(
                at, f"confidence {confidence} passes as verified", "state verified = false"
            )
        return Source(
            row.get("clause", ""),
            row.get("document", ""),
            confidence,
            verified,
            row.get("note", ""),
        )

    def reach(self, at: str, row: Table) -> Reach:
        kinds = tuple(row.get("kinds", ()))
        if not set(kinds) <= set(KINDS):
            raise self.refuse(at, f"kinds {list(kinds)}", f"use {list(KINDS)}")
        for key in ("since", "until"):
            if key in row and type(row[key]) is not dt.date:
                raise self.refuse(at, f"{key} is not a date", "write 2026-04-01 without quotes")
        units = tuple(row.get("units", ()))
        not_units = tuple(row.get("not_units", ()))
        if any(len(unit) != 2 for unit in units + not_units):
            raise self.refuse(at, f"units {[*units, *not_units]}", "name recommending units, as 44")
        reach = Reach(kinds, row.get("since"), row.get("until"), units, not_units)
        return EVERYWHERE if reach == EVERYWHERE else reach
