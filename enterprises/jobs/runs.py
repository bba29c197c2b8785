"""Beginning, taking, reporting and ending runs of background work (任务运行)."""

from __future__ import annotations

import datetime as dt
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from enterprises.accounts.models import User

Status = JobRun.Status
LIVE = (Status.WAITING, Status.RUNNING)
STALE = dt.timedelta(minutes=2)  # without a heartbeat for this long, the worker is gone
PULSE = dt.timedelta(seconds=20)


class CancelledError(Exception):
    """Somebody asked for the run to stop."""


def begin(
    kind: str,
    *,
    task: str,
    key: str = "",
    params: dict[str, Any] | None = None,
    by: User | None = None,
) -> tuple[JobRun, bool]:
    """Return a new waiting run, or the live one of the same kind and key, and whether it is new."""
    try:
        with transaction.atomic():
            run = JobRun.objects.create(
                kind=kind, task=task, key=key, params=params or {}, started_by=by
            )
    except IntegrityError:
        return JobRun.objects.get(kind=kind, key=key, status__in=LIVE), False
    return run, True


def start(
    kind: str,
    *,
    task: str,
    key: str = "",
    params: dict[str, Any] | None = None,
    by: User | None = None,
) -> tuple[JobRun, bool]:
    """Begin a run as `begin` does and, where it is new, hand it to the workers (启动任务)."""
    run, new = begin(kind, task=task, key=key, params=params, by=by)
    if new:
        send(run)
    return run, new


def send(run: JobRun) -> None:
    """Hand a waiting run to the workers once the transaction is committed.

    Where the broker does not answer, the run stays waiting and the sweep sends it later.
    """
    transaction.on_commit(partial(_deliver, run))


def _deliver(run: JobRun) -> None:
    try:
        import_string(run.task).delay(run.pk)
    except OperationalError:
        Progress(run).log(_("The task queue does not answer; the run begins once it does."))


def take(run_id: int) -> JobRun | None:
    """Claim a run for this worker; None where another has it or it has ended."""
    now = timezone.now()
    free = Q(status=Status.WAITING) | Q(status=Status.RUNNING, heartbeat_at__lt=now - STALE)
    taken = JobRun.objects.filter(free, pk=run_id).update(
        status=Status.RUNNING,
        started_at=now,
        heartbeat_at=now,
        attempts=F("attempts") + 1,
    )
    return JobRun.objects.get(pk=run_id) if taken else None


class Progress:
    """How a run tells the world where it is; it writes at most twice a second."""

    def __init__(self, run: JobRun) -> None:
        self.run = run
        self.result: dict[str, Any] = {}
        self._written = 0.0

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:
        """Note progress and a heartbeat; raise CancelledError where somebody asked to stop."""
        if not always and time.monotonic() - self._written < 0.5:
            return
        self._written = time.monotonic()
        fields: dict[str, Any] = {"done": done, "heartbeat_at": timezone.now()}
        if total is not None:
            fields["total"] = total
        JobRun.objects.filter(pk=self.run.pk).update(**fields)
        if JobRun.objects.filter(pk=self.run.pk, cancel_wanted=True).exists():
            raise CancelledError

    def log(self, text: str) -> None:
        """Add a line to the run's log."""
        line = f"{timezone.localtime():%H:%M:%S} {text}\n"
        JobRun.objects.filter(pk=self.run.pk).update(
            log=Concat(F("log"), Value(line)), heartbeat_at=timezone.now()
        )


@contextmanager
def working(run_id: int) -> Iterator[Progress | None]:
    """Hold a run while its work is done; yield None where there is nothing to do.

    The work puts its outcome into `progress.result`. An error fails the run with the message in
    its log and is raised again; a cancelled run ends quietly.
    """
    run = take(run_id)
    if run is None:
        yield None
        return
    progress = Progress(run)
    try:
        with _pulse(run):
            yield progress
    except CancelledError:
        _end(run, Status.CANCELLED, progress.result)
    except Exception as error:
        progress.log("".join(traceback.format_exception_only(error)).strip())
        _end(run, Status.FAILED, progress.result)
        raise
    else:
        _end(run, Status.DONE, progress.result)


@contextmanager
def _pulse(run: JobRun) -> Iterator[None]:
    """Keep the heartbeat going while the work itself has no time to report, as in one long query.

    It beats on a connection of its own, outside the transaction that the work may hold.
    """
    over = threading.Event()

    def beat() -> None:
        while not over.wait(PULSE.total_seconds()):
            with suppress(DatabaseError):  # SQLite is locked while the work writes; beat again
                JobRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now())
            connection.close()

    thread = threading.Thread(target=beat, name=f"pulse of run {run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def cancel(run: JobRun) -> None:
    """Ask a live run to stop; one still waiting ends at once."""
    JobRun.objects.filter(pk=run.pk, status=Status.WAITING).update(
        status=Status.CANCELLED, finished_at=timezone.now()
    )
    JobRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(cancel_wanted=True)


def abandoned() -> list[JobRun]:
    """Return live runs whose worker is gone or that no worker took for a while."""
    edge = timezone.now() - STALE
    return list(
        JobRun.objects.filter(
            Q(status=Status.RUNNING, heartbeat_at__lt=edge)
            | Q(status=Status.WAITING, created_at__lt=edge)
        )
    )


def _end(run: JobRun, status: str, result: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"status": status, "result": result, "finished_at": timezone.now()}
    if status == Status.DONE:
        fields["done"] = F("total")
    JobRun.objects.filter(pk=run.pk).update(**fields)
