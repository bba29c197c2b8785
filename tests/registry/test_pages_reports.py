"""Entering a year's figures: units, doubts, conflicts, and figures people paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from enterprises.registry.amounts import capitals
from enterprises.registry.models import AnnualReport, Change
from tests.registry.page_world import World, build, sign_in

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
WAN = 1_000_000  # fen


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def owner(world: World) -> Client:
    return sign_in("owner", world, "firm")


def address(world: World, year: int = 2024) -> str:
    return f"/enterprises/{world.firm.pk}/reports/{year}/"


def untouched(answer: Any) -> dict[str, str]:
    """Return what the form of a page would send if nothing was touched."""
    form = answer.context["form"]
    values = {name: form[name].value() for name in form.fields}
    filled = {name: str(v) for name, v in values.items() if v not in (None, "", False)}
    return {**filled, "seen": form.seen_field, "seen_unit": form.unit, "unit": form.unit}


def stored(world: World, year: int = 2024) -> AnnualReport:
    return AnnualReport.objects.get(enterprise=world.firm, year=year)


def test_figures_are_kept_exactly_and_empty_stays_missing(world: World, owner: Client) -> None:
    data = untouched(owner.get(address(world))) | {
        "revenue": "1,200万",
        "rd_expense": "８０．５",
        "tax_paid": "0",
        "net_profit": "-3.01",
        "employees": "１２８",
        "market_share": "12.5%",
        "quality_score": "61.25",
        "audited": "on",
    }
    assert owner.post(address(world), data).status_code == 302
    report = stored(world)
    assert (report.revenue, report.rd_expense, report.tax_paid) == (1200 * WAN, 80_500_000, 0)
    assert (report.net_profit, report.total_assets) == (-3_010_000, None)
    assert (report.employees, report.market_share, report.quality_score) == (128, 125_000, 6125)
    assert report.audited is True


def test_the_table_tells_nought_from_not_stated(world: World, owner: Client) -> None:
    AnnualReport.objects.create(enterprise=world.firm, year=2023, revenue=0)
    AnnualReport.objects.create(enterprise=world.firm, year=2024)
    answer = owner.get(f"/enterprises/{world.firm.pk}/reports/")
    lines = {str(line["label"]): line["cells"] for line in answer.context["lines"]}
    assert [report.year for report in answer.context["years"]] == [2024, 2023]
    assert lines["Revenue"] == [None, 0]
    text = answer.content.decode()
    assert '<td class="num">CNY 0.00</td>' in text
    assert 'title="not stated"' in text


@pytest.mark.parametrize(
    ("typed", "unit", "fen"),
    [
        ("1200", "万元", 1200 * WAN),
        ("1200", "元", 120_000),
        ("1200", "千元", 120_000_000),
        ("0.12", "亿元", 1200 * WAN),
        ("1,200万元", "元", 1200 * WAN),
        ("1.2亿", "千元", 12_000 * WAN),
        ("１２００", "万元", 1200 * WAN),
    ],
)
def test_unit_written_goes_before_unit_chosen(
    world: World, owner: Client, typed: str, unit: str, fen: int
) -> None:
    owner.post(address(world), {"revenue": typed, "unit": unit, "seen_unit": unit})
    assert stored(world).revenue == fen


def test_wrong_figures_name_value_and_mend_and_stay_as_typed(world: World, owner: Client) -> None:
    answer = owner.post(
        address(world),
        {"revenue": "很多", "employees": "12.5", "market_share": "120", "rd_expense": "-1"},
    )
    assert {k: list(v) for k, v in answer.context["form"].errors.items()} == {
        "revenue": ["“很多” is not an amount; write it like 1200万元 or 12000000"],
        "employees": ["“12.5” is not a whole number. Write digits, such as 128."],
        "market_share": ["“120” is outside 0 to 100. Check the figure."],
    }
    assert answer.context["form"]["rd_expense"].value() == "-1"
    refused = owner.post(address(world), {"rd_expense": "-1"})
    assert list(refused.context["form"].errors) == ["rd_expense"]
    assert AnnualReport.objects.count() == 0


def test_a_doubt_wants_a_reason_then_saves_with_it(world: World, owner: Client) -> None:
    data = {"revenue": "100", "rd_expense": "200", "employees": "10"}
    first = owner.post(address(world), data)
    asked = {question.name: question.asked for question in first.context["doubts"]}
    assert asked == {"answer:part_above_whole:rd_expense": False}
    assert first.context["form"]["rd_expense"].value() == "200"
    empty = owner.post(address(world), {**data, "answer:part_above_whole:rd_expense": " "})
    assert [question.asked for question in empty.context["doubts"]] == [True]
    assert AnnualReport.objects.count() == 0
    said = {**data, "answer:part_above_whole:rd_expense": "研发期企业"}
    assert owner.post(address(world), said).status_code == 302
    kept = stored(world).warnings
    assert [(w["code"], w["figure"], w["reason"]) for w in kept] == [
        ("part_above_whole", "rd_expense", "研发期企业")
    ]


def test_a_reason_already_written_is_carried_while_another_is_owed(
    world: World, owner: Client
) -> None:
    data = {"revenue": "100", "rd_expense": "200", "employees": "10", "rd_staff": "20"}
    answer = owner.post(
        address(world), {**data, "answer:part_above_whole:rd_expense": "研发期企业"}
    )
    assert [question.name for question in answer.context["doubts"]] == [
        "answer:part_above_whole:rd_staff"
    ]
    assert answer.context["carried"] == [("answer:part_above_whole:rd_expense", "研发期企业")]


def test_another_unit_converts_what_was_not_touched_and_saves_nothing(
    world: World, owner: Client
) -> None:
    AnnualReport.objects.create(
        enterprise=world.firm, year=2024, revenue=1200 * WAN, total_assets=500 * WAN
    )
    data = untouched(owner.get(address(world)))
    assert (data["revenue"], data["unit"]) == ("1,200", "万元")
    answer = owner.post(address(world), {**data, "unit": "元", "total_assets": "7000000"})
    assert answer.context["converted"] is True
    form = answer.context["form"]
    assert (form["revenue"].value(), form["total_assets"].value()) == ("12,000,000", "7000000")
    assert stored(world).total_assets == 500 * WAN
    owner.post(address(world), untouched(answer))
    report = stored(world)
    assert (report.revenue, report.total_assets) == (1200 * WAN, 700 * WAN)
    assert Change.objects.get().after == {"total_assets": 700 * WAN}


def test_two_people_at_one_year_see_each_other(world: World, owner: Client) -> None:
    officer = sign_in("county", world, "320506")
    mine, theirs = (untouched(who.get(address(world))) for who in (owner, officer))
    officer.post(address(world), {**theirs, "revenue": "100", "employees": "10"})
    clash = owner.post(address(world), {**mine, "revenue": "110", "tax_paid": "5"})
    assert clash.status_code == 409
    assert [(c.name, c.was, c.now, c.typed) for c in clash.context["clashes"]] == [
        ("revenue", "", "100", "110"),
        ("employees", "", "10", ""),
    ]
    assert stored(world).revenue == 100 * WAN
    assert owner.post(address(world), untouched(clash)).status_code == 302
    report = stored(world)
    assert (report.revenue, report.employees, report.tax_paid) == (110 * WAN, 10, 5 * WAN)


def test_saving_twice_makes_one_report_and_one_change(world: World, owner: Client) -> None:
    data = untouched(owner.get(address(world))) | {"revenue": "100"}
    owner.post(address(world), data)
    owner.post(address(world), data)
    assert (AnnualReport.objects.count(), Change.objects.count()) == (1, 1)


def test_an_empty_form_makes_no_report(world: World, owner: Client) -> None:
    owner.post(address(world), untouched(owner.get(address(world))))
    assert AnnualReport.objects.count() == 0


@pytest.mark.parametrize("year", [1989, 2999])
def test_a_year_out_of_reach_is_not_there(world: World, owner: Client, year: int) -> None:
    assert owner.get(address(world, year)).status_code == 404


def test_amount_is_read_aloud_in_both_languages(world: World, owner: Client) -> None:
    query = {"revenue": "1200", "unit": "万元"}
    english = owner.get("/enterprises/amount/", query)
    assert english.content.decode() == "= CNY 12,000,000"
    chinese = owner.get("/enterprises/amount/", query, headers={"accept-language": "zh-hans"})
    assert chinese.content.decode() == "= 12,000,000 元 · 壹仟贰佰万元整"
    wrong = owner.get("/enterprises/amount/", {"revenue": "<b>"})
    assert wrong["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (105, "壹元零伍分"),
        (1_010_00, "壹仟零壹拾元整"),
        (10_001_00, "壹万零壹元整"),
        (100_010_000_00, "壹亿零壹万元整"),
        (120_345_67, "壹拾贰万零叁佰肆拾伍元陆角柒分"),
        (2_000_305_00, "贰佰万零叁佰零伍元整"),
        (-500, "负伍元整"),
    ],
)
def test_capitals_read_as_on_a_cheque(fen: int, words: str) -> None:
    assert capitals(fen) == words
