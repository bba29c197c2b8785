"""Reading an edition, or what adds to one, from its TOML text (标准读取).

What does not make sense is refused: PolicyError says the file, the place and the mend, and nothing
else is ever raised, whatever the text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from dataclasses import replace
from decimal import Decimal
from typing import Any

from cultivation.standards.amending import AmendmentReader
from cultivation.standards.counting import CountReader
from cultivation.standards.criteria import CriteriaReader
from cultivation.standards.parts import LONGEST, REACH, SOURCE, PartReader, Table
from cultivation.standards.policy import (
    KINDS,
    Amendment,
    Criterion,
    Period,
    Policy,
    PolicyError,
    Reach,
    Source,
    Supplement,
)
from enterprises.registry.models import Tier

TABLES = ("period", "count", "criterion", "amendment")
TITLES = ("title_zh", "title_en", "in_force", "until", "source", "supersedes", *SOURCE)
SORTS = ("notice", "annex")
LARGEST = 400_000  # characters of a text
DOTS = 300  # on one line: a key of very many parts takes quadratic time to read
WIDEST = 40  # digits of a number, before and behind the point
MOST = 200  # criteria of an edition with all that lies over it: an assessment keeps their digits


def read_policy(text: str, *, code: str, origin: str = "") -> Policy:
    """Read an edition; `origin` names it in complaints (读取标准)."""
    origin = origin or f"{code}.toml"
    policy = policy_of_table(toml(text, origin=origin), code=code, origin=origin)
    return replace(policy, sha256=digest(text))


def read_supplement(text: str, *, code: str, base: Policy, origin: str = "") -> Supplement:
    """Read what a notice or an annex adds to an edition, `base` (读取年度通知、地方细则)."""
    origin = origin or f"overlays/{code}.toml"
    made = supplement_of_table(toml(text, origin=origin), code=code, base=base, origin=origin)
    return replace(made, sha256=digest(text))


def policy_of_table(table: Table, *, code: str, origin: str) -> Policy:
    """Read an edition from the data its file holds."""
    return _Reader(origin).policy(table, code=code)


def supplement_of_table(table: Table, *, code: str, base: Policy, origin: str) -> Supplement:
    """Read what adds to an edition from the data its file holds."""
    return _Reader(origin).supplement(table, code=code, base=base)


def toml(text: str, *, origin: str) -> Table:
    """Return what a TOML text holds, with exact decimals; PolicyError where it is none."""
    if len(text) > LARGEST:
        raise PolicyError(f"{origin}: text: {len(text)} characters; keep to {LARGEST}")
    try:
        if any(line.count(".") > DOTS for line in text.splitlines()):
            raise ValueError(f"a line with more than {DOTS} dots")  # noqa: TRY301
        table = tomllib.loads(text, parse_float=_decimal)
        _check_whole_numbers(table)
    except (ValueError, ArithmeticError, RecursionError) as error:
        said = str(error) or type(error).__name__
        raise PolicyError(f"{origin}: not TOML: {said}; mend the line named") from error
    return table


def _decimal(text: str) -> Decimal:
    """Return an exact decimal; ValueError where writing it out would take very many digits."""
    exact = Decimal(text)
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and (abs(exponent) > WIDEST or exact.adjusted() > WIDEST):
        raise ValueError(f"{text[:WIDEST]} has more than {WIDEST} digits")
    return exact


def _check_whole_numbers(table: Table) -> None:
    """Refuse a whole number that could not even be written in a complaint."""
    waiting: list[Any] = [table]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, int) and abs(one) > 10**WIDEST:
            raise ValueError(f"a whole number has more than {WIDEST} digits")


def amended_code(text: str, *, origin: str) -> str:
    """Return the code of the edition that an overlay's text says it amends."""
    reader = PartReader(origin)
    return str(reader.need("header", toml(text, origin=origin), "amends", str, "an edition"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Reader(PartReader):
    """Reads one file."""

    def policy(self, table: Table, *, code: str) -> Policy:
        self.known("header", table, TITLES, ("tier", "keep_overlays"), TABLES)
        tier = self.need("header", table, "tier", str, "a tier")
        if tier not in Tier.values:
            raise self.refuse("header", f"unknown tier {tier!r}", f"use one of {Tier.values}")
        header = self.header(table, code)
        counts = CountReader(self.origin).counts(self.rows(table, "count"))
        criteria = CriteriaReader(self.origin, counts)
        root = criteria.tree(self.rows(table, "criterion"))
        order = tuple(c.code for c in root.walk())
        self.few(order)
        in_force: dt.date = header["in_force"]
        whole = Reach(KINDS, in_force, header["until"])
        periods = tuple(self.period(row, Reach()) for row in self.rows(table, "period"))
        keep = self.flag("header", table, "keep_overlays")
        if keep and not header["supersedes"]:
            raise self.refuse(
                "header", "keep_overlays without supersedes", "name the edition whose they are"
            )
        return Policy(
            code=code,
            tier=tier,
            **header,
            periods=periods or (Period(whole),),
            root=root,
            counts=tuple(counts.values()),
            amendments=self.amendments(table, root, AmendmentReader(self.origin, counts)),
            order=order,
            keep_overlays=keep,
        )

    def supplement(self, table: Table, *, code: str, base: Policy) -> Supplement:
        self.known("header", table, TITLES, ("amends", "sort", "units"), TABLES)
        amends = self.need("header", table, "amends", str, "an edition")
        sort = self.need("header", table, "sort", str, "notice or annex")
        if sort not in SORTS:
            raise self.refuse("header", f"unknown sort {sort!r}", f"use one of {SORTS}")
        header = self.header(table, code)
        in_force, until = header["in_force"], header.pop("until")
        units = self.reach("header", {k: v for k, v in table.items() if k == "units"}).units
        reach = Reach(since=in_force, until=until, units=units)
        source: Source = header["source"]
        known = {count.name: count for count in base.counts}
        counts = CountReader(self.origin).counts(self.rows(table, "count"), known=known)
        reader = CriteriaReader(self.origin, known | counts, default=source)
        criteria = reader.branches(self.rows(table, "criterion"), base.root)
        self.few((*base.order, *(c.code for _, branch in criteria for c in branch.walk())))
        amending = AmendmentReader(self.origin, known | counts, default=source)
        made = Supplement(
            code=code,
            amends=amends,
            sort=sort,
            **header,
            reach=reach,
            criteria=tuple((group, self.clipped(c, reach)) for group, c in criteria),
            amendments=tuple(
                replace(a, reach=self.inside(f"amendment of {a.of}", a.reach, reach))
                for a in self.amendments(table, base.root, amending)
            ),
            counts=tuple(counts.values()),
            periods=tuple(
                replace(self.period(row, reach), overlay=code) for row in self.rows(table, "period")
            ),
        )
        if not (made.criteria or made.amendments or made.periods):
            raise self.refuse("header", "it adds nothing", "state a criterion, amendment or period")
        return made

    def header(self, table: Table, code: str) -> dict[str, Any]:
        """Return what the head of a file says, by the names of the fields it fills."""
        in_force: dt.date = self.need("header", table, "in_force", dt.date, "a date")
        until = self.date_of("header", table, "until")
        if until and until < in_force:
            raise self.refuse("header", f"it ends on {until}, before it begins", "mend until")
        supersedes = self.text("header", table, "supersedes")
        if supersedes == code:
            raise self.refuse("header", "it supersedes itself", "name another, or drop it")
        return {
            "title_zh": self.title(table, "title_zh"),
            "title_en": self.title(table, "title_en"),
            "source": self.source("header", table),
            "in_force": in_force,
            "until": until,
            "supersedes": supersedes,
            "origin": self.text("header", table, "source"),
        }

    def title(self, table: Table, name: str) -> str:
        self.text("header", table, name, longest=LONGEST)
        return str(self.need("header", table, name, str, "a text"))

    def amendments(
        self, table: Table, root: Criterion, reader: AmendmentReader
    ) -> tuple[Amendment, ...]:
        return tuple(reader.amendment(row, root) for row in self.rows(table, "amendment"))

    def period(self, row: Table, outer: Reach) -> Period:
        self.known("period", row, REACH, ("document", "confidence", "note"))
        reach = self.reach("period", row)
        if not reach.kinds or reach.since is None:
            raise self.refuse("period", "kinds or since is missing", "state both")
        confidence, note = row.get("confidence", "H"), self.text("period", row, "note")
        if confidence not in ("H", "M", "L"):
            raise self.refuse("period", f"confidence {confidence!r}", "use H, M or L")
        if confidence != "H" and not note:
            raise self.refuse(
                "period", f"a period of confidence {confidence} without note", "say why it is used"
            )
        document = self.text("period", row, "document", longest=LONGEST)
        return Period(self.inside("period", reach, outer), document, confidence, note)

    def clipped(self, branch: Criterion, outer: Reach) -> Criterion:
        """Return a criterion with its parts, none of which reaches further than its file."""
        parts = tuple(self.clipped(part, outer) for part in branch.parts)
        return replace(branch, parts=parts, reach=self.inside(branch.code, branch.reach, outer))

    def inside(self, at: str, reach: Reach, outer: Reach) -> Reach:
        found = reach.within(outer)
        if found is None or not set(reach.units) <= set(outer.units or reach.units):
            raise self.refuse(
                at, "it lies outside the days or units of its file", "keep within those it states"
            )
        return found

    def few(self, codes: tuple[str, ...]) -> None:
        if len(codes) > MOST:
            raise self.refuse(
                "criteria", f"{len(codes)} criteria", f"keep to {MOST}, with all that lies over it"
            )
