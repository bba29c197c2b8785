"""Runs that are shared out: parts, their sum, and the end of the whole (任务分片).

A run that was shared out is held by nobody: it is running without a heartbeat, and the sweep looks
at its parts. Whichever part ends last hands the run back to its own task, which takes it a second
time to close it. The database alone decides; the chord that carries the parts may be lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Sum
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = JobRun.Status
LIVE = (Status.WAITING, Status.RUNNING)


class CancelledError(Exception):
    """Somebody asked for the run to stop."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work to become a part: its key, what it is about, how much it is (分片)."""

    key: str
    params: dict[str, Any] = field(default_factory=dict)
    total: int = 0


def split(run: JobRun, *, kind: str, task: str, pieces: Iterable[Piece]) -> list[JobRun]:
    """Make the parts of a run and let go of it, in one transaction (拆分任务)."""
    with transaction.atomic():
        made = JobRun.objects.bulk_create(
            JobRun(
                kind=kind,
                task=task,
                key=piece.key,
                params=piece.params,
                total=piece.total,
                parent=run,
                started_by_id=run.started_by_id,
            )
            for piece in pieces
        )
        total = sum(part.total for part in made)
        held = JobRun.objects.filter(pk=run.pk, attempts=run.attempts, cancel_wanted=False)
        if not held.update(heartbeat_at=None, done=0, total=total):
            raise CancelledError
    return made


def let_go() -> Q:
    """Return the filter for shared-out runs none of whose parts waits or works any more."""
    live = JobRun.objects.filter(parent=OuterRef("pk"), status__in=LIVE)
    return Q(~Exists(live), status=Status.RUNNING, heartbeat_at=None)


def sum_up(parent_id: int) -> None:
    """Write down how far all parts of a run are together."""
    parts = JobRun.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    done = parts.annotate(sum=Sum("done")).values("sum")
    JobRun.objects.filter(pk=parent_id, heartbeat_at=None).update(done=Subquery(done))


def join(parent_id: int) -> None:
    """Close a run if its last part has ended; of several who try, one succeeds (汇合)."""
    sum_up(parent_id)
    run = JobRun.objects.filter(let_go(), pk=parent_id).first()
    if run is not None:
        import_string(run.task)(run.pk)


def worst_end(run: JobRun) -> tuple[str, str]:
    """Return how the parts of a run ended, the worst first, and what is to be said of it."""
    bad = run.parts.filter(status__in=[Status.FAILED, Status.CANCELLED]).order_by("pk")
    failed = bad.filter(status=Status.FAILED).first()
    if failed is not None:
        said = failed.log.strip().rpartition("\n")[2]
        return Status.FAILED, _("Part %(key)s: %(said)s") % {"key": failed.key, "said": said}
    return (Status.CANCELLED, "") if bad.exists() else (Status.DONE, "")
