"""The level rule against a recount of its own, and the cheapest ways against trying them all."""

from __future__ import annotations

import csv
import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import translation

from cultivation.digital import index, scoring
from cultivation.digital.assessing import gaps
from tests.digital.conftest import answers

if TYPE_CHECKING:
    from collections.abc import Iterator

BINDING = {1, 3, 6, 7, 8, 9, 10, 11, 12, 13}
RULE = {1: (20, 6, 3), 2: (40, 6, 3), 3: (60, 8, 5), 4: (80, 10, 6)}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def recount(given: dict[str, Any]) -> tuple[float, int]:
    """Return points and level from the tables alone, as somebody would by hand."""
    with (settings.SEEDS_DIR / "digital_options_2024.csv").open(encoding="utf-8") as file:
        worth = {(r["question"], r["option"]): int(r["thousandths"]) for r in csv.DictReader(file)}
    points = sum(worth[q, code] for q, codes in given["questions"].items() for code in codes)
    level = 0
    for number, (least, scenarios, binding) in RULE.items():
        there = {int(s) for s, own in given["scenarios"].items() if own >= number}
        if points >= least * 1000 and len(there) >= scenarios and len(there & BINDING) >= binding:
            level = number
    return points, level


def drawn(lot: random.Random) -> dict[str, Any]:
    """Return answers by lot, bad or good ones more often than middling ones."""
    bias = lot.random()
    questions = {}
    for question in index.questions():
        if question.multiple:
            taken = [one.code for one in question.options if one.points and lot.random() < bias]
            questions[str(question.no)] = taken or [question.options[0].code]
        else:
            place = min(len(question.options) - 1, int((bias + lot.random()) / 2 * 5))
            questions[str(question.no)] = [question.options[place].code]
    levels = [min(4, int((bias + lot.random()) * 2.5)) for _ in range(16)]
    return {
        "questions": questions,
        "scenarios": {str(n): level for n, level in enumerate(levels, 1)},
    }


def test_the_binding_scenarios_are_those_of_the_sources() -> None:
    assert {one.no for one in index.scenarios() if one.binding} == BINDING


def test_points_and_level_agree_with_a_recount_by_hand() -> None:
    lot = random.Random(56)
    seen = set()
    for _ in range(400):
        given = drawn(lot)
        standing = scoring.stand(given)
        assert (standing.points, standing.level) == recount(given)
        seen.add(standing.level)
    assert seen == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("lacking", ["", "points", "scenario", "binding"])
def test_a_level_is_reached_at_its_edges_and_missed_just_below(level, lacking) -> None:
    least, number, binding = RULE[level]
    if lacking == "scenario":
        number -= 1
    bound, free = sorted(BINDING), [n for n in range(1, 17) if n not in BINDING]
    held = binding - (lacking == "binding")
    high = set(
        bound[:held] + (free + ([] if lacking == "binding" else bound[held:]))[: number - held]
    )
    low = level - 1
    reached = [level if n in high else low for n in range(1, 17)]
    given = answers({}, reached)
    path = gaps.fewest(given, index.questions(), least * 1000)
    given = gaps.improved(given, gaps.Path("", (), path))
    if lacking == "points":
        given["questions"]["12"] = ["A"]  # 7 points less
        while recount(given)[0] >= least * 1000:
            given = worse(given)
    assert scoring.stand(given).level == recount(given)[1]
    assert (recount(given)[1] == level) is (not lacking and len(high) == number)


def worse(given: dict[str, Any]) -> dict[str, Any]:
    """Take the first points away that there are."""
    for question in index.questions():
        key = str(question.no)
        if scoring.points_of(question, given["questions"][key]):
            given["questions"][key] = [question.options[0].code]
            return given
    raise AssertionError


def every_answer(question: index.Question) -> list[tuple[int, int]]:
    """Return all (steps up, points gained) from having nothing, by trying all answers."""
    worth = [one.points for one in question.options if one.points]
    if not question.multiple:
        return [(0, 0), *((n, points) for n, points in enumerate(sorted(worth), 1))]
    return [
        (n, sum(some)) for n in range(len(worth) + 1) for some in itertools.combinations(worth, n)
    ]


@pytest.mark.parametrize("missing", [1, 1500, 4000, 7300, 12_345, 20_000, 24_499, 24_500, 24_501])
def test_the_fewest_steps_are_those_found_by_trying_all_answers(missing) -> None:
    some = [index.questions()[n - 1] for n in (1, 2, 6, 11)]  # at most 26.5 points
    given = answers({}, [0] * 16)
    costs = [
        sum(steps for steps, _gain in ways)
        for ways in itertools.product(*map(every_answer, some))
        if sum(gain for _steps, gain in ways) >= missing
    ]
    found = gaps.fewest(given, some, missing)
    assert sum(one.steps for one in found) == min(costs)
    assert sum(one.gain for one in found) >= missing


def test_what_questions_cannot_give_is_not_promised() -> None:
    assert gaps.fewest(answers({}, [0] * 16), index.questions()[:1], 8001) is None


def test_the_scenarios_to_raise_are_the_cheapest_of_all_choices() -> None:
    lot = random.Random(16)
    for _ in range(25):
        given = answers({}, [lot.randint(0, 3) for _ in range(16)])
        aim = lot.randint(1, 4)
        _least, number, binding = RULE[aim]
        own = {int(n): level for n, level in given["scenarios"].items()}
        there = {n for n, level in own.items() if level >= aim}
        low = sorted(set(own) - there)
        costs = [
            sum(aim - own[n] for n in some)
            for size in range(len(low) + 1)
            for some in itertools.combinations(low, size)
            if len(there) + size >= number and len((there | set(some)) & BINDING) >= binding
        ]
        gap = gaps.of_answers(given, target=aim)
        assert gap.paths[0].rise_steps == min(costs)


def test_every_way_named_reaches_the_level_when_it_is_judged() -> None:
    lot = random.Random(2027)
    targets = set()
    for _ in range(60):
        given = drawn(lot)
        gap = gaps.of_answers(given)
        if gap.target is None:
            continue
        targets.add(gap.target)
        assert gap.paths
        for path in gap.paths:
            assert recount(gaps.improved(given, path))[1] >= gap.target
        steps = [path.better_steps for path in gap.paths]
        assert steps == sorted(steps)
    assert targets == {1, 2, 3, 4}


def test_a_gap_is_said_as_people_say_it() -> None:
    given = answers({1: "BCDE", 2: "E", 3: "E", 5: "D", 9: "BCD"}, [2, 2, 1, 1, 2, 1] + [0] * 10)
    gap = gaps.of_answers(given)
    assert (gap.level, gap.target, gap.points_missing) == (1, 2, 6875)
    assert (gap.scenarios_missing, gap.binding_missing, gap.more) == (3, 2, 3)
    assert gap.scenarios == (3, 4, 6)
    assert gap.words == [
        "3 more scenarios at level 2, 2 of them binding",
        "6.875 points more, in Digital management or Digital foundation alone",
    ]
    assert [(path.within, path.better_steps) for path in gap.paths] == [
        ("Digital management", 4),
        ("Digital foundation", 5),
    ]


def test_at_the_top_nothing_is_missing() -> None:
    best = {
        question.no: "".join(one.code for one in question.options if one.points)
        if question.multiple
        else question.options[-1].code
        for question in index.questions()
    }
    gap = gaps.of_answers(answers(best, [4] * 16))
    assert (gap.level, gap.target, gap.words, gap.paths) == (4, None, [], ())
