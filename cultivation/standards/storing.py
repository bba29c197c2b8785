"""Storing what a judgement gave, only where it changed (存储评价结果)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from django.db import connection, transaction

from cultivation.standards.models import Assessment, Edition
from cultivation.standards.tables import read

if TYPE_CHECKING:
    from cultivation.standards.models import JudgingRun

RESULT: dict[str, type[pl.DataType]] = {
    "enterprise_id": pl.Int64,
    "verdict": pl.Int64,
    "verdicts": pl.String,
    "unmet": pl.Int64,
    "unknown": pl.Int64,
    "score_low": pl.Int64,
    "score_high": pl.Int64,
}
TABLE = Assessment._meta.db_table
COLUMNS = (*RESULT, "edition_id", "kind", "run_id")
KEY = "enterprise_id, edition_id, kind"
STAGING = "assessment_staging"
SQLITE_ROWS = 50_000


def store(
    results: pl.DataFrame, edition: Edition, kind: str, *, run: JudgingRun, whole: bool = True
) -> int:
    """Write the rows that differ from those kept and return how many, in one transaction.

    `results` are as evaluation.summarise gives them. With `whole`, they cover the registry, and
    rows of enterprises that are gone are deleted. Killed at any point it leaves the rows as they
    were, and doing it again completes it.
    """
    results = results.select(pl.col(name).cast(kind_) for name, kind_ in RESULT.items())
    with transaction.atomic():
        # One writer at a time for an edition; on SQLite the transaction itself is that.
        Edition.objects.select_for_update().get(pk=edition.pk)
        mine = Assessment.objects.filter(edition=edition, kind=kind)
        kept = read(mine, RESULT)
        changed = results
        if kept.height:
            changed = _changed(results, kept)
        if whole and kept.height:
            gone = kept.join(results, on="enterprise_id", how="anti")["enterprise_id"]
            if gone.len():
                mine.filter(enterprise_id__in=gone.to_list()).delete()
        if changed.height:
            rows = changed.with_columns(
                edition_id=pl.lit(edition.pk), kind=pl.lit(kind), run_id=pl.lit(run.pk)
            )
            _write(rows, fresh=not kept.height)
    return changed.height


def _changed(results: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    values = [name for name in RESULT if name != "enterprise_id"]
    joined = results.join(
        kept.with_columns(was_kept=pl.lit(value=True)),
        on="enterprise_id",
        how="left",
        suffix="_kept",
    )
    differs = pl.any_horizontal(
        [pl.col(name).ne_missing(pl.col(f"{name}_kept")) for name in values]
    )
    return joined.filter(pl.col("was_kept").is_null() | differs).select(list(RESULT))


def _write(rows: pl.DataFrame, *, fresh: bool) -> None:
    if connection.vendor != "postgresql":
        _upsert(rows)
    elif fresh:
        _copy(rows, TABLE)
    else:
        _merge(rows)


def _copy(rows: pl.DataFrame, table: str) -> None:
    names = ", ".join(COLUMNS)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for part in rows.iter_slices(100_000):
            copy.write(part.select(COLUMNS).write_csv(include_header=False))


def _merge(rows: pl.DataFrame) -> None:
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {STAGING} ON COMMIT DROP AS "  # noqa: S608
            f"SELECT {names} FROM {TABLE} WITH NO DATA"
        )
        _copy(rows, STAGING)
        cursor.execute(
            f"INSERT INTO {TABLE} ({names}) SELECT {names} FROM {STAGING} "  # noqa: S608
            f"ON CONFLICT ({KEY}) DO UPDATE SET {_assignments()}"
        )
        cursor.execute(f"DROP TABLE {STAGING}")


def _upsert(rows: pl.DataFrame) -> None:
    names = ", ".join(COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    sql = (
        f"INSERT INTO {TABLE} ({names}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT ({KEY}) DO UPDATE SET {_assignments()}"
    )
    with connection.cursor() as cursor:
        for part in rows.select(COLUMNS).iter_slices(SQLITE_ROWS):
            cursor.executemany(sql, part.rows())


def _assignments() -> str:
    keys = {"enterprise_id", "edition_id", "kind"}
    return ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in keys)
