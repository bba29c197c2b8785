"""What an enterprise declared beside what was found on site (自评与现场对比)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.digital import index, maturity, scoring
from cultivation.digital.assessing.sheet import answer_of, plain, said
from cultivation.digital.models import MaturityAssessment

if TYPE_CHECKING:
    import datetime as dt

    from enterprises.registry.models import Enterprise

Way = MaturityAssessment.Way


@dataclass(frozen=True, slots=True)
class Row:
    """A question or scenario with both answers (对比项)."""

    label: str
    group: str
    binding: bool
    declared: str
    found: str
    declared_points: str
    found_points: str
    differs: bool
    remark: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The two assessments and where they differ (对比)."""

    declared: MaturityAssessment | None
    found: MaturityAssessment | None
    questions: tuple[Row, ...] = ()
    scenarios: tuple[Row, ...] = ()

    @property
    def differing(self) -> int:
        return sum(row.differs for row in (*self.questions, *self.scenarios))

    @property
    def is_answered(self) -> bool:
        return bool(self.questions)

    @property
    def levels_differ(self) -> bool:
        both = self.declared is not None and self.found is not None
        return both and self.declared.level != self.found.level  # type: ignore[union-attr]


def latest(enterprise: Enterprise, *, on: dt.date | None = None) -> dict[str, MaturityAssessment]:
    """Return the latest valid assessment of each way (各方式最近有效评测)."""
    rows = MaturityAssessment.objects.filter(
        maturity.valid_on(on or timezone.localdate()), enterprise=enterprise
    ).select_related("rule", "document", "declared")
    found: dict[str, MaturityAssessment] = {}
    for row in rows.prefetch_related("rule__thresholds").order_by(*maturity.NEWEST_FIRST):
        found.setdefault(row.way, row)
    return found


def beside(declared: MaturityAssessment | None, found: MaturityAssessment | None) -> Beside:
    """Return two assessments side by side; rows only where both have answers."""
    if declared is None or found is None or not (declared.answers and found.answers):
        return Beside(declared, found)
    held = found.findings if found.declared_id == declared.pk else {}
    questions = tuple(
        _row(f"q:{one.no}", f"{one.no}. {one}", one.dimension, declared, found, held, one)
        for one in index.questions()
    )
    scenarios = tuple(
        _row(f"s:{one.no}", str(one), one.area, declared, found, held, one)
        for one in index.scenarios()
    )
    return Beside(declared, found, questions, scenarios)


def _row(
    subject: str,
    label: str,
    group: str,
    declared: MaturityAssessment,
    found: MaturityAssessment,
    held: dict[str, list[str]],
    one: index.Question | index.Scenario,
) -> Row:
    own, there = answer_of(declared, subject), answer_of(found, subject)
    points = ("", "")
    if isinstance(one, index.Question):
        points = (
            index.plain(scoring.points_of(one, own)),
            index.plain(scoring.points_of(one, there)),
        )
    return Row(
        label=label,
        group=group,
        binding=getattr(one, "binding", False),
        declared=said(subject, own),
        found=said(subject, there),
        declared_points=points[0],
        found_points=points[1],
        differs=plain(own) != plain(there),
        remark=(held.get(subject) or ["", ""])[1],
    )
