"""How one criterion differs from what it was (单项条件差异)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from cultivation.standards import phrases
from cultivation.standards.differences import directions
from cultivation.standards.differences.directions import LOOSER, NEITHER, STRICTER, UNCLEAR
from cultivation.standards.differences.telling import changed, labels, others, source
from cultivation.standards.differences.trees import SCORES, Place, Trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.differences.directions import Direction
    from cultivation.standards.differences.telling import Said
    from cultivation.standards.policy import Criterion

    Found = Iterator[tuple[str, Direction, str]]

OWN = {"code", "label_zh", "label_en", "source", "reach", "advisory", "need", "parts", "quantity"}
OWN |= {"comparison", "bands", "otherwise", "manual", "points", "cap", "line", "evidence"}
FREE = float("inf")  # no cap


def of_criteria(trees: Trees) -> Iterator[Said]:
    """Tell how the criteria differ, in the order of the later edition (条件差异)."""

    def below(criterion: Criterion, parent: Criterion | None) -> Iterator[Said]:
        before = trees.place_before(criterion.code)
        if before is None:
            yield trees.came(criterion, parent)
        else:
            pair = Pair(trees, before, trees.after[criterion.code])
            for what, direction, text in pair.told():
                yield trees.said(what, criterion, direction, text)
        yield from trees.gone(criterion)
        for part in criterion.parts:
            yield from below(part, criterion)

    before, after = (policy.root for policy in trees.policies)
    yield from below(after, None)
    kept = set(trees.old_code.values())
    for criterion in before.walk() if before.code not in kept else ():
        if criterion.code not in kept:
            text = gettext("dropped: %(what)s") % {"what": phrases.need(criterion)}
            yield trees.said("removed", criterion, UNCLEAR, text)


class Pair:
    """One criterion before and after, each in its place."""

    def __init__(self, trees: Trees, old: Place, new: Place) -> None:
        self.trees, self.old, self.new = trees, old, new
        self.before, self.after = old.criterion, new.criterion

    def told(self) -> Found:
        """Yield what differs, with the direction it has among its parts' group."""
        before, after = self.before, self.after
        if before.code != after.code:
            yield "code", NEITHER, changed(gettext("code"), before.code, after.code)
        yield from self._place()
        yield from (("label", NEITHER, text) for text in labels(before, after))
        yield from self._asked()
        yield from self._points()
        yield from (("source", NEITHER, text) for text in source(before.source, after.source))
        if before.evidence != after.evidence:
            papers = (phrases.papers(criterion.evidence) for criterion in (before, after))
            yield "evidence", NEITHER, changed(gettext("evidence"), *papers)
        yield from (("other", UNCLEAR, text) for text in others(before, after, OWN))

    def _place(self) -> Found:
        before, after, trees = self.before, self.after, self.trees
        was, now = (place.parent.code if place.parent else "" for place in (self.old, self.new))
        if was != trees.old_code.get(now, now):
            yield "moved", UNCLEAR, changed(gettext("part of"), was, now)
        if before.advisory != after.advisory:
            text = gettext("decides now, was for information only")
            if after.advisory:
                text = gettext("for information only now, decided before")
            yield "advisory", self._entering(leaves=after.advisory), text
        if before.reach != after.reach:
            texts = (phrases.reach(each.reach, trees.names) for each in (before, after))
            yield "reach", self._reached(), changed(gettext("applies"), *texts)
        kept = [trees.old_code.get(part.code) for part in after.parts]
        order = [part.code for part in before.parts if part.code in kept]
        if order != [code for code in kept if code in order]:
            yield "order", NEITHER, gettext("its parts stand in another order")

    def _entering(self, *, leaves: bool) -> Direction:
        direction = self.trees.entering(self.after, self.old.parent, self.new.parent)
        return directions.opposite(direction) if leaves else direction

    def _reached(self) -> Direction:
        found = directions.of_reach(self.before.reach, self.after.reach)
        if found in {"wider", "narrower"}:
            return self._entering(leaves=found == "narrower")
        return NEITHER if found == "same" else UNCLEAR

    def _asked(self) -> Found:
        before, after, counts = self.before, self.after, self.trees.counts
        if _sort(before) != _sort(after):
            texts = (phrases.criterion(c, counts[n]) for n, c in enumerate((before, after)))
            yield "asks", UNCLEAR, changed(gettext("asks"), *texts)
        elif before.need != after.need:
            texts = (phrases.need(criterion) for criterion in (before, after))
            yield "need", self._needed(), changed(gettext("needs"), *texts)
        elif before.quantity and after.quantity:
            yield from self._measured()

    def _needed(self) -> Direction:
        loud = any(not part.advisory for part in self.after.parts)
        return {
            ("all", "any"): LOOSER if loud else NEITHER,
            ("any", "all"): STRICTER if loud else NEITHER,
            ("best", "sum"): LOOSER,
            ("sum", "best"): STRICTER,
        }.get((self.before.need, self.after.need), UNCLEAR)

    def _measured(self) -> Found:
        before, after, counts = self.before, self.after, self.trees.counts
        old, new = before.quantity, after.quantity
        if old is None or new is None:
            return
        if old != new:
            texts = (phrases.quantity(q, counts[n]) for n, q in enumerate((old, new)))
            yield "quantity", directions.of_quantity(old, new), changed(gettext("measures"), *texts)
        if before.comparison and after.comparison and before.comparison != after.comparison:
            direction = directions.of_comparison(before.comparison, after.comparison)
            texts = (
                phrases.bound(c, q.unit)
                for c, q in ((before.comparison, old), (after.comparison, new))
            )
            comparable = old.unit == new.unit
            yield (
                "threshold",
                direction if comparable else UNCLEAR,
                changed(gettext("threshold"), *texts),
            )
        if before.bands != after.bands:
            was, now = phrases.bands(before.bands, old.unit), phrases.bands(after.bands, new.unit)
            yield "bands", directions.of_bands(before, after), changed(gettext("bands"), was, now)

    def _points(self) -> Found:
        before, after = self.before, self.after
        scored = all(place.parent and place.parent.need in SCORES for place in (self.old, self.new))
        if before.otherwise != after.otherwise:
            texts = (phrases.points(criterion.otherwise) for criterion in (before, after))
            direction = directions.rising(before.otherwise, after.otherwise)
            yield "otherwise", direction, changed(gettext("points below every band"), *texts)
        if before.points != after.points:
            texts = (phrases.points(criterion.points) for criterion in (before, after))
            direction = directions.rising(before.points or 0, after.points or 0)
            yield "points", direction if scored else NEITHER, changed(gettext("points"), *texts)
        if before.cap != after.cap:
            texts = (phrases.points(criterion.cap) for criterion in (before, after))
            caps = (FREE if c.cap is None else c.cap for c in (before, after))
            yield "cap", directions.rising(*caps), changed(gettext("most points"), *texts)
        if before.line != after.line:
            texts = (phrases.bound(criterion.line, "points") for criterion in (before, after))
            yield "line", self.lined(), changed(gettext("line of points"), *texts)

    def lined(self) -> Direction:
        """Return the direction of another line of points."""
        before, after = self.before, self.after
        groups = {place.parent.need if place.parent else "" for place in (self.old, self.new)}
        owed = groups <= set(SCORES)
        if not owed and groups & set(SCORES):
            return UNCLEAR
        by_points = bool(after.bands) or after.need in SCORES
        if by_points or (owed and (before.line is None or after.line is None)):
            return directions.of_line(before.line, after.line, owed=owed)
        return NEITHER


def _sort(criterion: Criterion) -> str:
    if criterion.need:
        return "group"
    if criterion.manual:
        return "manual"
    return "bands" if criterion.bands else "comparison"
