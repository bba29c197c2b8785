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


def test_every_standard_has_its_file_of_worked_cases() -> None:
    files = {code for policy in POLICIES for code in files_of(policy)}
    assert {path.stem for path in CASES.glob("*.toml")} == files
