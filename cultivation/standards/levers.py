"""What would make one comparison hold: which value has to reach what, the rest as it is (达标手段).

The bounds are exact and only propose; whether a criterion is met is for the evaluator alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from cultivation.standards.policy import Comparison, Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cultivation.standards.policy import Count

Row = dict[str, Any]
RISING = ("at_least", "above")
ABOVE_NOUGHT = Comparison("above", Fraction(0))
LARGE = 10**18
OTHER = "other"
BURDENS = frozenset({"total_liabilities"})  # what one lowers, on whichever side of a ratio
MAY_FALL_BELOW_NOUGHT = frozenset({"net_profit"})
MOST = {"market_share": 1_000_000, "quality_score": 10_000, "digital_level": 4}
PARTS = (  # a part, and the whole it cannot exceed
    ("main_business_revenue", "revenue"),
    ("leading_product_revenue", "revenue"),
    ("rd_staff", "employees"),
    ("tech_staff", "employees"),
)


@dataclass(frozen=True, slots=True)
class Need:
    """That a column has to reach a value for a comparison to hold; without one, to be stated."""

    code: str  # of the criterion
    column: str
    quantity: Quantity
    comparison: Comparison | None = None
    year: int = 1
    turned: bool = False  # the column is the whole of a ratio, not its part
    worst: int | bool | str = 0  # what a column only to be stated is taken for
    through: str = ""  # the statement that settles the column

    @property
    def rises(self) -> bool:
        """Tell whether more of the column helps."""
        if self.comparison is None:
            return True
        return (self.comparison.order in RISING) != self.turned

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the columns on which the bound depends, the need's own first."""
        if self.quantity.shape in {"count", "sum", "fact"}:
            return tuple(column for column in (self.column, self.through) if column)
        columns = [f"{name}_y{year}" for name, year in self.quantity.figures]
        if self.quantity.shape == "ratio" or self.quantity.over in {"each", "any"}:
            columns = [column for column in columns if column.endswith(f"_y{self.year}")]
        return tuple(dict.fromkeys((self.column, *columns)))

    def bound(self, row: Row) -> int | bool | str | None:
        """Return the value that just suffices, the other columns as they are; None if none does."""
        if self.comparison is None:
            return self.worst if row.get(self.column) is None else row[self.column]
        threshold = self.comparison.threshold
        if isinstance(threshold, bool):
            return threshold
        if isinstance(threshold, tuple):
            now = row.get(self.column)
            return now if now in threshold else threshold[0]
        exact = self._exact(row, threshold)
        return None if exact is None else self._edge(exact)

    def holds(self, row: Row) -> bool:
        """Tell whether the column is there already."""
        now, bound = row.get(self.column), self.bound(row)
        if now is None or bound is None:
            return False
        if isinstance(now, bool | str):
            return now == bound
        return bool(now >= bound if self.rises else now <= bound)

    def _exact(self, row: Row, t: Fraction) -> Fraction | None:
        """Return where the comparison turns, or None where the other columns leave it open."""
        shape, names = self.quantity.shape, self.quantity.names
        figure = {back: row.get(f"{names[0]}_y{back}") for back in (0, 1, 2, 3)}
        if shape == "figure" and self.quantity.over in {"sum", "mean"}:
            rest = [figure[year] for year in self.quantity.years if year != self.year]
            share = len(self.quantity.years) if self.quantity.over == "mean" else 1
            return None if None in rest else t * share - sum(r for r in rest if r is not None)
        if shape == "ratio":
            return self._of_ratio(row, t)
        if shape in {"growth", "mean_growth", "compound_growth"}:
            return _of_growth(shape, figure, t)
        return t

    def _of_ratio(self, row: Row, t: Fraction) -> Fraction | None:
        part, whole = (row.get(f"{name}_y{self.year}") for name in self.quantity.names)
        if self.turned:
            return None if part is None or t <= 0 else Fraction(part) / t
        return None if whole is None or whole <= 0 else t * whole

    def _edge(self, exact: Fraction) -> int | None:
        assert self.comparison is not None  # noqa: S101 - a need with a threshold has one
        strict = self.comparison.order in {"above", "below"}
        if self.rises:
            bound = floor(exact) + 1 if strict else ceil(exact)
        else:
            bound = ceil(exact) - 1 if strict else floor(exact)
        name = self.column.rpartition("_y")[0] or self.column
        if name not in MAY_FALL_BELOW_NOUGHT:
            if bound < 0 and not self.rises:
                return None
            bound = max(bound, 0)
        return None if bound > MOST.get(name, bound) else bound


