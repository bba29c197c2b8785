"""Work for the workers of the tests."""

from __future__ import annotations

import itertools
import os
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import shared_task

from cultivation.pipeline import telling
from cultivation.pipeline.releasing import releasing
from cultivation.standards import storing
from enterprises.jobs.runs import Piece, working

if TYPE_CHECKING:
    from collections.abc import Callable


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


@shared_task
def share(run_id: int) -> None:
    """Share counting to ten out to `params["parts"]` parts and add up what they say."""
    with working(run_id) as progress:
        if progress is None:
            return
        done = list(progress.run.parts.all())
        if done:
            progress.result["counted"] = sum(part.result["counted"] for part in done)
            return
        pieces = [
            Piece(f"{run_id}:{n}", {"unit": str(n)}, 10)
            for n in range(progress.run.params["parts"])
        ]
        progress.split("share_part", task=share_part.name, pieces=pieces)


@shared_task(ignore_result=False)
def share_part(run_id: int) -> None:
    """Count to ten, or fail where the part is told to."""
    with working(run_id) as progress:
        if progress is not None:
            progress.report(5, always=True)
            if progress.run.params.get("fails"):
                raise ValueError("cannot count")
            progress.result["counted"] = 10


def _held(point: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Let work, once done, wait within its transaction as long as a file of that name is there."""
    folder = Path(os.environ["HOLD_AT"])

    @wraps(work)
    def waiting(*args: Any, **kwargs: Any) -> Any:
        made = work(*args, **kwargs)
        if (folder / point).exists():
            (folder / f"{point}-{os.getpgrp()}").touch()
        while (folder / point).exists():
            time.sleep(0.02)
        return made

    return waiting


def _second(point: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Let the second time a process does some work wait in the same way."""
    turns, waiting = itertools.count(1), _held(point, work)

    @wraps(work)
    def working_off(*args: Any, **kwargs: Any) -> Any:
        return (waiting if next(turns) == 2 else work)(*args, **kwargs)

    return working_off


if "HOLD_AT" in os.environ:
    releasing.CHUNK, telling.AT_ONCE = 2, 1
    releasing._close = _second("release", releasing._close)
    storing.store = _held("store", storing.store)
    storing.rows_of = _held("close", storing.rows_of)
