"""What the scores of a panel come to, case by case and expert by expert (评审结果).

Means, medians and spreads are exact fractions; the adjusted score is an estimate, rounded to
hundredths, and advice only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, sqrt
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F

from cultivation.pipeline.models import PanelTask
from cultivation.pipeline.panels import rubrics, severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.pipeline.models import Panel, PanelCase

State = PanelTask.State
OUTLYING = 2.0  # standard deviations from what case and expert lead to expect


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The scores of one case (案卷得分)."""

    case: PanelCase
    totals: tuple[Fraction, ...]  # points of 100, rising
    expected: int  # experts who have the case
    abstained: int
    stale: int  # given on figures that changed since
    line: Fraction | None
    adjusted: int | None  # hundredths

    @property
    def dots(self) -> list[str]:
        """Return the scores as read aloud."""
        return [f"{float(one):.1f}" for one in self.totals]

    @property
    def dots_at(self) -> list[str]:
        """Return where the scores stand on a line of 0 to 100 that begins at 2."""
        return [f"{float(one) + 2:.2f}" for one in self.totals]

    @property
    def line_at(self) -> str | None:
        return None if self.line is None else f"{float(self.line) + 2:.2f}"

    @property
    def mean(self) -> Fraction | None:
        return sum(self.totals, Fraction(0)) / len(self.totals) if self.totals else None

    @property
    def median(self) -> Fraction | None:
        return Fraction(median(self.totals)) if self.totals else None

    @property
    def spread(self) -> Fraction:
        return self.totals[-1] - self.totals[0] if self.totals else Fraction(0)

    @property
    def variance(self) -> Fraction:
        """Return the variance of the scores around their mean; 0 for fewer than two."""
        if len(self.totals) < 2:
            return Fraction(0)
        mean = sum(self.totals, Fraction(0)) / len(self.totals)
        return sum(((one - mean) ** 2 for one in self.totals), Fraction(0)) / (len(self.totals) - 1)

    @property
    def deviation(self) -> int:
        """Return the standard deviation in hundredths, rounded down from the exact variance."""
        return isqrt(int(self.variance * 10_000))

    @property
    def passes(self) -> bool | None:
        """Tell whether the mean reaches the score line; unknown without either."""
        mean = self.mean
        return None if self.line is None or mean is None else mean >= self.line

    @property
    def adjusted_passes(self) -> bool | None:
        if self.line is None or self.adjusted is None:
            return None
        return Fraction(self.adjusted, 100) >= self.line

    @property
    def flips(self) -> bool:
        """Tell whether the adjusted score falls on the other side of the line."""
        return self.passes is not None and self.adjusted_passes not in {None, self.passes}

    @property
    def hangs_on_one(self) -> bool:
        """Tell whether leaving a single score out would turn the decision."""
        if self.passes is None or self.line is None or len(self.totals) < 2:
            return False
        whole, number = sum(self.totals, Fraction(0)), len(self.totals) - 1
        return any(((whole - one) / number >= self.line) != self.passes for one in self.totals)


@dataclass(frozen=True, slots=True)
class ExpertResult:
    """How one expert scores beside the others (评委校准)."""

    expert: str  # number on the panel
    name: str
    scored: int
    abstained: int
    open: int
    mean: Fraction | None
    against_others: Fraction | None  # mean of own score less the mean of the others on the case
    leaning: int | None  # hundredths, drawn toward nought
    deviation: int  # hundredths, of the own scores
    outlying: int

    @property
    def severe(self) -> int:
        """Return the size of the leaning."""
        return abs(self.leaning or 0)


@dataclass(frozen=True, slots=True)
class Results:
    """All that a panel found (评审结果)."""

    cases: tuple[CaseResult, ...]
    experts: tuple[ExpertResult, ...]
    noise: int  # standard deviation of chance, hundredths
    leaning: int


