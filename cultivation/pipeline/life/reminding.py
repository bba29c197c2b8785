"""Reminders that escalate: first the firm, nearer the day its county, late also above (提醒)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline import titles
from cultivation.pipeline.models import MajorChange, YearlyUpdate
from enterprises.notifications.addressees import officers_of, staff_of
from enterprises.notifications.notifying import notify
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

STEPS = (60, 30, 14, 7, 1)  # days before; each tells the firm once
TO_COUNTY = 14  # from here on the county is told as well
SPAN = dt.timedelta(days=max(STEPS))


@dataclass(frozen=True, slots=True)
class Due:
    """Something due: which kind of reminder, of whom, by when (到期事项)."""

    kind: str
    enterprise: Enterprise
    day: dt.date
    subject: str  # names it in the key
    about: str  # for the reader: a number or a year
    url: str


def remind(*, on: dt.date | None = None, progress: Progress | None = None) -> int:
    """Tell everybody concerned what comes due; return how many are told anew.

    Each step is told once, however often it is run; a step that passed unseen is told late.
    """
    day = on or timezone.localdate()
    told = 0
    for number, due in enumerate(_dues(day), start=1):
        told += _tell(due, day)
        if progress is not None:
            progress.report(number)
    return told


def _tell(due: Due, day: dt.date) -> int:
    left = (due.day - day).days
    step = min((step for step in STEPS if left <= step), default=None)
    if step is None:
        return 0
    late = left < 0
    told = 0
    people: list[tuple[str, Iterator[User]]] = [("firm", iter(staff_of(due.enterprise.pk)))]
    path = due.enterprise.region_path
    if left <= TO_COUNTY:
        people.append(("county", iter(officers_of(path, "county"))))
    if late:
        people.append(("city", iter(officers_of(path, "city"))))
    word = "late" if late else str(step)
    for who, users in people:
        told += notify(
            users,
            f"{due.kind}_late" if late else f"{due.kind}_due",
            key=f"{due.subject}:{word}:{who}",
            url=due.url if who == "firm" else f"/enterprises/{due.enterprise.pk}/life/",
            params={
                "firm": due.enterprise.name, "about": due.about, "day": due.day.isoformat(),
            },
            enterprise_id=due.enterprise.pk,
        )  # fmt: skip
    return told


def _dues(day: dt.date) -> Iterator[Due]:
    yield from _updates(day)
    yield from _titles(day)
    yield from _changes(day)


def _updates(day: dt.date) -> Iterator[Due]:
    rows = YearlyUpdate.objects.filter(
        confirmed_at=None, due_on__lte=day + SPAN, due_on__gte=day - SPAN
    )
    for row in rows.select_related("enterprise").iterator(chunk_size=1000):
        url = f"/enterprises/{row.enterprise_id}/life/"
        yield Due("update", row.enterprise, row.due_on, f"update:{row.pk}", str(row.year), url)


def _titles(day: dt.date) -> Iterator[Due]:
    rows = Title.objects.filter(
        ended_on=None, valid_to__lte=day + SPAN, valid_to__gte=day, recheck_waiver=None
    )
    for row in rows.select_related("enterprise").iterator(chunk_size=1000):
        if titles.recheck_opens(row) > day:
            continue
        url = f"/enterprises/{row.enterprise_id}/applications/"
        yield Due("title", row.enterprise, row.valid_to, f"title:{row.pk}", row.number, url)


def _changes(day: dt.date) -> Iterator[Due]:
    """Reports wait for an office: from its due day on it is told, as the firm can do no more."""
    rows = MajorChange.objects.filter(status="reported", due_on__lt=day, due_on__gte=day - SPAN)
    for row in rows.select_related("enterprise").iterator(chunk_size=1000):
        yield Due("change", row.enterprise, row.due_on, f"change:{row.pk}", "",
                  f"/changes/{row.pk}/")  # fmt: skip
