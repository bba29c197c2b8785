"""Dates written as a calendar that other programs subscribe to (RFC 5545 日历)."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.calendar.sources import Date

DAY = dt.timedelta(days=1)


def written(dates: Iterable[Date], *, now: dt.datetime, base: str) -> bytes:
    """Return dates as a calendar; moments in UTC, days as whole days. `base` precedes addresses.

    What an event is is told by its key, so that a date that moves is moved and not doubled.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//cultivation-pipeline//dates//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Little-giant cultivation: my dates"))
    calendar.add("refresh-interval", dt.timedelta(hours=6), parameters={"value": "DURATION"})
    for date in dates:
        calendar.add_component(_event(date, now, base))
    text: bytes = calendar.to_ical()
    return text


def _event(date: Date, now: dt.datetime, base: str) -> Event:
    event = Event()
    event.add("uid", f"{hashlib.sha256(date.key.encode()).hexdigest()[:32]}@cultivation-pipeline")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("summary", f"{date.what} · {date.about}" if date.about else date.what)
    if date.moment is not None:
        event.add("dtstart", date.moment.astimezone(dt.UTC))
    else:
        event.add("dtstart", date.day)
        event.add("dtend", date.day + DAY)
    event.add("transp", "TRANSPARENT")
    if date.url:
        event.add("url", f"{base}{date.url}")
    return event
