"""The sweep that hands abandoned runs to a living worker, or gives them up (任务接续)."""

from __future__ import annotations

from celery import shared_task

from enterprises.jobs.runs import abandoned, resume


@shared_task
def resume_abandoned() -> int:
    """Take up every run whose worker is gone; return how many."""
    runs = abandoned()
    for run in runs:
        resume(run)
    return len(runs)
