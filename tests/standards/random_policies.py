"""Standards and facts that nobody wrote: strategies for property tests (随机标准)."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import strategies as st

from cultivation.standards import facts
from cultivation.standards.evaluation import columns
from cultivation.standards.policy import (
    Amendment,
    Band,
    Comparison,
    Count,
    Criterion,
    Policy,
    Quantity,
    Reach,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.standards.oracle import Row

DAY = dt.date(2025, 6, 1)
UNITS = ("32", "44")
FIGURES = ("revenue", "rd_expense", "main_business_revenue")
COUNTS = ("patents", "awards")
RATES = [Fraction(n, 20) for n in (-10, 0, 1, 2, 5, 10, 20, 30)]
WHOLES = [Fraction(n, 2) for n in (0, 1, 2, 4, 5, 6, 8, 12)]
ORDERS = ("at_least", "at_most", "above", "below")
quantities = st.one_of(
    st.builds(
        Quantity,
        st.just("figure"),
        st.sampled_from(FIGURES).map(lambda name: (name,)),
        st.sampled_from([(1, 2), (1, 2, 3), (0, 1)]),
        st.sampled_from(["each", "any", "sum", "mean"]),
    ),
    st.sampled_from(FIGURES).map(lambda name: Quantity("figure", (name,), (1,))),
    st.builds(
        Quantity,
        st.just("ratio"),
        st.permutations(FIGURES).map(lambda names: tuple(names[:2])),
        st.sampled_from([(1, 2), (1, 2, 3)]),
        st.sampled_from(["each", "any"]),
    ),
    st.permutations(FIGURES).map(lambda names: Quantity("ratio", tuple(names[:2]))),
    st.builds(
        Quantity,
        st.sampled_from(["growth", "mean_growth", "compound_growth"]),
        st.sampled_from(FIGURES).map(lambda name: (name,)),
    ),
    st.builds(
        Quantity, st.sampled_from(["count", "sum"]), st.sampled_from(COUNTS).map(lambda n: (n,))
    ),
    st.sampled_from(["own_brand", "niche_years", "domain_scheme"]).map(
        lambda name: Quantity("fact", (name,))
    ),
)


@st.composite
def comparisons(draw: st.DrawFn, quantity: Quantity, *, rising: bool = False) -> Comparison:
    """Draw what a quantity is compared with, by an order that the reader would take."""
    if quantity.names[0] == "own_brand":
        return Comparison("is", draw(st.booleans()))
    if quantity.names[0] == "domain_scheme":
        return Comparison("is", draw(st.sampled_from([("a",), ("a", "b"), ("c",)])))
    rate = quantity.shape == "ratio" or "growth" in quantity.shape
    order = draw(st.sampled_from(("at_least", "above") if rising else ORDERS))
    return Comparison(order, draw(st.sampled_from(RATES if rate else WHOLES)))


points = st.sampled_from([0, 100, 250, 500])


@st.composite
def bands_of(draw: st.DrawFn, quantity: Quantity) -> tuple[Band, ...]:
    rising = quantity.shape in {"count", "sum"}
    one = st.builds(Band, comparisons(quantity, rising=rising), points.map(lambda p: p + 100))
    return tuple(draw(st.lists(one, min_size=1, max_size=3)))


lines = st.none() | st.builds(
    Comparison, st.sampled_from(["at_least", "above"]), points.map(Fraction)
)
reaches = st.sampled_from([Reach()] * 6 + [Reach(units=("44",)), Reach(not_units=("44",))]) | (
    st.sampled_from([Reach(kinds=("recheck",)), Reach(since=DAY), Reach(until=dt.date(2025, 5, 1))])
)


@st.composite
def criteria(draw: st.DrawFn, code: str, depth: int, *, scored: bool = False) -> Criterion:
    """Draw a criterion with all below it; `scored` where it must give points."""
    about: dict[str, Any] = {"advisory": depth < 3 and draw(st.integers(0, 7)) == 0}
    if depth < 3:
        about["reach"] = draw(reaches)
    if depth and (depth == 3 or draw(st.integers(0, 2)) == 0):
        need = draw(st.sampled_from(["all", "any", "sum", "sum", "best"]))
        need = draw(st.sampled_from(["sum", "best"])) if scored and need == "all" else need
        adds = need in {"sum", "best"}
        parts = tuple(
            draw(criteria(f"{code}.{n}", depth - 1, scored=adds))
            for n in range(draw(st.integers(1, 4)))
        )
        if adds:
            about |= {
                "line": draw(lines),
                "cap": draw(st.none() | points) if need == "sum" else None,
            }
        elif scored or draw(st.booleans()):
            about["points"] = draw(points)
        return Criterion(code, code, code, need=need, parts=parts, **about)
    given = draw(points) if scored or draw(st.booleans()) else None
    if draw(st.integers(0, 5)) == 0:
        return Criterion(code, code, code, manual=True, points=given, **about)
    quantity = draw(quantities)
    if draw(st.booleans()):
        about |= {"otherwise": draw(st.sampled_from([0, 0, 100])), "line": draw(lines)}
        return Criterion(
            code, code, code, quantity=quantity, bands=draw(bands_of(quantity)), **about
        )
    compared = draw(comparisons(quantity))
    return Criterion(
        code, code, code, quantity=quantity, comparison=compared, points=given, **about
    )


@st.composite
def amendments(draw: st.DrawFn, root: Criterion) -> Amendment:
    """Draw a change to some criterion by a unit or for a kind of application."""
    target = draw(st.sampled_from([c for c in root.walk() if c is not root] or [root]))
    change: dict[str, Any] = {}
    if target.quantity and target.comparison:
        change["comparison"] = draw(comparisons(target.quantity))
    if target.quantity and target.bands:
        change["bands"] = draw(bands_of(target.quantity))
    if target.line:
        change["line"] = draw(lines)
    if target.points is not None:
        change["points"] = draw(points)
    if target is not root:
        change["waived"] = draw(st.sampled_from([None, None, True, False]))
    reach = draw(st.sampled_from([Reach(), Reach(units=("44",)), Reach(kinds=("recheck",))]))
    return Amendment(target.code, reach, **change)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw a standard up to three groups deep, with up to three amendments."""
    root = draw(criteria("R", 3))
    changes = tuple(draw(st.lists(amendments(root), max_size=3)))
    counts = tuple(Count(name, "right", name, name) for name in COUNTS)
    order = tuple(c.code for c in root.walk())
    return Policy(
        "random", "srdi", "", "", Source(), DAY, None, (), root, counts, changes, order=order
    )


