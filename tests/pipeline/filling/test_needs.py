"""What the rules ask for, read from the real standards: every field and paper has a place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from cultivation.pipeline.filling import needs, slots
from cultivation.standards.editions import FOLDER
from cultivation.standards.library import Library
from cultivation.standards.policy import KINDS, Case

DAY = dt.date(2026, 5, 6)
POLICIES = {policy.code: policy for policy in Library.of_folder(FOLDER).policies()}
CASES = [(code, kind) for code in POLICIES for kind in KINDS]


def standard(code: str, kind: str = "recognition") -> Any:
    return POLICIES[code].standard(Case(kind, DAY, "32"))


def owed(code: str, kind: str = "recognition") -> list[str]:
    tier = POLICIES[code].tier
    return [slot.subject(2026) for slot in slots.slots(standard(code, kind), tier) if slot.owed]


@pytest.mark.parametrize(("code", "kind"), CASES)
def test_every_criterion_has_its_page_once(code: str, kind: str) -> None:
    whole = standard(code, kind)
    pages = needs.sections(whole, POLICIES[code])
    on_pages = [leaf.code for page in pages for leaf in page.leaves()]
    assert sorted(on_pages) == sorted(leaf.code for leaf in needs.leaves(whole))
    assert len({page.key for page in pages}) == len(pages)
    assert max(len(list(page.leaves())) for page in pages) <= needs.MOST


@pytest.mark.parametrize(("code", "kind"), CASES)
def test_everything_a_criterion_reads_can_be_filled_in_or_is_said_to_be_elsewhere(
    code: str, kind: str
) -> None:
    counts = {count.name: count for count in POLICIES[code].counts}
    for page in needs.sections(standard(code, kind), POLICIES[code]):
        asked = page.needs
        for leaf in page.leaves():
            if leaf.quantity is None:
                assert leaf in asked.manual
                continue
            name = leaf.quantity.names[0]
            if leaf.quantity.shape == "fact":
                fields = needs.fields_of(name)
                assert set(fields) <= set(asked.profile)
                assert fields or name in asked.elsewhere
            elif leaf.quantity.shape in {"count", "sum"}:
                assert counts[name] in asked.counts
                assert counts[name].complete in {"", *asked.profile}
            else:
                assert set(leaf.quantity.figures) <= set(asked.figures)


def test_sections_of_the_little_giant_are_those_of_its_annex() -> None:
    pages = needs.sections(standard("little_giant_2026"), POLICIES["little_giant_2026"])
    assert [page.key for page in pages] == [
        "E26", "L26-1", "L26-2", "L26-3", "L26-4g", "L26-5", "L26-6", "L26-7",
    ]  # fmt: skip
    business = pages[2].needs
    assert business.figures == (
        ("revenue", 1), ("main_business_revenue", 1), ("total_liabilities", 1),
        ("total_assets", 1), ("revenue", 3),
    )  # fmt: skip


def test_a_large_group_is_taken_apart() -> None:
    pages = needs.sections(standard("srdi_2022"), POLICIES["srdi_2022"])
    assert [page.key for page in pages if page.above] == [
        "S22-Q", "S22-P1", "S22-P2", "S22-P3", "S22-P4",
    ]  # fmt: skip


def test_papers_owed_by_a_little_giant_are_those_of_the_notice() -> None:
    # 工信厅企业函〔2026〕117号 as passed on: licence, headcount of December, three audit reports,
    # credit reports; declarations and notes are written in the form itself.
    assert owed("little_giant_2026") == [
        "paper:licence",
        "paper:audit_report:2025",
        "paper:social_security:2025",
        "paper:credit_reports",
        "paper:field_note",
        "paper:audit_report:2023",
        "paper:audit_report:2024",
        "paper:market_share_note",
    ]


def test_a_recheck_asks_for_no_third_audit_report() -> None:
    assert "paper:audit_report:2023" not in owed("little_giant_2026", "recheck")


def test_papers_of_a_route_are_asked_for_and_hold_nothing_up() -> None:
    found = {s.subject(2026): s for s in slots.slots(standard("srdi_2026"), "srdi")}
    award = found["paper:award_proof"]
    assert (award.owed, award.codes) == (False, ("S26-4x1",))
    assert [q.name for q in found["paper:benefit_note"].texts] == ["ip_benefit"]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("paper:licence", True), ("paper:audit_report:2025", True), ("paper:licence:25", False),
        ("paper:gold", False), ("answer:licence", False), ("paper:", False), ("", False),
    ],
)  # fmt: skip
def test_names_of_papers(name: str, is_one: bool) -> None:
    assert slots.is_name(name) is is_one
