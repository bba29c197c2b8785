"""A run over the whole registry: begun, judged unit by unit, closed (全国评价).

What a unit's enterprises are judged is stored in one transaction, with what turned; so a kill
leaves units that are whole and units that are as they were, and only those are done again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import polars as pl
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.standards import editions, extent, snapshots, storing
from cultivation.standards.keeping import engine
from cultivation.standards.models import Edition, JudgingRun
from cultivation.standards.policy import KINDS
from cultivation.standards.results import BLOCK, Basis, judged_by_all
from cultivation.standards.storing import Tally
from cultivation.standards.tables import among
from enterprises.registry import touches
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from cultivation.standards.extent import Extent
    from cultivation.standards.models import Snapshot
    from enterprises.jobs.models import JobRun
    from enterprises.jobs.runs import Progress


class RulesChangedError(Exception):
    """An edition or an overlay was loaded while the run was under way."""


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
    tally, total = Tally(), begun.snapshot.rows
    chosen, done = bases or bases_of(begun), 0
    for units in _gathered(snapshots.units(begun.snapshot)):
        tally.add(judge_units(begun, units, chosen))
        done += sum(units.values())
        if progress:
            progress.report(done, total, always=True)
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


def judge_units(run: JudgingRun, units: dict[str, int], bases: Sequence[Basis]) -> Tally:
    """Judge the enterprises of units by all bases and store them in one transaction (评价单位).

    `units` says how many enterprises each has.
    """
    scan = pl.concat(snapshots.scan(run.snapshot, unit) for unit in units)
    with transaction.atomic():
        storing.hold(run, list(units))
        return _judge_rows(run, scan, sum(units.values()), bases)


def close(run: JudgingRun, tally: Tally, bases: Sequence[Basis]) -> JudgingRun:
    """End a run whose units are all judged; again is safe (结束评价)."""
    with transaction.atomic():
        locked = JudgingRun.objects.select_for_update().get(pk=run.pk)
        if locked.finished_at:
            return locked
        here = Enterprise.objects.filter(pk=OuterRef("enterprise_id"))
        return _ended(locked, tally, bases, gone=Q(~Exists(here)))


def bases_of(run: JudgingRun) -> list[Basis]:
    """Return the editions and kinds a run judges by; RulesChangedError where they changed since."""
    by_day = editions.in_force(run.as_of) if run.mark is not None else None
    loaded = by_day or [
        (edition, policy, kind) for edition, policy in editions.all_policies() for kind in KINDS
    ]
    known = {
        (edition.code, editions.rules(edition).sha256, kind): (edition, policy, kind)
        for edition, policy, kind in loaded
    }
    wanted = [(code, sha256, kind) for code, sha256, kind in run.editions]
    changed = [basis for basis in wanted if basis not in known]
    if changed:
        code, _, kind = changed[0]
        raise RulesChangedError(f"{code} {kind} changed during run {run.pk}; begin a new one")
    return [known[basis] for basis in wanted]


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
    rows = snapshots.delta(run.snapshot)
    tally = _judge_rows(run, rows, rows.select(pl.len()).collect().item(), bases)
    tally.add(Tally(counts=_counts_of(before, bases)))
    tally.take_away(tally.kept)
    return _ended(run, tally, bases, gone=among(run.snapshot.gone))


def _judge_rows(run: JudgingRun, rows: pl.LazyFrame, number: int, bases: Sequence[Basis]) -> Tally:
    tally, known = Tally(), _known(run)
    pairs = {(edition.pk, kind) for edition, _, kind in bases}
    for ids, results in judged_by_all(rows, number, bases, as_of=run.as_of):
        tally.add(storing.store(ids, results, run=run, bases=pairs, known=known))
    return tally


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


def _known(run: JudgingRun) -> set[storing.Basis]:
    """Return the bases that an earlier run judged everybody by."""
    wanted = {(code, kind) for code, _, kind in run.editions}
    earlier = JudgingRun.objects.filter(pk__lt=run.pk, finished_at__isnull=False)
    found: set[tuple[str, str]] = set()
    for said in earlier.values_list("editions", flat=True).iterator(chunk_size=10):
        found |= {(code, kind) for code, _, kind in said} & wanted
        if found == wanted:
            break
    ids = dict(Edition.objects.values_list("code", "pk"))
    return {(ids[code], kind) for code, kind in found}


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
