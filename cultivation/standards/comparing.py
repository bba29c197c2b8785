"""Comparing a quantity with a threshold, exactly, as a Polars expression (比较).

Fractions are compared by cross-multiplying integers and roots are squared out; there is no
division. That is reckoned in 64 bits where the greatest figure of the frame and the threshold
leave room for it, else in 128. A quantity that cannot be worked out (a figure missing, a base of
nought or less, squares beyond 128 bits) is null, and null is unknown.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from functools import reduce
from math import isqrt
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

    from cultivation.standards.policy import Comparison, Quantity

ORDER: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}
NARROW, WIDEST = 2**63 - 1, 2**127 - 1
BITS = 64  # of a figure of which nothing is known but that it fits its column


def held(
    quantity: Quantity, comparison: Comparison, *, bits: int = BITS
) -> tuple[pl.Expr, pl.Expr]:
    """Return whether the comparison surely holds, and whether it surely fails (both or neither).

    No whole number that the comparison reads lies further from nought than 2**bits.
    """
    if quantity.shape in {"count", "sum"}:
        return _between(quantity.names[0], comparison, bits)
    truth = _truth(quantity, comparison, bits)
    return truth, ~truth


class _Width:
    """How wide a comparison is reckoned: 64 bits where nothing in it can run over (位宽)."""

    def __init__(self, bits: int, *, factor: int, constant: int = 0) -> None:
        fits = factor << bits <= NARROW and constant <= NARROW
        self.dtype: type[pl.DataType] = pl.Int64 if fits else pl.Int128

    def of(self, name: str, year: int) -> pl.Expr:
        return self.wide(pl.col(f"{name}_y{year}"))

    def wide(self, column: pl.Expr) -> pl.Expr:
        return column if self.dtype is pl.Int64 else column.cast(self.dtype)

    def whole(self, number: int) -> pl.Expr:
        return pl.lit(number, dtype=self.dtype)


def _between(name: str, comparison: Comparison, bits: int) -> tuple[pl.Expr, pl.Expr]:
    """Compare what lies between two bounds; an upper bound of null is without end."""
    at_low, at_high = (
        _against([pl.col(f"{name}_{end}")], comparison, bits) for end in ("low", "high")
    )
    unless = pl.lit(value=False)
    if comparison.order in {"at_least", "above"}:
        return at_low, (~at_high).fill_null(unless)
    return at_high.fill_null(unless), ~at_low


def _truth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    if quantity.shape == "fact":
        column = pl.col(quantity.names[0])
        if isinstance(comparison.threshold, bool):
            return column == comparison.threshold
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
        _where(
            width.of(whole, year) > width.whole(0),
            ORDER[comparison.order](
                width.of(part, year) * width.whole(t.denominator),
                width.of(whole, year) * width.whole(t.numerator),
            ),
        )
        for year in quantity.years
    ]
    return _folded(truths, quantity.over)


def _growth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    times = _fraction(comparison) + 1
    width = _Width(bits, factor=max(times.denominator, abs(times.numerator)))
    now, before = (width.of(quantity.names[0], year) for year in (1, 2))
    truth = ORDER[comparison.order](
        now * width.whole(times.denominator), before * width.whole(times.numerator)
    )
    return _where(before > width.whole(0), truth)


def _mean_growth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    """Compare the mean of two yearly growths: a/b + b/c against 2 + 2t, times b and c."""
    times = 2 * (_fraction(comparison) + 1)
    p, q = times.numerator, times.denominator
    width = _Width(2 * bits, factor=max(2 * q, abs(p)))
    a, b, c = (width.of(quantity.names[0], year) for year in (1, 2, 3))
    truth = ORDER[comparison.order]((a * c + b * b) * width.whole(q), b * c * width.whole(p))
    nought = width.whole(0)
    fits = (b > nought) & (c > nought)
    if width.dtype is pl.Int128:
        edge = width.whole(isqrt(WIDEST // max(2 * q, abs(p), 1)))
        fits &= (a.abs() <= edge) & (b <= edge) & (c <= edge)
    return _where(fits, truth)


def _compound_growth(quantity: Quantity, comparison: Comparison, bits: int) -> pl.Expr:
    """Compare the yearly growth over two years: a/c against (1 + t) squared.

    A figure below nought has no growth rate; it reaches no threshold that must be reached.
    """
    times = _fraction(comparison) + 1
    squared = times * times
    width = _Width(bits, factor=max(squared.numerator, squared.denominator))
    a, c = (width.of(quantity.names[0], year) for year in (1, 3))
    nought = width.whole(0)
    rising = comparison.order in {"at_least", "above"}
    if times < 0:
        return _where((c > nought) & (a >= nought), pl.lit(rising))
    truth = ORDER[comparison.order](
        a * width.whole(squared.denominator), c * width.whole(squared.numerator)
    )
    return _where((c > nought) if rising else (c > nought) & (a >= nought), truth)


def _against(
    columns: list[pl.Expr], comparison: Comparison, bits: int, *, share: int = 1
) -> pl.Expr:
    """Compare the sum of columns with the threshold, `share` times over for a mean."""
    t = _fraction(comparison) * share
    width = _Width(bits, factor=t.denominator * len(columns), constant=abs(t.numerator))
    left = reduce(operator.add, [width.wide(column) for column in columns])
    if t.denominator != 1:
        left = left * width.whole(t.denominator)
    return ORDER[comparison.order](left, width.whole(t.numerator))


def _folded(truths: list[pl.Expr], over: str) -> pl.Expr:
    return reduce(operator.or_ if over == "any" else operator.and_, truths)


def _where(defined: pl.Expr, truth: pl.Expr) -> pl.Expr:
    return pl.when(defined).then(truth)


def _fraction(comparison: Comparison) -> Fraction:
    assert isinstance(comparison.threshold, Fraction)  # noqa: S101 - the reader saw to it
    return comparison.threshold
