from __future__ import annotations

import datetime as dt
import os
import signal
import time

import pytest
from django.utils import timezone

from enterprises.jobs import runs
from enterprises.jobs.models import JobRun
from enterprises.jobs.tasks import resume_abandoned
from tests.tasks import count

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]


def until(run: JobRun, *, status: str, done: int = 0, patience: float = 30) -> JobRun:
    """Wait until a run has a status and got at least so far."""
    deadline = time.monotonic() + patience
    while run.status != status or run.done < done:
        assert run.status in {"waiting", "running"}, f"ended as {run.status}"
        assert time.monotonic() < deadline, f"still {run.status}, {run.done} of {run.total}"
        time.sleep(0.05)
        run.refresh_from_db()
    return run


def test_a_sent_run_is_done_by_a_worker(worker) -> None:
    run, _ = runs.begin("counting", task=count.name, key="all", params={"to": 3})
    runs.send(run)
    until(run, status="done")
    assert (run.done, run.total, run.attempts, run.result) == (3, 3, 1, {"counted": 3})


def test_a_cancelled_run_stops_in_the_worker(worker) -> None:
    run, _ = runs.begin("counting", task=count.name, key="all", params={"to": 100})
    runs.send(run)
    until(run, status="running", done=1)
    runs.cancel(run)
    until(run, status="cancelled")
    assert run.result == {}


def test_a_run_whose_worker_was_killed_is_completed_by_another(start_worker) -> None:
    first = start_worker()
    run, _ = runs.begin("counting", task=count.name, key="all", params={"to": 20})
    runs.send(run)
    until(run, status="running", done=1)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert runs.take(run.pk) is None  # its heartbeat is fresh: it may still be alive
    JobRun.objects.update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))
    start_worker()
    assert resume_abandoned() == 1
    until(run, status="done")
    assert (run.attempts, run.result) == (2, {"counted": 20})
