"""Reading the rows of a queryset into a Polars frame, fast and in bounded memory (读表)."""

from __future__ import annotations

import io
import json
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import Q
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from django.db.models import QuerySet

BLOCK_ROWS = 50_000
BLOCK_BYTES = 16 * 1024 * 1024
FEW = 100  # ids that a query may name one by one
T = TypeVar("T")


def read(queryset: QuerySet[Any], columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return the named fields of a queryset as a frame: COPY on PostgreSQL, else an iterator."""
    rows = queryset.order_by().values_list(*columns)
    vendor = connections[queryset.db].vendor
    blocks = _copied(rows, columns) if vendor == "postgresql" else _fetched(rows, columns)
    return pl.concat([pl.DataFrame(schema=dict(columns)), *blocks], rechunk=True)


def read_few(queryset: QuerySet[Any], columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return the named fields of a few rows as a frame: a plain query is sooner done than COPY."""
    rows = queryset.order_by().values_list(*columns)
    return pl.DataFrame(list(rows), schema=dict(columns), orient="row")


def among(ids: Sequence[int], *, name: str = "enterprise_id", few: int = FEW) -> Q:
    """Choose by a column the rows named, as one parameter where they are more than a few."""
    if len(ids) <= few:
        return Q(**{f"{name}__in": list(ids)})
    text = json.dumps(list(ids))
    if connection.vendor == "postgresql":
        text = f"{{{text[1:-1]}}}"
        return Q(**{f"{name}__in": RawSQL("SELECT unnest(%s::bigint[])", [text])})
    return Q(**{f"{name}__in": RawSQL("SELECT value FROM json_each(%s)", [text])})


@contextmanager
def one_state() -> Iterator[Executor]:
    """Give an executor whose work sees one state of the database, however long it reads (一致读取).

    It works in order, on a connection of its own, and holds up no writer; this connection stays
    free to report. Inside a transaction the work is done at once and sees what that sees.
    """
    if connection.in_atomic_block:
        yield _AtOnce()
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="one state") as executor:
        try:
            executor.submit(_begin).result()
            yield executor
        finally:
            executor.submit(_end).result()


def _begin() -> None:
    if connection.vendor == "postgresql":
        connection.set_autocommit(False)
        start = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
    else:
        start = "BEGIN DEFERRED"  # Django's own would be IMMEDIATE, which locks writers out
    with connection.cursor() as cursor:
        cursor.execute(start)


def _end() -> None:
    connection.close()  # that of this thread; nothing was written on it


class _AtOnce(Executor):
    """An executor that works on the spot."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


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