def of(panel: Panel) -> Results:
    """Return the results of a panel, the cases on which experts disagree most first."""
    cut = rubrics.unit(panel.rubric.lines.all())
    tasks = list(
        PanelTask.objects.filter(case__panel=panel)
        .exclude(state=State.REPLACED)
        .annotate(now=F("case__application__submission"))
        .select_related("case__application__enterprise__region", "member__profile__user")
        .order_by("token")
    )
    counted = [one for one in tasks if one.state == State.FINAL and one.submission_id == one.now]
    fitted = severity.fit(
        [
            (one.case.token, one.member.token, float(rubrics.points(one.total or 0, cut)))
            for one in counted
        ]
    )
    cases = _cases(panel, tasks, counted, fitted, cut)
    return Results(
        tuple(sorted(cases, key=_disagreement)),
        tuple(_experts(tasks, counted, fitted, cut)),
        hundredths(sqrt(fitted.noise)),
        hundredths(sqrt(fitted.leaning)),
    )


def _disagreement(row: CaseResult) -> tuple[Fraction, Fraction, str]:
    return -row.spread, -row.variance, row.case.token


def hundredths(value: float) -> int:
    """Return a figure in whole hundredths."""
    return round(value * 100)


def _cases(
    panel: Panel,
    tasks: Sequence[PanelTask],
    counted: Sequence[PanelTask],
    fitted: severity.Fit,
    cut: int,
) -> list[CaseResult]:
    line = None if panel.line is None else Fraction(panel.line, 100)
    cases = {one.case_id: one.case for one in tasks}
    mine = _grouped(tasks, "case_id")
    scored = _grouped(counted, "case_id")
    found = []
    for pk, case in cases.items():
        final = [one for one in mine[pk] if one.state == State.FINAL]
        totals = sorted(rubrics.points(one.total or 0, cut) for one in scored.get(pk, ()))
        adjusted = fitted.cases.get(case.token)
        found.append(
            CaseResult(
                case=case,
                totals=tuple(totals),
                expected=len(mine[pk]),
                abstained=sum(one.state == State.ABSTAINED for one in mine[pk]),
                stale=len(final) - len(totals),
                line=line,
                adjusted=None if adjusted is None else hundredths(adjusted),
            )
        )
    return found


def _experts(
    tasks: Sequence[PanelTask], counted: Sequence[PanelTask], fitted: severity.Fit, cut: int
) -> list[ExpertResult]:
    on_case = _grouped(counted, "case_id")
    mine = _grouped(tasks, "member_id")
    scored = _grouped(counted, "member_id")
    outlying = _outlying(fitted)
    found = []
    for pk, rows in mine.items():
        member = rows[0].member
        own = [rubrics.points(one.total or 0, cut) for one in scored.get(pk, ())]
        beside = [
            rubrics.points(one.total or 0, cut) - _mean(others)
            for one in scored.get(pk, ())
            if (
                others := [
                    rubrics.points(two.total or 0, cut)
                    for two in on_case[one.case_id]
                    if two.pk != one.pk
                ]
            )
        ]
        leaning = fitted.experts.get(member.token)
        found.append(
            ExpertResult(
                expert=member.token,
                name=str(member.profile.user),
                scored=len(own),
                abstained=sum(one.state == State.ABSTAINED for one in rows),
                open=sum(one.state in {State.OPEN, State.KEPT} for one in rows),
                mean=_mean(own) if own else None,
                against_others=_mean(beside) if beside else None,
                leaning=None if leaning is None else hundredths(leaning),
                deviation=_deviation(own),
                outlying=outlying.get(member.token, 0),
            )
        )
    return sorted(found, key=lambda one: (-abs(one.leaning or 0), one.expert))


def _outlying(fitted: severity.Fit) -> dict[str, int]:
    """Return by expert how many scores lie far from what case and leaning lead to expect."""
    edge = OUTLYING * sqrt(fitted.noise)
    found: dict[str, int] = {}
    for (_case, expert), residual in fitted.residuals.items():
        if edge and abs(residual) > edge:
            found[expert] = found.get(expert, 0) + 1
    return found


def _grouped(rows: Iterable[PanelTask], field: str) -> dict[int, list[PanelTask]]:
    found: dict[int, list[PanelTask]] = {}
    for row in rows:
        found.setdefault(getattr(row, field), []).append(row)
    return found


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _deviation(values: Sequence[Fraction]) -> int:
    if len(values) < 2:
        return 0
    mean = _mean(values)
    variance = sum(((one - mean) ** 2 for one in values), Fraction(0)) / (len(values) - 1)
    return isqrt(int(variance * 10_000))
