"""Take a snapshot in a process of its own and hang in the middle of writing it (被杀进程)."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from cultivation.digital import coverage  # noqa: E402
from cultivation.digital.models import CoverageSnapshot  # noqa: E402


class Hanging:
    """Progress that says when half is written, and waits to be killed."""

    def report(self, _done: int, total: int | None = None, **_always: bool) -> None:
        """Hang once rows of the day are in the open transaction."""
        on = dt.date.fromisoformat(sys.argv[1])
        if total is None:
            print("written", CoverageSnapshot.objects.filter(on=on).count(), flush=True)
            time.sleep(600)


coverage.BATCH = 10
coverage.take_snapshot(dt.date.fromisoformat(sys.argv[1]), progress=Hanging())
