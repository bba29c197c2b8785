from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from cultivation.digital import index, scoring
from tests.digital.conftest import answers

CASES = tomllib.loads((Path(__file__).parent / "cases" / "levels.toml").read_text("utf-8"))["case"]


def given(case: dict[str, Any]) -> dict[str, Any]:
    return answers({int(no): text for no, text in case["options"].items()}, case["scenarios"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_worked_case_gets_its_points_level_and_shortfall(case) -> None:
    standing = scoring.stand(given(case))
    assert standing.points == case["thousandths"]
    assert standing.score == case["thousandths"] // 10
    assert standing.level == case["level"]
    following = standing.next
    found = following and [
        following.points_missing,
        following.scenarios_missing,
        following.binding_missing,
    ]
    assert found == case.get("missing")


def test_the_index_has_the_points_the_notice_gives_it() -> None:
    by_dimension: dict[str, int] = {}
    for question in index.questions():
        best = [option.points for option in question.options]
        assert (sum(best) if question.multiple else max(best)) == question.most, question.no
        by_dimension[question.dimension_zh] = (
            by_dimension.get(question.dimension_zh, 0) + question.most
        )
    assert by_dimension == {"数字化基础": 50_000, "数字化管理": 30_000, "数字化成效": 20_000}
    assert [s.no for s in index.scenarios() if s.binding] == [1, 3, 6, 7, 8, 9, 10, 11, 12, 13]
    assert [len(s.levels) for s in index.scenarios()] == [4] * 16


def test_thresholds_of_2024_are_marked_unverified_and_those_of_2022_are_not() -> None:
    assert {level.verified for level in index.levels(2024)} == {False}
    assert {level.verified for level in index.levels(2022)} == {True}


@pytest.mark.parametrize(
    ("question", "chosen"),
    [
        (1, []),
        (1, ["A", "B"]),
        (1, ["B", "B"]),
        (1, ["Z"]),
        (2, ["B", "C"]),
        (2, "B"),
    ],
    ids=["none", "nothing with something", "twice", "unknown", "two of a single", "not a list"],
)
def test_a_bad_answer_is_named(question, chosen) -> None:
    bad = answers({}, [0] * 16)
    bad["questions"][str(question)] = chosen
    with pytest.raises(ValidationError) as refusal:
        scoring.stand(bad)
    name = index.questions()[question - 1].indicator
    assert refusal.value.messages == [f"Question {question} ({name}) is not properly answered."]


@pytest.mark.parametrize("level", [None, -1, 5, "2", True])
def test_a_bad_scenario_level_is_named(level) -> None:
    bad = answers({}, [0] * 16)
    bad["scenarios"]["3"] = level
    with pytest.raises(ValidationError) as refusal:
        scoring.stand(bad)
    assert refusal.value.messages == ["Scenario 3 (Marketing & sales) needs a level from 0 to 4."]


def test_what_is_no_question_is_refused() -> None:
    bad = answers({}, [0] * 16)
    bad["questions"]["16"] = ["A"]
    with pytest.raises(ValidationError) as refusal:
        scoring.stand(bad)
    assert refusal.value.messages == ["There is no question or scenario 16."]


def test_scenarios_within_reach_are_those_one_step_below_the_next_level() -> None:
    case = next(case for case in CASES if case["name"].startswith("the same"))
    assert [s.no for s in scoring.stand(given(case)).within_reach] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("score", "level"), [(0, 0), (1999, 0), (2000, 1), (3999, 1), (4000, 2), (6000, 3), (8000, 4)]
)
def test_the_2022_level_follows_from_the_score_with_the_lower_edge_in(score, level) -> None:
    assert scoring.level_of_score(index.levels(2022), score) == level
