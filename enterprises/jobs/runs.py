"""Beginning, taking, reporting and ending runs of background work (任务运行)."""

from __future__ import annotations

import datetime as dt
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.audit.asking import working_as
from enterprises.jobs import parts
from enterprises.jobs.models import JobRun
from enterprises.jobs.parts import LIVE, CancelledError, Piece, Status
from enterprises.jobs.sending import note, send, send_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from enterprises.accounts.models import User

__all__ = [
    "LIVE", "CancelledError", "Piece", "Progress", "abandoned", "begin", "cancel", "is_done",
    "resume", "send", "start", "take", "working",
]  # fmt: skip
STALE = dt.timedelta(minutes=2)  # without a heartbeat for this long, the worker is gone
PULSE = dt.timedelta(seconds=20)
MOST = 5  # workers a run may lose, one after the other; then it is the run that kills them
ended = Signal()  # sent with `run`, `status` and `result` when a run that is no part has ended


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


def is_done(kind: str, key: str) -> bool:
    """Tell whether work was done to its end, by whichever run (是否完成)."""
    return JobRun.objects.filter(kind=kind, key=key, status=Status.DONE).exists()


def take(run_id: int) -> JobRun | None:
    """Claim a run for this worker; None where another has it or it has ended.

    A run that was shared out is free again once its parts have ended; one that lost MOST workers
    is not.
    """
    now = timezone.now()
    row = JobRun.objects.filter(pk=run_id)
    free = Q(status=Status.WAITING) | (_lost() & Q(attempts__lt=MOST))
    begun = {"status": Status.RUNNING, "started_at": now, "attempts": F("attempts") + 1}
    taken = row.filter(free).update(heartbeat_at=now, **begun)
    taken = taken or row.filter(parts.let_go()).update(heartbeat_at=now)
    return row.get() if taken else None


class Progress:
    """How a run tells the world where it is; it writes at most twice a second."""

    def __init__(self, run: JobRun) -> None:
        self.run = run
        self.result: dict[str, Any] = {}
        self.is_split = False
        self._written = 0.0

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:
        """Note progress and a heartbeat; raise CancelledError where somebody asked to stop."""
        if not always and time.monotonic() - self._written < 0.5:
            return
        self._written = time.monotonic()
        fields: dict[str, Any] = {"done": done, "heartbeat_at": timezone.now()}
        if total is not None:
            fields["total"] = total
        held = JobRun.objects.filter(pk=self.run.pk, attempts=self.run.attempts)
        if not held.update(**fields):  # thought dead, and another worker has taken it
            raise CancelledError
        if self.run.parent_id:
            parts.sum_up(self.run.parent_id)
        stopping = JobRun.objects.filter(cancel_wanted=True)
        if stopping.filter(pk__in=[self.run.pk, self.run.parent_id or self.run.pk]).exists():
            raise CancelledError

    def log(self, text: str) -> None:
        """Add a line to the run's log."""
        note(self.run, text)

    def split(self, kind: str, *, task: str, pieces: Iterable[Piece]) -> None:
        """Share the run out: each piece becomes a part of its own, for any worker to take.

        The run ends when its parts have; its task then takes it once more, to close it.
        """
        parts.split(self.run, kind=kind, task=task, pieces=pieces)
        self.is_split = True


@contextmanager
def working(run_id: int) -> Iterator[Progress | None]:
    """Hold a run while its work is done; yield None where there is nothing to do.

    The work puts its outcome into `progress.result`. An error fails the run with the message in
    its log and is raised again; a cancelled run ends quietly. Work that was shared out is held a
    second time when all parts are done, and fails or is cancelled with a part.
    """
    run = take(run_id)
    if run is None or _ends_with_its_parts(run):
        yield None
        return
    progress = Progress(run)
    try:
        with _pulse(run), working_as(f"run-{run.pk}"):
            yield progress
    except CancelledError:
        _end(run, Status.CANCELLED, progress.result)
    except Exception as error:
        progress.log("".join(traceback.format_exception_only(error)).strip())
        _end(run, Status.FAILED, progress.result)
        raise
    else:
        if progress.is_split:
            send_parts(run)
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
                held = JobRun.objects.filter(pk=run.pk, attempts=run.attempts)
                held.filter(heartbeat_at__isnull=False).update(heartbeat_at=timezone.now())
            connection.close()

    thread = threading.Thread(target=beat, name=f"pulse of run {run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def cancel(run: JobRun) -> None:
    """Ask a live run and its parts to stop; what is still waiting ends at once."""
    now = timezone.now()
    rows = JobRun.objects.filter(Q(pk=run.pk) | Q(parent=run))
    rows.filter(status=Status.WAITING).update(status=Status.CANCELLED, finished_at=now)
    rows.filter(status=Status.RUNNING).update(cancel_wanted=True)
    stopped = JobRun.objects.filter(parts.let_go(), pk=run.pk)
    if run.parts.filter(status=Status.CANCELLED).exists():
        stopped.update(status=Status.CANCELLED, finished_at=now)


def abandoned() -> list[JobRun]:
    """Return live runs whose worker is gone, that no worker took, or that nobody closed."""
    waiting = Q(status=Status.WAITING, created_at__lt=timezone.now() - STALE)
    return list(JobRun.objects.filter(_lost() | waiting | parts.let_go()))


def resume(run: JobRun) -> None:
    """Hand an abandoned run to a living worker, or give up where it lost too many (接续或放弃)."""
    mine = JobRun.objects.filter(_lost(), pk=run.pk, attempts=run.attempts)
    if run.attempts < MOST or not mine.exists():
        send(run)
        return
    note(
        run,
        _("%(number)s workers were lost at it one after the other; it is given up.")
        % {"number": run.attempts},
    )
    _end(run, Status.FAILED, {})


def _lost() -> Q:
    """Return the filter for runs whose worker is gone."""
    return Q(status=Status.RUNNING, heartbeat_at__lt=timezone.now() - STALE)


def _ends_with_its_parts(run: JobRun) -> bool:
    """End a run whose parts have not all been done; tell whether that is so."""
    status, said = parts.worst_end(run)
    if said:
        note(run, said)
    if status != Status.DONE:
        _end(run, status, {})
    return status != Status.DONE


def _end(run: JobRun, status: str, result: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"status": status, "result": result, "finished_at": timezone.now()}
    if status == Status.DONE:
        fields["done"] = F("total")
    held = JobRun.objects.filter(pk=run.pk, attempts=run.attempts).update(**fields)
    if run.parent_id:
        parts.join(run.parent_id)
    elif held:
        ended.send_robust(sender=JobRun, run=run, status=status, result=result)
