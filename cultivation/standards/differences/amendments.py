"""How yearly and local changes of criteria differ from what they were (调整差异)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from cultivation.standards import phrases
from cultivation.standards.differences import directions
from cultivation.standards.differences.criteria import Pair
from cultivation.standards.differences.directions import NEITHER, UNCLEAR
from cultivation.standards.differences.telling import changed, others, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.differences.directions import Direction
    from cultivation.standards.differences.telling import Said
    from cultivation.standards.differences.trees import Place, Trees
    from cultivation.standards.policy import Amendment, Criterion

    Couple = tuple[Amendment | None, Amendment | None]

OWN = {"of", "reach", "source", "comparison", "line", "waived", "bands", "points"}


def of_amendments(trees: Trees) -> Iterator[Said]:
    """Tell which changes of criteria came, went and differ, by criterion (调整差异)."""
    before, after = (policy.amendments for policy in trees.policies)
    new_code = {old: new for new, old in trees.old_code.items()}
    codes = [c.code for policy in reversed(trees.policies) for c in policy.root.walk()]
    for code in dict.fromkeys(new_code.get(code, code) for code in codes):
        old = [a for a in before if new_code.get(a.of, a.of) == code]
        new = [a for a in after if a.of == code]
        if old or new:
            yield from _Changes(trees, code, old, new).told()


class _Changes:
    """The amendments of one criterion before and after."""

    def __init__(self, trees: Trees, code: str, old: list[Amendment], new: list[Amendment]) -> None:
        self.trees, self.code, self.old, self.new = trees, code, old, new
        self.before, self.after = trees.place_before(code), trees.after.get(code)
        place = self.after or trees.before[code]
        self.criterion = place.criterion
        quantity = self.criterion.quantity
        self.unit = quantity.unit if quantity else ""

    def told(self) -> Iterator[Said]:
        couples = _coupled(self.old, self.new)
        for old, new in couples:
            for what, direction, text in self._one(old, new):
                clause = (new or old or self.criterion).source.clause
                yield self.trees.said(what, self.criterion, direction, text, clause=clause)
        kept = [(old, new) for old, new in couples if old and new]
        if kept != sorted(kept, key=lambda couple: self.old.index(couple[0])):
            text = gettext("its changes stand in another order")
            yield self.trees.said("amendment", self.criterion, UNCLEAR, text)

    def _one(
        self, old: Amendment | None, new: Amendment | None
    ) -> Iterator[tuple[str, Direction, str]]:
        if old is None or new is None:
            change = new or old
            if change is not None:
                pattern = gettext("new change, %(where)s: %(what)s")
                if new is None:
                    pattern = gettext("dropped change, %(where)s: %(what)s")
                said = {"where": self._where(change), "what": phrases.amendment(change, self.unit)}
                yield "amendment", self._direction(old, new), pattern % said
            return
        where = self._where(new)
        if old.reach != new.reach:
            text = changed(gettext("change applies"), self._where(old), where)
            yield "amendment", self._direction(old, new), text
        if _content(old) != _content(new):
            texts = (phrases.amendment(change, self.unit) for change in (old, new))
            what = gettext("change, %(where)s") % {"where": where}
            direction = NEITHER if old.reach != new.reach else self._direction(old, new)
            yield "amendment", direction, changed(what, *texts)
        for text in source(old.source, new.source):
            what = gettext("change, %(where)s: %(what)s") % {"where": where, "what": text}
            yield "source", NEITHER, what
        for text in others(old, new, OWN):
            yield "other", UNCLEAR, text

    def _where(self, change: Amendment) -> str:
        return phrases.reach(change.reach, self.trees.names)

    def _direction(self, old: Amendment | None, new: Amendment | None) -> Direction:
        if self.before is None or self.after is None:
            return NEITHER  # it came or went with its criterion
        mine = [change for change in (old, new) if change]
        rest = [change for change in (*self.old, *self.new) if change not in mine]
        if any(a.reach.within(b.reach) for a in mine for b in rest):
            return UNCLEAR
        if old and new and old.reach != new.reach:
            return self._reached(old, new)
        if new is None:
            return directions.opposite(self._effect(self.before, None, old))
        return self._effect(self.after, old, new)

    def _reached(self, old: Amendment, new: Amendment) -> Direction:
        found = directions.of_reach(old.reach, new.reach)
        if _content(old) != _content(new) or found == "other" or self.after is None:
            return UNCLEAR
        effect = self._effect(self.after, None, new)
        moved = {"wider": effect, "narrower": directions.opposite(effect)}
        return moved.get(found, NEITHER)

    def _effect(self, place: Place, old: Amendment | None, new: Amendment | None) -> Direction:
        """Return what it does in its cases that one change gives way to another."""
        waived = [bool(change and change.waived) for change in (old, new)]
        if waived[0] != waived[1]:
            entering = self.trees.entering(place.criterion, place.parent, place.parent)
            return entering if waived[0] else directions.opposite(entering)
        before, after = (
            replace(place, criterion=_with(place.criterion, change)) for change in (old, new)
        )
        if waived[0]:
            return NEITHER
        found = [d for what, d, _ in Pair(self.trees, before, after).told() if what != "source"]
        return directions.joined(found)


def _coupled(old: list[Amendment], new: list[Amendment]) -> list[Couple]:
    """Match changes: the same ones, those of the same reach, then in their order."""
    left, partner = list(old), dict[int, "Amendment"]()
    for alike in (lambda a, b: a == b, lambda a, b: a.reach == b.reach, lambda _a, _b: True):
        for n, change in enumerate(new):
            match = next((a for a in left if n not in partner and alike(a, change)), None)
            if match is not None:
                partner[n] = match
                left.remove(match)
    return [(partner.get(n), change) for n, change in enumerate(new)] + [(a, None) for a in left]


def _content(change: Amendment) -> tuple[object, ...]:
    return (change.comparison, change.line, change.waived, change.bands, change.points)


def _with(criterion: Criterion, change: Amendment | None) -> Criterion:
    if change is None:
        return criterion
    return replace(
        criterion,
        comparison=change.comparison or criterion.comparison,
        line=change.line or criterion.line,
        bands=change.bands or criterion.bands,
        points=criterion.points if change.points is None else change.points,
    )
