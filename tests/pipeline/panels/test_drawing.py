"""The draw: the same everywhere, even, fair, and exact about what it cannot do (双随机抽取)."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cultivation.pipeline.panels import drawing
from cultivation.pipeline.panels.drawing import Lists, deal

ALONE = Path(__file__).parent / "redraw_alone.py"
SEED = bytes(range(32))


def lists(experts: int, cases: int, each: int, *, share: float = 0.1, **given: int) -> Lists:
    """Return lists with a share of barred pairs, more of them for some experts than for others."""
    chance = random.Random(experts * 1000 + cases * 10 + each)
    names = [f"e{n}" for n in range(experts)]
    numbers = [f"c{n}" for n in range(cases)]
    shy = {name: chance.choice([0, share, share, 0.9]) for name in names}
    barred = {(e, c) for e in names for c in numbers if chance.random() < shy[e]}
    said = {"seats": experts, "each": each, "most": cases} | given
    return Lists(tuple(names), tuple(numbers), frozenset(barred), **said)


CASES = [
    lists(5, 12, 2),
    lists(9, 30, 3),
    lists(9, 30, 3, share=0.4),
    lists(12, 40, 3, most=11),
    lists(12, 25, 2, seats=8, share=0.2),
    lists(6, 6, 1, share=0.5),
    lists(3, 9, 3, share=0.0),
    lists(14, 60, 3, share=0.3),
]


@pytest.mark.parametrize("some", CASES)
def test_a_separate_script_finds_the_same_outcome(some: Lists, tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text(some.text)
    for word in ("", "第12号球"):
        outcome = deal(some, SEED, word=word)
        command = [sys.executable, str(ALONE), str(file), SEED.hex(), *([word] if word else [])]
        alone = subprocess.run(command, capture_output=True, text=True, check=False)
        if outcome.short:
            assert alone.returncode == 1
        else:
            assert alone.stdout == outcome.text + "\n"


def test_the_separate_script_has_twenty_lines_and_imports_nothing_of_ours() -> None:
    lines = ALONE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 20
    assert [line for line in lines if "import" in line] == ["import hashlib, hmac, json, sys"]


def follow(some: Lists, held: dict[str, set[str]], first: str) -> set[str]:
    """Return who could take over a case of an expert by any chain of exchanges."""
    found, queue = {first}, [first]
    for one in queue:
        for case, experts in held.items():
            if one not in experts:
                continue
            for other in held_by_nobody(some, case, experts) - found:
                found.add(other)
                queue.append(other)
    return found


def held_by_nobody(some: Lists, case: str, experts: set[str]) -> set[str]:
    return {e for e in some.experts if e not in experts and (e, case) not in some.barred}


@pytest.mark.parametrize("seed", range(12))
def test_no_chain_of_exchanges_could_bring_two_loads_nearer(seed: int) -> None:
    chance = random.Random(seed)
    some = lists(chance.randint(4, 9), chance.randint(5, 25), chance.randint(1, 3), share=0.5)
    outcome = deal(some, bytes([seed]) * 32)
    held = {case: set(experts) for case, experts in outcome.held.items()}
    loads = outcome.loads
    if outcome.short:
        return
    for case, experts in held.items():
        assert len(experts) == some.each
        assert {(e, case) for e in experts} & some.barred == set()
    for one in some.experts:
        for other in follow(some, held, one):
            assert loads[one] - loads[other] <= 1


def test_loads_differ_by_one_at_most_with_conflicts() -> None:
    some = lists(40, 333, 3, share=0.05)
    outcome = deal(some, SEED)
    loads = outcome.loads.values()
    assert (sum(loads), max(loads) - min(loads), outcome.short) == (999, 1, ())


def test_every_expert_gets_every_case_equally_often() -> None:
    """6 experts, 4 cases, 2 each: 1,200 seeds give each pair about 400 times (sd 16)."""
    some = lists(6, 4, 2, share=0.0)
    some = Lists(some.experts, some.cases, frozenset(), 6, 2, 4)
    seen: Counter[tuple[str, str]] = Counter()
    for number in range(1200):
        outcome = deal(some, number.to_bytes(32, "big"))
        seen.update((e, c) for c, experts in outcome.held.items() for e in experts)
    assert len(seen) == 24
    assert all(330 < often < 470 for often in seen.values())


def test_seats_are_drawn_from_the_pool_equally_often() -> None:
    some = Lists(tuple(f"e{n}" for n in range(8)), ("c0",), frozenset(), 2, 1, 1)
    seen = Counter(one for n in range(800) for one in deal(some, n.to_bytes(32, "big")).seated)
    assert all(150 < seen[one] < 250 for one in some.experts)


def test_one_bit_of_the_lists_or_the_seed_or_the_word_changes_the_draw() -> None:
    some = lists(9, 30, 3)
    other = Lists(some.experts, some.cases, some.barred, some.seats, some.each, some.most + 1)
    outcomes = {
        deal(some, SEED).text,
        deal(other, SEED).text,
        deal(some, bytes(32)).text,
        deal(some, SEED, word="7").text,
    }
    assert len(outcomes) == 4


def test_order_of_the_lists_does_not_matter() -> None:
    some = lists(9, 30, 3)
    turned = Lists(
        some.experts[::-1], some.cases[::-1], some.barred, some.seats, some.each, some.most
    )
    assert deal(turned, SEED).text == deal(some, SEED).text
    assert drawing.read(some.text).text == some.text


def test_a_case_without_enough_experts_is_named_with_the_reason() -> None:
    barred = frozenset({("e0", "c1"), ("e1", "c1")})
    some = Lists(("e0", "e1", "e2"), ("c0", "c1", "c2"), barred, 3, 2, 3)
    (short,) = deal(some, SEED).short
    assert (short.case, short.lacking, short.open_to) == ("c1", 1, 1)


def test_a_circle_of_cases_that_shares_too_few_experts_is_found() -> None:
    """Three cases only for e0 and e1, who have room for two each: six places, room for four."""
    cases = ("c0", "c1", "c2", "c3", "c4")
    barred = frozenset((e, c) for e in ("e2", "e3") for c in cases[:3])
    some = Lists(("e0", "e1", "e2", "e3"), cases, barred, 4, 2, 2)
    shorts = deal(some, SEED).short
    assert sum(short.lacking for short in shorts) == 2
    assert {short.case for short in shorts} <= set(cases[:3])
    assert {(short.open_to, short.circle) for short in shorts} == {(2, 2)}


def test_published_text_is_canonical() -> None:
    some = Lists(("e1", "e0"), ("c0",), frozenset({("e1", "c0")}), 2, 1, 1, panel="p")
    assert some.text == (
        '{"barred":[["e1","c0"]],"cases":["c0"],"each":1,"experts":["e0","e1"],"most":1,'
        '"panel":"p","seats":2}'
    )
    assert json.loads(deal(some, SEED).text) == {
        "seated": json.loads(deal(some, SEED).text)["seated"],
        "tasks": {"c0": ["e0"]},
    }
