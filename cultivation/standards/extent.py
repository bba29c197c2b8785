"""What a run has to read and to judge: everything, or only what changed (评价范围)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.standards import editions, snapshots
from cultivation.standards.models import JudgingRun, Snapshot
from cultivation.standards.policy import Case
from enterprises.registry import touches

try:
    from cultivation.standards import due
except ImportError:
    class due:
        @staticmethod
        def due(a, b): return set()

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.standards.policy import Policy
    from cultivation.standards.results import Basis
    from enterprises.jobs.runs import Progress

MANY = 10  # percent of the registry, above which everything is read


@dataclass(frozen=True, slots=True)
class Extent:
    """A snapshot to judge and how much of it (评价范围).

    `before` is the run whose results the changed rows complete; None: all rows are judged.
    """

    snapshot: Snapshot
    before: JudgingRun | None


def taken_up(
    as_of: dt.date,
    bases: Sequence[Basis],
    *,
    mark: int,
    whole: bool,
    progress: Progress | None = None,
) -> Extent:
    """Take up what was touched, under a mark, and return the facts with what to judge (确定范围).

    The facts of the last complete run are refreshed where they are of the same year, mean the same
    and little changed. Only the changed rows are judged where, besides, no run has written since
    and every basis says on both days the same.
    """
    touched = touches.claim(mark)
    last = last_complete()
    if whole or last is None or not _is_near(last, as_of):
        return Extent(snapshots.take(as_of, progress=progress), None)
    changed = touched | due.due(last.as_of, as_of)
    few = len(changed) * 100 <= MANY * last.snapshot.rows
    if not few or snapshots.heavy(last.snapshot) or not snapshots.intact(last.snapshot):
        return Extent(snapshots.take(as_of, progress=progress), None)
    try:
        snapshot = snapshots.refresh(last.snapshot, as_of, changed)
    except snapshots.StaleBaseError:
        return Extent(snapshots.take(as_of, progress=progress), None)
    return Extent(snapshot, last if _holds(last, bases, as_of) else None)


def last_complete() -> JudgingRun | None:
    """Return the last run that judged by all editions in force and ended well."""
    return (
        JudgingRun.objects.filter(mark__isnull=False, finished_at__isnull=False)
        .select_related("snapshot")
        .first()
    )


def _is_near(last: JudgingRun, as_of: dt.date) -> bool:
    return last.as_of.year == as_of.year and last.as_of <= as_of


def _holds(last: JudgingRun, bases: Sequence[Basis], as_of: dt.date) -> bool:
    """Tell whether the rows kept are what the last run stored, by rules that hold today."""
    if JudgingRun.objects.filter(pk__gt=last.pk).exists():
        return False
    then = {(code, sha256, kind) for code, sha256, kind in last.editions}
    return all(
        (edition.code, editions.rules(edition).sha256, kind) in then
        and _same_standard(policy, kind, last.as_of, as_of)
        for edition, policy, kind in bases
    )


def _same_standard(policy: Policy, kind: str, then: dt.date, now: dt.date) -> bool:
    return all(
        policy.standard(Case(kind, then, unit)) == policy.standard(Case(kind, now, unit))
        for unit in ("", *policy.units)
    )
