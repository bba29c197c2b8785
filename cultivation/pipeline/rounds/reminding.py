"""Reminding enterprises of drafts whose window closes soon: who forgot to submit (到期提醒)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils import timezone

from cultivation.pipeline.models import Application, Extension, Round, Status
from cultivation.pipeline.rounds import told, windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from enterprises.jobs.runs import Progress

BEFORE = (7, 3, 1)  # days


def remind(*, at: dt.datetime | None = None, progress: Progress | None = None) -> int:
    """Remind of every draft whose window closes within 7, 3 and 1 days; return how many are told.

    Each is told once a stage, however often this runs; a window that moved is told anew.
    """
    now = at or timezone.now()
    number = 0
    for application, until in _closing(now):
        left = until - now
        days = next((one for one in reversed(BEFORE) if left <= dt.timedelta(days=one)), 0)
        if days:
            number += told.not_submitted(application, until, days=days)
            if progress is not None:
                progress.report(number)
    return number


def _closing(now: dt.datetime) -> Iterator[tuple[Application, dt.datetime]]:
    """Give the drafts of rounds that are open, with the last second of each."""
    soon = now + dt.timedelta(days=max(BEFORE))
    drafts = Application.objects.filter(status=Status.DRAFT, round__state=Round.State.OPEN)
    running = Extension.objects.filter(ended_at__isnull=True, level="company")
    rows = drafts.select_related("enterprise", "round").prefetch_related(
        "round__windows", Prefetch("enterprise__extensions", queryset=running, to_attr="longer")
    )
    for row in rows.order_by("pk").iterator(chunk_size=500):
        mine = [one for one in row.enterprise.longer if one.round_id == row.round_id]
        told_of = windows.spans(row.round.windows.all(), row.enterprise.region_path, mine)
        span = told_of.get("company")
        if span and span.state(now) == windows.State.OPEN and span.until <= soon:
            yield row, span.until
