"""Applications that are complete and were not sent, with the days left (未提交提醒)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline import checklist
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import rights
from cultivation.standards import windows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application

NEAR = 14  # days before the last day from which it is said


@dataclass(frozen=True, slots=True)
class Unsent:
    """An application that could go in at once; without a last day where none is known (待提交)."""

    application: Application
    closes: dt.date | None

    @property
    def left(self) -> int:
        """Return how many days are left; nought where no last day is known."""
        return (self.closes - timezone.localdate()).days if self.closes else 0


def unsent(applications: Iterable[Application]) -> list[Unsent]:
    """Return those that are complete, unsent, and near their last day, or have none known."""
    found = []
    for one in applications:
        if one.status not in rights.OPEN:
            continue
        closes = last_day(one)
        if closes and (closes - timezone.localdate()).days > NEAR:
            continue
        try:
            complete = not checklist.missing(one)
        except MoveError:  # no edition covers it today
            continue
        if complete:
            found.append(Unsent(one, closes))
    return found


def last_day(application: Application) -> dt.date | None:
    """Return the last day for the enterprise, None where nobody announced one."""
    path = application.enterprise.region_path
    today = timezone.localdate()
    return windows.window_for(application.tier, application.kind, today, path).closes
