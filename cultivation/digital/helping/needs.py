"""What firms lack for a level, by answers given and the thresholds of the day (达标所缺)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.digital import index, scoring
from cultivation.digital.assessing import rules
from cultivation.digital.models import MaturityAssessment
from cultivation.digital.transforming import providers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.digital.index import Level, Scenario
    from cultivation.digital.scoring import Answers
    from enterprises.registry.models import Enterprise

OFFERED = 3  # providers named beside a firm


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


def serving(firms: Mapping[int, tuple[Enterprise, Needs | None]]) -> dict[int, tuple[str, ...]]:
    """Return for each firm a few providers of its region that serve what it lacks (适配服务商)."""
    lacking = {
        key: (firm.region_path, [scenario.no for scenario, _own in wanted.nearest])
        for key, (firm, wanted) in firms.items()
        if wanted is not None and wanted.nearest
    }
    found = providers.fitting(lacking, most=OFFERED)
    return {key: tuple(fit.provider.name for fit in fits) for key, fits in found.items()}


def of(keys: Iterable[int], target: int, *, on: dt.date) -> dict[int, Needs]:
    """Return by assessment what is missing on a day; those without answers are left out.

    The next assessment is judged under the thresholds in force then, so these count.
    """
    rows = MaturityAssessment.objects.filter(pk__in=list(keys), index_version=index.ASKED)
    levels = rules.levels_of(rules.in_force(index.ASKED, on), index.ASKED)
    return {
        row.pk: of_answers(row.answers, target, levels) for row in rows.order_by() if row.answers
    }


def of_answers(answers: Answers, target: int, levels: Sequence[Level] | None = None) -> Needs:
    """Return what answers lack for a level under some thresholds."""
    standing = scoring.stand(answers, levels)
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
