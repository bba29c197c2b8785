"""Why an enterprise meets a standard or not, as people read it and as it is kept."""

from __future__ import annotations

import datetime as dt
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.translation import override

from cultivation.standards import wording
from cultivation.standards.explanation import Explanation, Node, explain, explain_facts
from cultivation.standards.models import Edition, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.registry.models import Enterprise

ON = dt.date(2026, 5, 6)
WAN = 1_000_000  # fen
pytestmark = pytest.mark.usefixtures("loaded")


def told(enterprise: Enterprise, code: str = "little_giant_2026", **case: Any) -> Explanation:
    edition = Edition.objects.get(code=code)
    return explain(enterprise, edition, **{"kind": "recognition", "as_of": ON, **case})


def node(explanation: Explanation, code: str) -> Node:
    (found,) = [node for node in explanation.root.walk() if node.code == code]
    return found


def test_a_figure_short_of_its_threshold(firm: Callable[..., Enterprise]) -> None:
    found = node(told(firm(reports={2025: {"revenue": 4_876_600_000}})), "L26-2a")
    assert found.verdict == Verdict.UNMET
    assert found.values == (Fraction(4_876_600_000),)
    assert found.distance == Fraction(-123_400_000)
    with override("en"):
        texts = (found.value_text, found.threshold_text, found.distance_text, found.wanted_texts)
    assert texts == (
        "CNY 48.77 million",
        "at least CNY 50 million",
        "short by CNY 1.23 million",
        ["revenue of 2025: at least CNY 50 million"],
    )


@pytest.mark.parametrize(
    ("revenue", "value"),
    [
        (5000 * WAN, "CNY 50 million"),
        (5000 * WAN - 1, "CNY 49.99999999 million"),
        (5000 * WAN + 1, "CNY 50.00000001 million"),
    ],
)
def test_a_value_is_never_rounded_onto_its_threshold(
    firm: Callable[..., Enterprise], revenue: int, value: str
) -> None:
    found = node(told(firm(reports={2025: {"revenue": revenue}})), "L26-2a")
    with override("en"):
        assert found.value_text == value
    assert (found.verdict == Verdict.MET) == (revenue >= 5000 * WAN)


def test_a_share_and_what_would_meet_it(firm: Callable[..., Enterprise]) -> None:
    reports = {2025: {"revenue": 10_000 * WAN, "main_business_revenue": 8_880 * WAN}}
    found = node(told(firm(reports=reports)), "L26-2b")
    with override("en"):
        assert found.value_text == "88.8%"
        assert found.distance_text == "short by 1.2 percentage points"
        assert found.wanted_texts == [
            "main-business revenue of 2025: at least CNY 90 million",
        ]
    assert [(f.name, f.year, f.value) for f in found.used] == [
        ("main_business_revenue", 2025, 8_880 * WAN),
        ("revenue", 2025, 10_000 * WAN),
    ]


def test_what_would_meet_it_does(firm: Callable[..., Enterprise]) -> None:
    """Stating the wanted figure turns the criterion; one fen less does not."""
    figures = {"revenue": 7_777_777_777, "rd_expense": 100_000_001, "total_assets": 999_999_999}
    figures |= {"main_business_revenue": 1_234_567_891, "total_liabilities": 888_888_888}
    earlier = {"revenue": 6_543_210_987, "rd_expense": 123_456_789, "main_business_revenue": 999}
    enterprise = firm(
        reports={2025: figures, 2024: earlier, 2023: {**earlier, "revenue": 7_123_456_789}}
    )
    for code in ("little_giant_2026", "srdi_2026", "little_giant_2022"):
        explanation = told(enterprise, code)
        for one in explanation.root.walk():
            if one.verdict != Verdict.UNMET or len(one.wanted) != 1:
                continue
            (want,) = one.wanted
            column = f"{want.name}_y{ON.year - want.year}"
            least = {"at_least": 0, "above": 1, "at_most": 0, "below": -1}[want.order]
            worse = -1 if want.order in {"at_least", "above"} else 1
            for value, expected in (
                (want.bound + least, Verdict.MET),
                (want.bound + least + worse, Verdict.UNMET),
            ):
                facts = {**explanation.facts, column: value}
                if one.criterion.quantity is not None and column in {
                    f"{name}_y{back}" for name, back in one.criterion.quantity.figures
                }:
                    again = explain_facts(facts, explanation.edition, kind="recognition", as_of=ON)
                    assert (one.code, node(again, one.code).verdict) == (one.code, expected)


