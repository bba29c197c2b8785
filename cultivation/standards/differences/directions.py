"""Whether a change asks for less or for more: looser, stricter, neither, not to be told (宽严方向).

Looser means that nobody loses by the change, stricter that nobody gains: of those whose figures are
known. Groups and sums rise with their parts, so the direction of a part is that of the whole.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cultivation.standards.policy import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.standards.policy import Band, Criterion, Quantity, Reach

RISING = ("at_least", "above")
OPEN = Comparison("above", Fraction(0))  # the line of a sum that states none


class Direction(TextChoices):
    """What a change does to those judged by it (宽严方向)."""

    LOOSER = "looser", _("looser")
    STRICTER = "stricter", _("stricter")
    NEITHER = "neither", _("neither looser nor stricter")
    UNCLEAR = "unclear", _("cannot be told")


LOOSER, STRICTER = Direction.LOOSER, Direction.STRICTER
NEITHER, UNCLEAR = Direction.NEITHER, Direction.UNCLEAR


def opposite(direction: Direction) -> Direction:
    """Return what taking a change back does."""
    return {LOOSER: STRICTER, STRICTER: LOOSER}.get(direction, direction)


def joined(directions: Iterable[Direction]) -> Direction:
    """Return what several changes do together (合并方向)."""
    found = set(directions) - {NEITHER}
    if not found:
        return NEITHER
    return found.pop() if len(found) == 1 else UNCLEAR


def rising(before: Any, after: Any) -> Direction:
    """Return the direction of a number that helps the higher it is: points, a cap."""
    if before == after:
        return NEITHER
    return LOOSER if after > before else STRICTER


def of_comparison(before: Comparison, after: Comparison) -> Direction:
    """Return the direction of another comparison of the same quantity (门槛变化的方向)."""
    if before == after:
        return NEITHER
    a, b = before.threshold, after.threshold
    if isinstance(a, tuple) and isinstance(b, tuple):
        return _among(set(a), set(b))
    if not isinstance(a, Fraction) or not isinstance(b, Fraction):
        return UNCLEAR
    up = before.order in RISING
    if up != (after.order in RISING):
        return UNCLEAR
    if up:
        return rising((b, after.order == "above"), (a, before.order == "above"))
    return rising((a, before.order == "at_most"), (b, after.order == "at_most"))


def of_line(before: Comparison | None, after: Comparison | None, *, owed: bool) -> Direction:
    """Return the direction of another line of points; `owed`: without a line nothing is asked."""
    if before == after:
        return NEITHER
    if owed and (before is None or after is None):
        return STRICTER if before is None else LOOSER
    return of_comparison(before or OPEN, after or OPEN)


def of_bands(before: Criterion, after: Criterion) -> Direction:
    """Return the direction of other bands: by the points that each possible value gets (分档)."""
    bands = (*before.bands, *after.bands)
    if (before.bands, before.otherwise) == (after.bands, after.otherwise):
        return NEITHER
    sides = {band.comparison.order in RISING for band in bands}
    folded = before.quantity is not None and before.quantity.over in {"each", "any"}
    if not bands or (folded and len(sides) > 1):
        return UNCLEAR
    gained = [_points(after, value) - _points(before, value) for value in _values(bands)]
    if all(gain >= 0 for gain in gained):
        return LOOSER
    return STRICTER if all(gain <= 0 for gain in gained) else UNCLEAR


def of_quantity(before: Quantity, after: Quantity) -> Direction:
    """Return the direction of other years or another fold of the same figures (年度取法)."""
    same = (before.shape, before.names) == (after.shape, after.names)
    if before == after:
        return NEITHER
    if not same or before.shape not in {"figure", "ratio"}:
        return UNCLEAR
    old, new = set(before.years), set(after.years)
    folds = (_fold(before), _fold(after))
    if old == new:
        ladder = ["each", "mean", "any"]
        if set(folds) <= set(ladder):
            return rising(*(ladder.index(fold) for fold in folds))
    each, any_ = ({fold, "one"} >= set(folds) for fold in ("each", "any"))
    if each and (old < new or new < old):
        return STRICTER if old < new else LOOSER
    if any_ and (old < new or new < old):
        return LOOSER if old < new else STRICTER
    return UNCLEAR


def of_reach(before: Reach, after: Reach) -> str:
    """Tell whether a rule applies in more cases now: wider, narrower, same or other (适用范围)."""
    if before == after:
        return "same"
    inside, outside = _within(after, before), _within(before, after)
    if inside and outside:
        return "same"
    if inside or outside:
        return "narrower" if inside else "wider"
    return "other"


def _among(before: set[str], after: set[str]) -> Direction:
    if before == after:
        return NEITHER
    if before < after or after < before:
        return LOOSER if before < after else STRICTER
    return UNCLEAR


def _within(inner: Reach, outer: Reach) -> bool:
    kinds = not outer.kinds or bool(inner.kinds and set(inner.kinds) <= set(outer.kinds))
    since = outer.since is None or (inner.since is not None and inner.since >= outer.since)
    until = outer.until is None or (inner.until is not None and inner.until <= outer.until)
    left = set(inner.units) - set(inner.not_units)
    units = not outer.units or bool(inner.units and left <= set(outer.units))
    shut = set(outer.not_units) <= set(inner.not_units)
    shut = shut or bool(inner.units and not left & set(outer.not_units))
    return kinds and since and until and units and shut


def _fold(quantity: Quantity) -> str:
    return quantity.over or "one"


def _values(bands: tuple[Band, ...]) -> list[Any]:
    """Return a value of every kind that the bands tell apart: edges, between, beyond; texts."""
    bounds = [band.comparison.threshold for band in bands]
    edges = sorted({bound for bound in bounds if isinstance(bound, Fraction)})
    texts = {text for bound in bounds if isinstance(bound, tuple) for text in bound}
    values: list[Any] = [*texts, ""] if texts else []
    values += [True, False] if any(isinstance(bound, bool) for bound in bounds) else []
    if edges:
        values += [edges[0] - 1, *edges, edges[-1] + 1]
        values += [(a + b) / 2 for a, b in pairwise(edges)]
    return values


def _points(criterion: Criterion, value: Any) -> int:
    held = [band.points for band in criterion.bands if _holds(band.comparison, value)]
    return max([criterion.otherwise, *held])


def _holds(comparison: Comparison, value: Any) -> bool:
    bound = comparison.threshold
    if isinstance(bound, bool) or isinstance(value, bool):
        return value is bound
    if isinstance(bound, tuple):
        return value in bound
    if not isinstance(value, Fraction):
        return False
    return {
        "at_least": value >= bound,
        "above": value > bound,
        "at_most": value <= bound,
        "below": value < bound,
    }[comparison.order]
