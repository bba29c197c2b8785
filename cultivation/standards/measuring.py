"""What a quantity amounts to and how far it is from its threshold, for reading (量值与差距).

Verdicts never come from here: they come from the evaluator alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.standards.policy import Comparison, Quantity

Row = dict[str, Any]
Value = Fraction | bool | str | None
RISING = ("at_least", "above")


@dataclass(frozen=True, slots=True)
class Used:
    """One figure that a criterion reads, with its year; None where it is missing (所用数据)."""

    name: str
    year: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What would meet a criterion: a figure of a year that has to reach a bound (达标所需)."""

    name: str
    year: int
    order: str
    bound: int


def used(quantity: Quantity, facts: Row, *, as_of: dt.date) -> tuple[Used, ...]:
    """Return the figures of annual reports that a quantity reads."""
    return tuple(
        Used(name, as_of.year - back, facts.get(f"{name}_y{back}"))
        for name, back in quantity.figures
    )


def measured(quantity: Quantity, facts: Row) -> tuple[Value, ...]:
    """Return the quantity's exact values: one, or one a year where years are judged singly.

    A count with open entries has two, the least and the most it may be.
    """
    names = quantity.names
    if quantity.shape == "fact":
        value = facts.get(names[0])
        return (value if isinstance(value, bool | str) else _whole(value),)
    if quantity.is_span:
        low, high = (_whole(facts.get(f"{names[0]}_{end}")) for end in ("low", "high"))
        return (low,) if low == high else (low, high)
    if quantity.shape == "figure":
        each = tuple(_whole(facts.get(f"{names[0]}_y{year}")) for year in quantity.years)
        if quantity.over in {"sum", "mean"}:
            known = [value for value in each if value is not None]
            if len(known) < len(each):
                return (None,)
            total = sum(known, Fraction(0))
            return (total / len(each) if quantity.over == "mean" else total,)
        return each
    if quantity.shape == "ratio":
        return tuple(
            _quotient(facts.get(f"{names[0]}_y{year}"), facts.get(f"{names[1]}_y{year}"))
            for year in quantity.years
        )
    return (_growth(quantity.shape, [facts.get(f"{names[0]}_y{year}") for year in (1, 2, 3)]),)


def deciding(quantity: Quantity, values: tuple[Value, ...], order: str) -> Fraction | None:
    """Return the value that the comparison hangs on: the worst of each, the best of any."""
    numbers = [value for value in values if isinstance(value, Fraction)]
    if len(numbers) < len(values) and quantity.over != "any":
        return None
    if not numbers:
        return None
    worst_is_least = order in RISING
    if quantity.over == "any":
        return max(numbers) if worst_is_least else min(numbers)
    return min(numbers) if worst_is_least else max(numbers)


def distance(value: Fraction | None, comparison: Comparison) -> Fraction | None:
    """Return how far a value is beyond its threshold, below nought where it falls short (差距)."""
    if value is None or not isinstance(comparison.threshold, Fraction):
        return None
    over = value - comparison.threshold
    return over if comparison.order in RISING else -over


def wanted(
    quantity: Quantity, comparison: Comparison, facts: Row, *, as_of: dt.date
) -> tuple[Wanted, ...]:
    """Return the figures that would have to change for the comparison to hold, and how far."""
    t = comparison.threshold
    if not isinstance(t, Fraction) or quantity.shape in {"count", "sum", "fact"}:
        return ()
    name, last = quantity.names[0], as_of.year - 1

    def bound(exact: Fraction) -> int:
        return ceil(exact) if comparison.order in {"at_least", "below"} else floor(exact)

    needs: list[tuple[int, Fraction]] = []
    figures = {back: facts.get(f"{name}_y{back}") for back in (0, 1, 2, 3)}
    if quantity.shape == "figure" and quantity.over in {"sum", "mean"}:
        rest = [figures[year] for year in quantity.years[1:]]
        share = len(quantity.years) if quantity.over == "mean" else 1
        if None not in rest:
            needs = [(quantity.years[0], t * share - sum(r for r in rest if r is not None))]
    elif quantity.shape == "figure":
        needs = [(year, t) for year in quantity.years]
    elif quantity.shape == "ratio":
        wholes = {year: facts.get(f"{quantity.names[1]}_y{year}") for year in quantity.years}
        needs = [(year, t * whole) for year, whole in wholes.items() if whole]
    elif quantity.shape == "growth" and figures[2]:
        needs = [(1, (1 + t) * figures[2])]
    elif quantity.shape == "compound_growth" and figures[3]:
        needs = [(1, (1 + t) ** 2 * figures[3])]
    elif quantity.shape == "mean_growth" and figures[2] and figures[3]:
        earlier = Fraction(figures[2], figures[3])
        needs = [(1, (2 * (1 + t) - earlier) * figures[2])]
    return tuple(
        Wanted(name, last + 1 - year, comparison.order, bound(exact))
        for year, exact in needs
        if not _reaches(figures.get(year), bound(exact), comparison.order)
    )


def _reaches(value: int | None, bound: int, order: str) -> bool:
    if value is None:
        return False
    return {
        "at_least": value >= bound,
        "above": value > bound,
        "at_most": value <= bound,
        "below": value < bound,
    }[order]


def _whole(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)


def _quotient(part: int | None, whole: int | None) -> Fraction | None:
    return None if part is None or whole is None or whole <= 0 else Fraction(part, whole)


def _growth(shape: str, figures: list[int | None]) -> Fraction | None:
    a, b, c = figures
    if shape == "growth":
        times = _quotient(a, b)
        return None if times is None else times - 1
    if shape == "mean_growth":
        late, early = _quotient(a, b), _quotient(b, c)
        return None if late is None or early is None else (late + early) / 2 - 1
    whole = _quotient(a, c)
    if whole is None or whole < 0:
        return None
    with localcontext() as context:
        context.prec = 30
        root = (Decimal(whole.numerator) / Decimal(whole.denominator)).sqrt()
        return Fraction(root.quantize(Decimal("1e-15"))) - 1
