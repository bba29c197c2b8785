"""Background work of the standards (后台任务)."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from cultivation.standards import retiring, scenarios, sharing, trials
from cultivation.standards.replaying import replay as judged_again
from enterprises.jobs.runs import start, working


@shared_task
def judge(run_id: int) -> None:
    """Begin a national run, or close it."""
    with working(run_id) as progress:
        if progress is not None:
            sharing.conduct(progress)


@shared_task(ignore_result=False)
def judge_unit(run_id: int) -> None:
    """Judge one recommending unit of a national run."""
    with working(run_id) as progress:
        if progress is not None:
            sharing.conduct_unit(progress)


@shared_task
def judge_tonight() -> None:
    """Begin today's run over all editions in force, unless it is done (每晚)."""
    today = timezone.localdate()
    if not sharing.is_judged(today):
        sharing.start(today)


@shared_task
def replay(run_id: int) -> None:
    """Judge a sample of what was kept and stored again (重演)."""
    with working(run_id) as progress:
        if progress is not None:
            noted = judged_again(**progress.run.params, progress=progress)
            progress.result.update(
                replay=noted.pk,
                judgements=noted.judgements,
                results=noted.results,
                drifted=noted.drifted,
            )


@shared_task
def replay_tonight() -> None:
    """Begin tonight's replay of a sample; night after night all rows come up (每晚重演)."""
    today = timezone.localdate()
    params = {"sample": settings.REPLAY_SAMPLE, "seed": today.toordinal()}
    start("replay", task="cultivation.standards.tasks.replay", key=str(today), params=params)


@shared_task
def retire(run_id: int) -> None:
    """Give up facts that are old and on which nothing rests (快照退役)."""
    with working(run_id) as progress:
        if progress is not None:
            gone = retiring.retire(older_than=dt.timedelta(days=progress.run.params["days"]))
            progress.result.update(retired=gone.snapshots, files=gone.files)


@shared_task
def retire_tonight() -> None:
    """Begin tonight's sweep of old facts (每晚退役)."""
    key, params = str(timezone.localdate()), {"days": settings.SNAPSHOT_DAYS}
    start("retire", task="cultivation.standards.tasks.retire", key=key, params=params)


@shared_task
def simulate(run_id: int) -> None:
    """Compute a scenario of a policy maker (门槛模拟)."""
    with working(run_id) as progress:
        if progress is not None:
            scenarios.compute(progress.run.params["scenario"], progress=progress)


@shared_task
def try_draft(run_id: int) -> None:
    """Try a draft of a standard on the whole registry (草案试算)."""
    with working(run_id) as progress:
        if progress is not None:
            trials.compute(progress.run.params["draft"], progress=progress)
