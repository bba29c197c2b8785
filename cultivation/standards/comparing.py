"""Comparing a quantity with a threshold, exactly, as a Polars expression (比较).

Fractions are compared by cross-multiplying integers and roots are squared out, in 128 bits; there
is no division. A quantity that cannot be worked out (a figure missing, a base of nought or less,
squares beyond 128 bits) is null, and null is unknown.
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
WIDEST = 2**127 - 1


def held(quantity: Quantity, comparison: Comparison) -> tuple[pl.Expr, pl.Expr]:
    """Return whether the comparison surely holds, and whether it surely fails (both or neither)."""
    if quantity.shape in {"count", "sum"}:
        return _between(quantity.names[0], comparison)
    truth = _truth(quantity, comparison)
    return truth, ~truth


def _between(name: str, comparison: Comparison) -> tuple[pl.Expr, pl.Expr]:
    """Compare what lies between two bounds; an upper bound of null is without end."""
    low, high = pl.col(f"{name}_low"), pl.col(f"{name}_high")
    at_low, at_high = _against(low, comparison), _against(high, comparison)
    unless = pl.lit(value=False)
    if comparison.order in {"at_least", "above"}:
        return at_low, (~at_high).fill_null(unless)
    return at_high.fill_null(unless), ~at_low


def _truth(quantity: Quantity, comparison: Comparison) -> pl.Expr:
    if quantity.shape == "fact":
        column = pl.col(quantity.names[0])
        if isinstance(comparison.threshold, bool):
            return column == comparison.threshold
        if isinstance(comparison.threshold, tuple):
            return column.is_in(list(comparison.threshold))
        return _against(column, comparison)
    return {
        "figure": _figure,
        "ratio": _ratio,
        "growth": _growth,
        "mean_growth": _mean_growth,
        "compound_growth": _compound_growth,
    }[quantity.shape](quantity, comparison)


def _figure(quantity: Quantity, comparison: Comparison) -> pl.Expr:
    (name,) = quantity.names
    columns = [_wide(name, year) for year in quantity.years]
    if quantity.over in {"sum", "mean"}:
        whole = reduce(operator.add, columns)
        share = len(columns) if quantity.over == "mean" else 1
        return _against(whole, comparison, times=share)
    return _folded([_against(column, comparison) for column in columns], quantity.over)


def _ratio(quantity: Quantity, comparison: Comparison) -> pl.Expr:
    part, whole = quantity.names
    t = _fraction(comparison)
    truths = [
        _where(
            _wide(whole, year) > 0,
            ORDER[comparison.order](
                _wide(part, year) * _whole(t.denominator),
                _wide(whole, year) * _whole(t.numerator),
            ),
        )
        for year in quantity.years
    ]
    return _folded(truths, quantity.over)


def _growth(quantity: Quantity, comparison: Comparison) -> pl.Expr:
    now, before = (_wide(quantity.names[0], year) for year in (1, 2))
    times = _fraction(comparison) + 1
    truth = ORDER[comparison.order](
        now * _whole(times.denominator), before * _whole(times.numerator)
    )
    return _where(before > 0, truth)


def _mean_growth(quantity: Quantity, comparison: Comparison) -> pl.Expr:
    """Compare the mean of two yearly growths: a/b + b/c against 2 + 2t, times b and c."""
    a, b, c = (_wide(quantity.names[0], year) for year in (1, 2, 3))
    times = 2 * (_fraction(comparison) + 1)
    p, q = times.numerator, times.denominator
    truth = ORDER[comparison.order]((a * c + b * b) * _whole(q), b * c * _whole(p))
    edge = _whole(isqrt(WIDEST // max(2 * q, abs(p), 1)))
    fits = (b > 0) & (c > 0) & (a.abs() <= edge) & (b <= edge) & (c <= edge)
    return _where(fits, truth)


def _compound_growth(quantity: Quantity, comparison: Comparison) -> pl.Expr:
    """Compare the yearly growth over two years: a/c against (1 + t) squared.

    A figure below nought has no growth rate; it reaches no threshold that must be reached.
    """
    a, c = (_wide(quantity.names[0], year) for year in (1, 3))
    times = _fraction(comparison) + 1
    rising = comparison.order in {"at_least", "above"}
    if times < 0:
        return _where((c > 0) & (a >= 0), pl.lit(rising))
    squared = times * times
    truth = ORDER[comparison.order](a * _whole(squared.denominator), c * _whole(squared.numerator))
    return _where((c > 0) if rising else (c > 0) & (a >= 0), truth)


def _against(column: pl.Expr, comparison: Comparison, *, times: int = 1) -> pl.Expr:
    t = _fraction(comparison) * times
    left = column.cast(pl.Int128) * _whole(t.denominator)
    return ORDER[comparison.order](left, _whole(t.numerator))


def _folded(truths: list[pl.Expr], over: str) -> pl.Expr:
    return reduce(operator.or_ if over == "any" else operator.and_, truths)


def _where(defined: pl.Expr, truth: pl.Expr) -> pl.Expr:
    return pl.when(defined).then(truth)


def _wide(name: str, year: int) -> pl.Expr:
    return pl.col(f"{name}_y{year}").cast(pl.Int128)


def _whole(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.Int128)


def _fraction(comparison: Comparison) -> Fraction:
    assert isinstance(comparison.threshold, Fraction)  # noqa: S101 - the reader saw to it
    return comparison.threshold
