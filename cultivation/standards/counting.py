"""Reading what an edition counts: which facts, with which properties, of which years (计数读取)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards.indicators import STATEMENTS
from cultivation.standards.measures import MEASURES, Measure
from cultivation.standards.parts import PartReader, Table
from cultivation.standards.policy import ORDERS, Comparison, Count

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNT = (
    *("name", "of", "label_zh", "label_en", "where", "amount"),
    *("years", "to_date", "valid", "complete", "note"),
)
UNITS = {"shares_given": "share", "amount": "money"}  # of what a property states; else a number
YEARS = 10  # the furthest a count looks back


class CountReader(PartReader):
    """Reads the counts of one file."""

    def counts(
        self, rows: list[Table], *, known: Mapping[str, Count] | None = None
    ) -> dict[str, Count]:
        """Return the counts by name; `known` are those of the edition that a file adds to."""
        found: dict[str, Count] = {}
        for row in rows:
            count = self.count(row)
            if count.name in found or (known or {}).get(count.name, count) != count:
                raise self.refuse(f"count {count.name}", "defined twice", "keep one")
            found[count.name] = count
        return found

    def count(self, row: Table) -> Count:
        at = f"count {row.get('name', '?')}"
        self.known(at, row, COUNT)
        of = self.need(at, row, "of", str, "a kind of fact")
        if of not in MEASURES:
            raise self.refuse(at, f"unknown kind of fact {of!r}", f"use one of {sorted(MEASURES)}")
        measure = MEASURES[of]
        complete, amount = self.text(at, row, "complete"), self.text(at, row, "amount")
        if complete and (complete not in STATEMENTS or STATEMENTS[complete].sort != "truth"):
            raise self.refuse(at, f"unknown statement {complete!r}", "name a statement")
        if amount and amount not in measure.amounts:
            raise self.refuse(at, f"no amount {amount!r}", f"use {list(measure.amounts)}")
        years, to_date = row.get("years", 0), self.flag(at, row, "to_date")
        if type(years) is not int or not 0 <= years <= YEARS:
            raise self.refuse(at, f"years = {years!r}", f"write a whole number up to {YEARS}")
        if to_date and not years:
            raise self.refuse(at, "to_date without years", "state how many years back it reaches")
        valid = self.flag(at, row, "valid")
        if valid and not measure.ends:
            raise self.refuse(at, f"a fact of {of!r} has no last valid day", "drop valid")
        self.text(at, row, "note")
        return Count(
            name=self.name(at, row),
            of=of,
            label_zh=self.need(at, row, "label_zh", str, "a text"),
            label_en=self.need(at, row, "label_en", str, "a text"),
            where=self.where(at, row, measure),
            amount=amount,
            years=years,
            to_date=to_date,
            valid=valid,
            complete=complete,
        )

    def name(self, at: str, row: Table) -> str:
        name: str = self.need(at, row, "name", str, "a name")
        if not name.isascii() or not name.isidentifier():
            raise self.refuse(at, f"name {name!r}", "use letters, digits and _")
        return name

    def where(
        self, at: str, row: Table, measure: Measure
    ) -> tuple[tuple[tuple[str, Comparison], ...], ...]:
        if "where" not in row:
            return ((),)
        alternatives = self.rows({"where": row["where"]}, "where")
        if not alternatives:
            raise self.refuse(at, "where is empty", "drop it, or state a condition")
        for alternative in alternatives:
            self.known(at, alternative, measure.properties)
        return tuple(
            tuple((name, self.fitting(at, measure, name, v)) for name, v in alternative.items())
            for alternative in alternatives
        )

    def fitting(self, at: str, measure: Measure, name: str, value: Any) -> Comparison:
        """Read what a property of a fact must be: a value, several, or a bound."""
        kind = pl.Boolean if name in measure.derived else measure.columns[name]
        if kind is pl.Boolean:
            if isinstance(value, bool):
                return Comparison("is", value)
            raise self.refuse(at, f"{name} = {value!r}", f"write {name} = true or {name} = false")
        if isinstance(value, dict) and len(value) == 1 and kind is pl.Int64:
            ((order, bound),) = value.items()
            if order in ORDERS:
                return Comparison(order, self.threshold(at, bound, UNITS.get(name, "number")))
        values = value if isinstance(value, list) else [value]
        wanted = int if kind is pl.Int64 else str
        if not values or any(type(v) is not wanted for v in values) or kind is pl.Date:
            raise self.refuse(
                at, f"{name} = {value!r} is no condition", "give a value, a list or {at_most = 3}"
            )
        self.choices(at, measure, name, values)
        return Comparison("is", tuple(str(v) for v in values))

    def choices(self, at: str, measure: Measure, name: str, values: list[Any]) -> None:
        """Refuse a value that no fact can have."""
        field: Any = measure.model._meta.get_field(name)
        possible = [value for value, _ in field.choices or ()]
        for value in values:
            if possible and value not in possible:
                raise self.refuse(at, f"no {name} is {value!r}", f"use one of {possible}")
