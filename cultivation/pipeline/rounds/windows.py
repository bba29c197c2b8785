"""From when until when a level acts in a round, for a region or for one enterprise (时段).

Deadlines count to the second, by the server's time. The window of the round's own region holds
everywhere; an office below may only narrow it. After the last second a grace period accepts
silently what was already on its way; it is noted with the step and said on no page.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline.models import Extension, RoundWindow, WindowLevel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Round

LEVELS = tuple(WindowLevel.values)
SECOND = dt.timedelta(seconds=1)
NONE = dt.timedelta(0)


class State(TextChoices):
    """How a window stands at a moment (时段状态)."""

    AHEAD = "ahead", gettext_lazy("not open yet")
    OPEN = "open", gettext_lazy("open now")
    OVER = "over", gettext_lazy("closed")


@dataclass(frozen=True, slots=True)
class Span:
    """When a level acts, as all windows on a region's line leave it (有效时段).

    `closes` is the last second for everybody, `until` the last for the enterprise at hand.
    """

    level: str
    opens: dt.datetime | None
    closes: dt.datetime
    grace: dt.timedelta = NONE
    confidence: str = ""
    extension: Extension | None = None
    paused: dt.timedelta = NONE  # spent with the enterprise for correction

    @property
    def label(self) -> str:
        """Return whose window it is."""
        return str(WindowLevel(self.level).label)

    @property
    def until(self) -> dt.datetime:
        """Return the last second that counts, with extension and pauses."""
        later = self.extension.until if self.extension else self.closes
        return max(self.closes, later) + self.paused

    def state(self, at: dt.datetime) -> State:
        """Return how the window stands at a moment; the grace period is no part of it."""
        if self.opens is not None and at < self.opens:
            return State.AHEAD
        return State.OPEN if at < self.until + SECOND else State.OVER

    def takes(self, at: dt.datetime) -> bool:
        """Tell whether a step at a moment still counts, by grace if need be (可受理)."""
        begun = self.opens is None or at >= self.opens
        return begun and at < self.until + SECOND + self.grace

    def late(self, at: dt.datetime) -> dt.timedelta:
        """Return how long after the last second a moment lies; nothing within it."""
        return max(NONE, at - self.until) if at >= self.until + SECOND else NONE

    def said(self, at: dt.datetime) -> str:
        """Say in words why nothing counts at a moment, or nothing."""
        if self.takes(at):
            return ""
        if self.opens is not None and at < self.opens:
            return _("it opens at %(time)s") % {"time": written(self.opens)}
        return self.over()

    def over(self) -> str:
        """Say in words when the window closed."""
        return _("it closed at %(time)s") % {"time": written(self.until)}


def written(moment: dt.datetime) -> str:
    """Write a moment to the second with its time zone: 2026-05-25 23:59:59 (UTC+08:00)."""
    local = timezone.localtime(moment)
    zone = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} (UTC{zone[:3]}:{zone[3:]})"


def stored(moment: dt.datetime | None) -> str | None:
    """Return a moment as records keep it: in local time, with its zone."""
    return timezone.localtime(moment).isoformat() if moment else None


def spans(
    windows: Iterable[RoundWindow], path: str, extensions: Iterable[Extension] = ()
) -> dict[str, Span]:
    """Return when each level acts for a region path; a level without a window is not bound."""
    by_level: dict[str, list[RoundWindow]] = defaultdict(list)
    for window in windows:
        if path.startswith(window.region_path):
            by_level[window.level].append(window)
    longer = {extension.level: extension for extension in extensions}
    return {
        level: _cut(level, by_level[level], longer.get(level))
        for level in LEVELS
        if level in by_level
    }


def of_firm(round_: Round, enterprise_id: int, path: str) -> dict[str, Span]:
    """Return when each level acts in a round for one enterprise, with its extensions."""
    running = Extension.objects.filter(
        round=round_, enterprise_id=enterprise_id, ended_at__isnull=True
    )
    return spans(round_.windows.all(), path, running)


def _cut(level: str, windows: list[RoundWindow], extension: Extension | None) -> Span:
    last = min(windows, key=lambda window: window.closes)
    opens = [window.opens for window in windows if window.opens is not None]
    return Span(
        level=level,
        opens=max(opens, default=None),
        closes=last.closes,
        grace=dt.timedelta(seconds=last.grace_seconds),
        confidence=last.confidence,
        extension=extension,
    )
