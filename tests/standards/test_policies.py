"""The worked cases of seeds/cases, judged by the edition each file is named after."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from cultivation.standards.cases import WorkedCase, read_cases, run_cases
from cultivation.standards.editions import CASES, FOLDER
from cultivation.standards.reading import read_policy

if TYPE_CHECKING:
    from cultivation.standards.policy import Policy

EDITIONS = sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def edition(code: str) -> Policy:
    return read_policy((FOLDER / f"{code}.toml").read_text(encoding="utf-8"), code=code)


@cache
def cases(code: str) -> tuple[WorkedCase, ...]:
    path = CASES / f"{code}.toml"
    return read_cases(path.read_text(encoding="utf-8"), policy=edition(code), origin=path.name)


@pytest.mark.parametrize("code", EDITIONS)
def test_every_worked_case_is_judged_as_it_says(code: str) -> None:
    outcomes = run_cases(edition(code), cases(code))
    assert len(outcomes) == len(cases(code)) > 20
    wrong = {o.name: (o.expected, o.found) for o in outcomes if not o.ok}
    assert wrong == {}


def test_every_edition_has_worked_cases() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == set(EDITIONS)
