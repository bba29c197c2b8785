"""Applications that are complete and were not sent, with the time left (未提交提醒)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline import checklist
from cultivation.pipeline.correcting import closing, opened
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import rights
from cultivation.pipeline.models import Status
from cultivation.pipeline.rounds import choosing
from cultivation.standards import windows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application

NEAR = 14  # days before the last day from which it is said


@dataclass(frozen=True, slots=True)
class Unsent:
    """An application that could go in at once; without a last day where none is known (待提交)."""

    application: Application
    closes: dt.datetime | dt.date | None

    @property
    def left(self) -> int:
        """Return how many days are left; nought where no last day is known."""
        return (_day(self.closes) - timezone.localdate()).days if self.closes else 0


def unsent(applications: Iterable[Application]) -> list[Unsent]:
    """Return those that are complete, unsent, and near their last day, or have none known."""
    found = []
    for one in applications:
        if one.status not in rights.OPEN or choosing.intake_of(one).hindrance:
            continue
        closes = last_moment(one)
        if closes and (_day(closes) - timezone.localdate()).days > NEAR:
            continue
        try:
            complete = not checklist.missing(one) and closing.mended(one) is None
        except MoveError:  # no edition covers it today
            continue
        if complete:
            found.append(Unsent(one, closes))
    return found


def last_moment(application: Application) -> dt.datetime | dt.date | None:
    """Return until when it may go in: its due day, its round, the notice; None if nobody said."""
    if application.status == Status.RETURNED:
        correction = opened.open_correction(application)
        return correction.due_on if correction else None
    entry = choosing.intake_of(application).entry
    if entry is not None:
        return entry.span.until
    path = application.enterprise.region_path
    today = timezone.localdate()
    return windows.window_for(application.tier, application.kind, today, path).closes


def _day(moment: dt.datetime | dt.date) -> dt.date:
    return timezone.localdate(moment) if isinstance(moment, dt.datetime) else moment
