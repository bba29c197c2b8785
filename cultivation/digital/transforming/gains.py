"""What a project changed: the assessment before it beside the one after (改造前后对比)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.digital import index, maturity
from cultivation.digital.models import MaturityAssessment

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.index import Scenario
    from cultivation.digital.models import TransformationProject


@dataclass(frozen=True, slots=True)
class Gain:
    """Two assessments and what lies between them (提升)."""

    before: MaturityAssessment | None
    after: MaturityAssessment | None

    @property
    def levels(self) -> int | None:
        if self.before is None or self.after is None:
            return None
        return self.after.level - self.before.level

    @property
    def points(self) -> int | None:
        """Return the points gained in hundredths; None where one has no score."""
        if self.before is None or self.after is None:
            return None
        if self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score

    @property
    def same_index(self) -> bool:
        """Tell whether both were made under one index, so that points can be compared."""
        return bool(self.before and self.after) and (
            self.before.index_version == self.after.index_version  # type: ignore[union-attr]
        )

    @property
    def scenarios(self) -> list[tuple[Scenario, int, int]]:
        """Return the scenarios whose level changed: level before, level after."""
        if not (self.before and self.after and self.before.answers and self.after.answers):
            return []
        then, now = self.before.answers["scenarios"], self.after.answers["scenarios"]
        return [
            (one, then[str(one.no)], now[str(one.no)])
            for one in index.scenarios()
            if then[str(one.no)] != now[str(one.no)]
        ]

    @property
    def raised(self) -> int:
        return sum(after > before for _scenario, before, after in self.scenarios)


def of(project: TransformationProject) -> Gain:
    """Return the gain of a project: as kept at its acceptance, else by what is known now."""
    if project.accepted_on and (project.before_id or project.after_id):
        return Gain(project.before, project.after)
    after = assessments_after(project, on=project.accepted_on or timezone.localdate())
    return Gain(assessment_before(project), after[0] if after else None)


def assessment_before(project: TransformationProject) -> MaturityAssessment | None:
    """Return the latest assessment valid on the day a project began (改造前评测)."""
    rows = MaturityAssessment.objects.filter(
        maturity.valid_on(project.started_on), enterprise=project.enterprise_id
    )
    return rows.order_by(*maturity.NEWEST_FIRST).first()


def assessments_after(project: TransformationProject, *, on: dt.date) -> list[MaturityAssessment]:
    """Return the assessments since the work was done that are valid on a day, the latest first.

    One of a later day, or one that has expired by the day, proves nothing on it (改造后评测).
    """
    if project.finished_on is None:
        return []
    rows = MaturityAssessment.objects.filter(
        maturity.valid_on(on),
        enterprise=project.enterprise_id,
        assessed_on__gte=project.finished_on,
    )
    return list(rows.order_by(*maturity.NEWEST_FIRST))
