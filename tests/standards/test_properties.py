"""What holds of every standard and all facts: of those of the seeds, and of any at random."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cultivation.standards.evaluation import FEW, judge
from cultivation.standards.facts import column_type
from cultivation.standards.policy import KINDS, Case, Criterion, Policy, PolicyError
from tests.standards.directions import domain, polarity, raised
from tests.standards.oracle import MANUAL, MET, UNKNOWN, UNMET, Row, applied, evaluate
from tests.standards.owed import standards
from tests.standards.random_policies import DAY, UNITS, frame_of, policies, rows_of
from tests.standards.seeds import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = [Case(kind, DAY, unit) for kind, unit in itertools.product(KINDS, UNITS)]
seeds = st.integers(0, 2**32)


def standard(policy: Policy, case: Case) -> Criterion | None:
    try:
        return policy.standard(case)
    except PolicyError:
        return None


def judged(criterion: Criterion, rows: list[Row]) -> list[dict[str, Any]]:
    frame = frame_of(rows, sorted(rows[0]))
    return judge(frame, criterion).rows(named=True)


@given(policies(), seeds)
@settings(max_examples=40, deadline=None)
def test_a_second_evaluator_agrees(policy: Policy, seed: int) -> None:
    """Verdicts and points of the evaluator are those of plain Python with exact fractions."""
    rows = rows_of(policy, seed, 25)
    for case in CASES:
        criterion = standard(policy, case)
        assert criterion == applied(policy, case)
        if criterion is None:
            continue
        for row, found in zip(rows, judged(criterion, rows), strict=True):
            for code, said in evaluate(criterion, row).items():
                assert found[f"v:{code}"] == said.verdict, (code, row)
                if said.points:
                    ends = [found[f"{end}:{code}"] for end in ("low", "by_hand", "high")]
                    assert tuple(ends) == said.points, (code, row)


@given(policies(), seeds)
@settings(max_examples=8, deadline=None)
def test_an_enterprise_alone_is_judged_as_among_many(policy: Policy, seed: int) -> None:
    """Few rows are reckoned in fewer bits where their figures allow it."""
    rows = rows_of(policy, seed, FEW + 2)
    for criterion in every_standard(policy):
        assert [judged(criterion, [row])[0] for row in rows] == judged(criterion, rows)


def every_standard(policy: Policy) -> set[Criterion]:
    """Return what a random policy amounts to in each case."""
    return {found for case in CASES if (found := standard(policy, case))}


def filled(row: Row, dice: random.Random) -> Row:
    """State what was missing; where a count lay open, choose within its bounds."""
    full = dict(row)
    for name in row:
        stem, _, end = name.rpartition("_")
        if end == "low" and f"{stem}_high" in row:
            high = row[f"{stem}_high"]
            most = row[name] + 9 if high is None else high
            full[name] = full[f"{stem}_high"] = dice.randint(row[name], most)
        elif end != "high" and row[name] is None:
            kind = column_type(name)
            texts, numbers = ["a", "b", "six_bases"], [-1, 0, 1, 3, 8, 10**9, 5 * 10**9, 10**10]
            full[name] = dice.choice(
                {pl.Boolean: [True, False], pl.String: texts}.get(kind, numbers)
            )  # type: ignore[call-overload]
    return full


def contradictions(criterion: Criterion, rows: list[Row], dice: random.Random) -> list[Any]:
    """Return where a fact turned what was sure without it: verdicts, or the bounds of points."""
    before, after = judged(criterion, rows), judged(criterion, [filled(r, dice) for r in rows])
    allowed = {UNMET: {UNMET}, MET: {MET}, MANUAL: {MANUAL, MET}, UNKNOWN: set(range(4))}
    wrong: list[Any] = []
    for row, gaps, full in zip(rows, before, after, strict=True):
        for code in (c.code for c in criterion.walk()):
            if full[f"v:{code}"] not in allowed[gaps[f"v:{code}"]]:
                wrong.append((code, row, gaps[f"v:{code}"], full[f"v:{code}"]))
            low, high = f"low:{code}", f"high:{code}"
            if low in gaps and not gaps[low] <= full[low] <= full[high] <= gaps[high]:
                wrong.append((code, row, "points"))
    return wrong


@given(policies(), seeds)
@settings(max_examples=20, deadline=None)
def test_no_fact_contradicts_what_was_sure_without_it(policy: Policy, seed: int) -> None:
    """Unknown never becomes met by leaving facts out, in any standard whatever."""
    for criterion in every_standard(policy):
        assert contradictions(criterion, rows_of(policy, seed, 40), random.Random(seed)) == []


each_edition = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.code)


def fullest(policy: Policy) -> list[Criterion]:
    """Return the two standards with the most criteria that an edition amounts to."""
    codes = {standard: [c.code for c in standard.walk()] for standard in standards(policy)}
    return sorted(codes, key=lambda standard: (len(codes[standard]), codes[standard]))[-2:]


@each_edition
def test_no_fact_contradicts_what_an_edition_was_sure_of(policy: Policy) -> None:
    dice = random.Random(7)
    for criterion in fullest(policy):
        assert contradictions(criterion, domain(policy, dice, 60, gaps=0.3), dice) == []


def turned(criterion: Criterion, order: Callable[[list[Any]], None]) -> Criterion:
    """Put the parts and the bands of a criterion and of all below it in another order."""
    parts, bands = [turned(part, order) for part in criterion.parts], list(criterion.bands)
    order(parts)
    order(bands)
    return replace(criterion, parts=tuple(parts), bands=tuple(bands))


def same_in_any_order(criterion: Criterion, rows: list[Row], dice: random.Random) -> bool:
    names = {f"{end}:{c.code}" for c in criterion.walk() for end in ("v", "low", "by_hand", "high")}
    both = [
        judge(frame_of(rows, sorted(rows[0])), one)
        for one in (criterion, turned(criterion, dice.shuffle))
    ]
    kept = sorted(names & set(both[0].columns))
    return both[0].select(kept).equals(both[1].select(kept))


@given(policies(), seeds)
@settings(max_examples=15, deadline=None)
def test_the_order_of_criteria_and_bands_does_not_matter(policy: Policy, seed: int) -> None:
    for criterion in every_standard(policy):
        assert same_in_any_order(criterion, rows_of(policy, seed, 40), random.Random(seed))


@each_edition
def test_the_order_of_an_edition_does_not_matter(policy: Policy) -> None:
    dice = random.Random(11)
    for criterion in fullest(policy):
        assert same_in_any_order(criterion, domain(policy, dice, 60, gaps=0.2), dice)


@each_edition
def test_getting_better_never_makes_a_verdict_worse(policy: Policy) -> None:
    """Raise each figure that the whole standard wants one way; `directions` says when that is."""
    dice = random.Random(13)
    for criterion in fullest(policy):
        ways = polarity(criterion)
        assert len(ways) > 5
        rows = domain(policy, dice, 25, gaps=0.1)
        better = [(row, raised(row, name, way, dice)) for name, way in ways.items() for row in rows]
        before = judged(criterion, [row for row, _ in better])
        after = judged(criterion, [row for _, row in better])
        for (was, now), worse, good in zip(better, before, after, strict=True):
            for name in worse:
                if name.startswith(("v:", "low:", "by_hand:", "high:")):
                    assert worse[name] <= good[name], (name, was, now)
