"""Facts on which nothing rests any more are given up after a time (快照退役).

A snapshot is needed while a stored result came from it, for a replay judges that again; while a
scenario was computed on it, or is being; while a run over it is under way; and as the base of the
next run. A kept judgement holds its facts itself. The row of a snapshot stays: it says what there
was, and those made from it bear its hash in their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cultivation.standards import extent, manifests, shelf
from cultivation.standards.models import Assessment, JudgingRun, Scenario, Snapshot, Trial
from enterprises.jobs.runs import LIVE

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class Retired:
    """What a sweep gave up (退役结果)."""

    snapshots: int
    files: int


def retire(*, older_than: dt.timedelta) -> Retired:
    """Give up the snapshots that are old and not needed, and delete files none names (快照退役)."""
    now = timezone.now()
    with transaction.atomic():
        old = Snapshot.objects.select_for_update().filter(
            retired_at=None, made_at__lt=now - older_than
        )
        found = {snapshot.pk for snapshot in old} - needed()
        Snapshot.objects.filter(pk__in=found).update(retired_at=now)
    return Retired(len(found), len(shelf.sweep(named())))


def needed() -> set[int]:
    """Return the snapshots on which something rests (所需快照)."""
    stored = Assessment.objects.order_by().values("run_id").distinct()
    under_way = Q(finished_at=None, job__status__in=LIVE)
    runs = JudgingRun.objects.filter(Q(pk__in=stored) | under_way)
    scenarios = Scenario.objects.exclude(snapshot=None)
    found = {pk for rows in (runs, scenarios) for pk in rows.values_list("snapshot_id", flat=True)}
    last = extent.last_complete()
    computed = [
        model.objects.filter(job__status__in=LIVE).values("as_of") for model in (Scenario, Trial)
    ]
    asked = Snapshot.objects.filter(Q(as_of__in=computed[0]) | Q(as_of__in=computed[1]))
    return found | ({last.snapshot_id} if last else set()) | set(asked.values_list("pk", flat=True))


def named() -> set[str]:
    """Return the files that the snapshots name which are not given up."""
    kept = Snapshot.objects.filter(retired_at=None)
    return {name for snapshot in kept for name in manifests.names(snapshot)}
