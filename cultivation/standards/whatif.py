"""What an enterprise would be judged to be, were its figures as planned (试算).

Everything here is worked out on facts in memory; nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cultivation.standards import editions, facts
from cultivation.standards.deadlines import Deadline, Stage, Why, assumed
from cultivation.standards.evaluation import columns
from cultivation.standards.explanation import explain_rows
from cultivation.standards.indicators import FIGURE_UNITS
from cultivation.standards.levers import with_value
from cultivation.standards.measures import MEASURES
from cultivation.standards.planning import Proposal, least_changes
from cultivation.standards.policy import Case
from cultivation.standards.windows import round_of
from enterprises.registry import size_class
from enterprises.registry.models import Award, SizeClass

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from cultivation.standards.explanation import Explanation
    from cultivation.standards.models import Edition
    from cultivation.standards.policy import Count, Criterion
    from enterprises.registry.models import Enterprise

Row = dict[str, Any]
Values = dict[str, Any]  # column of the frame: planned value
AHEAD = 5  # rounds looked at for the earliest that could be reached
SIZED = frozenset({"employees", "revenue", "total_assets"})


@dataclass(frozen=True)
class Outlook:
    """One enterprise, one edition, one round: what stands and what may be planned (试算基础)."""

    enterprise: Enterprise
    edition: Edition
    kind: str
    stage: Stage
    facts: Row
    now: Row  # the facts of today

    @property
    def standard(self) -> Criterion:
        """Return the criteria that apply."""
        case = Case(self.kind, self.stage.day, self.enterprise.region_path)
        return editions.policy(self.edition).standard(case)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the edition reads, without upper ends of counts."""
        read = columns(self.standard) - {"enterprise", "region_path"}
        return tuple(sorted(name for name in read if not name.endswith("_high")))

    @cached_property
    def fixed(self) -> dict[str, Deadline]:
        """Return what cannot change any more, with the reason."""
        return self.stage.fixed(self.columns, self.facts)

    @cached_property
    def assumed(self) -> dict[str, tuple[int, int]]:
        """Return figures not stated as those of the nearest year: value and years back."""
        return assumed(self.columns, self.facts)

    def planned(self, values: Values) -> Row:
        """Return the facts with planned values, and the size class that follows from them."""
        row = self.facts
        for column, value in values.items():
            row = with_value(row, column, value, self.stage.counts)
        if any(column.rpartition("_y")[0] in SIZED for column in values):
            row = {**row, "is_sme": self._is_sme(row)}
        return row

    def judged(self, values: Values) -> tuple[Explanation, Explanation]:
        """Return the verdict of today, and that of the round as planned."""
        (today,) = explain_rows([self.now], self.edition, kind=self.kind, as_of=self.stage.today)
        row = self.planned(values)
        (then,) = explain_rows([row], self.edition, kind=self.kind, as_of=self.stage.day)
        return today, then

    def proposed(self, values: Values) -> Proposal:
        """Return the least changes on top of what is planned (最少改动).

        Figures nobody stated are taken as assumed. Prizes are counted on only where nothing else
        would do.
        """
        row = self.planned({**self.assumption(values), **values})
        fixed = {*self.fixed, *self.bygone}
        prizes = {column for column in self.columns if self._is_prize(column)}
        for barred in ({*fixed, *prizes}, set(fixed)):
            found = self._least(row, barred)
            if found.qualifies:
                break
        return found

    def advised(self, values: Values) -> tuple[Proposal, tuple[str, ...]]:
        """Return the least changes, and the criteria of titles owed first, then held (改动建议)."""
        found = self.proposed(values)
        if found.qualifies or not self.titles:
            return found, ()
        held = self.proposed({**values, **self.titles})
        return held, tuple(code for code in found.blocked if code not in held.blocked)

    def assumption(self, values: Values) -> Values:
        """Return what is assumed of figures neither stated nor planned (暂按数)."""
        return {c: value for c, (value, _) in self.assumed.items() if c not in values}

    @cached_property
    def bygone(self) -> tuple[str, ...]:
        """Return figures of closed years that nobody stated: to be stated, not to be planned."""
        return tuple(
            column
            for column in self.columns
            if column.rpartition("_y")[0] in FIGURE_UNITS
            and self.stage.deadline(column, self.facts).why == Why.STATE
        )

    @cached_property
    def titles(self) -> Values:
        """Return the titles that have rounds of their own and are not held, as if they were."""
        owed = [c for c, deadline in self.fixed.items() if deadline.why == Why.OWN_ROUND]
        return {column: True for column in owed if not self.facts.get(column)}

    def _least(self, row: Row, fixed: Collection[str]) -> Proposal:
        return least_changes(row, self.edition, kind=self.kind, as_of=self.stage.day, fixed=fixed)

    def _is_prize(self, column: str) -> bool:
        count = self.stage.counts.get(column.removesuffix("_low"))
        return count is not None and MEASURES[count.of].model is Award

    def _is_sme(self, row: Row) -> bool | None:
        firm = self.enterprise
        code = firm.industry_class or (firm.industry.code if firm.industry else "")
        reports = {-back: {name: row.get(f"{name}_y{back}") for name in SIZED} for back in range(4)}
        size, _ = size_class.of_reports(code, reports)
        return row.get("is_sme") if size == SizeClass.UNKNOWN else size != SizeClass.LARGE


def outlook(enterprise: Enterprise, tier: str, *, kind: str, year: int, today: dt.date) -> Outlook:
    """Return what stands and what may be planned for a year's round; NoEditionError if none."""
    path = enterprise.region_path
    found = round_of(tier, kind, year, on=today, path=path)
    edition = editions.edition_for(tier, kind=kind, on=found.day, path=path)
    asked = editions.policy(edition).counts
    counts: dict[str, Count] = {count.name: count for count in asked}

    def row(on: dt.date) -> Row:
        return facts.row(enterprise.pk, as_of=on, counts=asked)

    return Outlook(
        enterprise=enterprise,
        edition=edition,
        kind=kind,
        stage=Stage(found, today, counts),
        facts=row(found.day),
        now=row(today),
    )


def earliest(seen: Outlook) -> tuple[Outlook, Proposal] | None:
    """Return the first later round that could be reached, and by what (最早可达批次).

    Titles that are owed first count as held by then.
    """
    for year in range(seen.stage.round.year + 1, seen.stage.today.year + AHEAD + 1):
        try:
            later = outlook(
                seen.enterprise,
                seen.edition.tier,
                kind=seen.kind,
                year=year,
                today=seen.stage.today,
            )
        except editions.NoEditionError:
            continue
        proposal = later.proposed(later.titles)
        if proposal.qualifies:
            return later, proposal
    return None
