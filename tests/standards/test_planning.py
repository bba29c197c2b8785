"""The least set of changes: it suffices, nothing of it can be left out, no smaller set does."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cultivation.standards.evaluation import columns, judge
from cultivation.standards.facts import from_rows
from cultivation.standards.levers import ABOVE_NOUGHT, PARTS, needs_of
from cultivation.standards.models import Verdict
from cultivation.standards.planning import Proposal, least
from cultivation.standards.policy import Band, Case, Comparison, Count, Criterion, Quantity
from tests.standards.seeds import POLICIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.policy import Policy

Row = dict[str, Any]
GRID = range(10)
FIRMS = 6  # drawn for every edition
RIGHTS = Count("rights", "right", "专利", "rights")
RISING_FIGURES = ("revenue", "rd_expense", "main_business_revenue")


def qualifies(rows: Sequence[Row], standard: Criterion) -> list[bool]:
    judged = judge(from_rows(rows, columns(standard)), standard)
    return [v >= Verdict.MANUAL for v in judged[f"v:{standard.code}"]]


def planned(facts: Row, proposal: Proposal) -> Row:
    return applied(facts, {c.column: c.after for c in proposal.changes})


def applied(facts: Row, values: Row) -> Row:
    row = {**facts, **values}
    for name in [n.removesuffix("_low") for n in values if n.endswith("_low")]:
        if row[f"{name}_high"] is not None:
            row[f"{name}_high"] = max(row[f"{name}_high"], row[f"{name}_low"])
    return row


def sensible(row: Row, facts: Row) -> bool:
    def over(row: Row, a: str, b: str) -> bool:
        part, whole = row.get(f"{a}_y1"), row.get(f"{b}_y1")
        return part is not None and whole is not None and part > whole

    return not any(over(row, a, b) and not over(facts, a, b) for a, b in PARTS)


# ---- single cases -------------------------------------------------------------------------------
def figure(code: str, name: str, order: str, bound: int, **more: Any) -> Criterion:
    quantity = Quantity("figure", (name,), unit="money")
    return Criterion(
        code, code, code, quantity=quantity, comparison=Comparison(order, Fraction(bound)), **more
    )


def ratio(code: str, part: str, whole: str, order: str, bound: str, **more: Any) -> Criterion:
    quantity = Quantity("ratio", (part, whole), unit="ratio")
    return Criterion(
        code, code, code, quantity=quantity, comparison=Comparison(order, Fraction(bound)), **more
    )


def group(need: str, *parts: Criterion, **more: Any) -> Criterion:
    return Criterion("root", "全部", "whole", need=need, parts=parts, **more)


def said(proposal: Proposal) -> list[tuple[Any, ...]]:
    return [(c.column, c.before, c.after, c.order, c.codes) for c in proposal.changes]


def test_raising_revenue_raises_what_is_measured_by_it() -> None:
    standard = group(
        "all",
        figure("A", "revenue", "at_least", 5000),
        ratio("B", "rd_expense", "revenue", "at_least", "3/100"),
        ratio("C", "main_business_revenue", "revenue", "at_least", "9/10"),
    )
    facts = {"revenue_y1": 4000, "rd_expense_y1": 120, "main_business_revenue_y1": 4000}
    assert said(least(facts, standard, fixed=())) == [
        ("main_business_revenue_y1", 4000, 4500, "at_least", ("C",)),
        ("rd_expense_y1", 120, 150, "at_least", ("B",)),
        ("revenue_y1", 4000, 5000, "at_least", ("A",)),
    ]


def test_liabilities_are_lowered_and_assets_left() -> None:
    standard = group("all", ratio("A", "total_liabilities", "total_assets", "at_most", "7/10"))
    facts = {"total_liabilities_y1": 80, "total_assets_y1": 99}
    assert said(least(facts, standard, fixed=())) == [
        ("total_liabilities_y1", 80, 69, "at_most", ("A",))
    ]


def test_the_branch_with_fewer_changes_is_taken_then_the_smaller_change() -> None:
    branches = group(
        "any",
        figure("A", "revenue", "at_least", 200),
        figure("B", "rd_expense", "at_least", 15),
        group(
            "all", figure("C", "net_profit", "at_least", 11), figure("D", "tax_paid", "at_least", 1)
        ),
    )
    facts = {"revenue_y1": 100, "rd_expense_y1": 10, "net_profit_y1": 10, "tax_paid_y1": 0}
    assert said(least(facts, branches, fixed=())) == [("rd_expense_y1", 10, 15, "at_least", ("B",))]
    assert said(least(facts, branches, fixed=("rd_expense_y1",))) == [
        ("revenue_y1", 100, 200, "at_least", ("A",))
    ]
    other = least(facts, branches, fixed=("rd_expense_y1", "revenue_y1"))
    assert [c.column for c in other.changes] == ["net_profit_y1", "tax_paid_y1"]


def banded(code: str, name: str, *bands: tuple[int, int]) -> Criterion:
    made = tuple(Band(Comparison("at_least", Fraction(edge)), points) for edge, points in bands)
    return Criterion(code, code, code, quantity=Quantity("figure", (name,)), bands=made)


def test_points_are_put_together_by_the_cheapest_bands() -> None:
    line = Comparison("at_least", Fraction(1000))
    standard = group(
        "sum",
        banded("A", "revenue", (200, 1000), (110, 400)),
        banded("B", "rd_expense", (11, 600), (10, 500)),
        banded("C", "employees", (300, 800)),
        line=line,
    )
    facts = {"revenue_y1": 100, "rd_expense_y1": 10, "employees_y1": 1}
    # One change alone: revenue doubled gives 15 points; staff would have to grow 300-fold.
    assert said(least(facts, standard, fixed=())) == [("revenue_y1", 100, 200, "at_least", ("A",))]
    assert said(least(facts, standard, fixed=("employees_y1",)))[0][0] == "revenue_y1"
    low = {**facts, "revenue_y1": 110, "rd_expense_y1": 10}
    assert said(least(low, standard, fixed=())) == [("rd_expense_y1", 10, 11, "at_least", ("B",))]


def test_an_open_list_is_declared_complete_and_what_happened_stays() -> None:
    events = Count("events", "event", "事故", "events", complete="events_declared")
    none = Criterion(
        "A", "A", "A", quantity=Quantity("count", ("events",)),
        comparison=Comparison("at_most", Fraction(0)),
    )  # fmt: skip
    facts = {"events_low": 0, "events_high": None, "events_declared": None}
    standard = group("all", none)
    assert said(least(facts, standard, counts=(events,), fixed=())) == [
        ("events_declared", None, True, "is", ("A",))
    ]
    happened = {"events_low": 1, "events_high": 1, "events_declared": True}
    proposal = least(happened, standard, counts=(events,), fixed=())
    assert (proposal.changes, proposal.blocked, proposal.verdict) == ((), ("A",), Verdict.UNMET)


def test_what_stands_in_the_way_is_named_alone() -> None:
    standard = group(
        "all",
        figure("A", "revenue", "at_least", 10),
        group(
            "any", figure("B", "rd_expense", "at_least", 5), figure("C", "employees", "at_least", 5)
        ),
    )
    facts = {"revenue_y1": 1, "rd_expense_y1": 1, "employees_y1": 1}
    proposal = least(facts, standard, fixed=("rd_expense_y1", "employees_y1"))
    assert (proposal.qualifies, proposal.blocked) == (False, ("B", "C"))


def test_demands_that_exclude_each_other_are_named_together() -> None:
    standard = group(
        "all", figure("A", "revenue", "at_least", 10), figure("B", "revenue", "at_most", 5)
    )
    proposal = least({"revenue_y1": 7}, standard, fixed=())
    assert (proposal.qualifies, proposal.blocked) == (False, ("A", "B"))


def test_a_part_cannot_outgrow_its_whole() -> None:
    standard = group("all", figure("A", "main_business_revenue", "at_least", 50),
                     figure("B", "revenue", "at_least", 1))  # fmt: skip
    proposal = least({"main_business_revenue_y1": 30, "revenue_y1": 40}, standard, fixed=())
    assert [(c.column, c.after, c.codes) for c in proposal.changes] == [
        ("main_business_revenue_y1", 50, ("A",)),
        ("revenue_y1", 50, ("A",)),
    ]


def test_who_qualifies_already_has_nothing_to_change() -> None:
    standard = group("all", figure("A", "revenue", "at_least", 5))
    proposal = least({"revenue_y1": 5}, standard, fixed=())
    assert (proposal.changes, proposal.qualifies) == ((), True)


# ---- any small standard, against all there is ---------------------------------------------------
@st.composite
def leaves(draw: st.DrawFn, code: str) -> Criterion:
    points = {"points": 100 * draw(st.integers(1, 4))}
    shape = draw(st.sampled_from(["figure", "ratio", "debt", "count", "fact", "bands", "manual"]))
    bound = draw(st.integers(1, 8))
    if shape == "figure":
        return figure(code, draw(st.sampled_from(RISING_FIGURES)), "at_least", bound, **points)
    if shape == "ratio":
        part = draw(st.sampled_from(RISING_FIGURES[1:]))
        share = draw(st.sampled_from(["1/4", "1/2", "2/3"]))
        return ratio(code, part, "revenue", "at_least", share, **points)
    if shape == "debt":
        names = ("total_liabilities", "total_assets")
        return ratio(code, *names, "at_most", draw(st.sampled_from(["1/3", "3/4"])), **points)
    if shape == "manual":
        return Criterion(code, code, code, manual=True, **points)
    if shape == "bands":
        name = draw(st.sampled_from(RISING_FIGURES))
        first = draw(st.integers(1, 5))
        return banded(code, name, (first + 3, 400), (first, 200))
    if shape == "fact":
        truth = Comparison("is", threshold=True)
        return Criterion(code, code, code, quantity=Quantity("fact", ("own_brand",)),
                         comparison=truth, **points)  # fmt: skip
    few = Comparison("at_least", Fraction(draw(st.integers(1, 3))))
    return Criterion(code, code, code, quantity=Quantity("count", ("rights",)),
                     comparison=few, **points)  # fmt: skip


@st.composite
def standards(draw: st.DrawFn, code: str = "R", depth: int = 2) -> Criterion:
    if depth == 0 or (depth == 1 and draw(st.booleans())):
        return draw(leaves(code))
    size = draw(st.integers(1, 3))
    parts = tuple(draw(standards(f"{code}{i}", depth - 1)) for i in range(size))
    need = draw(st.sampled_from(["all", "any", "sum", "best"] if depth == 2 else ["all", "any"]))
    more: dict[str, Any] = {} if depth == 2 else {"points": 100 * draw(st.integers(1, 4))}
    if need in {"sum", "best"}:
        most = sum(part.most for part in parts)
        line = draw(st.integers(1, max(most // 100, 1)))
        more["line"] = Comparison("at_least", Fraction(100 * line))
    return Criterion(code, code, code, need=need, parts=parts, **more)


def drawn_facts(draw: st.DrawFn, standard: Criterion) -> Row:
    row: Row = {}
    for column in sorted(columns(standard) - {"enterprise", "region_path"}):
        if column == "own_brand":
            row[column] = draw(st.sampled_from([None, False, True]))
        elif column != "rights_high":
            whole = column in {"revenue_y1", "total_assets_y1"}
            row[column] = draw(st.integers(1 if whole else 0, 6))
    if "rights_low" in row:
        row["rights_high"] = row["rights_low"]
    return row


def directions(standard: Criterion) -> set[tuple[str, bool]]:
    """Return the moves a plan may make: which column up, which down."""
    found = set()
    for leaf in standard.walk():
        asked = [b.comparison for b in leaf.bands] + ([leaf.comparison] if leaf.comparison else [])
        for comparison in asked if leaf.quantity else ():
            assert leaf.quantity is not None
            for needs in needs_of(leaf.code, leaf.quantity, comparison, {"rights": RIGHTS}):
                asked_for = [need for need in needs if need.comparison != ABOVE_NOUGHT]
                found |= {(need.column, need.rises) for need in asked_for}
    wholes = {(f"{b}_y1", True) for a, b in PARTS if (f"{a}_y1", True) in found}
    return found | wholes


def fewest(facts: Row, standard: Criterion, fixed: set[str]) -> int | None:
    """Try everything on a grid; return the least number of values to change, None for nothing."""
    moves = directions(standard)
    names = [n for n in facts if n not in fixed and not n.endswith("_high")]

    def choices(name: str) -> list[Any]:
        now = facts[name]
        if isinstance(now, bool) or now is None:
            return [now, True]
        up, down = (name, True) in moves, (name, False) in moves
        return [now, *(v for v in GRID if (v > now and up) or (v < now and down))]

    rows = [
        applied(facts, dict(zip(names, values, strict=True)))
        for values in product(*(choices(name) for name in names))
    ]
    rows = [row for row in rows if sensible(row, facts)]
    held = qualifies(rows, standard)
    counts = [
        sum(row[n] != facts[n] for n in names) for row, good in zip(rows, held, strict=True) if good
    ]
    return min(counts, default=None)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_no_smaller_set_of_changes_does_it(data: st.DataObject) -> None:
    standard = data.draw(standards())
    facts = drawn_facts(data.draw, standard)
    if len(facts) - ("rights_low" in facts) > 4:
        return
    fixed = set(data.draw(st.lists(st.sampled_from(sorted(facts)), max_size=1))) if facts else set()
    proposal = least(facts, standard, counts=(RIGHTS,), fixed=fixed)
    fewer = fewest(facts, standard, fixed)
    if fewer is not None:
        assert proposal.qualifies, (facts, proposal.blocked)
        assert len(proposal.changes) <= fewer
        on_grid = all(c.after is True or c.after in GRID for c in proposal.changes)
        assert len(proposal.changes) == fewer or not on_grid
    check(facts, standard, proposal, fixed, counts=(RIGHTS,))


def check(
    facts: Row, standard: Criterion, proposal: Proposal, fixed: set[str], counts: Sequence[Count]
) -> None:
    """Fail unless a proposal suffices, is minimal, leaves fixed values alone and is repeatable."""
    assert proposal == least(dict(facts), standard, counts=counts, fixed=set(fixed))
    assert not fixed & {c.column for c in proposal.changes}
    if not proposal.qualifies:
        assert proposal.blocked
        assert proposal.changes == ()
        return
    (whole,) = qualifies([proposal.row], standard)
    assert whole
    assert sensible(proposal.row, facts)
    less = list(smaller(facts, proposal, counts))
    held = qualifies([row for _, row in less], standard)
    enough = [
        why for (why, row), good in zip(less, held, strict=True) if good and sensible(row, facts)
    ]
    assert enough == []


def smaller(facts: Row, proposal: Proposal, counts: Sequence[Count]) -> Any:
    """Yield every plan with one change left out, or with one amount a little or much smaller."""
    values = {c.column: c.after for c in proposal.changes}
    for change in proposal.changes:
        others = {k: v for k, v in values.items() if k != change.column}
        yield f"without {change.column}", settled(facts, others, counts)
        if change.order not in {"at_least", "at_most"} or change.before is None:
            continue
        gap = change.after - change.before
        step = 1 if gap > 0 else -1
        for part in {1, abs(gap) // 3, abs(gap) // 2, abs(gap) - 1} - {0}:
            if part < abs(gap):
                amount = change.after - step * part
                row = settled(facts, {**others, change.column: amount}, counts)
                yield f"{change.column} = {amount}", row


def settled(facts: Row, values: Row, counts: Sequence[Count]) -> Row:
    row = applied(facts, values)
    for count in counts:
        if count.complete and values.get(count.complete) is True:
            row[f"{count.name}_high"] = row[f"{count.name}_low"]
    return row


# ---- the editions of the seeds ------------------------------------------------------------------
YES = frozenset({"mainland_entity", "is_sme", "obeys_laws"})
NO = frozenset({"champion_title", "controls_little_giant", "group_similar_product"})
WAN = 1_000_000


def drawn_firm(dice: random.Random, standard: Criterion) -> Row:
    """Return a firm of plausible figures, some of them unknown."""
    row: Row = {"enterprise": 1, "region_path": "3205"}
    for year in range(4):
        revenue = dice.randint(800, 25_000) * WAN + dice.randint(0, WAN)
        assets, staff = revenue * dice.randint(8, 20) // 10, dice.randint(20, 700)
        figures = {
            **dict.fromkeys(("revenue", "sales_revenue"), revenue),
            "main_business_revenue": revenue * dice.randint(40, 100) // 100,
            "leading_product_revenue": revenue * dice.randint(20, 90) // 100,
            "total_assets": assets,
            "total_liabilities": assets * dice.randint(30, 110) // 100,
            "rd_expense": revenue * dice.randint(0, 90) // 1000,
            "cost_and_expense": revenue * 9 // 10,
            "net_profit": revenue * dice.randint(-5, 15) // 100,
            "employees": staff,
            "rd_staff": staff * dice.randint(0, 40) // 100,
            "tech_staff": staff * dice.randint(0, 50) // 100,
            "market_share": dice.randint(0, 200_000),
            "domestic_rank": dice.randint(1, 12),
            "quality_score": dice.randint(3000, 8000),
        }
        known = dice.random()
        row |= {f"{name}_y{year}": v for name, v in figures.items() if dice.random() < 0.8 + known}
    for column in sorted(columns(standard)):
        row.setdefault(column, drawn_fact(dice, column))
    for column in [name for name in row if name.endswith("_low")]:
        row[f"{column[:-4]}_high"] = row[column]
    return row


def drawn_fact(dice: random.Random, column: str) -> Any:
    name, _mark, year = column.rpartition("_y")
    if (name and year.isdigit()) or column.endswith("_high"):
        return None
    if column.endswith("_low"):
        amount = 1000 * WAN if "equity" in column else 1
        return 0 if "event" in column else amount * dice.choice([0, 0, 1, 2])
    choices = {
        "niche_years": [1, 3, 5, 8],
        "digital_level": [None, 1, 2, 3],
        "domain_scheme": [None, "six_bases", "other"],
        "industry_section": ["C"],
    }
    if column in YES or column.startswith("title_"):
        return True
    if column in NO:
        return False
    return dice.choice(choices.get(column, [None, True, False]))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.code)
def test_proposals_by_every_edition_suffice_and_are_minimal(policy: Policy) -> None:
    on = {"srdi_2022": dt.date(2026, 3, 1), "little_giant_2022": dt.date(2026, 3, 1)}
    standard = policy.standard(Case("recognition", on.get(policy.code, dt.date(2026, 5, 1)), "32"))
    reached = 0
    for seed in range(FIRMS):
        dice = random.Random(f"{policy.code} {seed}")
        facts = drawn_firm(dice, standard)
        names = sorted(columns(standard) - {"enterprise", "region_path"})
        fixed = {name for name in names if name.startswith("title_") or dice.random() < 0.08}
        proposal = least(facts, standard, counts=policy.counts, fixed=fixed)
        check(facts, standard, proposal, fixed, policy.counts)
        reached += bool(proposal.changes)
    assert reached >= FIRMS // 3
