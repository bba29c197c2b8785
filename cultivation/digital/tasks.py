"""Coverage checked in the background, on demand and every night (覆盖检查任务)."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from cultivation.digital import beside, checking, coverage, maturity
from enterprises.jobs import runs


@shared_task
def check_coverage(run_id: int) -> None:
    """Take the snapshot of the day a run asks for; again is safe."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        on = dt.date.fromisoformat(progress.run.params["on"])
        taken = coverage.take_snapshot(on, progress=progress, job=progress.run)
        beside.take(on)
        progress.result.update(checking.summary(taken))


@shared_task
def check_coverage_tonight() -> int:
    """Let expired levels lapse, then begin today's check; return the run (每晚)."""
    today = timezone.localdate()
    maturity.refresh_levels(today)
    run, _new = checking.begin(today)
    return run.pk
