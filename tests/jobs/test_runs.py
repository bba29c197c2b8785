from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from django.utils import timezone

from enterprises.jobs import runs
from enterprises.jobs.models import JobRun

pytestmark = pytest.mark.django_db

TASK = "enterprises.jobs.tasks.resume_abandoned"  # any registered task will do
LONG_AGO = dt.timedelta(minutes=5)


def waiting(key: str = "all") -> JobRun:
    return runs.begin("judging", task=TASK, key=key)[0]


def test_begin_returns_the_live_run_of_the_same_work() -> None:
    first, first_is_new = runs.begin("judging", task=TASK, key="all", params={"year": 2026})
    second, second_is_new = runs.begin("judging", task=TASK, key="all")
    assert (first_is_new, second_is_new) == (True, False)
    assert second.pk == first.pk
    assert second.params == {"year": 2026}


def test_begin_starts_anew_after_the_end() -> None:
    first = waiting()
    with runs.working(first.pk):
        pass
    second, new = runs.begin("judging", task=TASK, key="all")
    assert new is True
    assert second.pk != first.pk


def test_begin_keeps_other_keys_and_keyless_runs_apart() -> None:
    pks = {waiting("11").pk, waiting("12").pk, waiting("").pk, waiting("").pk}
    assert len(pks) == 4


def test_take_gives_a_run_to_one_worker_only() -> None:
    run = waiting()
    taken = runs.take(run.pk)
    assert taken is not None
    assert (taken.status, taken.attempts) == ("running", 1)
    assert runs.take(run.pk) is None


def test_take_gives_a_run_without_heartbeat_to_the_next_worker() -> None:
    run = waiting()
    runs.take(run.pk)
    JobRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - LONG_AGO)
    again = runs.take(run.pk)
    assert again is not None
    assert again.attempts == 2


def test_working_stores_progress_result_and_end() -> None:
    run = waiting()
    with runs.working(run.pk) as progress:
        assert progress is not None
        progress.report(3, 10, always=True)
        half = JobRun.objects.get(pk=run.pk)
        progress.log("three of ten")
        progress.result["judged"] = 10
    run.refresh_from_db()
    assert (half.status, half.done, half.total, half.percent) == ("running", 3, 10, 30)
    assert (run.status, run.done, run.total) == ("done", 10, 10)
    assert run.result == {"judged": 10}
    assert run.log.endswith(" three of ten\n")
    assert run.finished_at is not None


def test_working_yields_nothing_for_an_ended_run() -> None:
    run = waiting()
    with runs.working(run.pk):
        pass
    with runs.working(run.pk) as progress:
        assert progress is None
    run.refresh_from_db()
    assert run.attempts == 1


def test_working_fails_the_run_and_raises_the_error_again() -> None:
    run = waiting()
    with pytest.raises(ValueError, match="no such edition"), runs.working(run.pk):
        raise ValueError("no such edition")
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.log.endswith(" ValueError: no such edition\n")


def test_cancel_ends_a_waiting_run_at_once() -> None:
    run = waiting()
    runs.cancel(run)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert run.finished_at is not None
    assert runs.take(run.pk) is None


def test_cancel_stops_a_running_run_at_its_next_report() -> None:
    run = waiting()
    reached = []
    with runs.working(run.pk) as progress:
        assert progress is not None
        progress.report(1, 10, always=True)
        runs.cancel(run)
        reached.append("cancelled")
        progress.report(2, 10, always=True)
        reached.append("went on")
    run.refresh_from_db()
    assert reached == ["cancelled"]
    assert run.status == "cancelled"


def test_abandoned_lists_runs_without_worker_only() -> None:
    fresh, lost, ended = waiting("fresh"), waiting("lost"), waiting("ended")
    JobRun.objects.filter(pk=lost.pk).update(created_at=timezone.now() - LONG_AGO)
    with runs.working(ended.pk):
        pass
    JobRun.objects.filter(pk=ended.pk).update(created_at=timezone.now() - LONG_AGO)
    silent = waiting("silent")
    runs.take(silent.pk)
    JobRun.objects.filter(pk=silent.pk).update(heartbeat_at=timezone.now() - LONG_AGO)
    runs.take(fresh.pk)
    assert {run.pk for run in runs.abandoned()} == {lost.pk, silent.pk}


def test_send_waits_for_the_commit(django_capture_on_commit_callbacks) -> None:
    run = waiting()
    with django_capture_on_commit_callbacks() as callbacks:
        runs.send(run)
    assert len(callbacks) == 1


@pytest.mark.django_db(transaction=True)
def test_working_beats_while_the_work_has_no_time_to_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "PULSE", dt.timedelta(milliseconds=20))
    run = waiting()
    with runs.working(run.pk):
        JobRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - LONG_AGO)
        deadline = time.monotonic() + 20
        while not JobRun.objects.filter(
            pk=run.pk, heartbeat_at__gt=timezone.now() - runs.STALE
        ).exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    run.refresh_from_db()
    assert run.status == "done"
    assert [t.name for t in threading.enumerate() if t.name.startswith("pulse")] == []


@pytest.mark.django_db(transaction=True)
def test_send_keeps_a_run_waiting_while_the_broker_is_away(no_broker: None) -> None:
    run, _new = runs.begin("coverage", task="cultivation.digital.tasks.check_coverage")
    runs.send(run)
    run.refresh_from_db()
    assert run.status == "waiting"
    assert len(run.log.splitlines()) == 1
