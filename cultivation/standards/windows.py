"""When enterprises may apply: the windows that notices gave, and what is not known (申报窗口).

A day that no notice gave is never made up: an unannounced round says so, with what the last one
was. For planning alone a day has to be assumed; it is marked as such.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cultivation.standards.models import Window
from cultivation.standards.policy import KINDS
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = Path(settings.BASE_DIR) / "seeds" / "windows.toml"
KEYS = frozenset(
    [
        "tier",
        "kinds",
        "year",
        "units",
        "opens",
        "closes",
        "document",
        "confidence",
        "verified",
        "note",
    ]
)
AHEAD = dt.timedelta(days=366)  # no notice comes earlier
ASSUMED = (6, 30)  # month and day to plan for where no window was ever seen


class WindowError(ValueError):
    """A window that does not make sense: the file, the entry, and the mend."""


class State(TextChoices):
    """Where a round stands on a day (窗口状态)."""

    OPEN = "open", _("open")
    ANNOUNCED = "announced", _("announced")
    OVER = "over", _("over")
    UNKNOWN = "unknown", _("not announced")


@dataclass(frozen=True, slots=True)
class Round:
    """A year's round as seen on a day: its window if announced, else the last one (批次)."""

    year: int
    state: State
    window: Window | None = None
    last: Window | None = None
    seen_on: dt.date | None = None

    @property
    def closes(self) -> dt.date | None:
        """Return the last day for enterprises, None where nobody announced it."""
        return self.window.closes if self.window else None

    @property
    def day(self) -> dt.date:
        """Return the day to judge a plan as of: the last one, or one assumed (测算时点)."""
        seen = self.window or self.last
        day = dt.date(self.year, *ASSUMED)
        if seen and seen.closes:
            day = _in_year(seen.closes, self.year)
        if self.assumed and self.seen_on and self.seen_on.year == self.year:
            return max(day, self.seen_on)
        return day

    @property
    def assumed(self) -> bool:
        """Tell whether the day is assumed, not announced."""
        return self.closes is None


def load(path: Path = FILE) -> list[Window]:
    """Load the windows of the seeds; loading again changes nothing (载入窗口)."""
    rows = [_checked(row, path.name) for row in tomllib.loads(path.read_text("utf-8"))["window"]]
    with transaction.atomic():
        stored = list(Window.objects.all())
        kept = []
        for row in rows:
            same = next(
                (w for w in stored if all(getattr(w, k) == v for k, v in row.items())), None
            )
            kept.append(same or Window.objects.create(**row))
        Window.objects.exclude(pk__in=[window.pk for window in kept]).delete()
    return kept


def window_for(
    tier: str, kind: str, on: dt.date, path: str = "", *, known: Sequence[Window] | None = None
) -> Round:
    """Return the round open on a day, else the next announced, else what is unknown (申报批次).

    `known` are all windows, where they were read already.
    """
    windows = _of(tier, kind, path, known)
    for window in windows:
        if window.closes and on <= window.closes <= on + AHEAD:
            begun = window.opens is not None and window.opens <= on
            state = State.OPEN if begun else State.ANNOUNCED
            return Round(window.year, state, window, _before(windows, window.year), on)
    seen = {window.year for window in windows}
    year = on.year + 1 if on.year in seen else on.year
    return Round(year, State.UNKNOWN, None, _before(windows, year), on)


def round_of(
    tier: str,
    kind: str,
    year: int,
    *,
    on: dt.date,
    path: str = "",
    known: Sequence[Window] | None = None,
) -> Round:
    """Return the round of a year as seen on a day (年度批次)."""
    windows = _of(tier, kind, path, known)
    last = _before(windows, year)
    window = next((w for w in windows if w.year == year and w.closes), None)
    if window is None or window.closes is None:
        return Round(year, State.OVER if year < on.year else State.UNKNOWN, None, last, on)
    if window.closes < on:
        return Round(year, State.OVER, window, last, on)
    begun = window.opens is not None and window.opens <= on
    return Round(year, State.OPEN if begun else State.ANNOUNCED, window, last, on)


def tier_ahead(tier: str) -> tuple[str, str]:
    """Return the tier that follows, with the kind; the highest is re-checked (下一梯度)."""
    if tier == Tier.LITTLE_GIANT:
        return tier, "recheck"
    return (Tier.LITTLE_GIANT if tier == Tier.SRDI else Tier.SRDI), "recognition"


def rounds_ahead(today: dt.date, year: int) -> list[int]:
    """Return the years whose rounds can be looked at: this, the next, and one asked for (批次)."""
    years = {today.year, today.year + 1}
    return sorted(years | {year} if today.year - 1 <= year <= today.year + 3 else years)


def _of(tier: str, kind: str, path: str, known: Sequence[Window] | None) -> list[Window]:
    """Return the windows of a kind that reach a region: by year, its own before the nation's."""
    windows = Window.objects.all() if known is None else known
    mine = [
        w
        for w in windows
        if w.tier == tier and kind in w.kinds and (not w.units or path[:2] in w.units)
    ]
    return sorted(mine, key=lambda w: (w.year, not w.units, w.opens or dt.date.min, w.pk))


def _before(windows: list[Window], year: int) -> Window | None:
    return next((w for w in reversed(windows) if w.year < year and w.closes), None)


def _in_year(day: dt.date, year: int) -> dt.date:
    leap = day.month == 2 and day.day == 29
    return dt.date(year, 2, 28) if leap else day.replace(year=year)


def _checked(row: Mapping[str, Any], origin: str) -> dict[str, Any]:
    at = f"{origin}: window {row.get('tier', '?')} {row.get('year', '?')}"
    if strange := sorted(set(row) - KEYS):
        raise WindowError(f"{at}: unknown key {strange[0]!r}; use one of {', '.join(sorted(KEYS))}")
    if row.get("tier") not in Tier.values:
        raise WindowError(f"{at}: unknown tier; use one of {', '.join(Tier.values)}")
    kinds = row.get("kinds", [])
    if not kinds or not set(kinds) <= set(KINDS):
        raise WindowError(f"{at}: kinds {kinds}; name at least one of {', '.join(KINDS)}")
    opens, closes = row.get("opens"), row.get("closes")
    days = [day for day in (opens, closes) if day is not None]
    if not days or any(type(day) is not dt.date or day.year != row.get("year") for day in days):
        raise WindowError(
            f"{at}: no day of that year; state opens or closes as {row.get('year')}-05-25"
        )
    if opens and closes and opens > closes:
        raise WindowError(f"{at}: it closes before it opens; swap the days")
    confidence = row.get("confidence")
    if confidence not in {"H", "M", "L"}:
        raise WindowError(f"{at}: confidence {confidence!r}; use H, M or L")
    if confidence != "H" and row.get("verified", True):
        raise WindowError(
            f"{at}: confidence {confidence} passes as verified; state verified = false"
        )
    blank: dict[str, Any] = {"units": [], "opens": None, "closes": None}
    defaults = {**blank, "document": "", "note": ""}
    return {**defaults, **row, "verified": row.get("verified", confidence == "H")}
