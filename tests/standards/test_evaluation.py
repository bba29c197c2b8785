"""The evaluator against exact fractions, at and around thresholds, and its logic."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cultivation.standards import facts
from cultivation.standards.comparing import held
from cultivation.standards.editions import FOLDER
from cultivation.standards.evaluation import columns, judge, summarise
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case, Comparison, Criterion, Policy, Quantity
from cultivation.standards.reading import read_policy

POLICIES = [
    read_policy(path.read_text(encoding="utf-8"), code=path.stem)
    for path in sorted(FOLDER.glob("*.toml"))
]
ON = dt.date(2025, 6, 1)
ORDERS = {
    "at_least": lambda a, b: a >= b,
    "at_most": lambda a, b: a <= b,
    "above": lambda a, b: a > b,
    "below": lambda a, b: a < b,
}
NAMES = {"figure": ("revenue",), "ratio": ("rd_expense", "revenue")}
MOST = 10**15  # fen: ten trillion yuan
money = st.integers(-MOST, MOST)
positive = st.integers(1, MOST)
rates = st.fractions(min_value=-1, max_value=2, max_denominator=10_000)
orders = st.sampled_from(sorted(ORDERS))


def verdicts(quantity: Quantity, comparison: Comparison, rows: list[dict[str, Any]]) -> list[Any]:
    """Return True, False or None for each row, as the compiled expression says."""
    names = {f"{name}_y{back}": pl.Int64 for name, back in quantity.figures}
    frame = pl.DataFrame(rows, schema=names, orient="row")
    met, unmet = held(quantity, comparison)
    found = frame.select(met=met, unmet=unmet).rows()
    assert all((m is None) == (u is None) and (m is None or m != u) for m, u in found)
    return [m for m, _ in found]


@given(rates, positive, orders, st.integers(-2, 2))
@settings(max_examples=150, deadline=None)
def test_ratio_is_exact_around_its_threshold(t: Fraction, whole: int, order: str, off: int) -> None:
    part = t.numerator * whole // t.denominator + off
    quantity = Quantity("ratio", NAMES["ratio"])
    row = {"rd_expense_y1": part, "revenue_y1": whole}
    assert verdicts(quantity, Comparison(order, t), [row]) == [
        ORDERS[order](Fraction(part, whole), t)
    ]


@given(rates, positive, orders, st.integers(-2, 2))
@settings(max_examples=150, deadline=None)
def test_growth_is_exact_around_its_threshold(
    t: Fraction, before: int, order: str, off: int
) -> None:
    now = before + t.numerator * before // t.denominator + off
    quantity = Quantity("growth", ("revenue",))
    row = {"revenue_y1": now, "revenue_y2": before}
    expected = ORDERS[order](Fraction(now, before) - 1, t)
    assert verdicts(quantity, Comparison(order, t), [row]) == [expected]


@given(rates, positive, positive, orders, st.integers(-2, 2))
@settings(max_examples=150, deadline=None)
def test_mean_growth_is_exact_around_its_threshold(
    t: Fraction, middle: int, first: int, order: str, off: int
) -> None:
    exact = (2 * (1 + t) - Fraction(middle, first)) * middle
    last = exact.numerator // exact.denominator + off
    quantity = Quantity("mean_growth", ("revenue",))
    row = {"revenue_y1": last, "revenue_y2": middle, "revenue_y3": first}
    found = verdicts(quantity, Comparison(order, t), [row]) if abs(last) < 2**63 else [None]
    mean = (Fraction(last, middle) + Fraction(middle, first)) / 2 - 1
    # Beyond 128 bits the answer may be unknown, never wrong.
    assert found in ([ORDERS[order](mean, t)], [None])
    if max(abs(last), middle, first) <= MOST:
        assert found != [None]


@given(st.integers(-100, 300), positive, orders, st.integers(-2, 2))
@settings(max_examples=150, deadline=None)
def test_compound_growth_is_exact_around_its_threshold(
    percent: int, first: int, order: str, off: int
) -> None:
    t = Fraction(percent, 100)
    squared = (1 + t) ** 2
    last = max(0, squared.numerator * first // squared.denominator + off)
    quantity = Quantity("compound_growth", ("revenue",))
    row = {"revenue_y1": last, "revenue_y3": first}
    expected = ORDERS[order](Fraction(last, first), squared)
    assert verdicts(quantity, Comparison(order, t), [row]) == [expected]


@pytest.mark.parametrize(("order", "found"), [("at_least", False), ("at_most", None)])
def test_a_fall_below_nought_reaches_no_growth(order: str, found: bool | None) -> None:
    quantity = Quantity("compound_growth", ("revenue",))
    row = {"revenue_y1": -5, "revenue_y3": 100}
    assert verdicts(quantity, Comparison(order, Fraction(5, 100)), [row]) == [found]


@given(st.lists(money, min_size=2, max_size=2), money, orders, st.sampled_from(["sum", "mean"]))
@settings(max_examples=100, deadline=None)
def test_sum_and_mean_of_years_are_exact(figures: list[int], t: int, order: str, over: str) -> None:
    quantity = Quantity("figure", ("revenue",), (1, 2), over)
    row = {"revenue_y1": figures[0], "revenue_y2": figures[1]}
    value = Fraction(sum(figures), 2 if over == "mean" else 1)
    found = verdicts(quantity, Comparison(order, Fraction(t)), [row])
    assert found == [ORDERS[order](value, t)]


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


@st.composite
def rows(draw: st.DrawFn, policy: Policy, *, missing: float = 0.3) -> dict[str, Any]:
    """Draw facts of an enterprise, a part of them missing."""
    row: dict[str, Any] = {
        "enterprise": 1,
        "region_path": draw(st.sampled_from(["32", "44", "37"])),
    }
    random = draw(st.randoms(use_true_random=False))
    for name in columns_of(policy):
        kind = facts.column_type(name)
        if name.endswith("_high"):
            low = row.get(f"{name.removesuffix('_high')}_low")
            row[name] = random.choice([low, low + random.randint(0, 3), None])
        elif name.endswith("_low"):
            row[name] = random.choice([0, 0, 1, 2, 5, 60_000_000_00])
        elif random.random() < missing:
            row[name] = None
        elif kind is pl.Boolean:
            row[name] = random.random() < 0.6
        elif kind is pl.String:
            row[name] = random.choice(["six_bases", "ten_fields", "C"])
        else:
            row[name] = random.choice([0, 1, 3, 100, 10**9, 10**10, 10**11 // random.randint(1, 9)])
    return row


def verdict_of(policy: Policy, row: dict[str, Any], kind: str = "recognition") -> dict[str, int]:
    standard = policy.standard(Case(kind, ON, row["region_path"]))
    judged = judge(facts.from_row(row), standard).row(0, named=True)
    return {name: value for name, value in judged.items() if ":" in name}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.code)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_stating_what_was_missing_never_turns_a_sure_verdict(
    policy: Policy, data: st.DataObject
) -> None:
    """Unknown never becomes met: what is sure with gaps stays so however they are filled."""
    gaps = data.draw(rows(policy))
    filler = data.draw(rows(policy, missing=0))
    filled = dict(gaps)
    for name, value in gaps.items():
        if value is None:
            low = name.removesuffix("_high") + "_low"
            filled[name] = filler[name] if not name.endswith("_high") else gaps[low] + 7
    before, after = verdict_of(policy, gaps), verdict_of(policy, filled)
    turned = {
        code
        for code, verdict in before.items()
        if code.startswith("v:") and verdict in {0, 3} and after[code] != verdict
    }
    assert turned == set()
    for code in before:
        if code.startswith("low:"):
            name = code.removeprefix("low:")
            assert before[code] <= after[code] <= after[f"high:{name}"] <= before[f"high:{name}"]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.code)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_the_order_of_criteria_does_not_matter(policy: Policy, data: st.DataObject) -> None:
    def turned(criterion: Criterion) -> Criterion:
        return replace(criterion, parts=tuple(turned(p) for p in reversed(criterion.parts)))

    row = data.draw(rows(policy))
    other = replace(policy, root=turned(policy.root))
    assert verdict_of(policy, row) == verdict_of(other, row)


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
