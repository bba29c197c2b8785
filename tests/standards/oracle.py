"""A second evaluator in plain Python and exact fractions, after what policy.py says (对照评价).

It shares nothing with the evaluator but the words of the policy; where both agree on random
policies and facts, neither is likely to be wrong. None is unknown, a verdict a digit of Verdict.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cultivation.standards.policy import Case, Comparison, Criterion, Policy, Quantity, Reach

Row = dict[str, Any]
Truth = bool | None
UNMET, UNKNOWN, MANUAL, MET = range(4)
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


@dataclass(frozen=True)
class Said:
    """What is said of one criterion: the verdict, and between what its points lie."""

    verdict: int
    points: tuple[int, int, int] | None = None  # least, by hand, most


def holds(value: Any, comparison: Comparison) -> Truth:
    """Compare one known value; None stays None."""
    wanted: Any = comparison.threshold
    if value is None:
        return None
    if comparison.order == "is":
        return value in wanted if isinstance(wanted, tuple) else value == wanted
    return ORDERS[comparison.order](value, wanted)


def every(truths: Sequence[Truth]) -> Truth:
    """Kleene's and."""
    return False if False in truths else None if None in truths else True


def either(truths: Sequence[Truth]) -> Truth:
    """Kleene's or."""
    return True if True in truths else None if None in truths else False


def share(part: int | None, whole: int | None) -> Fraction | None:
    """Return a part of a whole, which must be above nought."""
    return None if part is None or whole is None or whole <= 0 else Fraction(part, whole)


def measured(quantity: Quantity, row: Row) -> list[Any]:
    """Return what is measured, one value a year where years are judged each for itself."""
    years = [[row.get(f"{name}_y{year}") for name in quantity.names] for year in quantity.years]
    if quantity.shape == "fact":
        return [row[quantity.names[0]]]
    if quantity.shape == "ratio":
        return [share(part, whole) for part, whole in years]
    if quantity.shape == "figure":
        values = [value for (value,) in years]
        if quantity.over not in {"sum", "mean"}:
            return values
        whole = None if None in values else sum(values)
        return [whole if quantity.over == "sum" or whole is None else Fraction(whole, len(values))]
    a, b, c = (row.get(f"{quantity.names[0]}_y{year}") for year in (1, 2, 3))
    late, early = share(a, b), share(b, c)
    if quantity.shape == "growth":
        return [None if late is None else late - 1]
    return [None if late is None or early is None else (late + early) / 2 - 1]


def grew(grown: Fraction | None, comparison: Comparison) -> Truth:
    """Compare the yearly rate of growth over two years, by squares instead of a root."""
    rising = comparison.order in {"at_least", "above"}
    times: Any = comparison.threshold + 1
    if grown is None:
        return None
    if grown < 0:  # no rate at all: it reaches nothing, and nothing else can be said
        return False if rising else None
    return rising if times < 0 else holds(grown, replace(comparison, threshold=times**2))


def truth(quantity: Quantity, comparison: Comparison, row: Row) -> Truth:
    """Say whether the quantity surely holds, surely fails, or neither."""
    if quantity.shape in {"count", "sum"}:
        low, high = (row[f"{quantity.names[0]}_{end}"] for end in ("low", "high"))
        ends = {holds(end, comparison) for end in (low, math.inf if high is None else high)}
        return ends.pop() if len(ends) == 1 else None
    if quantity.shape == "compound_growth":
        name = quantity.names[0]
        return grew(share(row[f"{name}_y1"], row[f"{name}_y3"]), comparison)
    truths = [holds(value, comparison) for value in measured(quantity, row)]
    return either(truths) if quantity.over == "any" else every(truths)


def evaluate(criterion: Criterion, row: Row) -> dict[str, Said]:
    """Judge a criterion and all below it."""
    said: dict[str, Said] = {}
    for part in criterion.parts:
        said |= evaluate(part, row)
    parts = [part for part in criterion.parts if not part.advisory]
    if criterion.bands or criterion.need in {"sum", "best"}:
        points = banded(criterion, row) if criterion.bands else summed(criterion, parts, said)
        lines = [said[part.code].verdict for part in parts if part.line]
        verdict = min([reached(criterion, points), *lines])
        return {**said, criterion.code: Said(verdict, points)}
    verdict = MANUAL
    if criterion.need:
        fold = min if criterion.need == "all" else max
        verdict = fold([said[part.code].verdict for part in parts], default=MET)
    elif not criterion.manual:
        verdict = {True: MET, False: UNMET, None: UNKNOWN}[
            truth(criterion.quantity, criterion.comparison, row)  # type: ignore[arg-type]
        ]
    given = criterion.points
    least = (MET, MANUAL, UNKNOWN)
    points = None if given is None else tuple(given if verdict >= v else 0 for v in least)
    return {**said, criterion.code: Said(verdict, points)}  # type: ignore[arg-type]


def banded(criterion: Criterion, row: Row) -> tuple[int, int, int]:
    """Give the points of the best band that surely holds, and of the best that may."""
    assert criterion.quantity is not None
    truths = [(truth(criterion.quantity, b.comparison, row), b.points) for b in criterion.bands]
    low = max([points for held, points in truths if held], default=criterion.otherwise)
    high = max(
        [points for held, points in truths if held is not False], default=criterion.otherwise
    )
    return low, low, high


def summed(criterion: Criterion, parts: list[Criterion], said: dict[str, Said]) -> Any:
    """Add the parts' points up, or take the best of them, and cut at the cap."""
    points = [p for part in parts if part.scored and (p := said[part.code].points) is not None]
    fold = sum if criterion.need == "sum" else lambda several: max(several, default=0)
    cap = math.inf if criterion.cap is None else criterion.cap
    return tuple(min(cap, fold(p[end] for p in points)) for end in range(3))


def reached(criterion: Criterion, points: tuple[int, int, int]) -> int:
    """Judge points by the line, or by there being any."""
    low, by_hand, high = points
    line = criterion.line
    met = [p > 0 if line is None else bool(holds(p, line)) for p in (low, high)]
    return MET if met[0] else UNMET if not met[1] else MANUAL if by_hand == high else UNKNOWN


def applied(policy: Policy, case: Case) -> Criterion | None:
    """Return the criteria that apply to a case; of several changes to one the last wins."""

    def covers(reach: Reach) -> bool:
        kinds, unit = reach.kinds or (case.kind,), case.path[:2]
        after = reach.since is None or case.on >= reach.since
        before = reach.until is None or case.on <= reach.until
        here = unit in (reach.units or (unit,)) and unit not in reach.not_units
        return case.kind in kinds and after and before and here

    def worked(criterion: Criterion) -> Criterion | None:
        changes = [a for a in policy.amendments if a.of == criterion.code and covers(a.reach)]
        waived = False
        for change in changes:
            waived = waived if change.waived is None else change.waived
            stated = {"comparison": change.comparison, "line": change.line, "bands": change.bands}
            stated = {name: value for name, value in stated.items() if value}
            if change.points is not None:
                stated["points"] = change.points  # type: ignore[assignment]
            criterion = replace(criterion, **stated)  # type: ignore[arg-type]
        parts = tuple(p for part in criterion.parts if (p := worked(part)) is not None)
        if waived or not covers(criterion.reach) or (criterion.need and not parts):
            return None
        return replace(criterion, parts=parts)

    return worked(policy.root)
