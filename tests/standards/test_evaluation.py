"""The evaluator's rules one by one: what is no base, what all and any make, what is kept.

Edges are in test_boundaries.py, what holds of every standard in test_properties.py.
"""

from __future__ import annotations

import datetime as dt
import itertools
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from cultivation.standards import facts
from cultivation.standards.comparing import divisors, held
from cultivation.standards.evaluation import columns, judge, summarise
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case, Comparison, Criterion, Policy, Quantity
from tests.standards.seeds import POLICIES

ON = dt.date(2025, 6, 1)
NAMES = {"figure": ("revenue",), "ratio": ("rd_expense", "revenue")}


def verdicts(quantity: Quantity, comparison: Comparison, rows: list[dict[str, Any]]) -> list[Any]:
    """Return True, False or None for each row, as the compiled expression says."""
    names = {f"{name}_y{back}": pl.Int64 for name, back in quantity.figures}
    frame = pl.DataFrame(rows, schema=names, orient="row")
    worst, best = held(quantity, comparison)
    for divisor in divisors(quantity):
        frame = frame.with_columns(divisor)
    found = frame.select(worst=worst, best=best).rows()
    assert all(at_worst == at_best for at_worst, at_best in found)
    return [at_worst for at_worst, _ in found]


@pytest.mark.parametrize(("order", "found"), [("at_least", False), ("at_most", None)])
def test_a_fall_below_nought_reaches_no_growth(order: str, found: bool | None) -> None:
    quantity = Quantity("compound_growth", ("revenue",))
    row = {"revenue_y1": -5, "revenue_y3": 100}
    assert verdicts(quantity, Comparison(order, Fraction(5, 100)), [row]) == [found]


def test_float_division_would_misjudge_what_this_judges_right() -> None:
    """Growth of exactly 15 %: dividing floats gets a third of such cases wrong."""
    rows = [{"revenue_y1": 115 * n, "revenue_y2": 100 * n} for n in range(1, 2000)]
    wrong = [r for r in rows if not r["revenue_y1"] / r["revenue_y2"] - 1 >= 0.15]
    assert len(wrong) > 500
    quantity = Quantity("growth", ("revenue",))
    assert all(verdicts(quantity, Comparison("at_least", Fraction(15, 100)), rows))


@pytest.mark.parametrize("base", [0, -1, None])
def test_a_base_of_nought_or_less_is_unknown(base: int | None) -> None:
    row = {"rd_expense_y1": 5, "revenue_y1": base}
    assert verdicts(
        Quantity("ratio", NAMES["ratio"]), Comparison("at_least", Fraction(0)), [row]
    ) == [None]


def test_figures_of_the_widest_size_are_still_exact() -> None:
    widest = 2**63 - 1
    quantity = Quantity("ratio", NAMES["ratio"])
    rows = [
        {"rd_expense_y1": widest, "revenue_y1": widest},
        {"rd_expense_y1": widest - 1, "revenue_y1": widest},
    ]
    assert verdicts(quantity, Comparison("at_least", Fraction(1)), rows) == [True, False]


def test_squares_beyond_the_widest_are_unknown_not_wrong() -> None:
    widest = 2**63 - 1
    rows = [{"revenue_y1": widest, "revenue_y2": widest, "revenue_y3": widest}]
    assert verdicts(
        Quantity("mean_growth", ("revenue",)), Comparison("at_least", Fraction(1, 20)), rows
    ) == [None]


def leaf(code: str, verdict: Verdict) -> Criterion:
    """Return a criterion that has a verdict on the frame `plain()`."""
    if verdict == Verdict.MANUAL:
        return Criterion(code, code, code, manual=True)
    name = {Verdict.MET: "own_brand", Verdict.UNMET: "champion_title"}.get(verdict, "is_sme")
    quantity = Quantity("fact", (name,))
    return Criterion(code, code, code, quantity=quantity, comparison=Comparison("is", True))


def plain() -> pl.DataFrame:
    row = {"enterprise": 1, "region_path": "32", "own_brand": True, "champion_title": False}
    return facts.from_row({**row, "is_sme": None})


@pytest.mark.parametrize("several", list(itertools.product(Verdict, repeat=3)))
def test_all_is_the_least_and_any_the_greatest(several: tuple[Verdict, ...]) -> None:
    parts = tuple(leaf(f"P{n}", verdict) for n, verdict in enumerate(several))
    for need, fold in (("all", min), ("any", max)):
        group = Criterion("G", "G", "G", need=need, parts=parts)
        assert judge(plain(), group)["v:G"].to_list() == [fold(several).value]


def test_an_advisory_part_has_no_say() -> None:
    advice = Criterion(
        "P1", "", "", advisory=True, quantity=Quantity("fact", ("champion_title",)),
        comparison=Comparison("is", True),
    )  # fmt: skip
    group = Criterion("G", "", "", need="all", parts=(leaf("P0", Verdict.MET), advice))
    judged = judge(plain(), group)
    assert judged.select("v:P1", "v:G").rows() == [(0, 3)]


def columns_of(policy: Policy) -> list[str]:
    """Return the columns a policy reads; a count's low bound before its high one."""
    names = columns(policy.root) - {"enterprise", "region_path"}
    return sorted(names, key=lambda name: (name.endswith("_high"), name))


def verdict_of(policy: Policy, row: dict[str, Any], kind: str = "recognition") -> dict[str, int]:
    standard = policy.standard(Case(kind, ON, row["region_path"]))
    judged = judge(facts.from_row(row), standard).row(0, named=True)
    return {name: value for name, value in judged.items() if ":" in name}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.code)
def test_nothing_known_is_met_nowhere(policy: Policy) -> None:
    row: dict[str, Any] = dict.fromkeys(columns_of(policy))
    row |= {name: 0 for name in row if name.endswith("_low")}
    row |= {"enterprise": 1, "region_path": "32"}
    found = verdict_of(policy, row)
    sure = {c.code for c in policy.root.walk() if c.otherwise > 0}  # points for any answer
    met = {k for k, v in found.items() if k.startswith("v:") and v == Verdict.MET}
    assert met == {f"v:{code}" for code in sure}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.code)
def test_summary_has_one_digit_a_criterion_and_fits_its_field(policy: Policy) -> None:
    row: dict[str, Any] = dict.fromkeys(columns_of(policy))
    row |= {"enterprise": 1, "region_path": "32"}
    standard = policy.standard(Case("recognition", ON, "32"))
    kept = summarise(judge(facts.from_row(row), standard), policy, standard).row(0, named=True)
    assert len(kept["verdicts"]) == len(policy.order) <= 100
    absent = set(policy.order) - {c.code for c in standard.walk()}
    assert kept["verdicts"].count("-") == len(absent)
