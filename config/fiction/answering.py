"""Invented answers to the digital index that give a wanted level (虚构评测作答)."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from cultivation.digital import index, scoring

VARIANTS = 12  # sets of answers for a level
WIDTH = 17  # points above the edge of a level


def answers(level: int, part: float) -> dict[str, Any]:
    """Return a set of answers of a level; `part` from 0 to 1 chooses which."""
    return _variants(level)[min(VARIANTS - 1, int(part * VARIANTS))]


@cache
def _variants(level: int) -> tuple[dict[str, Any], ...]:
    return tuple(_made(level, random.Random(f"{level}/{number}")) for number in range(VARIANTS))


def _made(level: int, lot: random.Random) -> dict[str, Any]:
    wanted = (level * 20 + 1 + lot.random() * WIDTH) * 1000
    questions: dict[str, list[str]] = {
        str(one.no): [one.options[0].code] for one in index.questions()
    }
    points = 0
    while points < wanted:
        question = lot.choice(index.questions())
        chosen = questions[str(question.no)]
        better = _better(question, chosen, lot)
        points += scoring.points_of(question, better) - scoring.points_of(question, chosen)
        questions[str(question.no)] = better
    made = {"questions": questions, "scenarios": _scenarios(level, lot)}
    if scoring.stand(made).level != level:
        raise AssertionError(made)
    return made


def _better(question: index.Question, chosen: list[str], lot: random.Random) -> list[str]:
    """Return the answer of a question one step better, or the same at the top."""
    worth = {one.code: one.points for one in question.options}
    if question.multiple:
        free = [code for code in worth if worth[code] and code not in chosen]
        taken = {code for code in chosen if worth[code]} | set(lot.sample(free, min(1, len(free))))
        return [code for code in worth if code in taken] or chosen
    higher = [code for code in worth if worth[code] > worth[chosen[0]]]
    return [min(higher, key=worth.__getitem__)] if higher else chosen


def _scenarios(level: int, lot: random.Random) -> dict[str, int]:
    """Return levels of scenarios that pass a level and not the next."""
    test = {one.no: one for one in index.levels(index.ASKED)}.get(level)
    order = list(index.scenarios())
    lot.shuffle(order)
    order.sort(key=lambda one: not one.binding)
    number = (test.scenarios if test else 0) + lot.randint(0, 3 if test else 4)
    high = {one.no for one in order[:number]}
    return {
        str(one.no): level + (level < 4 and not test and one.no in high)
        if one.no in high or not level
        else max(0, level - 1 - lot.randint(0, 1))
        for one in index.scenarios()
    }
