"""Which way a standard wants each figure, where it wants it one way only (指标方向).

A figure compared from below is wanted high, from above low. Of a ratio the part goes that way and
the whole the other, as long as the part is not below nought and the whole above it; of growth the
later year goes that way and the year it starts from the other, as long as both are above nought.
The year in the middle of a mean of two growths is wanted neither way. A count is wanted as it is
compared. What different criteria want differently has no direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards.evaluation import columns
from cultivation.standards.facts import column_type

if TYPE_CHECKING:
    import random

    from cultivation.standards.policy import Comparison, Criterion, Policy, Quantity
    from tests.standards.oracle import Row

LARGE = (1, 10**6, 3 * 10**9, 10**11)  # fen


def polarity(criterion: Criterion) -> dict[str, int]:
    """Return the columns that may only help as they rise (1) or as they fall (-1)."""
    wanted: dict[str, set[int]] = {}
    for leaf in criterion.walk():
        if leaf.quantity is None:
            continue
        compared = [leaf.comparison] if leaf.comparison else [b.comparison for b in leaf.bands]
        for comparison in compared:
            for name, way in _wanted(leaf.quantity, _way(comparison)).items():
                wanted.setdefault(name, set()).add(way)
    return {name: way for name, (way, *others) in wanted.items() if way and not others}


def _way(comparison: Comparison) -> int:
    if comparison.order == "is":
        return {True: 1, False: -1}.get(comparison.threshold, 0)  # type: ignore[call-overload]
    return 1 if comparison.order in {"at_least", "above"} else -1


def _wanted(quantity: Quantity, way: int) -> dict[str, int]:
    if quantity.shape in {"count", "sum"}:
        return {f"{quantity.names[0]}_low": way}
    if quantity.shape == "fact":
        return {quantity.names[0]: way}
    (name, *whole) = quantity.names
    if quantity.shape == "ratio":
        return {f"{name}_y{year}": way for year in quantity.years} | {
            f"{whole[0]}_y{year}": -way for year in quantity.years
        }
    ways = {"growth": (way, -way), "mean_growth": (way, 0, -way), "compound_growth": (way, 0, -way)}
    if quantity.shape in ways:
        told = zip((1, 2, 3), ways[quantity.shape], strict=False)
        return {f"{name}_y{year}": one for year, one in told if (name, year) in quantity.figures}
    return {f"{name}_y{year}": way for year in quantity.years}


def domain(policy: Policy, dice: random.Random, number: int, *, gaps: float) -> list[Row]:
    """Draw facts of the size standards speak of, none below nought; some are missing."""
    rows = []
    for _ in range(number):
        row: Row = {}
        for name in sorted(columns(policy.root) - {"enterprise", "region_path"}):
            kind, stem = column_type(name), name.rpartition("_")[0]
            scale = 10**6 if "market_share" in name else 10**10
            if name.endswith("_low"):
                scale = 10**10 if stem.startswith("equity") else 5
                low = dice.choice([0, 0, dice.randint(0, scale)])
                row[name] = low
                row[f"{stem}_high"] = dice.choice([low, low, low + scale // 5, None])
            elif not name.endswith("_high"):
                row[name] = _drawn(kind, scale, dice) if dice.random() > gaps else None
        rows.append(row)
    return rows


def _drawn(kind: type[pl.DataType], scale: int, dice: random.Random) -> Any:
    if kind is pl.Boolean:
        return dice.random() < 0.6
    if kind is pl.String:
        return dice.choice(["six_bases", "ten_fields", "C", "I"])
    return dice.choice([dice.randint(1, 12), dice.randint(1, 600), dice.randint(1, scale)])


def raised(row: Row, name: str, way: int, dice: random.Random) -> Row:
    """Return the row with one figure better; a figure that must stay above nought does."""
    value = row[name]
    if value is None:
        return row
    if isinstance(value, bool):
        return {**row, name: way > 0}
    moved = max(0 if name.endswith("_low") else 1, value + way * dice.choice(LARGE))
    stem = name.removesuffix("_low")
    high = row.get(f"{stem}_high")
    if stem == name or high is None:
        return {**row, name: moved}
    return {**row, name: moved, f"{stem}_high": max(moved, high + moved - value)}
