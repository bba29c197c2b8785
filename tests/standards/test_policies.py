"""The worked cases of seeds/cases: each is judged as it says, and none that is owed is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cultivation.standards.cases import run_cases
from cultivation.standards.editions import CASES
from tests.standards.owed import owed, shown
from tests.standards.seeds import POLICIES, cases_of, files_of

if TYPE_CHECKING:
    from cultivation.standards.policy import Policy

each_edition = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.code)


@each_edition
def test_every_worked_case_is_judged_as_it_says(policy: Policy) -> None:
    outcomes = run_cases(policy, cases_of(policy))
    assert len(outcomes) == len(cases_of(policy)) > 20
    assert {o.name: (o.expected, o.found) for o in outcomes if not o.ok} == {}


@each_edition
def test_no_worked_case_that_a_standard_owes_is_missing(policy: Policy) -> None:
    """Each edge from both sides, each route alone, each figure missing, each reach from outside."""
    assert sorted(owed(policy) - shown(policy, cases_of(policy))) == []


@pytest.mark.parametrize(
    ("words", "item"),
    [
        ("恰在门槛", ("L26-2a", "exactly at_least 5000000000")),
        ("低一个单位", ("L26-3b", "just under at_least 0.03, Y2")),
        ("前三", ("L26-4g", "by L26-4x alone")),
        ("未填报", ("L26-3b", "without revenue_y2, yet sure")),
        ("次日", ("B26-1", "not the day after")),
        ("复核", ("L26", "qualifies at recheck")),
    ],
)
def test_a_case_left_out_is_missed(words: str, item: tuple[str, str]) -> None:
    policy = next(policy for policy in POLICIES if policy.code == "little_giant_2026")
    assert item in owed(policy)
    assert item in shown(policy, cases_of(policy))
    kept = tuple(worked for worked in cases_of(policy) if words not in worked.code)
    assert item not in shown(policy, kept)


def test_every_standard_has_its_file_of_worked_cases() -> None:
    files = {code for policy in POLICIES for code in files_of(policy)}
    assert {path.stem for path in CASES.glob("*.toml")} == files
