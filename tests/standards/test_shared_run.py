"""The national run among several workers: shared by units, and whatever is killed, complete."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import pytest

from cultivation.standards import editions, sharing
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, JudgingRun
from cultivation.standards.tasks import judge, judge_unit
from enterprises.jobs import runs
from enterprises.jobs.models import JobRun
from tests.killing import Workers, sweep, wait_for
from tests.standards.stored import counted, judged_alone, kept, turned

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from enterprises.registry.models import Enterprise

ON = dt.date(2026, 5, 6)


def begun(*, whole: bool = False) -> JobRun:
    """Return a run that was shared out, its parts waiting."""
    params = sharing.params(ON, whole=whole)
    job, _ = runs.begin(sharing.KIND, task=sharing.TASK, key=sharing.KEY, params=params)
    judge(job.pk)
    job.refresh_from_db()
    return job


def spoil(registry: list[Enterprise]) -> None:
    """Change facts of everybody, so that every row and some verdicts change."""
    for enterprise in registry:
        enterprise.reports.all().delete()
        enterprise.reports.create(year=2025, employees=501, revenue=10**9, rd_expense=10**8)


def test_a_run_is_shared_out_by_recommending_units(registry: list[Enterprise]) -> None:
    job = begun()
    parts = job.parts.order_by("key")
    run = JudgingRun.objects.get()
    assert [part.key for part in parts] == [f"{run.pk}:{unit}" for unit in ("32", "37", "44", "SZ")]
    assert [part.total for part in parts] == [2 * len(run.editions)] * 4
    assert (run.finished_at, run.whole, kept()) == (None, True, set())


def test_each_part_stores_its_unit_whole_and_the_last_closes(registry: list[Enterprise]) -> None:
    job = begun()
    for number, part in enumerate(job.parts.order_by("key"), start=1):
        judge_unit(part.pk)
        assert Assessment.objects.values("enterprise").distinct().count() == 2 * number
    job.refresh_from_db()
    run = JudgingRun.objects.get()
    assert (job.status, job.result) == ("done", {"run": run.pk, "judged": 48, "stored": 48})
    assert kept() == judged_alone(run)
    assert run.counts == counted()


def test_a_part_done_twice_stores_once_and_counts_the_same(registry: list[Enterprise]) -> None:
    judge_registry(ON)
    spoil(registry)
    job = begun(whole=True)
    first, *rest = job.parts.order_by("key")
    judge_unit(first.pk)
    once, stored = turned(), JobRun.objects.get(pk=first.pk).result
    JobRun.objects.filter(pk=first.pk).update(status="waiting", result={})  # its end was lost
    judge_unit(first.pk)
    assert (turned(), JobRun.objects.get(pk=first.pk).result) == (once, stored)
    for part in rest:
        judge_unit(part.pk)
    assert JudgingRun.objects.all()[0].stored == Assessment.objects.filter(run__gt=1).count()
    assert JudgingRun.objects.all()[0].counts == counted()


def test_rules_that_change_under_way_fail_the_run(registry: list[Enterprise]) -> None:
    job = begun()
    editions.Edition.objects.filter(code="srdi_2022").update(sha256="0" * 64)
    editions.Edition.objects.filter(code="srdi_2026").update(sha256="0" * 64)
    for part in job.parts.all():
        with pytest.raises(Exception, match="changed during run"):
            judge_unit(part.pk)
    job.refresh_from_db()
    assert (job.status, kept()) == ("failed", set())
    assert JudgingRun.objects.get().finished_at is None


def test_what_a_run_that_broke_off_had_turned_is_told_by_the_next(
    registry: list[Enterprise],
) -> None:
    judge_registry(ON)
    before = {row[:3]: row[3] for row in kept()}
    spoil(registry)
    job = begun(whole=True)
    first, second, *_rest = job.parts.order_by("key")
    judge_unit(first.pk)
    judge_unit(second.pk)
    runs.cancel(job)
    registry[0].reports.all().delete()  # turned again, or back to what it was
    run = judge_registry(ON)
    after = {row[:3]: row[3] for row in kept()}
    assert turned(run=run) == sorted(
        ((*key, before[key], after[key]) for key in after if before[key] != after[key]), key=str
    )
    assert turned() == turned(run=run)
    for change in run.changes.all():
        assert change.turn == (change.after >= 2) - ((change.before or 0) >= 2)


def test_a_worker_back_from_the_dead_stores_nothing(registry: list[Enterprise]) -> None:
    job = begun()
    late = JudgingRun.objects.get()
    part = job.parts.order_by("key")[0]
    runs.cancel(job)
    judge_registry(ON)
    before = kept()
    JobRun.objects.filter(pk=part.pk).update(status="waiting")
    JobRun.objects.filter(pk=job.pk).update(cancel_wanted=False)  # or the part heeds that first
    with pytest.raises(Exception, match=f"run {late.pk} has ended or was overtaken"):
        judge_unit(part.pk)
    assert kept() == before


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_three_workers_share_a_run_and_killing_each_leaves_it_complete(
    registry: list[Enterprise],
    start_worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two are killed while they store a unit, the third while it closes the run."""
    judge_registry(ON)
    before = {row[:3]: row[3] for row in kept()}
    spoil(registry)
    monkeypatch.setenv("HOLD_AT", str(tmp_path))
    workers = Workers(tmp_path, start_worker)
    workers.hold("store")
    workers.hold("close")
    workers.start(3)
    job, _ = sharing.start(ON, whole=True)
    for _ in range(2):
        workers.kill_one_at("store")
    workers.let_go("store")
    while job.parts.filter(status="done").count() < job.parts.count() - 2 or not job.parts.count():
        time.sleep(0.05)
    assert sweep() >= 2  # the parts of the dead; the third worker may be held as well
    workers.kill_one_at("close")
    job.refresh_from_db()
    assert (job.status, JudgingRun.objects.all()[0].finished_at) == ("running", None)
    workers.let_go("close")
    workers.start(1)
    assert sweep() == 1
    wait_for(job)
    run = JudgingRun.objects.all()[0]
    assert (job.status, run.job, len(before)) == ("done", job, 48)
    assert kept() == judged_alone(run)
    assert run.counts == counted()
    assert run.stored == Assessment.objects.filter(run=run).count() == 48
    after = {row[:3]: row[3] for row in kept()}
    assert turned() == sorted(
        ((*key, before[key], after[key]) for key in after if before[key] != after[key]), key=str
    )
    assert len(turned()) >= 8
