"""Writing the rows of a frame into a table, many at once (批量写入)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from cultivation.standards.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from django.db.models import Model

BLOCK = 25_000  # rows handed to COPY at a time
SQLITE_ROWS = 50_000
STAGING = "staging_of_"


def insert(rows: pl.DataFrame, model: type[Model]) -> None:
    """Add rows that are not there yet; the frame's columns are the table's (新增)."""
    if not rows.height:
        return
    if connection.vendor == "postgresql":
        _copy(rows, model._meta.db_table)
    else:
        _execute_many(rows, _insertion(rows, model))


def merge(
    rows: pl.DataFrame, model: type[Model], *, key: Sequence[str], summed: Sequence[str] = ()
) -> None:
    """Add rows, or where one of the same key is there already, overwrite it (合并).

    Numbers that are `summed` are added to those there.
    """
    if not rows.height:
        return
    table, names = model._meta.db_table, _names(rows.columns)
    values = ", ".join(
        f"{_name(n)} = {f'{table}.{_name(n)} + ' if n in summed else ''}excluded.{_name(n)}"
        for n in rows.columns
        if n not in key
    )
    conflict = f"ON CONFLICT ({_names(key)}) DO UPDATE SET {values}"
    if connection.vendor != "postgresql":
        _execute_many(rows, f"{_insertion(rows, model)} {conflict}")
        return
    staging = f"{STAGING}{table}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS "  # noqa: S608
            f"SELECT {names} FROM {table} WITH NO DATA"
        )
        _copy(rows, staging)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staging} {conflict}")  # noqa: S608
        cursor.execute(f"DROP TABLE {staging}")


def _copy(rows: pl.DataFrame, table: str) -> None:
    names = _names(rows.columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for text in ahead(_csv, rows.iter_slices(BLOCK)):
            copy.write(text)


def _name(column: str) -> str:
    return connection.ops.quote_name(column)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(_name, columns))


def _csv(rows: pl.DataFrame) -> str:
    return rows.write_csv(include_header=False)


def _insertion(rows: pl.DataFrame, model: type[Model]) -> str:
    marks = ", ".join(["%s"] * rows.width)
    return f"INSERT INTO {model._meta.db_table} ({_names(rows.columns)}) VALUES ({marks})"  # noqa: S608


def _execute_many(rows: pl.DataFrame, sql: str) -> None:
    with connection.cursor() as cursor:
        for part in rows.iter_slices(SQLITE_ROWS):
            cursor.executemany(sql, part.rows())
