"""What plans start from: facts, what of them may move, and ways with what they take (规划基础)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from cultivation.standards.levers import Need, Row
    from cultivation.standards.policy import Count

MILLION = 1_000_000
ANYTHING = MILLION // 2  # the size of a change from nothing known


@dataclass(frozen=True, slots=True)
class Ground:
    """The facts that ways start from, and what of them may not move (规划基础)."""

    facts: Row
    fixed: AbstractSet[str]
    counts: Mapping[str, Count]
    judged: Row  # the evaluator's columns on the facts as they are

    def may_move(self, column: str) -> bool:
        """Tell whether a plan may change a column."""
        return column not in self.fixed and not column.endswith("_high")

    def size(self, need: Need) -> int | None:
        """Return how far a need would move its column, in millionths of it; None: not at all."""
        if need.holds(self.facts):
            return None
        return size(self.facts.get(need.column), need.bound(self.facts))

    def hopeless(self, need: Need) -> bool:
        """Tell whether nothing a plan may change can make a need hold."""
        if need.holds(self.facts):
            return False
        return not any(self.may_move(column) for column in need.reads)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Needs that together do it, and what they would move (路径).

    `sure`: without a person's judgement. Points lie as the evaluator has them, see `Points`.
    """

    needs: tuple[Need, ...] = ()
    moves: dict[str, int] = field(default_factory=dict)
    sure: bool = True

    @property
    def cost(self) -> tuple[int, int]:
        """Return what ways are sorted by: how many values move, and how far together."""
        return len(self.moves), sum(self.moves.values())

    def with_(self, other: Way) -> Way:
        """Return both ways together."""
        moves = dict(self.moves)
        for column, far in other.moves.items():
            moves[column] = max(far, moves.get(column, 0))
        return Way(self.needs + other.needs, moves, self.sure and other.sure)


def size(before: Any, after: Any) -> int:
    """Return the relative size of a change in millionths (变动幅度)."""
    if before is None:
        return ANYTHING
    if isinstance(before, bool | str) or not isinstance(after, int):
        return MILLION
    return min(int(abs(after - before) * MILLION // max(abs(before), 1)), 10**15)


@dataclass(frozen=True, slots=True)
class Points:
    """A way with the points it surely gives, with a person's favour, and at the very most."""

    low: int
    by_hand: int
    high: int
    way: Way = Way()
    owes: bool = False  # a part stays below its own line
