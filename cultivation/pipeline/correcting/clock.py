"""How long an application is with each level, in working days; it pauses when sent back (办理时限).

The clock of a level runs while the application is in its hands. It stands still while the
enterprise corrects and while a public notice runs, and goes on where it stopped.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from cultivation.pipeline import routes
from cultivation.pipeline.models import Status
from cultivation.pipeline.rounds import clock as round_clock
from enterprises.accounts.scope import OFFICES
from enterprises.places import working_days
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application, Move

HAND, NOTICE, PAUSED = "hand", "notice", "paused"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time an application stood somewhere; the running one ends now."""

    level: str
    sort: str  # hand | notice | paused
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Time:
    """Working days of a level: in its hands, on notice, paused; what is left of its time."""

    level: str
    hand: int
    notice: int
    paused: int
    allowed: int

    @property
    def label(self) -> str:
        return str(Region.Level(self.level).label)

    @property
    def left(self) -> int:
        """Return the days left; below nought it is late."""
        return self.allowed - self.hand


def spans_of(moves: Iterable[Move], *, now: dt.datetime) -> list[Span]:
    """Return where an application stood from step to step, lowest first (流转时段)."""
    taken = list(moves)
    ends = [*(move.made_at for move in taken[1:]), now]
    found = []
    level = ""
    for move, until in zip(taken, ends, strict=True):
        target = move.target.removeprefix("at_")
        if target in OFFICES:
            level = target
            found.append(Span(level, HAND, move.made_at, until))
        elif move.target == Status.ON_NOTICE:
            found.append(Span(level, NOTICE, move.made_at, until))
        elif move.target == Status.RETURNED:
            found.append(Span(level, PAUSED, move.made_at, until))
    return found


def times_of(moves: Iterable[Move], *, now: dt.datetime | None = None) -> list[Time]:
    """Return the working days of each level that had an application, in its order (各级用时)."""
    spans = spans_of(moves, now=now or timezone.now())
    days = working_days.between_each(
        [(timezone.localdate(one.since), timezone.localdate(one.until)) for one in spans]
    )
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for span, number in zip(spans, days, strict=True):
        sums[span.level][span.sort] += number
    return [
        Time(level, parts[HAND], parts[NOTICE], parts[PAUSED], allowance())
        for level, parts in sums.items()
    ]


def allowance() -> int:
    """Return the working days that a level has: a guide value, no official length is known."""
    days: int = settings.REVIEW_WORKING_DAYS
    return days


def settle(application: Application) -> None:
    """Set since when an application is where a step took it, and the last day for it (起算)."""
    application.held_since = timezone.now()
    if application.status == Status.ON_NOTICE:
        application.due_on = application.notice_to
    elif routes.holding_level(application):
        application.due_on = last_day(application)
    elif application.status != Status.RETURNED:  # there, the correction says it
        application.due_on = None


def last_day(application: Application) -> dt.date:
    """Return the last day for the level that has an application (办理期限).

    Where its round has a window for the level, that counts; else so many working days, less those
    that the level used before it sent the application back.
    """
    span = round_clock.office_span(application)
    if span is not None:
        return timezone.localdate(span.until)
    used = 0
    if application.returned_from == application.status:
        level = routes.holding_level(application)
        times = times_of(application.moves.all())
        used = next((one.hand for one in times if one.level == level), 0)
    return working_days.add(timezone.localdate(), allowance() - used)
