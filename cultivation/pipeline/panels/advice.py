"""What a panel says to an application, for the officer who decides and for the firm (评审意见)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F

from cultivation.pipeline.models import Panel, PanelCase, PanelTask
from cultivation.pipeline.panels import rubrics

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User


@dataclass(frozen=True, slots=True)
class Advice:
    """The scores of a case in short; never who gave them (评审概要)."""

    case: PanelCase
    totals: tuple[Fraction, ...]
    least: int

    @property
    def mean(self) -> Fraction | None:
        return sum(self.totals, Fraction(0)) / len(self.totals) if self.totals else None

    @property
    def median(self) -> Fraction | None:
        return Fraction(median(self.totals)) if self.totals else None

    @property
    def spread(self) -> Fraction:
        return max(self.totals) - min(self.totals) if self.totals else Fraction(0)


def for_office(application: Application, user: User) -> list[Advice]:
    """Return what panels in a user's sight said of an application (供决定参考)."""
    panels = Panel.objects.visible_to(user)
    cases = PanelCase.objects.filter(application=application, void=False, panel__in=panels)
    found = []
    for case in cases.select_related("panel__rubric").order_by("pk"):
        cut = rubrics.unit(case.panel.rubric.lines.all())
        totals = PanelTask.objects.filter(
            case=case,
            state=PanelTask.State.FINAL,
            submission=F("case__application__submission"),
        ).values_list("total", flat=True)
        points = tuple(sorted(rubrics.points(one or 0, cut) for one in totals))
        found.append(Advice(case, points, case.panel.least))
    return found


def for_firm(application: Application) -> list[PanelCase]:
    """Return under which numbers an application stands on lists of panels, once these are closed.

    The number lets the firm follow the public draw; it leads to nobody.
    """
    rows = PanelCase.objects.filter(application=application, void=False)
    return list(rows.select_related("panel__draw").order_by("pk"))
