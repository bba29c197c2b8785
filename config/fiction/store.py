"""Writing whole frames of rows into a table (批量入库)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import connection, models, transaction
from django.utils import timezone

if TYPE_CHECKING:
    import datetime as dt


def write(model: type[models.Model], rows: pl.DataFrame, *, now: dt.datetime | None = None) -> int:
    """Add rows, named by column, to the table of a model and return how many.

    Columns left out take the default of the field. PostgreSQL gets one COPY, any other database an
    INSERT prepared once.
    """
    if rows.is_empty():
        return 0
    frame = _complete(model, rows, now or timezone.now())
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in frame.columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(
                f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, NULL '\\N')"
            ) as copy:
                copy.write(frame.write_csv(include_header=False, null_value="\\N"))
        else:
            marks = ", ".join(["%s"] * frame.width)
            cursor.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
                _plain(frame).rows(),
            )
    return frame.height


def follow(*tables: type[models.Model]) -> None:
    """Set the id counters of tables behind their last row."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(statement)


def _complete(model: type[models.Model], rows: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Return the rows with every column that the table wants, as the table names them."""
    named, added = [], []
    for field in model._meta.concrete_fields:
        if field.name in rows.columns or field.column in rows.columns:
            source = field.column if field.column in rows.columns else field.name
            named.append(pl.col(source).alias(str(field.column)))
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            added.append(pl.lit(now).alias(str(field.column)))
        elif not field.primary_key and (value := _default(field)) is not None:
            added.append(pl.lit(value).alias(str(field.column)))
    unknown = set(rows.columns) - {
        name for field in model._meta.concrete_fields for name in (field.name, field.column)
    }
    if unknown:
        raise ValueError(f"{model.__name__} has no columns {sorted(unknown)}")
    return rows.select(*named, *added)


def _default(field: models.Field[Any, Any]) -> Any:
    value = field.get_default()
    if isinstance(field, models.JSONField) and value is not None:
        return json.dumps(value)
    return str(value) if isinstance(value, models.Choices) else value


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose dates and moments are the texts that SQLite keeps."""
    return frame.with_columns(
        pl.col(pl.Date).dt.to_string("%Y-%m-%d"),
        pl.col(pl.Datetime).dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%d %H:%M:%S%.6f"),
    )
