"""Storing what a judgement gave, only where it changed, and what turned with it (存储评价结果)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import connection
from django.db.models import Q

from cultivation.standards.models import Assessment, JudgingRun, Verdict, VerdictChange
from cultivation.standards.results import RESULT
from cultivation.standards.tables import among, read
from cultivation.standards.writing import insert, merge

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

KEY: dict[str, type[pl.DataType]] = {
    "enterprise_id": pl.Int64,
    "edition_id": pl.Int64,
    "kind": pl.String,
}
Basis = tuple[int, str]  # id of the edition, kind
Counts = dict[Basis, list[int]]  # a number for each digit of Verdict
LOCK = 20_220_601  # ours among the advisory locks of the database
ENOUGH = Verdict.MANUAL.value


class SupersededError(Exception):
    """The run has ended, or another has begun since: what it judged may no longer be stored."""


@dataclass(slots=True)
class Tally:
    """What was judged and stored; verdicts by basis, one number a digit of Verdict (计数)."""

    judged: int = 0
    stored: int = 0
    counts: Counts = field(default_factory=dict)
    kept: Counts = field(default_factory=dict)  # what stood there before

    def add(self, other: Tally) -> None:
        """Add what another piece gave."""
        self.judged += other.judged
        self.stored += other.stored
        _sum_into(self.counts, other.counts, 1)
        _sum_into(self.kept, other.kept, 1)

    def take_away(self, counts: Counts) -> None:
        """Count verdicts no longer."""
        _sum_into(self.counts, counts, -1)

    def as_json(self) -> dict[str, Any]:
        """Return what the result of a part holds."""
        counts = [[*basis, numbers] for basis, numbers in sorted(self.counts.items())]
        return {"judged": self.judged, "stored": self.stored, "counts": counts}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Tally:
        """Return what the result of a part held."""
        counts = {(edition, kind): numbers for edition, kind, numbers in said["counts"]}
        return cls(judged=said["judged"], stored=said["stored"], counts=counts)


def _sum_into(into: Counts, counts: Counts, sign: int) -> None:
    for basis, numbers in counts.items():
        before = into.get(basis, [0] * len(Verdict))
        into[basis] = [a + sign * b for a, b in zip(before, numbers, strict=True)]


def hold(run: JudgingRun, units: Sequence[str] | None = None) -> None:
    """Be the only writer of some units, or of all, until the transaction ends (写锁).

    SupersededError where a worker that was thought dead comes back too late. On SQLite a
    transaction is the only writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            shared = "" if units is None else "_shared"
            cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s, 0)", [LOCK])
            for number in sorted(zlib.crc32(unit.encode()) % 2**31 or 1 for unit in units or ()):
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, number])
    ended = JudgingRun.objects.filter(pk=run.pk, finished_at__isnull=False)
    later = Q(pk__gt=run.pk)
    if run.mark is not None:  # of two at once, who took up more has read later
        later |= Q(mark__gt=run.mark)
    if ended.exists() or JudgingRun.objects.filter(later).exists():
        raise SupersededError(f"run {run.pk} has ended or was overtaken; nothing more is stored")


def store(
    ids: pl.Series,
    results: pl.DataFrame,
    *,
    run: JudgingRun,
    bases: Collection[Basis],
    known: Collection[Basis],
) -> Tally:
    """Write the rows that differ from those kept, and the verdicts that turned, and count.

    `results` are all that the `bases` say of the enterprises named. The caller holds the
    transaction; killed at any point it leaves the rows as they were, and doing it again completes
    it. Only for bases `known` from an earlier run is an enterprise without a kept row a new one.
    """
    kept = _kept(ids, bases)
    joined = results.join(kept, on=list(KEY), how="left", suffix="_kept").with_columns(
        is_new=pl.col("run_id").is_null(),
        differs=pl.any_horizontal(pl.col(f).ne_missing(pl.col(f"{f}_kept")) for f in RESULT),
    )
    changed = joined.filter(pl.col("is_new") | pl.col("differs"))
    rows = changed.select(*KEY, *RESULT, "is_new", run_id=pl.lit(run.pk))
    insert(rows.filter("is_new").drop("is_new"), Assessment)
    merge(rows.filter(~pl.col("is_new")).drop("is_new"), Assessment, key=list(KEY))
    insert(_turned(changed, run, known), VerdictChange)
    _drop_out_of_place(kept, results)
    again = joined.filter(~pl.col("differs") & (pl.col("run_id") == run.pk)).height
    return Tally(
        judged=results.height,
        stored=changed.height + again,  # an earlier try of this run may have stored some
        counts=verdicts(results),
        kept=verdicts(kept),
    )


