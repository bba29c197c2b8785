"""Reading an edition from its TOML text, and refusing one that does not make sense (标准读取)."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cultivation.standards.criteria import CriteriaReader
from cultivation.standards.indicators import STATEMENTS
from cultivation.standards.measures import MEASURES
from cultivation.standards.parts import SOURCE, PartReader, Table
from cultivation.standards.policy import (
    KINDS,
    ORDERS,
    Comparison,
    Count,
    Period,
    Policy,
    PolicyError,
    Reach,
)
from enterprises.registry.models import Tier


def read_policy(text: str, *, code: str, origin: str = "") -> Policy:
    """Read an edition; `origin` names it in complaints (读取标准)."""
    origin = origin or f"{code}.toml"
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{origin}: not TOML: {error}; mend the line named") from error
    policy = _Reader(origin).policy(table, code=code)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return replace(policy, sha256=digest)


class _Reader(PartReader):
    """Reads one file."""

    def policy(self, table: Table, *, code: str) -> Policy:
        header = ("tier", "title_zh", "title_en", "in_force", "until", "source")
        self.known("header", table, header, SOURCE, ("period", "count", "criterion", "amendment"))
        tier = self.need("header", table, "tier", str, "a tier")
        if tier not in Tier.values:
            raise self.refuse("header", f"unknown tier {tier!r}", f"use one of {Tier.values}")
        in_force = self.need("header", table, "in_force", dt.date, "a date")
        until = table.get("until")
        counts = self.counts(table.get("count", []))
        criteria = CriteriaReader(self.origin, counts)
        root = criteria.tree(table.get("criterion", []))
        order = tuple(c.code for c in root.walk())
        periods = tuple(self.period(row) for row in table.get("period", []))
        return Policy(
            code=code,
            tier=tier,
            title_zh=self.need("header", table, "title_zh", str, "a text"),
            title_en=self.need("header", table, "title_en", str, "a text"),
            source=self.source("header", table),
            in_force=in_force,
            until=until,
            periods=periods or (Period(Reach(KINDS, in_force, until)),),
            root=root,
            counts=tuple(counts.values()),
            amendments=tuple(criteria.amendment(row, root) for row in table.get("amendment", [])),
            origin=str(table.get("source", "")),
            order=order,
        )

    def counts(self, rows: list[Table]) -> dict[str, Count]:
        found: dict[str, Count] = {}
        for row in rows:
            count = self.count(row)
            if count.name in found:
                raise self.refuse(f"count {count.name}", "defined twice", "keep one")
            found[count.name] = count
        return found

    def period(self, row: Table) -> Period:
        self.known("period", row, ("kinds", "since", "until", "document", "confidence"))
        reach = self.reach("period", row)
        if not reach.kinds or reach.since is None:
            raise self.refuse("period", "kinds or since is missing", "state both")
        return Period(reach, row.get("document", ""), row.get("confidence", "H"))

    def count(self, row: Table) -> Count:
        at = f"count {row.get('name', '?')}"
        fields = "name of label_zh label_en where amount years to_date valid complete note"
        self.known(at, row, fields.split())
        of = row.get("of")
        if of not in MEASURES:
            raise self.refuse(at, f"unknown kind of fact {of!r}", f"use one of {sorted(MEASURES)}")
        measure = MEASURES[of]
        complete = row.get("complete", "")
        if complete and complete not in STATEMENTS:
            raise self.refuse(at, f"unknown statement {complete!r}", "name a statement")
        if row.get("amount") and row["amount"] not in measure.amounts:
            raise self.refuse(at, f"no amount {row['amount']!r}", f"use {measure.amounts}")
        where = []
        for alternative in row.get("where", [{}]):
            self.known(at, alternative, measure.properties)
            where.append(
                tuple((name, self.fitting(at, value)) for name, value in alternative.items())
            )
        return Count(
            name=self.need(at, row, "name", str, "a name"),
            of=of,
            label_zh=self.need(at, row, "label_zh", str, "a text"),
            label_en=self.need(at, row, "label_en", str, "a text"),
            where=tuple(where),
            amount=row.get("amount", ""),
            years=row.get("years", 0),
            to_date=row.get("to_date", False),
            valid=row.get("valid", False),
            complete=complete,
        )

    def fitting(self, at: str, value: Any) -> Comparison:
        """Read what a property of a fact must be: a value, several, or a bound."""
        if isinstance(value, bool):
            return Comparison("is", value)
        if isinstance(value, str):
            return Comparison("is", (value,))
        if isinstance(value, int):
            return Comparison("is", (str(value),))
        if isinstance(value, list):
            return Comparison("is", tuple(str(v) for v in value))
        if isinstance(value, dict) and len(value) == 1:
            ((order, bound),) = value.items()
            if order in ORDERS and isinstance(bound, int | Decimal):
                return Comparison(order, Fraction(bound))
        raise self.refuse(at, f"{value!r} is no condition", "give a value, a list or {at_most = 3}")
