"""Worked cases: named enterprises of which a standard says what is right (判例).

A file states a base enterprise that meets what it must, then cases that change some of its facts
and say what follows; sections hold cases of one clause, kind, day or region. Facts are columns of
the facts frame; money is written in 万元, the rest as policies write it. A file belongs to an
edition or an overlay but is no part of its hash.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
from django.utils.translation import get_language

from cultivation.standards import facts
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.indicators import FIGURE_UNITS
from cultivation.standards.models import Verdict
from cultivation.standards.parts import PartReader, Table
from cultivation.standards.policy import KINDS, Case, Criterion, Policy
from cultivation.standards.reading import toml

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING = "missing"
ABSENT = "absent"  # the criterion does not apply to the case
WORDS = (*(verdict.name.lower() for verdict in Verdict), ABSENT)
HOME = "320500"  # the region of a case that names none
WIDEST = 2**63 - 1
SHARED = ("clause", "kind", "on", "facts")  # what a section may state for all its cases


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """One enterprise, the case it is judged as, and what must be found (判例)."""

    code: str  # its name as the file has it
    case: Case
    facts: dict[str, Any] = field(hash=False)  # a row of the frame; what is not stated is missing
    gives: dict[str, str] = field(hash=False)  # code: verdict, or absent
    points: dict[str, tuple[int, int]] = field(hash=False)  # code: least and most, in hundredths
    clause: str = ""
    name_en: str = ""

    @property
    def name(self) -> str:
        """Return the name in the active language."""
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.code


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worked case must give and what it gave, in the words of its file (判例结果)."""

    name: str
    expected: dict[str, str]
    found: dict[str, str]
    clause: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether all was found as expected."""
        return self.expected == self.found


def read_cases(text: str, *, policy: Policy, origin: str) -> tuple[WorkedCase, ...]:
    """Read the worked cases of a standard; PolicyError names the place and the mend (读取判例)."""
    return _CaseReader(origin, policy).cases(toml(text, origin=origin))


def run_cases(policy: Policy, cases: Iterable[WorkedCase]) -> tuple[Outcome, ...]:
    """Judge every case; those of one standard are judged in one frame (试算判例)."""
    together: dict[Criterion, list[tuple[int, WorkedCase]]] = defaultdict(list)
    known: dict[Case, Criterion] = {}
    for n, worked in enumerate(cases):
        if worked.case not in known:
            known[worked.case] = policy.standard(worked.case)
        together[known[worked.case]].append((n, worked))
    outcomes: dict[int, Outcome] = {}
    for standard, group in together.items():
        names = sorted(columns(policy.root))
        frame = pl.DataFrame(
            [[worked.facts[name] for name in names] for _, worked in group],
            schema={name: facts.column_type(name) for name in names},
            orient="row",
        )
        judged = judge(frame, standard).rows(named=True)
        for (n, worked), row in zip(group, judged, strict=True):
            outcomes[n] = _outcome(worked, row)
    return tuple(outcomes[n] for n in sorted(outcomes))


def _outcome(worked: WorkedCase, row: dict[str, Any]) -> Outcome:
    found = {}
    for code in worked.gives:
        digit = row.get(f"v:{code}")
        found[code] = ABSENT if digit is None else Verdict(digit).name.lower()
    expected = dict(worked.gives)
    for code, span in worked.points.items():
        expected[f"{code} points"] = _span(*span)
        low, high = row.get(f"low:{code}"), row.get(f"high:{code}")
        found[f"{code} points"] = ABSENT if low is None or high is None else _span(low, high)
    return Outcome(worked.name, expected, found, worked.clause)


def _span(low: int, high: int) -> str:
    return "–".join(f"{Decimal(end) / 100:f}" for end in ((low, high) if low != high else (low,)))


class _CaseReader(PartReader):
    """Reads one file of cases; knows the standard they are cases of."""

    def __init__(self, origin: str, policy: Policy) -> None:
        super().__init__(origin)
        self.counts = {count.name: count for count in policy.counts}
        self.columns = sorted(columns(policy.root))
        self.criteria = {criterion.code: criterion for criterion in policy.root.walk()}

    def cases(self, table: Table) -> tuple[WorkedCase, ...]:
        self.known("header", table, ("base", "case", "section"))
        base = self.need("header", table, "base", dict, "a table of facts, with the day")
        self.known("base", base, ("on", "facts"))
        sections = self.rows(table, "section")
        for section in sections:
            self.known("section", section, (*SHARED, "case"))
        found: dict[str, WorkedCase] = {}
        for section in ({"case": table.get("case", [])}, *sections):
            for row in self.rows(section, "case"):
                worked = self.case(base, section, row)
                if worked.code in found:
                    raise self.refuse(self.at(row), "it stands twice", "give it its own name")
                found[worked.code] = worked
        if not found:
            raise self.refuse("header", "it has no case", "write one [[case]] or more")
        return tuple(found.values())

    def at(self, row: Table) -> str:
        return f"case {row.get('name', '?')!r}"

    def case(self, base: Table, section: Table, row: Table) -> WorkedCase:
        at = self.at(row)
        self.known(at, row, (*SHARED, "name", "name_en", "gives", "points"))
        shared = {**base, **section, **row}
        kind = shared.get("kind", KINDS[0])
        if kind not in KINDS:
            raise self.refuse(at, f"kind {kind!r}", f"use one of {', '.join(KINDS)}")
        layers = [self.table(at, part, "facts") for part in (base, section, row)]
        stated = self.facts(at, {name: value for layer in layers for name, value in layer.items()})
        path = self.need(at, stated, "region_path", str, "a region")
        gives, points = self.table(at, row, "gives"), self.table(at, row, "points")
        if not gives and not points:
            raise self.refuse(at, "it says nothing of what follows", "state gives or points")
        return WorkedCase(
            code=self.need(at, row, "name", str, "a text"),
            case=Case(kind, self.day(at, shared.get("on")), path),
            facts=stated,
            gives={code: self.verdict(at, code, word) for code, word in gives.items()},
            points={code: self.span(at, code, span) for code, span in points.items()},
            clause=self.text(at, shared, "clause"),
            name_en=self.text(at, row, "name_en"),
        )

    def table(self, at: str, row: Table, name: str) -> Table:
        found = row.get(name, {})
        if not isinstance(found, dict):
            raise self.refuse(at, f"{name} = {found!r}", f"write {name} = {{ … = … }}")
        return found

    def day(self, at: str, value: Any) -> dt.date:
        if type(value) is not dt.date:
            raise self.refuse(at, f"on = {value!r} is no date", "write 2026-04-01 without quotes")
        return value

    def facts(self, at: str, stated: Table) -> dict[str, Any]:
        """Return the row: what is not stated is missing, a count not stated is nought."""
        row = dict.fromkeys(self.columns)
        row |= {name: 0 for name in row if name.rpartition("_")[0] in self.counts}
        row |= {"enterprise": 1, "region_path": HOME}
        for name, value in stated.items():
            ends = (f"{name}_low", f"{name}_high") if name in self.counts else (name,)
            for column in ends:
                self.known(at, {column: value}, self.columns, self.counts)
                row[column] = self.stored(at, column, value)
        return row

    def stored(self, at: str, column: str, value: Any) -> Any:
        """Return a stated value as the frame holds it, in whole stored units."""
        kind = facts.column_type(column)
        if value == MISSING:
            return None
        sorts = {pl.Boolean: bool, pl.String: str}.get(kind)
        if sorts is not None:
            if not isinstance(value, sorts):
                what = "true or false" if sorts is bool else "a text"
                raise self.refuse(at, f"{column} = {value!r}", f"state {what}, or {MISSING!r}")
            return value
        exact = self.threshold(at, value, self.unit(column))
        if exact.denominator != 1 or abs(exact) > WIDEST:
            raise self.refuse(
                at, f"{column} = {value} is no whole number of stored units", "state it coarser"
            )
        return int(exact)

    def unit(self, column: str) -> str:
        stem = column.rpartition("_")[0]
        if stem in self.counts:
            return "money" if self.counts[stem].amount else "number"
        return FIGURE_UNITS.get(stem, "number")

    def verdict(self, at: str, code: str, word: Any) -> str:
        self.known(at, {code: word}, self.criteria)
        if word not in WORDS:
            raise self.refuse(at, f"{code} gives {word!r}", f"use one of {', '.join(WORDS)}")
        return str(word)

    def span(self, at: str, code: str, span: Any) -> tuple[int, int]:
        self.known(at, {code: span}, self.criteria)
        if not self.criteria[code].scored:
            raise self.refuse(at, f"{code} gives no points", "state its verdict in gives")
        if not isinstance(span, list) or len(span) != 2:
            raise self.refuse(at, f"points of {code} are {span!r}", "state least and most, [5, 10]")
        return self.hundredths(at, span[0]), self.hundredths(at, span[1])
