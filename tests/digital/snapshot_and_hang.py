"""Take a snapshot in a process of its own and hang in the middle of writing it (被杀进程).

With a second argument it hangs in the cube instead, once rows of firms are replaced.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

import time_machine  # noqa: E402

from cultivation.digital import coverage  # noqa: E402
from cultivation.digital.cube import cells, keeping  # noqa: E402
from cultivation.digital.models import CoverageSnapshot, CubeFirm  # noqa: E402

ON = dt.date.fromisoformat(sys.argv[1])


class Hanging:
    """Progress that says when half is written, and waits to be killed."""

    def report(self, _done: int, total: int | None = None, **_always: bool) -> None:
        """Hang once rows of the day are in the open transaction."""
        if total is None:
            print("written", CoverageSnapshot.objects.filter(on=ON).count(), flush=True)
            time.sleep(600)


def hang_with_the_firms_replaced(*_args: object, **_named: object) -> None:
    """Stand where the sums are worked out: firms and marks are gone in the open transaction."""
    print("firms", CubeFirm.objects.filter(level=2).count(), flush=True)
    time.sleep(600)


if len(sys.argv) > 2:
    cells.of = hang_with_the_firms_replaced  # type: ignore[assignment]
    with time_machine.travel(dt.datetime.combine(ON, dt.time(4), dt.UTC), tick=True):
        keeping.keep(ON)
coverage.BATCH = 10
coverage.take_snapshot(ON, progress=Hanging())
