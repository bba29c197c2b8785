"""An edition clause by clause, finished for a page (条文页面); texts in the active language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.standards import phrases, wording
from cultivation.standards.papers import said as paper_names
from cultivation.standards.policy import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cultivation.standards.policy import Amendment, Case, Count, Criterion
    from cultivation.standards.statutes import Entry, Laid

    Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clause:
    """One criterion of an edition, finished for a page (条文)."""

    criterion: Criterion
    depth: int
    names: Names
    counts: Mapping[str, Count]
    amendments: Sequence[Amendment] = ()
    laid: Laid | None = None

    @property
    def label(self) -> str:
        return phrases.label(self.criterion)

    @property
    def measured(self) -> str:
        """Return what is measured."""
        quantity = self.criterion.quantity
        return phrases.quantity(quantity, self.counts) if quantity else ""

    @property
    def asks(self) -> str:
        """Return what the criterion asks for."""
        criterion = self.criterion
        unit = criterion.quantity.unit if criterion.quantity else ""
        if criterion.line:
            return wording.bound(criterion.line, "points")
        return wording.bound(criterion.comparison, unit) if criterion.comparison else ""

    @property
    def bands(self) -> list[tuple[str, str]]:
        """Return the bands as texts: what is asked for, and the points."""
        quantity = self.criterion.quantity
        if quantity is None:
            return []
        return [
            (
                wording.bound(band.comparison, quantity.unit),
                wording.points(band.points, band.points),
            )
            for band in self.criterion.bands
        ]

    @property
    def most(self) -> str:
        scored = self.criterion.scored
        return wording.points(self.criterion.most, self.criterion.most) if scored else ""

    @property
    def where(self) -> str:
        """Return in which cases it applies; empty is always."""
        reach = self.criterion.reach
        return "" if reach == EVERYWHERE else phrases.reach(reach, self.names)

    @property
    def papers(self) -> list[str]:
        """Return the kinds of papers that prove it."""
        return paper_names(self.criterion.evidence)

    @property
    def changes(self) -> list[tuple[str, str, Amendment]]:
        """Return what amends it: what it says then, and where."""
        unit = self.criterion.quantity.unit if self.criterion.quantity else ""
        return [
            (phrases.amendment(change, unit), phrases.reach(change.reach, self.names), change)
            for change in self.amendments
        ]


def clauses(entry: Entry, names: Names, case: Case | None = None) -> list[Clause]:
    """Return an edition's criteria from top to bottom, each with what amends it.

    With a case, only what applies to it, with the amendments worked in.
    """
    policy = entry.policy
    counts = {count.name: count for count in policy.counts}
    laid = {branch.code: one for one in entry.laid for _, branch in one.said.criteria}
    amendments = () if case else policy.amendments

    def walk(criterion: Criterion, depth: int) -> Iterator[Clause]:
        mine = [a for a in amendments if a.of == criterion.code]
        yield Clause(criterion, depth, names, counts, mine, laid.get(criterion.code))
        for part in criterion.parts:
            yield from walk(part, depth + 1)

    root = policy.standard(case) if case else policy.root
    return [clause for clause in walk(root, 0) if clause.depth]
