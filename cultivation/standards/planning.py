"""The least set of changes by which an enterprise would qualify (最少改动方案).

Ways through the standard propose values, one evaluator judges them: many candidate rows are one
frame. What is proposed was judged, dropping any one change breaks it, and no single amount can be
smaller. Cost: fewer values changed, then smaller relative changes, then the order of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cultivation.standards import editions
from cultivation.standards.evaluation import requirements
from cultivation.standards.grounds import size
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case
from cultivation.standards.settling import Change, Planner, Values
from cultivation.standards.ways import ways

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from cultivation.standards.levers import Row
    from cultivation.standards.models import Edition
    from cultivation.standards.policy import Count, Criterion

TRIED = 60  # ways worked out and judged
TRIMMED = 3  # of the least ones


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to change, or what stands in the way (方案)."""

    changes: tuple[Change, ...]
    row: Row
    verdict: Verdict
    blocked: tuple[str, ...] = ()  # codes of criteria that cannot be met in time

    @property
    def qualifies(self) -> bool:
        """Tell whether only a person's judgement is left with these changes."""
        return self.verdict >= Verdict.MANUAL


def least_changes(
    facts: Row, edition: Edition, *, kind: str, as_of: dt.date, fixed: Collection[str]
) -> Proposal:
    """Return the least changes that make facts qualify by an edition; `fixed` stay as they are."""
    policy = editions.policy(edition)
    standard = policy.standard(Case(kind, as_of, facts.get("region_path") or ""))
    return least(facts, standard, counts=policy.counts, fixed=fixed)


def least(
    facts: Row, standard: Criterion, *, counts: Sequence[Count] = (), fixed: Collection[str]
) -> Proposal:
    """Return the least changes by a standard (最少改动)."""
    planner = Planner(facts, standard, counts, fixed)
    if planner.holds:
        return Proposal((), facts, planner.verdict(facts))
    good = planner.qualifying(ways(standard, planner.ground)[:TRIED])
    if not good:
        return Proposal((), facts, planner.verdict(facts), _blocked(planner))
    # Trimming can reorder what lay close together.
    trimmed = [(planner.trimmed(values, way), way) for values, way in good[:TRIMMED]]
    values, way = min(trimmed, key=lambda found: _cost(planner, found[0]))
    row = planner.row(values)
    return Proposal(planner.changes(values, way), row, planner.verdict(row))


def _cost(planner: Planner, values: Values) -> tuple[Any, ...]:
    far = sum(size(planner.facts.get(column), value) for column, value in values.items())
    return len(values), far, sorted(values)


def _blocked(planner: Planner) -> tuple[str, ...]:
    """Return the leaves that stand in the way: no change still possible meets them (无法达到)."""
    unmet = [
        criterion
        for criterion in requirements(planner.standard)
        if planner.ground.judged[f"v:{criterion.code}"] < Verdict.MANUAL
    ]
    stuck = [criterion for criterion in unmet if not planner.reachable(criterion)]
    codes: list[str] = []
    for criterion in stuck or unmet:  # met one by one, but not together
        leaves = [leaf.code for leaf in criterion.walk() if not leaf.parts]
        below = [c for c in leaves if planner.ground.judged[f"v:{c}"] < Verdict.MANUAL]
        codes += below or [criterion.code]
    return tuple(dict.fromkeys(codes))
