"""Coverage checked in the background, on demand, every night and every week (覆盖检查任务)."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from cultivation.digital import checking
from cultivation.digital.forecasting import making
from cultivation.digital.helping import closing
from cultivation.digital.transforming import telling
from enterprises.jobs import runs


@shared_task
def check_coverage(run_id: int) -> None:
    """Check the day a run asks for; again is safe."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        on = dt.date.fromisoformat(progress.run.params["on"])
        taken = checking.conduct(on, progress=progress, job=progress.run)
        progress.result.update(checking.summary(taken))


@shared_task
def check_coverage_tonight() -> list[int]:
    """Begin today's check unless it is done, and those of nights missed; return the runs (每晚)."""
    return [run.pk for run in checking.begin_due()]


@shared_task
def compare_cube(run_id: int) -> None:
    """Hold the kept figures against those built anew, and mend what differs."""
    with runs.working(run_id) as progress:
        if progress is not None:
            found = checking.compare(progress=progress, job=progress.run)
            progress.result.update(found.as_json())


@shared_task
def compare_cube_this_week() -> int | None:
    """Begin the comparison of the week unless it is done; return the run (每周)."""
    run = checking.begin_comparison_due()
    return run.pk if run else None


@shared_task
def remind_of_steps_today() -> int:
    """Begin today's run that reminds of overdue steps of projects; return its id."""
    task = "cultivation.digital.tasks.remind_of_steps"
    run, _new = runs.start("remind_of_steps", task=task, key=timezone.localdate().isoformat())
    return run.pk


@shared_task
def remind_of_steps(run_id: int) -> None:
    """Remind of steps that are late, once each; again is safe."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result["told"] = telling.remind(progress=progress)


@shared_task
def forecast_coverage(run_id: int) -> None:
    """Make the forecasts of the day a run asks for; again is safe."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        on = dt.date.fromisoformat(progress.run.params["on"])
        progress.result.update(making.make(on, progress=progress, job=progress.run))


@shared_task
def forecast_this_week() -> int | None:
    """Begin this week's forecast unless it is done; return the run (每周)."""
    today = timezone.localdate()
    return None if runs.is_done(making.KIND, str(today)) else making.begin(today)[0].pk


@shared_task
def close_help_tasks_tonight() -> int:
    """Close the tasks whose firm has got there; return how many (每晚)."""
    return closing.close_reached(timezone.localdate())