def rows_of(policy: Policy, seed: int, number: int, *, gaps: float = 0.25) -> list[Row]:
    """Return facts about the thresholds above; some are missing, some bases are no bases."""
    dice = random.Random(seed)
    names = sorted(columns(policy.root) - {"enterprise", "region_path"})
    rows = []
    for _ in range(number):
        row: Row = dict.fromkeys(names)
        for name in names:
            kind, stem = facts.column_type(name), name.rpartition("_")[0]
            if name.endswith("_low"):
                row[name] = dice.randint(0, 4)
                row[f"{stem}_high"] = dice.choice([row[name], row[name], row[name] + 2, None])
            elif name.endswith("_high"):
                continue
            elif kind is pl.Boolean:
                row[name] = dice.random() < 0.6
            elif kind is pl.String:
                row[name] = dice.choice("abc")
            else:
                row[name] = dice.choice([-1, 0, 1, 2, 2, 3, 4, 5, 6, 8])
            if dice.random() < gaps and not name.endswith("_low"):
                row[name] = None
        rows.append(row)
    return rows


def frame_of(rows: Sequence[Row], names: Iterable[str]) -> pl.DataFrame:
    """Return rows as a frame of the columns named."""
    types = {name: facts.column_type(name) for name in names}
    return pl.DataFrame([[row[n] for n in types] for row in rows], schema=types, orient="row")
