"""Triggers that mark an enterprise when a row changes that facts come from (触发器).

They see every way of writing: the ORM, bulk statements, COPY and SQL by hand. On PostgreSQL they
run once a statement over all its rows, on SQLite once a row. `install` runs after each migration:
SQLite drops the triggers of a table that a migration rebuilds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

from enterprises.registry.models import FIGURES, AnnualReport, Enterprise, Fact, Title, Touch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper
    from django.db.models import Model

Columns = tuple[str, ...]  # the enterprise's id first
PREFIX = "touch_of_"
TOUCH = Touch._meta.db_table
FIRM = Enterprise._meta.db_table
WATCHED: dict[type[Model], Columns] = {
    Enterprise: (
        "id", "region_path", "size_class", "niche_since", "product_domain_id",
        "strategic_field_id", "chain_link_id", "industry_id", "digital_level", "mainland_entity",
        "obeys_laws", "on_abnormal_list", "on_dishonest_list", "prohibited_product",
        "events_declared", "own_brand", "core_business_system", "champion_title",
        "controls_little_giant", "group_similar_product", "truth_declared",
    ),
    AnnualReport: ("enterprise_id", "year", *FIGURES),
    Title: ("enterprise_id", "tier", "granted_on", "valid_to", "ended_on"),
    **{
        fact: tuple(
            str(field.column)
            for field in sorted(fact._meta.concrete_fields, key=lambda f: f.name != "enterprise")
            if field.name not in {"id", "created_at"}
        )
        for fact in Fact.__subclasses__()
    },
}  # fmt: skip
"""The columns that facts come from; a change of others alone leaves no mark."""


def install(using: str = "default", *, plan: Sequence[Any] | None = None, **_: Any) -> None:
    """Make the triggers that are missing or say something else (安装触发器).

    Where one was missing, changes may have gone by unseen, so every enterprise is marked. Without a
    plan the database was emptied, row by row on SQLite; no mark of that may stay.
    """
    connection = connections[using]
    tables = {TOUCH, *(model._meta.db_table for model in WATCHED)}
    if not tables <= set(connection.introspection.table_names()):
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model, columns in WATCHED.items():
                cursor.execute(_function(model, columns))
        there = _there(connection, cursor)
        wanted = _wanted(connection)
        for name, sql in wanted.items():
            if there.get(name, "") in {sql, None}:
                continue
            if name in there:
                cursor.execute(_drop(connection, name))
            cursor.execute(sql)
        if plan is None:
            cursor.execute(f"DELETE FROM {TOUCH} WHERE NOT EXISTS (SELECT 1 FROM {FIRM})")  # noqa: S608
        if set(wanted) - set(there):
            cursor.execute(f"INSERT INTO {TOUCH} (enterprise_id) SELECT id FROM {FIRM}")  # noqa: S608


def remove(using: str = "default", *, plan: Sequence[Any] = (), **_: Any) -> None:
    """Drop the triggers before migrations change the tables that they speak of (卸下触发器)."""
    connection = connections[using]
    if any(migration.app_label == Touch._meta.app_label for migration, _backwards in plan):
        with connection.cursor() as cursor:
            for name in _there(connection, cursor):
                cursor.execute(_drop(connection, name))


def _there(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> dict[str, str | None]:
    """Return the triggers there are and what made them; None on PostgreSQL: the name says it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    if connection.vendor == "postgresql":
        query = (
            "SELECT tgname, NULL FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname LIKE %s AND relnamespace = current_schema()::regnamespace"
        )
    cursor.execute(query, [f"{PREFIX}%"])
    return dict(cursor.fetchall())


def _drop(connection: BaseDatabaseWrapper, name: str) -> str:
    table = name.removeprefix(PREFIX).rpartition("_")[0]
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    return f"DROP TRIGGER {name}{on}"


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    made = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    return {
        f"{PREFIX}{model._meta.db_table}_{event}": made(model, columns, event)
        for model, columns in WATCHED.items()
        for event in ("insert", "update", "delete")
    }


def _on_postgresql(model: type[Model], columns: Columns, event: str) -> str:  # noqa: ARG001
    table = model._meta.db_table
    rows = {"insert": "NEW TABLE AS fresh", "delete": "OLD TABLE AS former"}
    rows["update"] = "NEW TABLE AS fresh OLD TABLE AS former"
    return (
        f"CREATE TRIGGER {PREFIX}{table}_{event} AFTER {event.upper()} ON {table} "
        f"REFERENCING {rows[event]} FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}{table}()"
    )


def _function(model: type[Model], columns: Columns) -> str:
    """Return the function of a table; it marks the firm a row leaves and the one it comes to."""
    firm, names = columns[0], {end: _listed(columns, end) for end in ("former", "fresh")}
    mark = f"INSERT INTO {TOUCH} (enterprise_id) SELECT DISTINCT"
    return f"""
CREATE OR REPLACE FUNCTION {PREFIX}{model._meta.db_table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    {mark} {firm} FROM fresh;
  ELSIF TG_OP = 'DELETE' THEN
    {mark} {firm} FROM former;
  ELSE
    {mark} firm FROM former JOIN fresh USING (id)
    CROSS JOIN LATERAL (VALUES (former.{firm}), (fresh.{firm})) AS marked (firm)
    WHERE ROW({names["former"]}) IS DISTINCT FROM ROW({names["fresh"]});
  END IF;
  RETURN NULL;
END $$"""


def _on_sqlite(model: type[Model], columns: Columns, event: str) -> str:
    table, firm = model._meta.db_table, columns[0]
    mark = f"INSERT INTO {TOUCH} (enterprise_id) SELECT"
    when = ""
    marks = f"{mark} {'OLD' if event == 'delete' else 'NEW'}.{firm};"
    if event == "update":
        when = "WHEN " + " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in columns)
        marks += f" {mark} OLD.{firm} WHERE OLD.{firm} IS NOT NEW.{firm};"
    return (
        f"CREATE TRIGGER {PREFIX}{table}_{event} AFTER {event.upper()} ON {table} "
        f"{when} BEGIN {marks} END"
    )


def _listed(columns: Columns, of: str) -> str:
    return ", ".join(f'{of}."{name}"' for name in columns)
