"""More than 100,000 cases on, just under and just over an edge, against exact fractions.

Every comparison and every band of every edition and overlay, and comparisons of every shape with
thresholds that no standard has yet: exactly on the edge, a stored unit to either side of each
figure, on bases of nought and less, and up to the limits of the columns.
"""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards import facts
from cultivation.standards.evaluation import columns, judge, judge_rest, largest
from cultivation.standards.policy import Band, Comparison, Criterion, Quantity
from tests.standards.oracle import UNKNOWN, Row, Said, evaluate
from tests.standards.seeds import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDEST = 2**63 - 1
MOST = 10**15  # fen, ten trillion yuan: squares of figures up to here fit 128 bits
ORDERS = ("at_least", "at_most", "above", "below")
SIZES = (10**6, MOST, WIDEST)  # of figures: each is judged in a frame of its own
AT_LEAST = 100_000


def scale(dice: random.Random, size: int, factor: int) -> int:
    """Draw a multiplier up to the most that keeps the figures within a size."""
    most = max(1, size // max(1, factor))
    return max(
        1,
        min(
            most,
            dice.choice(
                [1, 2, 7, 10**6, most, dice.randint(1, most), dice.randint(most // 4, most)]
            ),
        ),
    )


def near(dice: random.Random, row: Row, size: int) -> Row:
    """Step a unit aside in one figure, or not at all; now and then spoil one, or be far off."""
    if dice.random() < 0.08:
        return {name: dice.randint(-size // 9, size) for name in row}
    name = dice.choice(list(row))
    step = dice.choice([0, 0, 0, 1, -1])
    moved = {**row, name: row[name] + step}
    if dice.random() < 0.04:
        moved[name] = dice.choice([None, 0, -1, -moved[name], size, -size])
    return {n: v if v is None else max(-WIDEST, min(WIDEST, v)) for n, v in moved.items()}


def of_figure(dice: random.Random, quantity: Quantity, t: Fraction, size: int) -> Row:
    (name,) = quantity.names
    edge = dice.choice([t.__floor__(), t.__ceil__()])
    row = {f"{name}_y{year}": edge + dice.choice([0, 0, 5, -5]) for year in quantity.years}
    if quantity.over in {"sum", "mean"}:
        whole = t * (len(quantity.years) if quantity.over == "mean" else 1)
        first, *rest = row
        row |= {other: dice.randint(-size // 9, size // 9) for other in rest}
        row[first] = whole.__floor__() - sum(row[other] for other in rest)
    return row


def of_ratio(dice: random.Random, quantity: Quantity, t: Fraction, size: int) -> Row:
    part, whole = quantity.names
    row = {}
    for year in quantity.years:
        k = scale(dice, size, max(abs(t.numerator), t.denominator))
        row |= {f"{part}_y{year}": t.numerator * k, f"{whole}_y{year}": t.denominator * k}
    return row


def of_growth(dice: random.Random, quantity: Quantity, t: Fraction, size: int) -> Row:
    (name,) = quantity.names
    now, base = {"growth": (1, 2), "compound_growth": (1, 3)}[quantity.shape]
    times = (t + 1) ** (2 if quantity.shape == "compound_growth" else 1)
    k = scale(dice, size, max(abs(times.numerator), times.denominator))
    return {f"{name}_y{now}": times.numerator * k, f"{name}_y{base}": times.denominator * k}


def of_mean_growth(dice: random.Random, quantity: Quantity, t: Fraction, size: int) -> Row:
    """Take b/c = n/m, so that a = (2 + 2t - n/m) b is whole."""
    (name,) = quantity.names
    times = 2 * (t + 1)
    m, n = dice.choice([1, 20, dice.randint(1, 30)]), dice.randint(1, 30)
    k = scale(dice, size, 1800 * max(abs(times.numerator), times.denominator))
    c, b = k * m * m * times.denominator, k * m * n * times.denominator
    a = k * m * n * times.numerator - k * n * n * times.denominator
    return {f"{name}_y1": a, f"{name}_y2": b, f"{name}_y3": c}


def of_fact(dice: random.Random, quantity: Quantity, t: Fraction, size: int) -> Row:
    return {quantity.names[0]: dice.choice([t.__floor__(), t.__ceil__()])}


MAKERS: dict[str, Callable[[random.Random, Quantity, Fraction, int], Row]] = {
    "figure": of_figure,
    "ratio": of_ratio,
    "growth": of_growth,
    "compound_growth": of_growth,
    "mean_growth": of_mean_growth,
    "fact": of_fact,
}


def rows_around(dice: random.Random, criterion: Criterion, size: int, number: int) -> Iterator[Row]:
    """Yield rows of facts about each edge of a criterion."""
    quantity = criterion.quantity
    assert quantity is not None
    stated = (
        [criterion.comparison] if criterion.comparison else [b.comparison for b in criterion.bands]
    )
    for n in range(number):
        t: Any = stated[n % len(stated)].threshold
        if isinstance(t, bool | tuple):
            column = quantity.names[0]
            known = [True, False] if isinstance(t, bool) else [*t, "another", ""]
            yield {column: dice.choice([*known, None])}
        elif quantity.shape in {"count", "sum"}:
            (name,) = quantity.names
            low = dice.choice([t.__ceil__() - 1, t.__ceil__(), t.__ceil__() + 1, 0, size - 2])
            high = dice.choice([low, low, low + 1, low + 2, None])
            yield {f"{name}_low": low, f"{name}_high": high}
        else:
            yield near(dice, MAKERS[quantity.shape](dice, quantity, t, size), size)


def disagreements(criterion: Criterion, rows: list[Row]) -> list[Any]:
    """Return the rows on which evaluator and fractions differ; beyond MOST it may say unknown."""
    names = sorted(columns(criterion) - {"enterprise", "region_path"})
    types = {name: facts.column_type(name) for name in names}
    frame = pl.DataFrame([[r[n] for n in names] for r in rows], schema=types, orient="row")
    wide = judge(frame, criterion)
    narrow = judge_rest(frame.lazy(), criterion, bits=largest(frame.lazy(), criterion)).collect()
    assert narrow.equals(wide), criterion  # as narrow as the figures allow, and just as right
    judged = wide.rows(named=True)
    wrong = []
    for row, found in zip(rows, judged, strict=True):
        said = evaluate(criterion, row)[criterion.code]
        code = criterion.code
        points = (found[f"low:{code}"], found[f"high:{code}"]) if said.points else None
        expected = (said.points[0], said.points[2]) if said.points else None
        if (found[f"v:{code}"], points) == (said.verdict, expected):
            continue
        beyond = any(value is not None and abs(value) > MOST for value in row.values())
        squares = criterion.quantity is not None and criterion.quantity.shape == "mean_growth"
        if not (squares and beyond and unsure(found[f"v:{code}"], points, said)):
            wrong.append((criterion, row, said, found))
    return wrong


def unsure(verdict: int, points: tuple[int, int] | None, said: Said) -> bool:
    """Tell whether an answer says less than the truth, but nothing else."""
    if said.points and points and not points[0] <= said.points[0] <= said.points[2] <= points[1]:
        return False
    return verdict in {said.verdict, UNKNOWN}


def of_the_seeds() -> list[Criterion]:
    """Return every measured criterion of every standard, as it stands and as it is amended."""
    found: dict[Criterion, None] = {}
    for policy in POLICIES:
        leaves = {c.code: c for c in policy.root.walk() if c.quantity}
        for leaf in leaves.values():
            found[leaf] = None
        for a in policy.amendments:
            if a.of in leaves and (a.comparison or a.bands):
                leaf = leaves[a.of]
                comparison, bands = a.comparison or leaf.comparison, a.bands or leaf.bands
                found[replace(leaf, comparison=comparison, bands=bands)] = None
    return list(found)


SHAPES = [
    Quantity("figure", ("revenue",), (1,)),
    *(
        Quantity("figure", ("rd_expense",), (1, 2, 3), over)
        for over in ("each", "any", "sum", "mean")
    ),
    Quantity("ratio", ("rd_expense", "revenue")),
    *(Quantity("ratio", ("rd_expense", "revenue"), (1, 2), over) for over in ("each", "any")),
    *(Quantity(shape, ("revenue",)) for shape in ("growth", "mean_growth", "compound_growth")),  # type: ignore[arg-type]
    *(Quantity(shape, ("several",)) for shape in ("count", "sum")),  # type: ignore[arg-type]
    Quantity("fact", ("niche_years",)),
]


def made_up(dice: random.Random, quantity: Quantity, number: int) -> Criterion:
    """Return a criterion of a shape with thresholds that no standard has."""
    counted = quantity.shape in {"count", "sum"}
    rate = "growth" in quantity.shape

    def threshold() -> Fraction:
        if quantity.shape in {"ratio", "growth", "mean_growth", "compound_growth"}:
            fine = Fraction(dice.randint(-999_999 if rate else -9, 10**7), 10**6)  # widest readable
            plain = [Fraction(dice.randint(0, 40), 20), Fraction(1, dice.randint(1, 99))]
            return dice.choice([fine, *plain])
        whole = dice.randint(0, dice.choice([5, 500, MOST, 10**18]))
        return Fraction(whole, dice.choice([1, 1, 2, 3, 100, 10**6]))

    if number % 4:
        order = ORDERS[number % 2 * 2] if counted else dice.choice(ORDERS)
        comparison = Comparison(order, threshold())
        return Criterion("X", "", "", quantity=quantity, comparison=comparison)
    edges = sorted({threshold() for _ in range(4)})
    bands = [Band(Comparison("at_least", edge), 100 * n) for n, edge in enumerate(edges, 1)]
    return Criterion("X", "", "", quantity=quantity, bands=tuple(bands))


def test_no_case_about_an_edge_is_misjudged() -> None:
    dice = random.Random(2026)
    criteria = of_the_seeds() + [made_up(dice, shape, n) for shape in SHAPES for n in range(12)]
    each = -(-AT_LEAST // (len(criteria) * len(SIZES)))
    wrong, judged = [], 0
    for criterion in criteria:
        for size in SIZES:
            rows = list(rows_around(dice, criterion, size, each))
            judged += len(rows)
            wrong += disagreements(criterion, rows)
    assert wrong[:3] == []
    assert judged >= AT_LEAST
