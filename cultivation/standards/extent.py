"""What a run has to read and to judge: everything, or only what changed (评价范围)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.standards import due, editions, snapshots
from cultivation.standards.keeping import engine
from cultivation.standards.models import Edition, JudgingRun, Snapshot
from cultivation.standards.policy import KINDS, Case
from enterprises.registry import touches

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.standards.policy import Criterion
    from cultivation.standards.results import Basis
    from enterprises.jobs.runs import Progress

MANY = 10  # percent of the registry, above which everything is read


class RulesChangedError(Exception):
    """An edition or an overlay was loaded while the run was under way."""


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


def bases_of(run: JudgingRun) -> list[Basis]:
    """Return the editions and kinds a run judges by; RulesChangedError where they changed since."""
    by_day = editions.in_force(run.as_of) if run.mark is not None else None
    loaded = by_day or [
        (edition, policy, kind) for edition, policy in editions.all_policies() for kind in KINDS
    ]
    there = {
        (edition.code, editions.rules(edition).sha256, kind): (edition, policy, kind)
        for edition, policy, kind in loaded
    }
    wanted = [(code, sha256, kind) for code, sha256, kind in run.editions]
    changed = [basis for basis in wanted if basis not in there]
    if changed:
        code, _, kind = changed[0]
        raise RulesChangedError(f"{code} {kind} changed during run {run.pk}; begin a new one")
    return [there[basis] for basis in wanted]


def known(run: JudgingRun) -> set[tuple[int, str]]:
    """Return the bases, as (id of the edition, kind), that an earlier run judged all by."""
    wanted = {(code, kind) for code, _, kind in run.editions}
    earlier = JudgingRun.objects.filter(pk__lt=run.pk, finished_at__isnull=False)
    found: set[tuple[str, str]] = set()
    for said in earlier.values_list("editions", flat=True).iterator(chunk_size=10):
        found |= {(code, kind) for code, _, kind in said} & wanted
        if found == wanted:
            break
    ids = dict(Edition.objects.values_list("code", "pk"))
    return {(ids[code], kind) for code, kind in found}
