"""Celery and gunicorn whose clock a test moves (移动时钟).

Each process lives at the time that the file named in CLOCK says, and goes on from there. The
timetable is that of the project, of coverage and of the sweep of abandoned runs.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from pathlib import Path

import time_machine
from celery.signals import worker_process_init

from config.celery import app

CLOCK = Path(os.environ["CLOCK"])
KEPT = ("cultivation.digital.", "enterprises.jobs.")
LOOKS = 0.005  # seconds between two looks at the clock, of real time

app.conf.beat_schedule = {
    name: entry for name, entry in app.conf.beat_schedule.items() if entry["task"].startswith(KEPT)
}
app.conf.beat_max_loop_interval = 0.02  # seconds, of real time


def follow(**_named: object) -> None:
    """Live at the time of the clock from now on."""
    traveller = time_machine.travel(_read(), tick=True).start()
    threading.Thread(target=_watch, args=[traveller], daemon=True).start()


def post_fork(_server: object, _worker: object) -> None:
    """Follow in a web worker, too: gunicorn takes this module for its configuration."""
    follow()


def _watch(traveller: time_machine.Traveller) -> None:
    seen = ""
    while True:
        said = CLOCK.read_text()
        if said != seen:
            traveller.move_to(dt.datetime.fromisoformat(said))
        seen = said
        time.sleep(LOOKS)


def _read() -> dt.datetime:
    return dt.datetime.fromisoformat(CLOCK.read_text())


worker_process_init.connect(follow)  # a thread does not come along into a fork
follow()
