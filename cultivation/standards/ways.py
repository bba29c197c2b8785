"""Ways through a standard: which comparisons together make it qualify (达标路径).

A group of `any` has the ways of its branches, one of `all` those of its parts together, and points
are put together band by band up to the line. The ways are sorted by what they would take from the
facts as they are: fewer values to change first, then smaller changes. What one change does to
another criterion is settled later, and judged by the evaluator alone.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import reduce
from math import ceil
from typing import TYPE_CHECKING

from cultivation.standards.comparing import ORDER
from cultivation.standards.grounds import ANYTHING, Ground, Points, Way
from cultivation.standards.levers import needs_of, stated
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.standards.levers import Need
    from cultivation.standards.policy import Comparison, Criterion

WIDTH = 200  # ways kept of a group
DEPTH = 4  # ways kept of equal points
Key = tuple[int, int, bool, bool]  # points, by hand, some unknown, a line of a part missed


def ways(criterion: Criterion, ground: Ground) -> list[Way]:
    """Return the ways in which a criterion qualifies, the least first (可行路径)."""
    if criterion.manual:
        return [Way(sure=False)]
    if criterion.bands or criterion.need in {"sum", "best"}:
        return _kept(_reaching(criterion, ground))
    if criterion.quantity is not None and criterion.comparison is not None:
        found = needs_of(criterion.code, criterion.quantity, criterion.comparison, ground.counts)
        return _kept(_feasible(found, ground))
    parts = [part for part in criterion.parts if not part.advisory]
    if not parts:
        return [Way()]
    if criterion.need == "any":
        return _kept(way for part in parts for way in ways(part, ground))
    made = [Way()]
    for part in parts:
        also = ways(part, ground)
        made = _kept(way.with_(other) for way in made for other in also)
    return made


def _feasible(found: Iterable[tuple[Need, ...]], ground: Ground) -> list[Way]:
    made = []
    for needs in found:
        if any(ground.hopeless(need) for need in needs):
            continue
        moves: dict[str, int] = {}
        for need in needs:
            if (far := ground.size(need)) is not None:
                moves[need.column] = max(far, moves.get(need.column, 0))
        made.append(Way(needs, moves))
    return made


def _kept(found: Iterable[Way]) -> list[Way]:
    return sorted(found, key=lambda way: way.cost)[:WIDTH]


# ---- points -------------------------------------------------------------------------------------
def _reaching(criterion: Criterion, ground: Ground) -> list[Way]:
    """Return the ways to a line of points."""
    made = []
    found = (
        options(criterion, ground)
        if criterion.need != "sum"
        else _of_sum(criterion, ground, whole=True)
    )
    for points in found:
        if points.owes:
            continue
        if _reached(points.low, criterion.line):
            made.append(points.way)
        elif _reached(points.by_hand, criterion.line) and points.by_hand == points.high:
            made.append(Way(points.way.needs, points.way.moves, sure=False))
    return made


def _reached(points: int, line: Comparison | None) -> bool:
    if line is None or not isinstance(line.threshold, Fraction):
        return points > 0
    reached: bool = ORDER[line.order](Fraction(points), line.threshold)  # type: ignore[arg-type,assignment]
    return reached


def options(criterion: Criterion, ground: Ground) -> list[Points]:
    """Return the points a criterion may give, each with its least ways (可得分值)."""
    if criterion.bands:
        return _of_bands(criterion, ground)
    if criterion.need == "sum":
        return _of_sum(criterion, ground)
    if criterion.need == "best":
        return _of_best(criterion, ground)
    return _of_condition(criterion, ground)


def _of_bands(criterion: Criterion, ground: Ground) -> list[Points]:
    assert criterion.quantity is not None  # noqa: S101 - bands are of a quantity
    found = [
        Points(band.points, band.points, band.points, way)
        for band in criterion.bands
        for way in _feasible(
            needs_of(criterion.code, criterion.quantity, band.comparison, ground.counts), ground
        )
    ]
    return [*found, *_as_it_is(criterion, ground, criterion.otherwise)]


def _of_condition(criterion: Criterion, ground: Ground) -> list[Points]:
    given = criterion.points or 0
    found = [Points(given if way.sure else 0, given, given, way) for way in ways(criterion, ground)]
    return [*found, *_as_it_is(criterion, ground, 0)]


def _as_it_is(criterion: Criterion, ground: Ground, least: int) -> list[Points]:
    """Return the points without any change, and those once all that is unknown is stated."""
    by_hand, high = (ground.judged[f"{end}:{criterion.code}"] for end in ("by_hand", "high"))
    if by_hand == high:
        return [Points(least, least, least)]
    known = _known(criterion, ground)
    return [Points(least, least, high), *([Points(least, least, least, known)] if known else [])]


def _known(criterion: Criterion, ground: Ground) -> Way | None:
    """Return the way of stating all that is unknown in a criterion, where that can be."""
    needs: list[Need] = []
    for leaf in criterion.walk():
        quantity = leaf.quantity
        if quantity is None or ground.judged[f"v:{leaf.code}"] != Verdict.UNKNOWN:
            continue
        if quantity.is_span:
            return None
        asked = leaf.comparison or leaf.bands[0].comparison
        columns = [f"{name}_y{year}" for name, year in quantity.figures] or list(quantity.names)
        needs += [stated(leaf.code, c, asked) for c in columns if ground.facts.get(c) is None]
    if any(not ground.may_move(need.column) for need in needs):
        return None
    return Way(tuple(needs), {need.column: ANYTHING for need in needs})


def _of_best(criterion: Criterion, ground: Ground) -> list[Points]:
    parts = _scored(criterion)
    made = []
    for part in parts:
        others = [other for other in parts if other is not part]
        open_ = [other for other in others if _open(other, ground)]
        most = max((ground.judged[f"high:{other.code}"] for other in open_), default=0)
        for points in options(part, ground):
            made.append(replace(points, high=max(points.high, most)))
            if most <= points.high:
                continue
            known = [_known(other, ground) for other in open_]
            if None not in known:
                way = reduce(Way.with_, (k for k in known if k), points.way)
                made.append(replace(points, way=way))
    return _capped(_pruned(made), criterion)


def _of_sum(criterion: Criterion, ground: Ground, *, whole: bool = False) -> list[Points]:
    """Return the points of a sum; of a whole one those beyond its line are worth nothing."""
    line = criterion.line.threshold if criterion.line else None
    enough = ceil(line) + 1 if whole and isinstance(line, Fraction) else None
    made = [Points(0, 0, 0)]
    for part in _scored(criterion):
        also = _pruned(_owed(points, part) for points in options(part, ground))
        made = _pruned(
            (
                Points(
                    one.low + other.low,
                    one.by_hand + other.by_hand,
                    one.high + other.high,
                    one.way.with_(other.way),
                    one.owes or other.owes,
                )
                for one in made
                for other in also
            ),
            enough=enough,
        )
    return _capped(made, criterion)


def _scored(criterion: Criterion) -> list[Criterion]:
    return [part for part in criterion.parts if part.scored and not part.advisory]


def _open(criterion: Criterion, ground: Ground) -> bool:
    by_hand, high = (ground.judged[f"{end}:{criterion.code}"] for end in ("by_hand", "high"))
    return bool(by_hand < high)


def _owed(points: Points, part: Criterion) -> Points:
    """Note where a part stays below a line of its own."""
    reached = _reached(points.low, part.line) or (
        _reached(points.by_hand, part.line) and points.by_hand == points.high
    )
    return replace(points, owes=True) if part.line and not reached else points


def _capped(found: list[Points], criterion: Criterion) -> list[Points]:
    most = criterion.cap
    if most is None:
        return found
    return [
        replace(p, low=min(p.low, most), by_hand=min(p.by_hand, most), high=min(p.high, most))
        for p in found
    ]


def _pruned(found: Iterable[Points], *, enough: int | None = None) -> list[Points]:
    """Keep the least ways to equal points, and none that takes more for fewer.

    Points beyond `enough` are worth nothing more.
    """
    kept: dict[Key, list[Points]] = {}
    for points in sorted(found, key=lambda points: points.way.cost):
        low, by_hand = points.low, points.by_hand
        if enough is not None:
            low, by_hand = min(low, enough), min(by_hand, enough)
        key = (low, by_hand, points.by_hand < points.high, points.owes)
        if not _outdone(key, kept):
            kept.setdefault(key, []).append(points)
    return [points for made in kept.values() for points in made]


def _outdone(key: Key, kept: Mapping[Key, list[Points]]) -> bool:
    """Tell whether enough ways are kept that take less for no fewer points."""
    low, by_hand, open_, owes = key
    seen = 0
    for (other, other_hand, other_open, other_owes), made in kept.items():
        if other >= low and other_hand >= by_hand and other_open <= open_ and other_owes <= owes:
            seen += len(made)
            if seen >= DEPTH:
                return True
    return False