def test_years_judged_singly_stand_side_by_side(firm: Callable[..., Enterprise]) -> None:
    reports = {
        2025: {"revenue": 100 * WAN, "rd_expense": 5 * WAN},
        2024: {"revenue": 100 * WAN, "rd_expense": 2 * WAN},
    }
    found = node(told(firm(reports=reports)), "L26-3b")
    with override("en"):
        assert (found.value_text, found.distance_text) == (
            "5% / 2%",
            "short by 1 percentage points",
        )
        assert found.wanted_texts == ["R&D expense of 2024: at least CNY 30,000"]


def test_a_missing_figure_is_named(firm: Callable[..., Enterprise]) -> None:
    found = node(told(firm(reports={2025: {"revenue": 1}})), "L26-2b")
    assert found.verdict == Verdict.UNKNOWN
    assert [(f.name, f.year) for f in found.missing] == [("main_business_revenue", 2025)]
    assert (found.value_text, found.distance_text) == ("—", "")


def test_a_missing_statement_is_named(firm: Callable[..., Enterprise]) -> None:
    explanation = told(firm())
    assert node(explanation, "E26-1").unstated == ("mainland_entity",)
    assert node(explanation, "E26-6").unstated == ("events_declared",)


def test_points_and_their_line(firm: Callable[..., Enterprise]) -> None:
    tech = {
        "employees": 100, "tech_staff": 30, "sales_revenue": 10**10, "rd_expense": 0,
        "cost_and_expense": 10**10,
    }  # fmt: skip
    found = node(told(firm(reports={2025: tech}), "technology_2017"), "T17-S")
    with override("en"):
        texts = (found.points_text, found.threshold_text, found.distance_text)
    assert texts == ("20 / 100", "at least 60 points", "short by 40 points")


def test_an_unverified_criterion_says_so(firm: Callable[..., Enterprise]) -> None:
    plain = node(told(firm()), "L26-2c").as_json()
    assert (plain["confidence"], plain["verified"]) == ("M", False)
    assert plain["clause"] == "附件2（二）"
    assert plain["document"] == "工信部企业〔2026〕2号"


def test_json_is_plain_stable_and_the_same_in_every_language(
    firm: Callable[..., Enterprise],
) -> None:
    enterprise = firm(reports={2025: {"revenue": 5000 * WAN, "rd_expense": 10}})
    with override("en"):
        first = told(enterprise).as_json()
    with override("zh-hans"):
        second = told(enterprise).as_json()
    assert first == second == json.loads(json.dumps(first))
    assert first["verdict"] == Verdict.UNMET
    assert first["edition"] == "little_giant_2026"
    (part,) = [p for p in first["parts"] if p["code"] == "L26-2"]
    (revenue,) = [p for p in part["parts"] if p["code"] == "L26-2a"]
    assert revenue["value"] == ["5000000000"]
    assert (revenue["figures"], revenue["value_en"]) == ([["revenue", 2025]], "CNY 50 million")


def test_kept_facts_replay_to_the_same_answer(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(own_brand=True, reports={2025: {"revenue": 5000 * WAN}})
    first = told(enterprise)
    enterprise.reports.update(revenue=1)
    kept = json.loads(json.dumps(first.facts))
    replayed = explain_facts(kept, first.edition, kind="recognition", as_of=ON)
    assert replayed.as_json() == first.as_json()
    assert replayed.facts_hash == first.facts_hash
    assert told(enterprise).facts_hash != first.facts_hash


def test_what_does_not_apply_is_left_out_and_listed(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm()
    new = told(enterprise)
    again = told(enterprise, kind="recheck", as_of=dt.date(2027, 5, 1))
    assert [c.code for c in new.left_out] == ["L26-7r"]
    assert [c.code for c in again.left_out] == ["L26-2c", "L26-7", "B26-1", "B26-2", "B26-3"]


def test_requirements_are_counted_through_all_groups_only(firm: Callable[..., Enterprise]) -> None:
    explanation = told(firm())
    codes = [node.code for node in explanation.requirements]
    assert "L26-4g" in codes
    assert "L26-4" not in codes
    assert "L26-2a" in codes
    counts = [explanation.count(verdict) for verdict in Verdict]
    assert sum(counts) == len(codes)


@pytest.mark.parametrize(
    ("fen", "zh"),
    [
        (123_400_000, "123.4 万元"),
        (10_000_000_000, "1 亿元"),
        (9_999_999_999, "9,999.999999 万元"),
        (50, "0.5 元"),
        (-123_400_000, "-123.4 万元"),
    ],
)
def test_money_is_written_in_the_unit_people_use(fen: int, zh: str) -> None:
    with override("zh-hans"):
        assert wording.amount(Fraction(fen), "money", exact=True) == zh