def _of_growth(shape: str, figure: Mapping[int, int | None], t: Fraction) -> Fraction | None:
    b, c = figure[2], figure[3]
    if shape == "growth":
        return None if not b or b < 0 else (1 + t) * b
    if not c or c < 0:
        return None
    if shape == "compound_growth":
        return (1 + t) ** 2 * c if 1 + t > 0 else Fraction(0)
    return None if not b or b < 0 else Fraction(2 * (1 + t) * b * c - b * b, c)


def needs_of(
    code: str, quantity: Quantity, comparison: Comparison, counts: Mapping[str, Count]
) -> Iterator[tuple[Need, ...]]:
    """Yield the alternatives that make a comparison hold; all needs of one must hold."""
    names, years = quantity.names, quantity.years
    if quantity.shape == "fact":
        yield (Need(code, names[0], quantity, comparison),)
    elif quantity.is_span:
        yield from _of_count(code, quantity, comparison, counts)
    elif quantity.shape == "figure" and quantity.over in {"sum", "mean"}:
        for lever in years:
            rest = (f"{names[0]}_y{year}" for year in years if year != lever)
            others = tuple(stated(code, column, comparison) for column in rest)
            yield (*others, Need(code, f"{names[0]}_y{lever}", quantity, comparison, lever))
    elif quantity.shape in {"figure", "ratio"}:
        each = [list(_of_year(code, quantity, comparison, year)) for year in years]
        if quantity.over == "any":
            yield from (alternative for found in each for alternative in found)
        else:
            for chosen in product(*each):
                yield tuple(need for needs in chosen for need in needs)
    else:
        bases = {"growth": (2,), "mean_growth": (2, 3), "compound_growth": (3,)}[quantity.shape]
        positive = tuple(_positive(code, names[0], year) for year in bases)
        yield (*positive, Need(code, f"{names[0]}_y1", quantity, comparison))


def _of_year(
    code: str, quantity: Quantity, comparison: Comparison, year: int
) -> Iterator[tuple[Need, ...]]:
    part = Need(code, f"{quantity.names[0]}_y{year}", quantity, comparison, year)
    if quantity.shape == "figure":
        yield (part,)
        return
    whole = quantity.names[1]
    positive = _positive(code, whole, year)
    yield (positive, part)
    if whole in BURDENS:
        turned = Need(code, f"{whole}_y{year}", quantity, comparison, year, turned=True)
        yield (stated(code, part.column, comparison), positive, turned)


def _of_count(
    code: str, quantity: Quantity, comparison: Comparison, counts: Mapping[str, Count]
) -> Iterator[tuple[Need, ...]]:
    (name,) = quantity.names
    if comparison.order in RISING:
        yield (Need(code, f"{name}_low", quantity, comparison),)
        return
    # What has happened cannot be undone; the list can be declared complete.
    complete = counts[name].complete if name in counts else ""
    upper = Need(code, f"{name}_high", quantity, comparison, through=complete)
    if complete:
        fact = Quantity("fact", (complete,))
        yield (Need(code, complete, fact, Comparison("is", threshold=True)), upper)
    else:
        yield (upper,)


def with_value(row: Row, column: str, value: Any, counts: Mapping[str, Count]) -> Row:
    """Return facts with another value and what follows from it for counts (改动后的事实)."""
    changed = {**row, column: value}
    name = column.removesuffix("_low")
    if name != column and (high := row.get(f"{name}_high")) is not None:
        changed[f"{name}_high"] = max(high, value)
    for count in counts.values():
        if count.complete == column and value is True:
            changed[f"{count.name}_high"] = changed.get(f"{count.name}_low")
    return changed


def stated(code: str, column: str, comparison: Comparison) -> Need:
    """Return the need that a column is known; it counts as what helps least (须填报)."""
    worst: int | bool | str = 0 if comparison.order in RISING else LARGE
    if comparison.threshold is True or comparison.threshold is False:
        worst = not comparison.threshold
    elif isinstance(comparison.threshold, tuple):
        worst = OTHER
    return Need(code, column, Quantity("fact", (column,)), worst=worst)


def _positive(code: str, name: str, year: int) -> Need:
    return Need(code, f"{name}_y{year}", Quantity("figure", (name,), (year,)), ABOVE_NOUGHT, year)


def consistent(columns: Iterable[str], facts: Row) -> tuple[tuple[str, str], ...]:
    """Return the pairs of columns of which the first is a part of the second, and is now."""
    known = set(columns)
    pairs = [(f"{a}_y{year}", f"{b}_y{year}") for a, b in PARTS for year in (0, 1, 2, 3)]
    return tuple(pair for pair in pairs if known.issuperset(pair) and not exceeds(facts, pair))


def exceeds(row: Row, pair: tuple[str, str]) -> bool:
    """Tell whether a part is more than its whole."""
    part, whole = row.get(pair[0]), row.get(pair[1])
    return part is not None and whole is not None and part > whole
