"""Nightly work of the pipeline (定时任务)."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cultivation.pipeline import telling, titles
from cultivation.pipeline.appealing import sweeping as reconsiderations
from cultivation.pipeline.correcting.sweeping import sweep
from cultivation.pipeline.life import reminding, updating
from cultivation.pipeline.notices import sweeping
from cultivation.pipeline.panels import running
from cultivation.pipeline.releasing import sets
from cultivation.pipeline.rounds import announcing
from cultivation.pipeline.rounds import reminding as drafts_closing
from enterprises.jobs import runs


@shared_task
def expire_titles_tonight() -> int:
    """Begin tonight's run that ends lapsed titles; return its id."""
    return _once_today("expire_titles")


@shared_task
def expire_titles(run_id: int) -> None:
    """End the titles that ran out, let the stages move back."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result["ended"] = titles.expire(progress=progress)


@shared_task
def remind_of_objections() -> int:
    """Remind the handlers of objections that are due or overdue; return how many were told."""
    return sweeping.remind()


@shared_task
def sweep_corrections_tonight() -> int:
    """Begin tonight's look at open corrections; return the run's id."""
    return _once_today("sweep_corrections")


@shared_task
def sweep_corrections(run_id: int) -> None:
    """Remind enterprises of what they have to correct, tell offices what is late."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result.update(sweep(progress=progress))


@shared_task
def sweep_reconsiderations_today() -> int:
    """Begin today's look at reconsiderations and requests for more time; return its id."""
    return _once_today("sweep_reconsiderations")


@shared_task
def sweep_reconsiderations(run_id: int) -> None:
    """Let drafts lapse that are too late, remind of answers, tell the office above of late ones."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result.update(reconsiderations.sweep(progress=progress))


@shared_task
def tell_of_round(run_id: int) -> None:
    """Tell enterprises of a round that they may apply to; killed and run again, it goes on."""
    with runs.working(run_id) as progress:
        if progress is not None:
            pk = progress.run.params["round"]
            progress.result["people"] = announcing.tell(pk, progress=progress)


@shared_task
def keep_duties_tonight() -> int:
    """Begin tonight's run that keeps the yearly updates and reminders; return its id."""
    return _once_today("keep_duties")


@shared_task
def keep_duties(run_id: int) -> None:
    """Write down who owes the year's update, what was missed, and remind everybody concerned."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        today = timezone.localdate()
        progress.result["owed"] = updating.owe(today.year, progress=progress)
        progress.result["missed"] = updating.close(on=today, progress=progress)
        progress.result["told"] = reminding.remind(on=today, progress=progress)


@shared_task
def remind_of_drafts_today() -> int:
    """Begin today's run that reminds of drafts whose window closes soon; return its id."""
    return _once_today("remind_of_drafts")


@shared_task
def remind_of_drafts(run_id: int) -> None:
    """Remind enterprises of applications that were begun and have not gone in."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result["told"] = drafts_closing.remind(progress=progress)


@shared_task
def start_due_releases() -> int:
    """Start the releases whose moment has come; return how many."""
    return sets.start_due()


@shared_task
def release_decisions(run_id: int) -> None:
    """Let the decisions of a release take effect; killed and run again, it goes on."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result |= sets.run(progress.run.params["release"], progress=progress)


@shared_task
def look_at_release(run_id: int) -> None:
    """Look at every decision of a release: what stands in its way, judged again."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result |= sets.look_at(progress.run.params["release"], progress=progress)


@shared_task
def close_panel_lists(run_id: int) -> None:
    """Close the lists of a large panel."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result |= running.work(progress)


@shared_task
def draw_panel(run_id: int) -> None:
    """Draw a large panel."""
    with runs.working(run_id) as progress:
        if progress is not None:
            progress.result |= running.work(progress)


@shared_task
def tell_moves(run_id: int) -> None:
    """Tell firms and offices of steps that were taken on many applications at once."""
    with runs.working(run_id) as progress:
        if progress is not None:
            telling.tell_run(progress.run.params["moves"], progress=progress)


def _once_today(kind: str) -> int:
    """Begin today's run of a kind, which the task of that name takes; return its id."""
    run, _new = runs.start(
        kind,
        task=f"cultivation.pipeline.tasks.{kind}",
        key=timezone.localdate().isoformat(),
    )
    return run.pk
