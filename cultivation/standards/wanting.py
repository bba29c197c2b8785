"""What would meet a criterion in words: how many more, a statement, points (达标所需)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext

from cultivation.standards import wording
from cultivation.standards.columns import column_label, column_value
from cultivation.standards.grounds import size
from cultivation.standards.indicators import STATEMENTS
from cultivation.standards.levers import ABOVE_NOUGHT, RISING, Need, needs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.deadlines import Stage
    from cultivation.standards.explanation import Facts, Node
    from cultivation.standards.policy import Comparison, Quantity

NEAREST = 3  # bands named where points are missing


def wants(node: Node, facts: Facts, stage: Stage) -> list[str]:
    """Return what would meet a leaf that is not met, beside figures that are (达标所需)."""
    quantity, comparison = node.criterion.quantity, node.criterion.comparison
    if quantity is None or comparison is None:
        return []
    if quantity.is_span:
        return list(_of_count(quantity, comparison, facts, stage))
    if quantity.shape == "fact":
        return [_of_statement(quantity.names[0], comparison)]
    stated = [figure for figure in node.used if figure.value is None]
    return [
        gettext("State %(figure)s") % {"figure": column_label(f"{f.name}_y{back}", stage)}
        for f in stated
        for back in [stage.day.year - f.year]
    ]


def _of_count(
    quantity: Quantity, comparison: Comparison, facts: Facts, stage: Stage
) -> Iterator[str]:
    (name,) = quantity.names
    low, high = facts.get(f"{name}_low"), facts.get(f"{name}_high")
    if comparison.order not in RISING:
        count = stage.counts.get(name)
        if high is None and count is not None and count.complete:
            yield gettext("Declare: %(statement)s") % {
                "statement": STATEMENTS[count.complete].label
            }
        return
    for needs in needs_of("", quantity, comparison, stage.counts):
        bound = needs[0].bound(facts)
        if isinstance(bound, int) and low is not None:
            yield more(f"{name}_low", bound - low, stage)
    if quantity.shape == "count" and high is not None and low is not None and high > low:
        yield ngettext(
            "%(number)s entry kept lacks a detail that decides; complete it first",
            "%(number)s entries kept lack details that decide; complete them first",
            high - low,
        ) % {"number": high - low}


def more(column: str, number: int, stage: Stage) -> str:
    """Write how much more of a count is needed (还差多少)."""
    return gettext("%(amount)s more: %(what)s") % {
        "amount": column_value(column, number, stage, exact=True),
        "what": column_label(column, stage),
    }


def _of_statement(name: str, comparison: Comparison) -> str:
    statement = STATEMENTS[name]
    threshold = comparison.threshold
    if threshold is True:
        return gettext("Needed: %(statement)s") % {"statement": statement.label}
    if threshold is False:
        return gettext("Must not be: %(statement)s") % {"statement": statement.label}
    return gettext("%(statement)s: %(bound)s") % {
        "statement": statement.label,
        "bound": wording.bound(comparison, statement.sort),
    }


# ---- points -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Step:
    """More points that one criterion could give, and what for (加分途径)."""

    label: str
    points: int  # more, in hundredths
    need: Need
    size: int


def nearest(node: Node, facts: Facts, stage: Stage) -> list[str]:
    """Return the nearest steps to more points, the smallest change first (最近的加分项)."""
    steps = sorted(_steps(node, facts, stage), key=lambda step: (step.size, -step.points))
    different = list({step.label: step for step in reversed(steps)}.values())[::-1]
    return [
        gettext("%(criterion)s: %(points)s points more with %(need)s")
        % {
            "criterion": step.label,
            "points": wording.points(step.points, step.points),
            "need": said(step.need, facts, stage),
        }
        for step in different[:NEAREST]
    ]


def _steps(node: Node, facts: Facts, stage: Stage, base: int | None = None) -> Iterator[Step]:
    """Yield the next better band of every part; in a `best` only what beats the best counts."""
    criterion = node.criterion
    if criterion.advisory or node.points is None:
        return
    now = node.points[0] if base is None else max(base, node.points[0])
    if criterion.need in {"sum", "best"}:
        for part in node.parts:
            yield from _steps(part, facts, stage, now if criterion.need == "best" else base)
        return
    quantity = criterion.quantity
    if quantity is None:
        return
    asked = [(band.points, band.comparison) for band in criterion.bands]
    if criterion.comparison and criterion.points:
        asked = [(criterion.points, criterion.comparison)]
    better = sorted((pair for pair in asked if pair[0] > now), key=lambda pair: pair[0])[:1]
    for points, comparison in better:
        for needs in needs_of(criterion.code, quantity, comparison, stage.counts):
            open_ = [need for need in needs if not need.holds(facts)]
            if len(open_) == 1 and open_[0].comparison not in {None, ABOVE_NOUGHT}:
                bound = open_[0].bound(facts)
                if bound is not None:
                    far = size(facts.get(open_[0].column), bound)
                    yield Step(node.label, points - now, open_[0], far)


def said(need: Need, facts: Facts, stage: Stage) -> str:
    """Write a need in words (手段措辞)."""
    bound = need.bound(facts)
    if need.quantity.is_span and isinstance(bound, int):
        return more(need.column, bound - (facts.get(need.column) or 0), stage)
    label = column_label(need.column, stage)
    if isinstance(bound, bool):
        return label
    text = column_value(need.column, bound, stage, exact=True)
    pattern = gettext("at least %(amount)s") if need.rises else gettext("at most %(amount)s")
    text = text if isinstance(bound, str) else pattern % {"amount": text}
    return gettext("%(figure)s: %(bound)s") % {"figure": label, "bound": text}
