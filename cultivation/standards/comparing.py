"""Comparing a quantity with a threshold, exactly, as a Polars expression (比较).

Fractions are compared by cross-multiplying integers and roots are squared out; there is no
division. That is reckoned in 64 bits where the greatest figure of the frame and the threshold
leave room for it, else in 128. A quantity that cannot be worked out (a figure missing, a base of
nought or less, squares beyond 128 bits) is null, and null is unknown. What would be divided by
stands in columns of its own, null unless it is above nought: `divisors`.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from functools import reduce
from math import isqrt
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cultivation.standards.policy import Comparison, Quantity

ORDER: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}
NARROW, WIDEST = 2**63 - 1, 2**127 - 1
BITS = 64  # of a figure of which nothing is known but that it fits its column


def divisors(quantity: Quantity) -> Iterator[pl.Expr]:
    """Yield the columns that `held` reads beside those of the facts, each after what it reads."""
    back = {"ratio": quantity.years, "growth": (2,), "compound_growth": (3,), "mean_growth": (2, 3)}
    name = quantity.names[-1]
    for year in back.get(quantity.shape, ()):
        figure = pl.col(f"{name}_y{year}")
        above = pl.when(figure > pl.lit(0, dtype=pl.Int64)).then(figure)
        yield above.alias(f"divisor:{name}_y{year}")
    if quantity.shape == "mean_growth":
        a, b, c = _three(name, pl.Int128)
        yield (a * c + b * b).alias(f"risen:{name}")
        yield (b * c).alias(f"divisor:{name}")


def held(
    quantity: Quantity, comparison: Comparison, *, bits: int = BITS
) -> tuple[pl.Expr, pl.Expr]:
    """Return whether the comparison holds at worst, and whether it holds at best (成立与否).

    Only what lies between two bounds has two answers; null at worst is not sure, null at best is
    possible. No whole number that the comparison reads lies further from nought than 2**bits.
    """
    if not quantity.is_span:
        truth = _truth(quantity, comparison, bits)
        return truth, truth
    (name,) = quantity.names
    low, high = (_against([pl.col(f"{name}_{end}")], comparison, bits) for end in ("low", "high"))
    return (low, high) if comparison.order in {"at_least", "above"} else (high, low)


class _Width:
    """How wide a comparison is reckoned: 64 bits where nothing in it can run over (位宽)."""

    def __init__(self, bits: int, *, factor: int, constant: int = 0) -> None:
        fits = factor == 1 or factor << bits <= NARROW  # what is not multiplied fits its column
        narrow = fits and constant <= NARROW
        self.dtype: type[pl.DataType] = pl.Int64 if narrow else pl.Int128

    def of(self, name: str, year: int) -> pl.Expr:
        return self.wide(pl.col(f"{name}_y{year}"))

    def divisor(self, name: str, year: int) -> pl.Expr:
        return self.of(f"divisor:{name}", year)

    def wide(self, column: pl.Expr) -> pl.Expr:
        return column if self.dtype is pl.Int64 else column.cast(self.dtype)

    def whole(self, number: int) -> pl.Expr:
        return pl.lit(number, dtype=self.dtype)

    def times(self, value: pl.Expr, number: int) -> pl.Expr:
        return value if number == 1 else value * self.whole(number)


def _truth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    if quantity.shape == "fact":
        column = pl.col(quantity.names[0])
        if isinstance(comparison.threshold, bool):
            return column if comparison.threshold else ~column
        if isinstance(comparison.threshold, tuple):
            return column.is_in(list(comparison.threshold))
        return _against([column], comparison, bits)
    return {
        "figure": _figure,
        "ratio": _ratio,
        "growth": _growth,
        "mean_growth": _mean_growth,
        "compound_growth": _compound_growth,
    }[quantity.shape](quantity, comparison, bits)


def _figure(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    (name,) = quantity.names
    columns = [pl.col(f"{name}_y{year}") for year in quantity.years]
    if quantity.over in {"sum", "mean"}:
        share = len(columns) if quantity.over == "mean" else 1
        return _against(columns, comparison, bits, share=share)
    return _folded([_against([column], comparison, bits) for column in columns], quantity.over)


def _ratio(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    part, whole = quantity.names
    t = _fraction(comparison)
    width = _Width(bits, factor=max(t.denominator, abs(t.numerator)))
    truths = [
        ORDER[comparison.order](
            width.times(width.of(part, year), t.denominator),
            width.times(width.divisor(whole, year), t.numerator),
        )
        for year in quantity.years
    ]
    return _folded(truths, quantity.over)


def _growth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    times = _fraction(comparison) + 1
    width = _Width(bits, factor=max(times.denominator, abs(times.numerator)))
    (name,) = quantity.names
    return ORDER[comparison.order](
        width.times(width.of(name, 1), times.denominator),
        width.times(width.divisor(name, 2), times.numerator),
    )


def _mean_growth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    """Compare the mean of two yearly growths: a/b + b/c against 2 + 2t, times b and c."""
    times = 2 * (_fraction(comparison) + 1)
    p, q = times.numerator, times.denominator
    (name,) = quantity.names
    wide = _Width(BITS, factor=WIDEST)
    truth = ORDER[comparison.order](
        wide.times(pl.col(f"risen:{name}"), q), wide.times(pl.col(f"divisor:{name}"), p)
    )
    edge = isqrt(WIDEST // max(2 * q, abs(p)))
    if 1 << bits <= edge:
        return truth
    a, b, c = _three(name, pl.Int128)
    most = wide.whole(edge)
    return _where((a.abs() <= most) & (b <= most) & (c <= most), truth)


def _three(name: str, dtype: type[pl.DataType]) -> list[pl.Expr]:
    """Return a figure of three years, the last first; the earlier ones as divisors."""
    columns = (f"{name}_y1", f"divisor:{name}_y2", f"divisor:{name}_y3")
    return [pl.col(column).cast(dtype) for column in columns]


def _compound_growth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    """Compare the yearly growth over two years: a/c against (1 + t) squared.

    A figure below nought has no growth rate; it reaches no threshold that must be reached.
    """
    times = _fraction(comparison) + 1
    squared = times * times
    width = _Width(bits, factor=max(squared.numerator, squared.denominator))
    (name,) = quantity.names
    a, c = width.of(name, 1), width.divisor(name, 3)
    rising = comparison.order in {"at_least", "above"}
    if times < 0:
        return _where(c.is_not_null() & (a >= width.whole(0)), pl.lit(rising))
    truth = ORDER[comparison.order](
        width.times(a, squared.denominator), width.times(c, squared.numerator)
    )
    return truth if rising else _where(a >= width.whole(0), truth)


def _against(
    columns: list[pl.Expr], comparison: Comparison, bits: int, *, share: int = 1
) -> pl.Expr:
    """Compare the sum of columns with the threshold, `share` times over for a mean."""
    t = _fraction(comparison) * share
    width = _Width(bits, factor=t.denominator * len(columns), constant=abs(t.numerator))
    left = reduce(operator.add, [width.wide(column) for column in columns])
    return ORDER[comparison.order](width.times(left, t.denominator), width.whole(t.numerator))


def _folded(truths: list[pl.Expr], over: str) -> pl.Expr:
    return reduce(operator.or_ if over == "any" else operator.and_, truths)


def _where(defined: pl.Expr, truth: pl.Expr) -> pl.Expr:
    return pl.when(defined).then(truth)


def _fraction(comparison: Comparison) -> Fraction:
    assert isinstance(comparison.threshold, Fraction)  # noqa: S101 - the reader saw to it
    return comparison.threshold