def verdicts(rows: pl.DataFrame) -> Counts:
    """Count rows by basis and verdict digit."""
    found: Counts = {}
    groups = rows.group_by("edition_id", "kind", "verdict").len()
    for edition, kind, verdict, number in groups.rows():
        found.setdefault((edition, kind), [0] * len(Verdict))[verdict] = number
    return found


def _kept(ids: pl.Series, bases: Collection[Basis]) -> pl.DataFrame:
    """Return the rows there are. They are asked for by enterprise alone: were editions named, too,
    a database that knows little of the table yet would read all rows of an edition to find a few.
    """
    rows: QuerySet[Any, Any] = Assessment.objects.all()
    if connection.vendor == "postgresql":
        _look_up_by_key()
        rows = rows.extra(where=["enterprise_id = ANY(%s)"], params=[ids.to_list()])
    else:
        rows = rows.filter(among(ids.to_list()))
    kept = read(rows, {**KEY, **RESULT, "run_id": pl.Int64})
    return kept.filter(_is_of(bases))


def _look_up_by_key() -> None:
    """Have kept rows looked up by their key until the transaction ends.

    By the statistics of a table that is just being filled, all of it would be read for each unit.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def _is_of(bases: Collection[Basis]) -> pl.Expr:
    basis = pl.concat_str("edition_id", pl.lit(" "), "kind")
    return basis.is_in([f"{edition} {kind}" for edition, kind in bases])


def _drop_out_of_place(kept: pl.DataFrame, results: pl.DataFrame) -> None:
    """Delete rows by an edition that no longer applies where the enterprise now is (迁出)."""
    left = kept.join(results, on=list(KEY), how="anti") if kept.height else kept
    for (edition, kind), rows in left.group_by("edition_id", "kind"):
        moved = among(rows["enterprise_id"].to_list())
        Assessment.objects.filter(moved, edition_id=edition, kind=kind).delete()


def _turned(changed: pl.DataFrame, run: JudgingRun, known: Collection[Basis]) -> pl.DataFrame:
    """Return the rows of VerdictChange: verdicts that are others, and those of new enterprises."""
    before, after = pl.col("verdict_kept"), pl.col("verdict")
    was = before.fill_null(-1) >= ENOUGH
    now = after >= ENOUGH
    turned = changed.filter((before != after) | (before.is_null() & _is_of(known)))
    return turned.select(
        *KEY,
        run_id=pl.lit(run.pk),
        before=before,
        after=after,
        turn=now.cast(pl.Int64) - was.cast(pl.Int64),
        verdicts_before=pl.col("verdicts_kept").fill_null(""),
        verdicts_after=pl.col("verdicts"),
    )


def take_over(run: JudgingRun, bases: Collection[Basis]) -> None:
    """Join to a run's changes those of runs before it that stored a part and broke off (接续变动).

    Their rows stand, but what never ended is shown nowhere; the run changes what the last that
    ended had left.
    """
    broken = JudgingRun.objects.filter(pk__lt=run.pk, finished_at__isnull=True)
    if not VerdictChange.objects.filter(run__in=broken).exists():
        return
    found = VerdictChange.objects.filter(Q(run__in=broken) | Q(run=run))
    columns: dict[str, type[pl.DataType]] = {
        **KEY,
        **dict.fromkeys(("run_id", "before", "after"), pl.Int64),
        **dict.fromkeys(("verdicts_before", "verdicts_after"), pl.String),
    }
    rows = read(found, columns).filter(_is_of(bases)).sort("run_id")
    joined = rows.group_by(*KEY).agg(
        pl.first("before").alias("verdict_kept"),
        pl.last("after").alias("verdict"),
        pl.first("verdicts_before").alias("verdicts_kept"),
        pl.last("verdicts_after").alias("verdicts"),
    )
    for edition, kind in bases:
        found.filter(edition_id=edition, kind=kind).delete()
    insert(_turned(joined, run, bases), VerdictChange)


def forget(gone: pl.DataFrame) -> None:
    """Delete the rows of enterprises that are no longer in the registry (清除已注销)."""
    chosen = among(gone["enterprise_id"].unique().to_list())
    Assessment.objects.filter(chosen).delete()
    VerdictChange.objects.filter(chosen).delete()


def rows_of(chosen: Any) -> pl.DataFrame:
    """Return the kept rows that a condition chooses: their keys and verdicts."""
    return read(Assessment.objects.filter(chosen), {**KEY, "verdict": pl.Int64})
