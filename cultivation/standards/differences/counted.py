"""How what is counted differs: which facts, of how many years, valid ones (计数差异)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from cultivation.standards import phrases
from cultivation.standards.differences import directions
from cultivation.standards.differences.directions import (
    LOOSER,
    NEITHER,
    RISING,
    STRICTER,
    UNCLEAR,
    Direction,
)
from cultivation.standards.differences.telling import Said, changed, labels, others
from cultivation.standards.indicators import STATEMENTS
from enterprises.registry import labels as field_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.differences.trees import Trees
    from cultivation.standards.policy import Comparison, Count

    Alternative = tuple[tuple[str, Comparison], ...]

OWN = {"name", "of", "label_zh", "label_en", "where", "amount", "years", "to_date", "valid"}
OWN |= {"complete"}
ALWAYS = float("inf")


def of_counts(trees: Trees) -> Iterator[Said]:
    """Tell how the counts of two editions differ (计数差异)."""
    before, after = trees.counts
    for name, count in after.items():
        if name not in before:
            text = gettext("new count: %(what)s") % {"what": phrases.counted(count)}
            yield Said("count", name, count, "", NEITHER, text)
            continue
        for more, text in _told(before[name], count):
            yield Said("count", name, count, "", _direction(trees, name, more), text)
    for name, count in before.items():
        if name not in after:
            text = gettext("dropped count: %(what)s") % {"what": phrases.counted(count)}
            yield Said("count", name, count, "", NEITHER, text)
    kept = [name for name in after if name in before]
    if kept != [name for name in before if name in after]:
        text = gettext("the counts stand in another order")
        yield Said("count", "", None, "", NEITHER, text)


def _told(before: Count, after: Count) -> Iterator[tuple[Direction, str]]:
    """Yield differences; LOOSER says that more is counted, STRICTER that less is."""
    for text in labels(before, after):
        yield NEITHER, text
    if before.of != after.of:
        kinds = (phrases.of(count.of) for count in (before, after))
        yield UNCLEAR, changed(gettext("counts"), *kinds)
    if before.where != after.where:
        texts = (phrases.alternatives(count) for count in (before, after))
        yield _wider(before, after), changed(gettext("which of them"), *texts)
    if before.amount != after.amount:
        amounts = (count.amount and field_labels.of(count.amount) for count in (before, after))
        yield UNCLEAR, changed(gettext("amount added up"), *amounts)
    if before.years != after.years:
        spans = (phrases.span(count.years) for count in (before, after))
        whole = before.to_date or not after.years
        years = (count.years or ALWAYS for count in (before, after))
        direction = directions.rising(*years)
        same = before.to_date == after.to_date or whole
        yield direction if same else UNCLEAR, changed(gettext("years counted"), *spans)
    if before.to_date != after.to_date:
        texts = (phrases.yes(count.to_date) for count in (before, after))
        direction = directions.rising(before.to_date, after.to_date)
        counts = direction if before.years and after.years else NEITHER
        yield counts, changed(gettext("up to the day of judging"), *texts)
    if before.valid != after.valid:
        texts = (phrases.yes(count.valid) for count in (before, after))
        direction = STRICTER if after.valid else LOOSER
        yield direction, changed(gettext("valid ones only"), *texts)
    if before.complete != after.complete:
        names = (str(STATEMENTS[c.complete].label) if c.complete else "" for c in (before, after))
        yield UNCLEAR, changed(gettext("complete only with the statement"), *names)
    for text in others(before, after, OWN):
        yield UNCLEAR, text


def _direction(trees: Trees, name: str, more: Direction) -> Direction:
    """Return what counting more comes to where the count is used: for a floor it helps."""
    found = set()
    for side in (trees.before, trees.after):
        for place in side.values():
            criterion = place.criterion
            if criterion.quantity is None or name not in criterion.quantity.names:
                continue
            orders = [band.comparison.order for band in criterion.bands]
            orders += [criterion.comparison.order] if criterion.comparison else []
            for order in orders:
                direction = more if order in RISING else directions.opposite(more)
                found.add(trees.weighed(criterion.code, direction))
    return directions.joined(found)


def _wider(before: Count, after: Count) -> Direction:
    """Tell whether more facts fit now than before, or fewer."""
    if before.of != after.of:
        return UNCLEAR
    more = _within(before.where, after.where)
    fewer = _within(after.where, before.where)
    if more and fewer:
        return NEITHER
    if more or fewer:
        return LOOSER if more else STRICTER
    return UNCLEAR


def _within(inner: tuple[Alternative, ...], outer: tuple[Alternative, ...]) -> bool:
    return all(any(_fits(one, other) for other in outer) for one in inner)


def _fits(inner: Alternative, outer: Alternative) -> bool:
    """Tell whether whatever fits `inner` fits `outer`."""
    asked = dict(inner)
    return all(
        name in asked and directions.of_comparison(asked[name], comparison) in {NEITHER, LOOSER}
        for name, comparison in outer
    )
