"""Rounds as pages show them: windows with the time left, places, where an application stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.timesince import timeuntil

from cultivation.pipeline import routes
from cultivation.pipeline.models import Status, WindowLevel
from cultivation.pipeline.rounds import choosing, clock, quotas, rights, windows
from cultivation.pipeline.rounds.windows import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application, Extension, Quota, Round
    from cultivation.pipeline.rounds.windows import Span
    from enterprises.accounts.models import User

TONES = {State.AHEAD: "info", State.OPEN: "good", State.OVER: "neutral"}
SOON = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Line:
    """A level's window, finished for a page (时段行)."""

    span: Span
    now: dt.datetime

    @property
    def label(self) -> str:
        return self.span.label

    @property
    def state(self) -> State:
        return self.span.state(self.now)

    @property
    def tone(self) -> str:
        """Return the colour group; a window that closes soon is a warning."""
        closing = self.state == State.OPEN and self.span.until - self.now < SOON
        return "warn" if closing else TONES[self.state]

    @property
    def left(self) -> str:
        """Return how long until it opens or closes, in words; nothing once it is over."""
        if self.state == State.OVER:
            return ""
        goal = self.span.opens if self.state == State.AHEAD else self.span.until
        return timeuntil(goal, self.now) if goal else ""

    @property
    def is_extended(self) -> bool:
        return self.span.until > self.span.closes


@dataclass(frozen=True, slots=True)
class Standing:
    """By which round an application counts, and how the windows stand (归属批次)."""

    round: Round | None
    lines: list[Line] = field(default_factory=list)
    hindrance: str = ""
    late: int = 0  # seconds within grace, told to offices alone
    quotas: list[Quota] = field(default_factory=list)
    may_extend: bool = False


def lines(
    round_: Round, path: str, *, extensions: Iterable[Extension] = (), now: dt.datetime
) -> list[Line]:
    """Return the windows of a round as they hold for a region path."""
    told = windows.spans(round_.windows.all(), path, extensions)
    return [Line(span, now) for span in told.values()]


def standing_of(application: Application, user: User) -> Standing | None:
    """Return how an application stands with its round; None where it needs none (批次情况)."""
    now = timezone.now()
    own = application.enterprise_id in user.scope.enterprises
    if application.status == Status.DRAFT or choosing.lost_its_round(application):
        found = choosing.intake_of(application)
        if found.entry is None:
            return Standing(None, hindrance=found.hindrance) if found.hindrance else None
        line = Line(found.entry.span, now)
        return Standing(found.entry.round, [line], found.hindrance)
    round_ = application.round
    if round_ is None:
        return None
    return Standing(
        round_,
        _lines_now(application, round_, now),
        late=0 if own else _late(application),
        quotas=[] if own else quotas.crossed(application),
        may_extend=not own and _may_extend(application, round_, user),
    )


def _lines_now(application: Application, round_: Round, now: dt.datetime) -> list[Line]:
    """Return the window it came in by, and that of the level that has it now."""
    told = windows.of_firm(round_, application.enterprise_id, application.region_path)
    found = [Line(told["company"], now)] if "company" in told else []
    holding = clock.office_span(application)
    return [*found, Line(holding, now)] if holding else found


def _late(application: Application) -> int:
    last = application.moves.filter(name="submit").last()
    return int(last.note.get("late_within_grace", 0)) if last else 0


def _may_extend(application: Application, round_: Round, user: User) -> bool:
    levels = [WindowLevel.COMPANY, routes.holding_level(application)]
    path = application.region_path
    return any(rights.may_extend(user, round_, path, level) for level in levels if level)
