"""Handing runs to the workers: one alone, or the parts of one as a chord (任务派发)."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from celery import chord, current_app
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Sequence


def send(run: JobRun) -> None:
    """Hand a waiting run to the workers once the transaction is committed.

    Where the broker does not answer, the run stays waiting and the sweep sends it later.
    """
    transaction.on_commit(partial(_deliver, run))


def send_parts(run: JobRun) -> None:
    """Hand the waiting parts of a run to the workers, as a chord that ends in the run itself.

    Without a place for results (a broker of files, tasks run on the spot) they are sent one by
    one: whichever part ends last closes the run, chord or not.
    """
    waiting = list(run.parts.filter(status=JobRun.Status.WAITING).order_by("-total", "pk"))
    transaction.on_commit(partial(_deliver_parts, run, waiting))


def note(run: JobRun, text: str) -> None:
    """Add a line to a run's log."""
    line = f"{timezone.localtime():%H:%M:%S} {text}\n"
    JobRun.objects.filter(pk=run.pk).update(log=Concat(F("log"), Value(line)))


def _deliver(run: JobRun) -> None:
    try:
        import_string(run.task).delay(run.pk)
    except (OperationalError, OSError):  # the latter where the broker is a folder that is missing
        note(run, _("The task queue does not answer; the run begins once it does."))


def _deliver_parts(run: JobRun, parts: Sequence[JobRun]) -> None:
    if current_app.conf.task_always_eager or not current_app.conf.result_backend:
        with ExitStack() as each:  # all of them, though one may raise
            for part in reversed(parts):
                each.callback(_deliver, part)
        return
    header = [import_string(part.task).si(part.pk) for part in parts]
    try:
        chord(header)(import_string(run.task).si(run.pk))
    except (OperationalError, RedisError):
        note(run, _("The task queue does not answer; the run begins once it does."))
