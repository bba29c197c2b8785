"""The criteria of two editions side by side: which is which, what came and went (条件树对照)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from cultivation.standards import phrases
from cultivation.standards.differences import directions
from cultivation.standards.differences.directions import (
    LOOSER,
    NEITHER,
    STRICTER,
    UNCLEAR,
    Direction,
)
from cultivation.standards.differences.telling import Said
from cultivation.standards.policy import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from cultivation.standards.policy import Criterion, Policy

SCORES = ("sum", "best")


@dataclass(frozen=True, slots=True)
class Place:
    """A criterion in its tree: the group it is part of, whether that has no say in the verdict."""

    criterion: Criterion
    parent: Criterion | None
    silent: bool


class Trees:
    """Two editions, their criteria by code, and what a change of one comes to for the whole."""

    def __init__(self, before: Policy, after: Policy, names: Mapping[str, str]) -> None:
        self.policies, self.names = (before, after), names
        self.counts = tuple({c.name: c for c in policy.counts} for policy in self.policies)
        self.before, self.after = (
            {p.criterion.code: p for p in _places(policy.root)} for policy in self.policies
        )
        self.old_code = _twins(self.before, self.after)
        amendments = (*before.amendments, *after.amendments)
        self._waived = {amendment.of for amendment in amendments if amendment.waived}
        self._penal = any(
            points < 0
            for side in (self.before, self.after)
            for place in side.values()
            for points in _points(place.criterion)
        )

    def place_before(self, code: str) -> Place | None:
        """Return where a criterion of the later edition stood in the earlier one."""
        return self.before.get(self.old_code.get(code, ""))

    def weighed(self, code: str, direction: Direction, *, own: bool = True) -> Direction:
        """Return what a direction comes to for the whole: advice decides nothing.

        With `own` false only the groups above count: the criterion itself becomes advice or ceases
        to be.
        """
        places = [self.place_before(code) or self.before.get(code), self.after.get(code)]
        for place in filter(None, places):
            if place.silent or (own and place.criterion.advisory):
                return NEITHER
        return UNCLEAR if self._penal and direction != NEITHER else direction

    def entering(
        self, part: Criterion, before: Criterion | None, after: Criterion | None
    ) -> Direction:
        """Return what it does that a part has a say now in a group, as it was and as it is."""
        if before is None or after is None or before.need != after.need:
            return UNCLEAR
        if not (self._steady(before, part.code) and self._steady(after, part.code)):
            return UNCLEAR
        if after.need in SCORES and part.line:
            return UNCLEAR
        return STRICTER if after.need == "all" else LOOSER

    def said(
        self,
        what: str,
        criterion: Criterion,
        direction: Direction,
        text: str,
        *,
        clause: str | None = None,
    ) -> Said:
        """Return a difference of a criterion, with its direction for the whole."""
        code = criterion.code
        weighed = self.weighed(code, direction, own=what != "advisory")
        clause = criterion.source.clause if clause is None else clause
        return Said(what, code, criterion, clause, weighed, text)

    def came(self, criterion: Criterion, parent: Criterion | None) -> Said:
        """Tell that a criterion is new; what stands in a new group comes with the group."""
        group = self.place_before(parent.code) if parent else None
        direction = UNCLEAR if parent is None else NEITHER
        if group:
            direction = self.entering(criterion, group.criterion, parent)
        text = gettext("new: %(what)s") % {"what": self._whole(criterion, 1)}
        return self.said("added", criterion, direction, text)

    def gone(self, group: Criterion) -> Iterator[Said]:
        """Tell which parts a group lost, with all below them that stand nowhere else."""
        before, kept = self.place_before(group.code), set(self.old_code.values())
        for part in before.criterion.parts if before else ():
            if before is None or part.code in kept:
                continue
            first = directions.opposite(self.entering(part, before.criterion, group))
            for inner in part.walk():
                if inner.code in kept:
                    continue
                text = gettext("dropped: %(what)s") % {"what": self._whole(inner, 0)}
                yield self.said("removed", inner, first if inner is part else NEITHER, text)

    def _whole(self, criterion: Criterion, side: int) -> str:
        text = phrases.criterion(criterion, self.counts[side])
        if criterion.reach == EVERYWHERE:
            return text
        where = phrases.reach(criterion.reach, self.names)
        return gettext("%(what)s (%(where)s)") % {"what": text, "where": where}

    def _steady(self, group: Criterion, code: str) -> bool:
        """Tell whether a group is there in every case without one of its parts."""
        but = {code, self.old_code.get(code, code)}
        loud = [part for part in group.parts if not part.advisory and part.code not in but]
        return any(self._lasting(part) for part in loud)

    def _lasting(self, part: Criterion) -> bool:
        if part.reach != EVERYWHERE or part.code in self._waived:
            return False
        return not part.parts or any(self._lasting(inner) for inner in part.parts)


def _places(root: Criterion) -> Iterator[Place]:
    def below(criterion: Criterion, parent: Criterion | None, *, silent: bool) -> Iterator[Place]:
        yield Place(criterion, parent, silent)
        for part in criterion.parts:
            yield from below(part, criterion, silent=silent or criterion.advisory)

    return below(root, None, silent=False)


def _twins(before: Mapping[str, Place], after: Mapping[str, Place]) -> dict[str, str]:
    """Return the earlier code of each later one: the same, or that of the one alike (重新编号)."""
    found = {code: code for code in after if code in before}
    lost = {code: _likeness(p.criterion) for code, p in before.items() if code not in after}
    new = {code: _likeness(p.criterion) for code, p in after.items() if code not in before}
    often = [Counter(side.values()) for side in (lost, new)]
    for code, likeness in new.items():
        if all(count[likeness] == 1 for count in often):
            found[code] = next(old for old, other in lost.items() if other == likeness)
    return found


def _likeness(criterion: Criterion) -> Hashable:
    quantity = criterion.quantity
    shape = (quantity.shape, quantity.names) if quantity else None
    return (criterion.label_zh, criterion.need, criterion.manual, shape, bool(criterion.bands))


def _points(criterion: Criterion) -> Iterator[int]:
    yield from (criterion.points or 0, criterion.otherwise)
    yield from (band.points for band in criterion.bands)
