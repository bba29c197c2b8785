"""Judging stored results again from the snapshot and by the rules of their run (重评)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards import manifests, shelf, snapshots
from cultivation.standards.drift import RESULT, RULES, SNAPSHOT, Cause, Change, Difference
from cultivation.standards.evaluation import columns
from cultivation.standards.keeping import rules_as_kept
from cultivation.standards.models import Edition, JudgingRun, Verdict
from cultivation.standards.results import blocks, judge_frame
from cultivation.standards.tables import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from cultivation.standards.keeping import Parts
    from cultivation.standards.models import Assessment, Replay, Snapshot
    from cultivation.standards.policy import Policy
    from enterprises.jobs.runs import Progress

VALUES: dict[str, type[pl.DataType]] = {
    "verdict": pl.Int64,
    "verdicts": pl.String,
    "unmet": pl.Int64,
    "unknown": pl.Int64,
    "score_low": pl.Int64,
    "score_high": pl.Int64,
}
COLUMNS: dict[str, type[pl.DataType]] = {
    "pk": pl.Int64,
    "enterprise_id": pl.Int64,
    "run_id": pl.Int64,
    **VALUES,
}
BROKEN = (pl.exceptions.PolarsError, OSError)  # a file that is no longer what it was


def again(
    rows: QuerySet[Assessment], noted: Replay, *, progress: Progress | None = None
) -> Iterator[Difference]:
    """Yield what differs of stored results, and of the snapshots and rules they rest on."""
    checked: dict[int, Cause | None] = {}
    total = rows.order_by().count() if progress else 0
    kinds = rows.order_by().values_list("edition_id", "kind").distinct()
    for edition_id, kind in sorted(kinds):
        stored = read(rows.filter(edition_id=edition_id, kind=kind), COLUMNS)
        for (run_id,), part in stored.group_by("run_id", maintain_order=True):
            run = JudgingRun.objects.select_related("snapshot__before").get(pk=run_id)
            if run.snapshot_id not in checked:
                checked[run.snapshot_id] = _fault(run.snapshot)
                if cause := checked[run.snapshot_id]:
                    yield _of_snapshot(run.snapshot, cause)
            fault = checked[run.snapshot_id]
            if fault != Cause.NO_SNAPSHOT:
                edition = Edition.objects.get(pk=edition_id)
                yield from _of_basis(run, edition, kind, part, fault=fault)
                noted.results += part.height
            if progress:
                progress.report(noted.results, total)


def _fault(snapshot: Snapshot) -> Cause | None:
    """Say what is wrong with a snapshot: a file gone, or altered; or nothing."""
    if not all(shelf.path_of(name).exists() for name in manifests.names(snapshot)):
        return Cause.NO_SNAPSHOT
    return None if snapshots.intact(snapshot) else Cause.SNAPSHOT


def _of_snapshot(snapshot: Snapshot, cause: Cause) -> Difference:
    return Difference(SNAPSHOT, snapshot.pk, (cause,), detail=snapshot.sha256[:12])


def _of_basis(
    run: JudgingRun, edition: Edition, kind: str, stored: pl.DataFrame, *, fault: Cause | None
) -> Iterator[Difference]:
    """Yield what differs of one run's results by one edition and kind."""
    policy, broken, detail = rules_as_kept(_parts(run, edition, kind))
    if broken:
        yield Difference(RULES, edition.pk, broken, edition=edition.code, detail=detail)
    if policy is None:
        return
    causes = (*((fault,) if fault else ()), *broken) or (Cause.STORED,)
    try:
        judged = _judged(run, policy, kind, stored["enterprise_id"])
    except BROKEN:
        return  # the snapshot is named already
    joined = stored.join(judged, on="enterprise_id", how="left", suffix="_now")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in VALUES)
    for row in joined.filter(differs).iter_rows(named=True):
        yield Difference(
            subject=RESULT,
            pk=row["pk"],
            causes=causes,
            enterprise=row["enterprise_id"],
            edition=edition.code,
            kind=kind,
            changes=_changes(policy, row),
        )


def _judged(run: JudgingRun, policy: Policy, kind: str, ids: pl.Series) -> pl.DataFrame:
    """Return what the rules say of the named enterprises as the run's snapshot has them."""
    needed = sorted(columns(policy.root))
    scan = snapshots.scan(run.snapshot).select(needed).filter(manifests.among(ids))
    made = [
        judge_frame(block.collect(), policy, kind=kind, as_of=run.as_of)
        for block in blocks(scan, ids.len())
    ]
    types: dict[str, type[pl.DataType]] = {"enterprise_id": pl.Int64, **VALUES}
    return pl.concat(made).select(pl.col(name).cast(type_) for name, type_ in types.items())


def _parts(run: JudgingRun, edition: Edition, kind: str) -> Parts:
    """Return the rules by which a run judged by an edition; an older run names its hash alone."""
    hashes = {(code, of): sha256 for code, sha256, of in run.editions}
    sha256 = hashes.get((edition.code, kind), "")
    parts = run.rules.get(sha256) or [[edition.code, sha256]]
    return tuple((code, part) for code, part in parts)


def _changes(policy: Policy, row: dict[str, Any]) -> tuple[Change, ...]:
    """Return the criteria that come out otherwise, and the score and counts beside them."""
    now = row["verdicts_now"]
    if now is None:  # the snapshot does not have the enterprise
        return (Change(policy.root.code, "verdict", row["verdict"], None),)
    whole, then = policy.root.code, row["verdicts"]
    if len(then) != len(now):
        found = [Change(whole, "verdicts", then, now)]
    else:
        found = [
            Change(code, "verdict", _digit(before), _digit(after))
            for code, before, after in zip(policy.order, then, now, strict=True)
            if before != after
        ]
    if row["verdict"] != row["verdict_now"] and all(one.criterion != whole for one in found):
        found.append(Change(whole, "verdict", row["verdict"], row["verdict_now"]))
    scores = [[row[f"{end}{when}"] for end in ("score_low", "score_high")] for when in ("", "_now")]
    if scores[0] != scores[1]:
        found.append(Change(whole, "points", *scores))
    found += [
        Change(whole, name, row[name], row[f"{name}_now"])
        for name in ("unmet", "unknown")
        if row[name] != row[f"{name}_now"]
    ]
    return tuple(found)


def _digit(text: str) -> Any:
    return Verdict(int(text)).value if text.isdigit() and int(text) in Verdict.values else text
