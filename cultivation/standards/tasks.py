"""Background work of the standards (后台任务)."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from cultivation.standards.judging import judge_registry
from enterprises.jobs.runs import start, working

KIND = "judge"
TASK = "cultivation.standards.tasks.judge"


@shared_task
def judge(run_id: int) -> None:
    """Judge the registry as of the run's day."""
    with working(run_id) as progress:
        if progress is not None:
            judge_registry(dt.date.fromisoformat(progress.run.params["as_of"]), progress=progress)


@shared_task
def judge_tonight() -> None:
    """Begin the nightly run over all editions in force."""
    as_of = timezone.localdate().isoformat()
    start(KIND, task=TASK, key=as_of, params={"as_of": as_of})
