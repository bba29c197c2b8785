"""What firms lack for a level, by the answers of their newest assessment (达标所缺)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.digital import index, scoring
from cultivation.digital.models import MaturityAssessment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.digital.index import Scenario
    from cultivation.digital.scoring import Answers


@dataclass(frozen=True, slots=True)
class Needs:
    """Scenarios and points missing for a level (所缺场景与分数)."""

    target: int
    scenarios: tuple[tuple[Scenario, int], ...]  # below the level, nearest first, with own level
    more: int  # of them must rise
    binding: int  # of those, binding ones
    points: int  # hundredths
    dimensions: tuple[tuple[str, int], ...]  # hundredths still to be had in each

    @property
    def nearest(self) -> list[tuple[Scenario, int]]:
        """Return the scenarios that are enough: the binding ones needed, then the nearest."""
        first = [one for one in self.scenarios if one[0].binding][: self.binding]
        rest = [one for one in self.scenarios if one not in first]
        return [*first, *rest[: self.more - len(first)]]


def of(keys: Iterable[int], target: int) -> dict[int, Needs]:
    """Return by assessment what is missing; those without answers are left out."""
    rows = MaturityAssessment.objects.filter(pk__in=list(keys), index_version=index.ASKED)
    return {
        pk: of_answers(answers, target)
        for pk, answers in rows.order_by().values_list("pk", "answers")
        if answers
    }


def of_answers(answers: Answers, target: int) -> Needs:
    """Return what answers lack for a level."""
    standing = scoring.stand(answers)
    test = next(one for one in standing.tests if one.level.no == target)
    own = [(one, answers["scenarios"][str(one.no)]) for one in index.scenarios()]
    low = [(one, level) for one, level in own if level < target]
    return Needs(
        target=target,
        scenarios=tuple(sorted(low, key=lambda one: (-one[1], not one[0].binding, one[0].no))),
        more=test.more_scenarios,
        binding=test.binding_missing,
        points=test.score_missing,
        dimensions=tuple((name, most - points) for name, points, most in standing.dimensions_scored)
        if test.points_missing
        else (),
    )
