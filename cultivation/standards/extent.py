"""What a run has to read and to judge: everything, or only what changed (评价范围)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.standards import due, editions, snapshots
from cultivation.standards.keeping import engine
from cultivation.standards.models import JudgingRun, Snapshot
from cultivation.standards.policy import Case
from enterprises.registry import touches

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.standards.policy import Criterion
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
    if whole or last is None or last.as_of.year != as_of.year:
        return Extent(snapshots.take(as_of, progress=progress), None)
    changed = touched | due.due(last.as_of, as_of)
    few = len(changed) * 100 <= MANY * last.snapshot.rows
    if not few or not snapshots.intact(last.snapshot) or snapshots.heavy(last.snapshot):
        return Extent(snapshots.take(as_of, progress=progress), None)
    try:
        snapshot = snapshots.refresh(last.snapshot, as_of, changed)
    except snapshots.StaleBaseError:
        return Extent(snapshots.take(as_of, progress=progress), None)
    return Extent(snapshot, last if _holds(last, bases, as_of) else None)


def last_complete() -> JudgingRun | None:
    """Return the last run that judged by all editions in force and ended well.

    Of two at once it is the one that claimed later: it has what the other claimed, too.
    """
    return (
        JudgingRun.objects.filter(mark__isnull=False, finished_at__isnull=False)
        .select_related("snapshot")
        .order_by("-mark")
        .first()
    )


def _holds(last: JudgingRun, bases: Sequence[Basis], as_of: dt.date) -> bool:
    """Tell whether the rows kept are what the last run stored, by rules that hold today."""
    if last.engine != engine() or JudgingRun.objects.filter(pk__gt=last.pk).exists():
        return False
    then = {(code, sha256, kind) for code, sha256, kind in last.editions}
    now = {(edition.code, editions.rules(edition).sha256, kind) for edition, _, kind in bases}
    return then == now and _said(editions.in_force(last.as_of), last.as_of) == _said(bases, as_of)


def _said(bases: Sequence[Basis], on: dt.date) -> dict[tuple[str, str, str], Criterion]:
    """Return what each basis says on a day in each unit for which something differs."""
    units = {"", *(unit for _, policy, _ in bases for unit in policy.units)}
    cases = [(policy, Case(kind, on, unit)) for _, policy, kind in bases for unit in units]
    return {
        (policy.code, case.kind, case.path): policy.standard(case)
        for policy, case in cases
        if policy.root.reach.covers(case)
    }
