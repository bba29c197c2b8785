"""A run over the whole registry: begun, judged unit by unit, closed (全国评价).

What a unit's enterprises are judged is stored in one transaction, with what turned; so a kill
leaves units that are whole and units that are as they were, and only those are done again.
"""

from __future__ import annotations

import time
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import polars as pl
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.standards import editions, extent, snapshots, storing
from cultivation.standards.keeping import engine
from cultivation.standards.models import JudgingRun
from cultivation.standards.results import BLOCK, Basis, judged_by_all
from cultivation.standards.storing import Tally
from cultivation.standards.tables import among
from enterprises.registry import touches
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Sequence

    from cultivation.standards.extent import Extent
    from cultivation.standards.models import Snapshot
    from enterprises.jobs.models import JobRun
    from enterprises.jobs.runs import Progress


def judge_registry(
    as_of: dt.date,
    *,
    progress: Progress | None = None,
    bases: Sequence[Basis] | None = None,
    snapshot: Snapshot | None = None,
    whole: bool | None = None,
) -> JudgingRun:
    """Judge the registry as of a day in this process and store what changed (全库评价).

    Only what changed since the last run is judged where that gives the same, unless `whole`.
    `bases` are the editions and kinds to judge by, those in force on the day unless given; a run
    by others, or over a snapshot that is given, leaves the marks of what changed for the next.
    """
    begun = begin(as_of, progress=progress, bases=bases, snapshot=snapshot, whole=whole)
    if begun.finished_at:
        return begun
    chosen, tally, done = bases or extent.bases_of(begun), Tally(), 0
    pieces = list(_gathered(snapshots.units(begun.snapshot)))
    for units, stored in zip(pieces, judge_pieces(begun, pieces, chosen), strict=True):
        tally.add(stored)
        done += sum(units.values())
        if progress:
            progress.report(done, begun.snapshot.rows, always=True)
    return close(begun, tally, chosen)


def begin(
    as_of: dt.date,
    *,
    progress: Progress | None = None,
    bases: Sequence[Basis] | None = None,
    snapshot: Snapshot | None = None,
    whole: bool | None = None,
) -> JudgingRun:
    """Begin a run: read the facts, and where little changed do all of it (开始评价).

    The run that is returned has ended, or its units wait to be judged.
    """
    chosen = editions.in_force(as_of) if bases is None else list(bases)
    if bases is not None or snapshot is not None:
        taken = snapshot or snapshots.take(as_of, progress=progress)
        return _created(extent.Extent(taken, None), chosen, as_of, progress=progress)
    mark = max(time.time_ns(), 1 + (JudgingRun.objects.aggregate(last=Max("mark"))["last"] or 0))
    found = extent.taken_up(as_of, chosen, mark=mark, whole=bool(whole), progress=progress)
    if progress:
        progress.log(_plan(found))
        progress.report(0, always=True)  # the last moment to cancel
    if found.before is None:
        return _created(found, chosen, as_of, mark=mark, progress=progress)
    with transaction.atomic():
        run = _created(found, chosen, as_of, mark=mark, progress=progress)
        return _judge_changed(run, found.before, chosen)


def judge_pieces(
    run: JudgingRun, pieces: Sequence[dict[str, int]], bases: Sequence[Basis]
) -> Iterator[Tally]:
    """Judge units by all bases and store each piece in one transaction (评价单位).

    A piece says of some units how many enterprises each has.
    """
    known = extent.known(run)
    rows = (
        (pl.concat(snapshots.scan(run.snapshot, unit) for unit in units), sum(units.values()))
        for units in pieces
    )
    made = judged_by_all(rows, bases, as_of=run.as_of)
    for number, of_piece in groupby(made, key=itemgetter(0)):
        tally = Tally()
        with transaction.atomic():
            storing.hold(run, list(pieces[number]))
            for _number, ids, results in of_piece:
                tally.add(_stored(run, ids, results, bases, known))
        yield tally


def close(run: JudgingRun, tally: Tally, bases: Sequence[Basis]) -> JudgingRun:
    """End a run whose units are all judged; again is safe (结束评价)."""
    with transaction.atomic():
        locked = JudgingRun.objects.select_for_update().get(pk=run.pk)
        if locked.finished_at:
            return locked
        here = Enterprise.objects.filter(pk=OuterRef("enterprise_id"))
        # Who went since the snapshot was taken is marked; the next run clears those rows away.
        return _ended(locked, tally, bases, gone=Q(~Exists(here)) & ~Q(run=run))


