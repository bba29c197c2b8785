"""How the goals stand for a region on a day, against their straight paths (目标进度)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.digital.models import Target, TargetFigure
from cultivation.digital.path import Line
from cultivation.digital.targets import measures, measuring

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from enterprises.places.models import Region


@dataclass(frozen=True, slots=True)
class Standing:
    """One goal with what was counted and what was reported of it (目标现状)."""

    target: Target
    on: dt.date
    national: bool
    measured: TargetFigure | None
    reported: TargetFigure | None

    @property
    def shown(self) -> TargetFigure | None:
        """Return the figure held against the path: what was counted, else what was reported."""
        return self.measured or self.reported

    @property
    def value(self) -> int | None:
        return self.shown.value if self.shown else None

    @property
    def is_share(self) -> bool:
        return self.target.unit == Target.Unit.SHARE

    @property
    def goal(self) -> int | None:
        """Return what is to be reached; a number asked of the nation binds no single region."""
        return self.target.value if self.is_share or self.national else None

    @property
    def line(self) -> Line | None:
        """Return the straight path, where a number is named."""
        target, goal = self.target, self.goal
        if goal is None:
            return None
        return Line(target.start_on, target.start_value, target.due_on, goal)

    @property
    def required(self) -> int | None:
        """Return what the path asks for on the day."""
        return self.line.required(self.on) if self.line else None

    @property
    def gap(self) -> int | None:
        """Return value less required value: negative is behind."""
        if self.value is None or self.required is None:
            return None
        return self.value - self.required

    @property
    def gap_points(self) -> int | None:
        """Return the gap of a share in hundredths of a percentage point."""
        return None if self.gap is None else self.gap // 100

    @property
    def behind(self) -> bool:
        return self.gap is not None and self.gap < 0

    @property
    def filled(self) -> int:
        """Return how much of the goal is there, in ppm, for a bar."""
        if not self.goal or self.value is None:
            return 0
        return min(1_000_000, self.value * 1_000_000 // self.goal)

    @property
    def asked(self) -> int:
        """Return how much of the goal the path asks for, in ppm, for a bar."""
        if not self.goal or self.required is None:
            return 0
        return min(1_000_000, self.required * 1_000_000 // self.goal)

    @property
    def lists_firms(self) -> bool:
        """Tell whether there are firms behind the figure counted."""
        return self.measured is not None and self.target.measure in measures.FIRMS


def standings(region: Region, on: dt.date, *, only: Iterable[str] = ()) -> list[Standing]:
    """Return all goals of a region on a day, in the order of the list (目标一览)."""
    targets = Target.objects.all()
    if codes := list(only):
        targets = targets.filter(code__in=codes)
    rows = TargetFigure.objects.filter(region=region, on__lte=on).select_related("made_by")
    reported = _newest(rows.filter(reported=True))
    if measuring.is_stored(region):
        days = rows.filter(reported=False).order_by("-on").values("on")[:1]
        measured = _newest(rows.filter(reported=False, on__in=days))
    else:
        measured = _live(list(targets), region, on)
    return [
        Standing(
            target,
            on,
            not region.path,
            measured.get(target.pk),
            reported.get(target.pk),
        )
        for target in targets
    ]


def history(target: Target, region: Region) -> list[TargetFigure]:
    """Return every figure of a goal and region, newest first (历次数值)."""
    rows = TargetFigure.objects.filter(target=target, region=region).select_related("made_by")
    return list(rows.order_by("-on", "-pk"))


def _newest(rows: Iterable[TargetFigure]) -> dict[int, TargetFigure]:
    found: dict[int, TargetFigure] = {}
    for row in rows:
        found.setdefault(row.target_id, row)
    return found


def _live(targets: list[Target], region: Region, on: dt.date) -> dict[int, TargetFigure]:
    counted = measuring.of_region(region, on)
    return {
        target.pk: measuring.figure(target, region, on, tally)
        for target in targets
        if (tally := counted.get(target.measure)) is not None
    }
