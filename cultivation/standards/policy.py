"""What an edition of a standard says: criteria as frozen data (标准的语言).

A criterion is one comparison of one quantity, or bands that give points, or a matter a person must
judge, or a group of other criteria. What a notice or an annex adds to an edition is a supplement;
an edition with its supplements worked in is a policy again.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from cultivation.standards.terms import (
    EVERYWHERE,
    KINDS,
    ORDERS,
    UNSOURCED,
    Band,
    Case,
    Comparison,
    Period,
    PolicyError,
    Quantity,
    Reach,
    Shape,
    Source,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "EVERYWHERE",
    "KINDS",
    "ORDERS",
    "UNSOURCED",
    "Amendment",
    "Band",
    "Case",
    "Comparison",
    "Count",
    "Criterion",
    "Period",
    "Policy",
    "PolicyError",
    "Quantity",
    "Reach",
    "Shape",
    "Source",
    "Supplement",
    "amended",
    "narrowed",
]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One requirement of a standard, or a group of them (条件)."""

    code: str
    label_zh: str
    label_en: str
    source: Source = UNSOURCED
    reach: Reach = EVERYWHERE
    advisory: bool = False  # judged and shown, without a say in the verdict
    need: str = ""  # all | any | sum | best: how the parts make the whole
    parts: tuple[Criterion, ...] = ()
    quantity: Quantity | None = None
    comparison: Comparison | None = None
    bands: tuple[Band, ...] = ()
    otherwise: int = 0  # points below every band
    manual: bool = False  # a person must judge
    points: int | None = None  # given where the comparison is met
    cap: int | None = None  # most points a sum may give
    line: Comparison | None = None  # points needed, in hundredths
    evidence: tuple[str, ...] = ()  # kinds of papers that prove it

    def walk(self) -> Iterator[Criterion]:
        """Yield the criterion and all below it, in the order of the file."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def scored(self) -> bool:
        """Tell whether the criterion gives points."""
        return self.points is not None or bool(self.bands) or self.need in {"sum", "best"}

    @property
    def most(self) -> int:
        """Return the most points the criterion can give, in hundredths."""
        if self.bands:
            return max(self.otherwise, *(band.points for band in self.bands))
        each = [part.most for part in self.parts if not part.advisory]
        if self.need == "sum":
            whole = sum(each)
            return whole if self.cap is None else min(whole, self.cap)
        if self.need == "best":
            return max(each, default=0)
        return self.points or 0


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change to one criterion by a yearly notice or a province (年度或地方调整).

    What it leaves out stays as it was; `waived = False` brings back what was waived before.
    """

    of: str
    reach: Reach = EVERYWHERE
    source: Source = UNSOURCED
    comparison: Comparison | None = None
    line: Comparison | None = None
    waived: bool | None = None
    bands: tuple[Band, ...] = ()
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many facts, or how much of them, an enterprise has that fit (计数规则).

    `where` lists alternatives; a fact fits one if all its properties do. `years` counts back from
    the last complete year, `to_date` reaches on to the day of judging. `complete` names a statement
    without which the list may be missing something.
    """

    name: str
    of: str
    label_zh: str
    label_en: str
    where: tuple[tuple[tuple[str, Comparison], ...], ...] = ((),)
    amount: str = ""
    years: int = 0
    to_date: bool = False
    valid: bool = False
    complete: str = ""


@dataclass(frozen=True, slots=True)
class Supplement:
    """What a yearly notice or a provincial annex adds to an edition (年度通知、地方细则).

    All it says lies within its own days and units already.
    """

    code: str
    amends: str
    sort: str  # notice | annex
    title_zh: str
    title_en: str
    source: Source
    in_force: dt.date
    reach: Reach
    criteria: tuple[tuple[str, Criterion], ...] = ()  # the group each is part of
    amendments: tuple[Amendment, ...] = ()
    counts: tuple[Count, ...] = ()
    periods: tuple[Period, ...] = ()
    supersedes: str = ""
    origin: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """An edition of a tier's standard, with what notices and annexes add to it (标准版本)."""

    code: str
    tier: str
    title_zh: str
    title_en: str
    source: Source
    in_force: dt.date
    until: dt.date | None
    periods: tuple[Period, ...]
    root: Criterion
    counts: tuple[Count, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    origin: str = ""
    sha256: str = ""
    order: tuple[str, ...] = field(default=())  # codes of all criteria: the edition's, then others
    supersedes: str = ""
    keep_overlays: bool = False  # those of the edition it supersedes lie over it as well
    supplements: tuple[Supplement, ...] = ()

    def standard(self, case: Case) -> Criterion:
        """Return the criteria that apply to a case, with its amendments worked in."""
        changes: dict[str, list[Amendment]] = {}
        for amendment in self.amendments:
            if amendment.reach.covers(case):
                changes.setdefault(amendment.of, []).append(amendment)
        root = _applied(self.root, case, changes)
        if root is None:
            raise PolicyError(f"{self.code}: nothing applies to {case}; give the root no reach")
        return root

    @property
    def units(self) -> frozenset[str]:
        """Return the recommending units for which something differs."""
        reaches = [c.reach for c in self.root.walk()] + [a.reach for a in self.amendments]
        return frozenset(unit for reach in reaches for unit in reach.units + reach.not_units)

    @property
    def distinguishes(self) -> bool:
        """Tell whether new applications and re-checks are judged differently."""
        reaches = [c.reach for c in self.root.walk()] + [a.reach for a in self.amendments]
        return any(reach.kinds for reach in reaches)


def narrowed(
    policy: Policy, *, units: tuple[str, ...] = (), not_units: tuple[str, ...] = ()
) -> Policy:
    """Return a policy that applies in some recommending units only (限定地区)."""
    reach = replace(policy.root.reach, units=units, not_units=not_units)
    return replace(policy, root=replace(policy.root, reach=reach))


def amended(policy: Policy, amendments: Iterable[Amendment]) -> Policy:
    """Return a policy with more amendments, which win over those it has (调整后的标准)."""
    return replace(policy, amendments=(*policy.amendments, *amendments))


def _applied(
    criterion: Criterion, case: Case, changes: Mapping[str, Sequence[Amendment]]
) -> Criterion | None:
    mine = changes.get(criterion.code, ())
    waived = [change.waived for change in mine if change.waived is not None]
    if not criterion.reach.covers(case) or (waived and waived[-1]):
        return None
    parts = tuple(p for part in criterion.parts if (p := _applied(part, case, changes)))
    if criterion.need and not parts:
        return None
    same = len(parts) == len(criterion.parts) and all(map(operator.is_, parts, criterion.parts))
    return reduce(_changed, mine, criterion if same else replace(criterion, parts=parts))


def _changed(criterion: Criterion, change: Amendment) -> Criterion:
    return replace(
        criterion,
        comparison=change.comparison or criterion.comparison,
        line=change.line or criterion.line,
        bands=change.bands or criterion.bands,
        points=criterion.points if change.points is None else change.points,
        source=criterion.source if change.source == UNSOURCED else change.source,
    )
