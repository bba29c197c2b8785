"""What would meet a criterion, and by when it can still change."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.translation import override

from cultivation.standards import windows
from cultivation.standards.explanation import explain
from cultivation.standards.models import Edition
from cultivation.standards.pages import lines
from cultivation.standards.prospects import prospects
from enterprises.registry.models import (
    Certificate,
    EquityRound,
    IntellectualProperty,
    MajorEvent,
    Title,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.registry.models import Enterprise

WAN = 1_000_000
SPRING = dt.date(2026, 5, 6)  # the window of 2026 is open
AUTUMN = dt.date(2026, 11, 23)  # it has closed; that of 2027 is not announced
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(autouse=True)
def _windows(db: None) -> None:
    windows.load()


def said(
    enterprise: Enterprise,
    code: str,
    *,
    today: dt.date,
    edition: str = "little_giant_2026",
    **case: Any,
) -> tuple[list[str], list[str]]:
    case = {"kind": "recognition", "as_of": today, **case}
    with override("en"):
        told = explain(enterprise, Edition.objects.get(code=edition), **case)
        ahead = prospects(told, enterprise, today=today)
        (line,) = [one for one in lines(told, enterprise, ahead.by_code) if one.node.code == code]
        return line.wanted, list(line.prospect.when) if line.prospect else []


NEXT = (
    "The first round that takes others is that of 2027, with the figures of 2026; "
    "2026 closes on 31 December."
)
CLOSED = "The figures of 2025 are closed: only a mistake can be corrected, with evidence."


def test_figures_of_a_closed_year_stand_and_the_next_year_has_its_round(
    firm: Callable[..., Enterprise],
) -> None:
    enterprise = firm(reports={2025: {"revenue": 4000 * WAN}})
    wanted, when = said(enterprise, "L26-2a", today=SPRING)
    assert wanted == ["revenue of 2025: at least CNY 50 million"]
    assert when == [CLOSED, NEXT]


def test_a_year_judged_singly_burdens_every_round_that_takes_it(
    firm: Callable[..., Enterprise],
) -> None:
    reports = {2025: {"rd_expense": 1, "revenue": 100}, 2024: {"rd_expense": 9, "revenue": 100}}
    __, when = said(firm(reports=reports), "L26-3b", today=SPRING)
    assert when[1] == (
        "The first round that takes others is that of 2028, with the figures of 2026, 2027; "
        "2027 closes on 31 December."
    )
    reports = {2025: {"rd_expense": 9, "revenue": 100}, 2024: {"rd_expense": 1, "revenue": 100}}
    __, when = said(firm(reports=reports), "L26-3b", today=SPRING)
    assert when[1].startswith("The first round that takes others is that of 2027")


def test_a_figure_nobody_stated_counts_until_the_window_closes(
    firm: Callable[..., Enterprise],
) -> None:
    enterprise = firm()
    assert said(enterprise, "L26-2a", today=SPRING) == (
        ["revenue of 2025: at least CNY 50 million", "State revenue of 2025"],
        ["For the round of 2026: by 2026-05-25, when its window closes."],
    )
    __, when = said(enterprise, "L26-2a", today=AUTUMN)
    assert when == ["For the round of 2027: before its window closes, on a day not announced yet."]


def test_rights_are_counted_in_how_many_more_and_open_entries_named(
    firm: Callable[..., Enterprise],
) -> None:
    enterprise = firm()
    fields = {"kind": "invention", "ip_class": 1, "obtained": "own", "applied": True}
    for number, benefit in enumerate([True, None]):
        IntellectualProperty.objects.create(
            enterprise=enterprise, number=str(number), granted_on=dt.date(2024, 1, 1),
            related=True, benefit=benefit, **fields,
        )  # fmt: skip
    wanted, when = said(enterprise, "L26-4", today=SPRING)
    label = (
        "Class I rights related, applied and with benefit, not transferred in, among the first "
        "three holders"
    )
    assert wanted == [
        f"3 more: {label}",
        "1 entry kept lacks a detail that decides; complete it first",
    ]
    assert when == ["For the round of 2026: by 2026-05-25, when its window closes."]


def test_equity_counts_in_whole_years(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(reports={2025: {"revenue": 1}})
    EquityRound.objects.create(
        enterprise=enterprise, paid_on=dt.date(2025, 3, 1), amount=500 * WAN, qualified=True,
        shares_given=100_000,
    )  # fmt: skip
    wanted, when = said(enterprise, "S26-2a′", today=AUTUMN, edition="srdi_2026")
    assert wanted[0].startswith("CNY 15 million more: ")
    assert when == ["The years it counts in are closed for the round of 2026."]


def test_a_title_has_a_round_of_its_own(firm: Callable[..., Enterprise]) -> None:
    wanted, when = said(firm(), "L26-1a", today=SPRING)
    assert wanted == ["Needed: valid SRDI SME title"]
    assert when == [
        "The title has a round of its own first.",
        "The window of 2026 is not announced.",
    ]


@pytest.mark.parametrize(
    ("since", "year"), [("2024-01-01", 2027), ("2024-01-02", 2028), ("2026-03-01", 2030)]
)
def test_years_in_the_niche_come_by_waiting(
    firm: Callable[..., Enterprise], since: str, year: int
) -> None:
    enterprise = firm(niche_since=dt.date.fromisoformat(since))
    __, when = said(enterprise, "L26-1b", today=SPRING)
    assert when == [f"By waiting alone it is reached for the round of {year}."]
    edition = Edition.objects.get(code="little_giant_2026")
    for on, reached in ((year - 1, False), (year, True)):
        told = explain(enterprise, edition, kind="recognition", as_of=dt.date(on, 5, 1))
        (node,) = [node for node in told.root.walk() if node.code == "L26-1b"]
        assert (node.verdict == 3) == reached


def test_an_event_ages_out_on_a_day(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(events_declared=True)
    MajorEvent.objects.create(
        enterprise=enterprise, kind="quality", weight="major", happened_on=dt.date(2024, 2, 1)
    )
    assert said(enterprise, "E26-6", today=SPRING) == (
        [],
        ["What happened counts no longer from 2028-01-01 on."],
    )
    undeclared = firm()
    wanted, __ = said(undeclared, "E26-6", today=SPRING)
    assert wanted == ["Declare: list of major events declared complete"]


def test_a_certificate_that_will_end_is_told_of_in_time(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm()
    Certificate.objects.create(
        enterprise=enterprise, kind="system", name="ISO 9001", issued_on=dt.date(2024, 1, 1),
        valid_to=dt.date(2026, 8, 31),
    )  # fmt: skip
    case = {"edition": "little_giant_2022", "kind": "recheck"}
    __, when = said(enterprise, "L22-2c", today=SPRING, **case)
    assert when == ["By what is kept now, too few count from 2026-09-01 on."]


def test_a_title_that_ends_before_the_round_is_told_of(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm()
    Title.objects.create(
        enterprise=enterprise, tier="srdi", number="1", year=2024, granted_on=dt.date(2024, 4, 1),
        valid_to=dt.date(2027, 3, 31),
    )  # fmt: skip
    assert said(enterprise, "L26-1a", today=SPRING) == ([], [])
    __, when = said(enterprise, "L26-1a", today=AUTUMN)
    assert when == ["It is valid until 2027-03-31, not to the round of 2027."]


def test_missing_points_name_the_nearest_bands(firm: Callable[..., Enterprise]) -> None:
    figures = {
        "employees": 100, "tech_staff": 29, "sales_revenue": 10**10, "revenue": 10**10,
        "rd_expense": 2 * 10**8, "cost_and_expense": 10**10,
    }  # fmt: skip
    wanted, __ = said(
        firm(reports={2025: figures}), "T17-S", today=SPRING, edition="technology_2017"
    )
    staff = "4 points more with science and technology staff of 2025: at least 30"
    expense = "10 points more with R&D expense of 2025: at least CNY 3 million"
    right = (
        "30 points more with 1 more: valid, undisputed Class I rights related to the main products"
    )
    assert wanted == [
        f"Science and technology staff of all employees (20, not nought): {staff}",
        f"R&D expense of sales revenue: {expense}",
        f"At least one Class I right: {right}",
    ]


def test_what_is_met_otherwise_has_no_prospects(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(reports={2025: {"market_share": 50_000, "domestic_rank": 2}})
    wanted, when = said(enterprise, "L26-5a1", today=SPRING)
    assert (len(wanted), when) == (1, [])


def test_a_day_long_past_has_no_deadlines(firm: Callable[..., Enterprise]) -> None:
    enterprise = firm(reports={2023: {"revenue": 1}})
    case = {"edition": "little_giant_2022", "as_of": dt.date(2024, 5, 1)}
    __, when = said(enterprise, "L22-4.1A1", today=SPRING, **case)
    assert when == []
