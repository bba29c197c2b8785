"""Working out what one change does to another, and trimming a plan to what it needs (方案求解).

Everything is judged by the one evaluator, many rows as one frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cultivation.standards import facts as facts_frame
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.grounds import Ground, Way, size
from cultivation.standards.levers import LARGE, Need, Row, consistent, exceeds, with_value
from cultivation.standards.models import Verdict
from cultivation.standards.ways import ways

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cultivation.standards.policy import Count, Criterion

Values = dict[str, Any]  # column: value planned
ROUNDS = 60  # of settling what one change does to another
PROBES = 12  # amounts of a column judged at a time


@dataclass(frozen=True, slots=True)
class Change:
    """One value to change: from what, to what at least or at most, for which criteria (改动)."""

    column: str
    before: Any
    after: Any
    order: str  # at_least | at_most | is | stated (known, whatever it is)
    codes: tuple[str, ...]  # of the criteria it is for


class Planner:
    """Works out plans for one row of facts and one standard."""

    def __init__(
        self, facts: Row, standard: Criterion, counts: Sequence[Count], fixed: Collection[str]
    ) -> None:
        self.standard, self.facts = standard, facts
        self.columns = columns(standard)
        self.counts = {count.name: count for count in counts}
        self.pairs = consistent(self.columns, facts)
        (judged,) = self.judged([facts])
        self.ground = Ground(facts, frozenset(fixed), self.counts, judged)

    @property
    def holds(self) -> bool:
        """Tell whether the facts qualify as they are."""
        return bool(self.ground.judged[f"v:{self.standard.code}"] >= Verdict.MANUAL)

    def judged(self, rows: Sequence[Row]) -> list[Row]:
        """Judge rows as one frame."""
        frame = facts_frame.from_rows(rows, self.columns)
        return judge(frame, self.standard).to_dicts()

    def verdict(self, row: Row) -> Verdict:
        """Return the verdict on a row."""
        return Verdict(self.judged([row])[0][f"v:{self.standard.code}"])

    def hold(self, rows: Sequence[Row]) -> list[bool]:
        """Tell of each row whether it qualifies and makes sense."""
        root = f"v:{self.standard.code}"
        return [
            verdicts[root] >= Verdict.MANUAL and not any(exceeds(row, p) for p in self.pairs)
            for row, verdicts in zip(rows, self.judged(rows) if rows else [], strict=True)
        ]

    def row(self, values: Values) -> Row:
        """Return the facts with planned values."""
        row = self.facts
        for column, value in values.items():
            row = with_value(row, column, value, self.counts)
        return row

    # ---- settling ---------------------------------------------------------------------------
    def settled(self, way: Way) -> Values | None:
        """Return the values moved until all needs of a way hold, or None where they clash."""
        row, went = self.facts, dict[str, bool]()
        needs = tuple(dict.fromkeys(way.needs))
        for _ in range(ROUNDS):
            before = row
            for need in needs:
                if not need.holds(row):
                    row = self._moved(row, need.column, need.bound(row), went)
            for part, whole in self.pairs:
                if exceeds(row, (part, whole)):
                    row = self._moved(row, whole, row[part], went)
            if row is before:
                break
        if not all(need.holds(row) for need in needs):
            return None
        return {c: v for c, v in row.items() if self.ground.may_move(c) and v != self.facts.get(c)}

    def _moved(self, row: Row, column: str, to: Any, went: dict[str, bool]) -> Row:
        """Return the row with a value moved, unless it may not or went the other way before."""
        now = row.get(column)
        if to is None or not self.ground.may_move(column):
            return row
        number = isinstance(to, int) and not isinstance(to, bool)
        if number and now is not None and went.setdefault(column, to > now) != (to > now):
            return row
        return with_value(row, column, to, self.counts)

    def qualifying(self, found: Iterable[Way]) -> list[tuple[Values, Way]]:
        """Return the plans of ways that qualify, the least first."""
        made = [(values, way) for way in found if (values := self.settled(way)) is not None]
        made.sort(key=lambda one: self._cost(one[0]))
        held = self.hold([self.row(values) for values, _ in made])
        return [one for one, good in zip(made, held, strict=True) if good]

    def _cost(self, values: Values) -> tuple[int, int]:
        return len(values), sum(size(self.facts.get(c), v) for c, v in values.items())

    def reachable(self, criterion: Criterion) -> bool:
        """Tell whether some plan makes one criterion qualify, whatever becomes of the others."""
        found = [self.settled(way) for way in ways(criterion, self.ground)]
        rows = [self.row(values) for values in found if values is not None]
        code = f"v:{criterion.code}"
        return bool(rows) and any(row[code] >= Verdict.MANUAL for row in self.judged(rows))

    # ---- trimming ---------------------------------------------------------------------------
    def trimmed(self, values: Values, way: Way) -> Values:
        """Return a plan without what it does not need: changes first, then amounts (精简).

        All plans that are a little less are judged as one frame, until none of them holds.
        """
        falling = _falling(way)
        while True:
            order = sorted(values, key=lambda c: (-size(self.facts.get(c), values[c]), c))
            without = [{c: v for c, v in values.items() if c != column} for column in order]
            spans = {c: self._span(c, values[c], falling) for c in sorted(values)}
            less = [(c, amount) for c, span in spans.items() if span for amount in _between(*span)]
            held = self.hold(
                [self.row(v) for v in (*without, *({**values, c: a} for c, a in less))]
            )
            if True not in held:
                return values
            first = held.index(True)
            if first < len(without):
                values = without[first]
                continue
            column, amount = less[first - len(without)]
            bad = (spans[column] or (0, 0))[0]
            values = {**values, column: self._nearest(values, column, bad, amount)}

    def _span(self, column: str, good: Any, falling: frozenset[str]) -> tuple[int, int] | None:
        """Return between what an amount may be sought: what it was, and what is planned."""
        if isinstance(good, bool | str) or good == LARGE:
            return None
        start = self.facts.get(column)
        if start is None:
            start = LARGE if column in falling else -1
        return start, good

    def _nearest(self, values: Values, column: str, bad: int, good: int) -> int:
        """Return the amount nearest to `bad` that holds, the others as planned."""
        while amounts := _between(bad, good):
            held = self.hold([self.row({**values, column: amount}) for amount in amounts])
            if True not in held:
                bad = amounts[-1]
                continue
            first = held.index(True)
            good, bad = amounts[first], amounts[first - 1] if first else bad
        return good

    def changes(self, values: Values, way: Way) -> tuple[Change, ...]:
        """Return planned values as changes, each with the criteria that need it."""
        needs = tuple(dict.fromkeys(way.needs))
        made = []
        for column in sorted(values):
            without = self.row({c: v for c, v in values.items() if c != column})
            mine = [n for n in needs if n.column == column and not n.holds(without)]
            if not mine:  # a whole that has to keep up with its part
                parts = {part for part, whole in self.pairs if whole == column}
                mine = [need for need in needs if need.column in parts]
            codes = tuple(dict.fromkeys(need.code for need in mine))
            before, after = self.facts.get(column), values[column]
            made.append(Change(column, before, after, _order(before, after, mine), codes))
        return tuple(made)


def _falling(way: Way) -> frozenset[str]:
    """Return the columns that a way wants to be low."""
    asked = [need for need in way.needs if need.comparison is not None]
    rising = {need.column for need in asked if need.rises}
    return frozenset({need.column for need in asked if not need.rises} - rising)


def _between(bad: int, good: int) -> list[int]:
    """Return amounts strictly between two, from the first on, at most PROBES and the two ends."""
    gap, step = abs(good - bad), 1 if good > bad else -1
    inside = {gap * k // PROBES for k in range(1, PROBES)} | {1, gap - 1}
    return [bad + step * probe for probe in sorted(inside) if 0 < probe < gap]


def _order(before: Any, after: Any, needs: Sequence[Need]) -> str:
    asked = [need for need in needs if need.comparison is not None]
    if isinstance(after, bool | str):
        return "is" if asked or not needs else "stated"
    if before is not None:
        return "at_least" if after > before else "at_most"
    if not asked and needs:
        return "stated"
    return "at_least" if not asked or any(need.rises for need in asked) else "at_most"
