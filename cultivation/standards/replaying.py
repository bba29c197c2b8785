"""Judging again what was kept and stored, by the same rules, and saying what drifted (重演).

Kept judgements bear their facts; stored results have theirs in the snapshot of their run. A sample
is every so-many-th row; seeds that follow one another bring up all rows in turn.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

from cultivation.standards.keeping import replayed_all
from cultivation.standards.models import Assessment, Judgement, Replay
from cultivation.standards.rejudging import again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.models import QuerySet

    from cultivation.standards.drift import Difference
    from cultivation.standards.models import JudgingRun
    from enterprises.accounts.scope import Scope
    from enterprises.jobs.runs import Progress

MOST = 500  # differences written out; all are counted
BATCH = 500  # judgements held in memory at a time


def may_see(scope: Scope) -> bool:
    """Tell whether somebody reads replays: the nation's offices and auditors (可看重演)."""
    return scope.level == "nation" or scope.is_auditor


def replay(
    *,
    sample: int | None = None,
    seed: int = 0,
    run: JudgingRun | None = None,
    progress: Progress | None = None,
    told: Callable[[Difference], object] | None = None,
) -> Replay:
    """Judge kept judgements and stored results again and note what differs (重演).

    All of them, or about `sample` of each; or the results that one run stored. `told` hears of
    each difference as it is found.
    """
    kept = Judgement.objects.none() if run else Judgement.objects.all()
    stored = Assessment.objects.filter(run=run) if run else Assessment.objects.all()
    noted = Replay.objects.create(job=progress.run if progress else None)
    differences: Iterable[Difference] = chain(
        judgements(chosen(kept, sample=sample, seed=seed), noted, progress=progress),
        again(chosen(stored, sample=sample, seed=seed), noted, progress=progress),
    )
    for difference in differences:
        noted.drifted += 1
        if len(noted.drift) < MOST:
            noted.drift.append(difference.as_json())
        if told:
            told(difference)
    noted.finished_at = timezone.now()
    noted.save()
    return noted


def judgements(
    rows: QuerySet[Judgement], noted: Replay, *, progress: Progress | None = None
) -> Iterator[Difference]:
    """Yield what differs of kept judgements, those of the same rules and day judged together."""
    order = ("rules_hash", "kind", "as_of", "pk")
    pks = list(rows.order_by(*order).values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        batch = Judgement.objects.filter(pk__in=pks[start : start + BATCH]).order_by(*order)
        found = replayed_all(list(batch))
        noted.judgements += len(found)
        if progress:
            progress.report(noted.judgements, len(pks))
        yield from (difference for difference in found if difference)


def chosen(rows: QuerySet[Any], *, sample: int | None, seed: int) -> QuerySet[Any]:
    """Return all rows, or every so-many-th so that about `sample` are left (抽样).

    Which ones the seed says: as many seeds in a row as there are shares bring up every row once.
    """
    if sample is None:
        return rows
    shares = -(-rows.order_by().count() // sample)
    if shares <= 1:
        return rows
    share: QuerySet[Any] = rows.alias(share=F("pk") % shares).filter(share=seed % shares)
    return share
