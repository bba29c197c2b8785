"""Work for the workers of the tests."""

from __future__ import annotations

import time

from celery import shared_task

from enterprises.jobs.runs import working


@shared_task
def count(run_id: int) -> None:
    """Count to `params["to"]`, ten a second."""
    with working(run_id) as progress:
        if progress is None:
            return
        to = progress.run.params["to"]
        for number in range(to):
            progress.report(number, to, always=True)
            time.sleep(0.1)
        progress.result["counted"] = to
