"""Writing many rows at once: COPY on PostgreSQL, bulk statements elsewhere (批量写入)."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BATCH = 200
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def insert(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows given by attribute name; what is left out has the field's default (插入)."""
    if not rows:
        return
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    now = timezone.now()
    defaults = {
        f.attname: now
        if getattr(f, "auto_now_add", False) or getattr(f, "auto_now", False)
        else None
        for f in fields
    }
    for f in fields:
        if f.has_default() or (f.empty_strings_allowed and not f.null):
            defaults[f.attname] = f.get_default()
    names = [f.attname for f in fields]
    lines = ([row.get(name, defaults[name]) for name in names] for row in rows)
    columns = [str(f.column) for f in fields]
    if connection.vendor == "postgresql":
        _copy(model._meta.db_table, columns, lines)
    else:
        _execute(model._meta.db_table, columns, lines)


def update(
    model: type[models.Model], rows: Sequence[dict[str, Any]], fields: Sequence[str]
) -> None:
    """Update rows given with their "id", all of the same attribute names (更新)."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        made = [model(**row) for row in rows]
        names = [model._meta.get_field(f.removesuffix("_id")).name for f in fields]
        model._default_manager.bulk_update(made, names, batch_size=BATCH)
        return
    quote = connection.ops.quote_name
    columns = [_column(model, f) for f in fields]
    target, source = quote(model._meta.db_table), quote("import_update")
    listed = ", ".join(quote(c) for c in ("id", *columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE {source} ON COMMIT DROP AS "  # noqa: S608
            f"SELECT {listed} FROM {target} WITH NO DATA"
        )
        _copy(
            "import_update", ["id", *columns], ([row[n] for n in ("id", *fields)] for row in rows)
        )
        setting = ", ".join(f"{quote(c)} = {source}.{quote(c)}" for c in columns)
        cursor.execute(
            f"UPDATE {target} SET {setting} FROM {source} "  # noqa: S608
            f"WHERE {target}.id = {source}.id"
        )
        cursor.execute(f"DROP TABLE {source}")


def _column(model: type[models.Model], attribute: str) -> str:
    return next(str(f.column) for f in model._meta.concrete_fields if f.attname == attribute)


def _copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows in text form, in blocks."""
    quote = connection.ops.quote_name
    listed = ", ".join(quote(c) for c in columns)
    with connection.cursor() as cursor:
        statement = f"COPY {quote(table)} ({listed}) FROM STDIN"
        # The driver's own COPY is not wrapped by Django, so its errors are made Django's here.
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            block: list[str] = []
            for row in rows:
                block.append("\t".join([_text(value) for value in row]) + "\n")
                if len(block) >= 1000:
                    copy.write("".join(block))
                    block.clear()
            copy.write("".join(block))


def _execute(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """INSERT rows by one prepared statement; bulk_create spends ten times as long on fields."""
    quote = connection.ops.quote_name
    listed = ", ".join(quote(c) for c in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        lines = ([_adapted(value) for value in row] for row in rows)
        cursor.executemany(
            f"INSERT INTO {quote(table)} ({listed}) VALUES ({places})",  # noqa: S608
            lines,  # type: ignore[arg-type]
        )


def _adapted(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return str(value) if isinstance(value, dt.date) else value


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text or "\0" in text:
        return text.translate(_ESCAPES)
    return text
