"""What holds of every standard and all facts: of those of the seeds, and of any at random."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cultivation.standards.evaluation import judge
from cultivation.standards.policy import KINDS, Case, Policy, PolicyError
from tests.standards.oracle import Row, applied, evaluate
from tests.standards.random_policies import DAY, UNITS, frame_of, policies, rows_of

if TYPE_CHECKING:
    from cultivation.standards.policy import Criterion

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
@settings(max_examples=60, deadline=None)
def test_a_second_evaluator_agrees(policy: Policy, seed: int) -> None:
    """Verdicts and points of the evaluator are those of plain Python with exact fractions."""
    rows = [{**row, "enterprise": 1} for row in rows_of(policy, seed, 25)]
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
