"""Windows that notices gave, offered to whoever makes a round (已知申报窗口)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline.rounds.setting import Days
from cultivation.standards.models import Window

if TYPE_CHECKING:
    from enterprises.places.models import Region

LAST_SECOND = dt.time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Known:
    """A window as a notice gave it, with how sure that is (已知窗口)."""

    window: Window

    @property
    def opens(self) -> dt.datetime | None:
        """Return the first second of the first day."""
        return _at(self.window.opens, dt.time()) if self.window.opens else None

    @property
    def closes(self) -> dt.datetime | None:
        """Return the last second of the last day."""
        return _at(self.window.closes, LAST_SECOND) if self.window.closes else None

    @property
    def days(self) -> Days | None:
        """Return the window as a round keeps it; None where no last day was given."""
        if self.closes is None:
            return None
        said = self.window
        return Days(self.opens, self.closes, 0, said.confidence, said.document[:120])


def windows_for(tier: str, region: Region) -> list[Known]:
    """Return the windows of a tier that concern the nation or a unit, the newest first."""
    rows = Window.objects.filter(tier=tier).order_by("-year", "-pk")
    return [
        Known(row)
        for row in rows
        if (not row.units if not region.path else not row.units or region.path in row.units)
    ]


def window_of(pk: int, tier: str, region: Region) -> Known | None:
    """Return one of these windows."""
    return next((one for one in windows_for(tier, region) if one.window.pk == pk), None)


def sourced(days: Days, known: Known | None) -> Days:
    """Return a window with its source where the days are still those of the notice."""
    said = known.days if known else None
    if said is None or (days.opens, days.closes) != (said.opens, said.closes):
        return days
    return Days(days.opens, days.closes, days.grace_seconds, said.confidence, said.document)


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, time))