def _gathered(units: Sequence[tuple[str, int]]) -> Iterator[dict[str, int]]:
    """Yield small units together: each judging has its price, however few it judges."""
    gathered: dict[str, int] = {}
    for unit, rows in units:
        gathered[unit] = rows
        if sum(gathered.values()) >= BLOCK:
            yield gathered
            gathered = {}
    if gathered:
        yield gathered


def _plan(found: Extent) -> str:
    rows = found.snapshot.rows
    if found.before is None:
        return _("%(rows)s enterprises, all of them to be judged") % {"rows": rows}
    changed = snapshots.delta(found.snapshot).select(pl.len()).collect().item()
    return _("%(rows)s enterprises, of which %(changed)s changed since run %(run)s") % {
        "rows": rows,
        "changed": changed,
        "run": found.before.pk,
    }


def _created(
    found: Extent,
    bases: Sequence[Basis],
    as_of: dt.date,
    *,
    mark: int | None = None,
    progress: Progress | None = None,
) -> JudgingRun:
    rules = {edition.code: editions.rules(edition) for edition, _, _ in bases}
    return JudgingRun.objects.create(
        job=_job(progress),
        snapshot=found.snapshot,
        as_of=as_of,
        whole=found.before is None,
        mark=mark,
        engine=engine(),
        editions=[[edition.code, rules[edition.code].sha256, kind] for edition, _, kind in bases],
        rules={said.sha256: [list(part) for part in said.parts] for said in rules.values()},
    )


def _judge_changed(run: JudgingRun, before: JudgingRun, bases: Sequence[Basis]) -> JudgingRun:
    storing.hold(run)
    tally, known = Tally(), extent.known(run)
    rows = snapshots.delta(run.snapshot)
    number = rows.select(pl.len()).collect().item()
    for _number, ids, results in judged_by_all([(rows, number)], bases, as_of=run.as_of):
        tally.add(_stored(run, ids, results, bases, known))
    tally.add(Tally(counts=_counts_of(before, bases)))
    tally.take_away(tally.kept)
    return _ended(run, tally, bases, gone=among(run.snapshot.gone))


def _stored(
    run: JudgingRun,
    ids: pl.Series,
    results: pl.DataFrame,
    bases: Sequence[Basis],
    known: Collection[storing.Basis],
) -> Tally:
    pairs = {(edition.pk, kind) for edition, _, kind in bases}
    return storing.store(ids, results, run=run, bases=pairs, known=known)


def _ended(run: JudgingRun, tally: Tally, bases: Sequence[Basis], *, gone: Q) -> JudgingRun:
    lost = storing.rows_of(gone)
    if lost.height:
        storing.forget(lost)
        counted = _counted(run, lost)  # by whatever edition; only the run's own are counted
        tally.take_away({basis: n for basis, n in counted.items() if basis in tally.counts})
    storing.take_over(run, {(edition.pk, kind) for edition, _, kind in bases})
    codes = {edition.pk: edition.code for edition, _, _ in bases}
    run.counts = {f"{codes[pk]} {kind}": n for (pk, kind), n in sorted(tally.counts.items())}
    run.judged, run.stored = tally.judged, tally.stored
    run.finished_at = timezone.now()
    run.save()
    if run.mark is not None:
        touches.settle(run.mark)
    return run


def _counts_of(run: JudgingRun, bases: Sequence[Basis]) -> storing.Counts:
    found = {(edition.pk, kind): f"{edition.code} {kind}" for edition, _, kind in bases}
    return {basis: run.counts[name] for basis, name in found.items() if name in run.counts}


def _counted(run: JudgingRun, lost: pl.DataFrame) -> storing.Counts:
    """Return the verdicts among lost rows that were counted: those of a whole run's snapshot."""
    if run.whole:
        ids = lost["enterprise_id"].unique()
        scan = snapshots.scan(run.snapshot).select("enterprise")
        there = scan.filter(pl.col("enterprise").is_in(ids.implode())).collect()
        lost = lost.join(there, left_on="enterprise_id", right_on="enterprise", how="semi")
    return storing.verdicts(lost)


def _job(progress: Progress | None) -> JobRun | None:
    return progress.run if progress else None
