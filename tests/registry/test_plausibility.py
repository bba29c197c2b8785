"""What looks wrong in the figures of a year."""

from __future__ import annotations

import pytest

from enterprises.registry import plausibility

WAN = 1_000_000
SOUND = {
    "revenue": 10_000 * WAN,
    "main_business_revenue": 9500 * WAN,
    "leading_product_revenue": 7000 * WAN,
    "total_assets": 12_000 * WAN,
    "total_liabilities": 5000 * WAN,
    "rd_expense": 600 * WAN,
    "employees": 150,
    "rd_staff": 40,
    "net_profit": -100 * WAN,
}


def seen(figures: dict[str, int | None], previous: dict[str, int | None] | None = None):
    return [(d.code, d.figure) for d in plausibility.examine({**SOUND, **figures}, previous)]


def test_sound_figures_have_no_doubt():
    assert seen({}, SOUND) == []
    assert plausibility.impossible(SOUND) == {}


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("main_business_revenue", "revenue"),
        ("leading_product_revenue", "main_business_revenue"),
        ("rd_expense", "revenue"),
        ("total_liabilities", "total_assets"),
        ("rd_staff", "employees"),
    ],
)
def test_a_part_above_its_whole_is_doubted_and_one_as_large_is_not(part, whole):
    assert ("part_above_whole", part) in seen({part: SOUND[whole] + 1})
    assert ("part_above_whole", part) not in seen({part: SOUND[whole]})


def test_a_leading_product_above_both_wholes_is_said_once():
    assert seen({"leading_product_revenue": 11_000 * WAN}) == [
        ("part_above_whole", "leading_product_revenue")
    ]


@pytest.mark.parametrize("times", [10, 100, 1000, 10_000])
@pytest.mark.parametrize("growth", [0.8, 1.0, 1.25])
def test_a_slip_of_the_unit_is_seen_beside_real_growth(times, growth):
    previous = {"total_assets": round(SOUND["total_assets"] * growth / times)}
    assert seen({}, previous) == [("unit_jump", "total_assets")]
    previous = {"total_assets": round(SOUND["total_assets"] * growth * times)}
    assert seen({}, previous) == [("unit_jump", "total_assets")]


def test_a_change_of_five_times_is_sudden_and_a_smaller_one_is_not():
    assert seen({}, {"revenue": 2000 * WAN}) == [("sudden_change", "revenue")]
    assert seen({}, {"revenue": 2000 * WAN + 1}) == []
    assert seen({}, {"employees": 15}) == [("sudden_change", "employees")]


def test_revenue_in_the_wrong_unit_is_seen_by_the_head():
    assert ("per_head", "revenue") in seen({"revenue": 10_000 * 100})


def test_missing_figures_are_not_judged():
    nothing = dict.fromkeys(SOUND)
    assert plausibility.examine(nothing, SOUND) == []
    assert seen({}, nothing) == []


def test_below_nought_is_an_error_but_for_profit():
    errors = plausibility.impossible({"revenue": -1, "net_profit": -1, "employees": -1})
    assert sorted(errors) == ["employees", "revenue"]


def test_a_market_share_above_the_whole_is_an_error():
    assert sorted(plausibility.impossible({"market_share": 1_000_001})) == ["market_share"]
    assert plausibility.impossible({"market_share": 1_000_000}) == {}
