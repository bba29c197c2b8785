"""The sweep that hands abandoned runs to a living worker (任务接续)."""

from __future__ import annotations

from celery import shared_task

from enterprises.jobs.runs import abandoned, send


@shared_task
def resume_abandoned() -> int:
    """Send every run whose worker is gone once more; return how many."""
    runs = abandoned()
    for run in runs:
        send(run)
    return len(runs)
