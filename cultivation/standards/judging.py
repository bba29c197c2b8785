"""Judging the whole registry by every edition in force (全库评价)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl
from django.utils import timezone

from cultivation.standards import snapshots
from cultivation.standards.editions import in_force
from cultivation.standards.evaluation import columns, judge, summarise
from cultivation.standards.models import Edition, JudgingRun, Snapshot
from cultivation.standards.policy import Case, Policy
from cultivation.standards.storing import store

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from enterprises.jobs.models import JobRun
    from enterprises.jobs.runs import Progress

Basis = tuple[Edition, Policy, str]
BLOCK = 100_000  # rows judged at a time


def judge_registry(
    as_of: dt.date,
    *,
    progress: Progress | None = None,
    bases: Sequence[Basis] | None = None,
    snapshot: Snapshot | None = None,
) -> JudgingRun:
    """Judge all enterprises as of a day and store what changed (全库评价).

    `bases` are the editions and kinds to judge by; those in force on the day unless given. Every
    edition is stored in a transaction of its own: killed between two, a second run completes.
    """
    chosen = in_force(as_of) if bases is None else bases
    taken = snapshot or snapshots.take(as_of)
    run = JudgingRun.objects.create(
        job=_job(progress),
        snapshot=taken,
        as_of=as_of,
        editions=[[edition.code, edition.sha256, kind] for edition, _, kind in chosen],
    )
    for done, ((edition, _, kind), results) in enumerate(_ahead(taken, chosen, as_of)):
        if progress:
            progress.report(done * taken.rows, len(chosen) * taken.rows, always=True)
        run.stored += store(results, edition, kind, run=run)
        run.judged += results.height
        if progress:
            progress.log(f"{edition.code} {kind}: {results.height} judged, {run.stored} stored")
    run.finished_at = timezone.now()
    run.save()
    if progress:
        progress.report(run.judged, run.judged, always=True)
        progress.result.update(run=run.pk, judged=run.judged, stored=run.stored)
    return run


def _ahead(
    snapshot: Snapshot, bases: Sequence[Basis], as_of: dt.date
) -> Iterator[tuple[Basis, pl.DataFrame]]:
    """Yield each basis with its results, judging the next while the last is being stored."""
    with ThreadPoolExecutor(max_workers=1) as worker:

        def begin(basis: Basis) -> Future[pl.DataFrame]:
            return worker.submit(judged, snapshot, basis[1], kind=basis[2], as_of=as_of)

        begun = [begin(basis) for basis in bases[:1]]
        for number, basis in enumerate(bases, start=1):
            results = begun.pop().result()
            begun += [begin(following) for following in bases[number : number + 1]]
            yield basis, results


def judged(snapshot: Snapshot, policy: Policy, *, kind: str, as_of: dt.date) -> pl.DataFrame:
    """Return the result rows of one edition and kind over a snapshot."""
    needed = sorted(columns(policy.root))
    rows = snapshots.scan(snapshot).select(needed)
    starts = range(0, max(snapshot.rows, 1), BLOCK)
    return pl.concat(
        judge_frame(rows.slice(start, BLOCK).collect(), policy, kind=kind, as_of=as_of)
        for start in starts
    )


def judge_frame(frame: pl.DataFrame, policy: Policy, *, kind: str, as_of: dt.date) -> pl.DataFrame:
    """Judge a facts frame: recommending units for which something differs apart (分地区评价)."""
    unit = pl.col("region_path").str.slice(0, 2)
    apart = sorted(policy.units)
    groups = [(path, frame.filter(unit == path)) for path in apart]
    groups.append(("", frame.filter(~unit.is_in(apart)) if apart else frame))
    made = []
    for path, rows in groups:
        if path and not rows.height:
            continue
        standard = policy.standard(Case(kind, as_of, path))
        made.append(summarise(judge(rows, standard), policy, standard))
    return pl.concat(made)


def _job(progress: Progress | None) -> JobRun | None:
    return progress.run if progress else None
