"""Reading the rows of a queryset into a Polars frame, fast and in bounded memory (读表)."""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import QuerySet

BLOCK_ROWS = 50_000
BLOCK_BYTES = 16 * 1024 * 1024


def read(queryset: QuerySet[Any], columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return the named fields of a queryset as a frame: COPY on PostgreSQL, else an iterator."""
    rows = queryset.order_by().values_list(*columns)
    vendor = connections[queryset.db].vendor
    blocks = _copied(rows, columns) if vendor == "postgresql" else _fetched(rows, columns)
    return pl.concat([pl.DataFrame(schema=dict(columns)), *blocks], rechunk=True)


def _fetched(
    rows: QuerySet[Any, Any], columns: Mapping[str, type[pl.DataType]]
) -> Iterator[pl.DataFrame]:
    cursor = iter(rows.iterator(chunk_size=BLOCK_ROWS))
    while block := list(islice(cursor, BLOCK_ROWS)):
        yield pl.DataFrame(block, schema=dict(columns), orient="row")


def _copied(
    rows: QuerySet[Any, Any], columns: Mapping[str, type[pl.DataType]]
) -> Iterator[pl.DataFrame]:
    try:
        sql, params = rows.query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return
    # Booleans come as t and f, which the CSV reader does not know.
    as_text = {k: pl.String if v is pl.Boolean else v for k, v in columns.items()}
    truths = [(pl.col(k) == "t").alias(k) for k, v in columns.items() if v is pl.Boolean]

    def parsed(buffer: io.BytesIO) -> pl.DataFrame:
        buffer.seek(0)
        return pl.read_csv(buffer, has_header=False, schema=as_text).with_columns(truths)

    buffer = io.BytesIO()
    with (
        connections[rows.db].cursor() as cursor,
        cursor.copy(f"COPY ({cursor.mogrify(sql, params)}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for row in copy:
            buffer.write(row)
            if buffer.tell() >= BLOCK_BYTES:
                yield parsed(buffer)
                buffer = io.BytesIO()
    if buffer.tell():
        yield parsed(buffer)
