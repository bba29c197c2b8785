"""Workers that are killed while they hold at a point, and the sweep afterwards (杀进程)."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from typing import TYPE_CHECKING

from django.utils import timezone

from enterprises.jobs.models import JobRun
from enterprises.jobs.tasks import resume_abandoned

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

LONG_AGO = dt.timedelta(minutes=5)


class Workers:
    """Workers that hold at a point until they are killed or let go."""

    def __init__(self, folder: Path, start: Callable[..., subprocess.Popen[bytes]]) -> None:
        self.folder, self._start = folder, start
        self.alive: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, number: int) -> None:
        """Start several at once."""
        for _ in range(number):
            process = self._start(wait=False)
            self.alive[process.pid] = process

    def hold(self, point: str) -> None:
        (self.folder / point).touch()

    def let_go(self, point: str) -> None:
        (self.folder / point).unlink()

    def kill_one_at(self, point: str) -> None:
        """Kill -9 the first worker that holds at a point, in the middle of its transaction."""
        deadline = time.monotonic() + 60
        while True:
            held = [pid for pid in self.alive if (self.folder / f"{point}-{pid}").exists()]
            if held:
                break
            assert time.monotonic() < deadline, f"nobody came to {point}"
            time.sleep(0.02)
        process = self.alive.pop(held[0])
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


def sweep() -> int:
    """Hand on what dead workers held, as the sweep does two minutes later."""
    JobRun.objects.filter(status="running", heartbeat_at__isnull=False).update(
        heartbeat_at=timezone.now() - LONG_AGO
    )
    return resume_abandoned()


def wait_for(job: JobRun) -> None:
    deadline = time.monotonic() + 60
    while job.is_live:
        assert time.monotonic() < deadline, f"still {job.status}"
        time.sleep(0.05)
        job.refresh_from_db()
