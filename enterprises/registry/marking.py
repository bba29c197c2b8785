"""Triggers that leave a mark of an enterprise when one of its rows changes (标记触发器).

They see every way of writing: the ORM, bulk statements, COPY and SQL by hand. On PostgreSQL they
run once a statement over all its rows, on SQLite once a row. `install` runs after each migration:
SQLite drops the triggers of a table that a migration rebuilds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper
    from django.db.models import Model

Columns = tuple[str, ...]  # the enterprise's id first


@dataclass(frozen=True)
class Watch:
    """Tables and columns watched, and the table that takes the marks (监视范围)."""

    prefix: str  # of the names of the triggers
    marks: str  # a table with a column enterprise_id
    firms: str  # the table of enterprises
    watched: Mapping[type[Model], Columns]
    missed: str  # what to do where a trigger was missing: changes may have gone by unseen

    def install(
        self, using: str = "default", *, plan: Sequence[Any] | None = None, **_: Any
    ) -> None:
        """Make the triggers that are missing or say something else (安装触发器).

        Without a plan the database was emptied, row by row on SQLite; no mark of that may stay.
        """
        connection = connections[using]
        tables = {self.marks, *(model._meta.db_table for model in self.watched)}
        if not tables <= set(connection.introspection.table_names()):
            return
        with transaction.atomic(using=using), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for model, columns in self.watched.items():
                    cursor.execute(self._function(model, columns))
            there = self.there(connection, cursor)
            wanted = self.wanted(connection)
            for name, sql in wanted.items():
                if there.get(name, "") in {sql, None}:
                    continue
                if name in there:
                    cursor.execute(self._drop(connection, name))
                cursor.execute(sql)
            if plan is None:
                cursor.execute(
                    f"DELETE FROM {self.marks} WHERE NOT EXISTS (SELECT 1 FROM {self.firms})"  # noqa: S608
                )
            if set(wanted) - set(there):
                cursor.execute(self.missed)

    def remove(self, using: str = "default", *, plan: Sequence[Any] = (), **_: Any) -> None:
        """Drop the triggers before migrations change the tables that they speak of (卸下触发器)."""
        connection = connections[using]
        touched = {migration.app_label for migration, _backwards in plan}
        if touched & {model._meta.app_label for model in self.watched}:
            with connection.cursor() as cursor:
                for name in self.there(connection, cursor):
                    cursor.execute(self._drop(connection, name))

    def there(
        self, connection: BaseDatabaseWrapper, cursor: CursorWrapper
    ) -> dict[str, str | None]:
        """Return the triggers there are and what made them; None on PostgreSQL: the name tells."""
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
        if connection.vendor == "postgresql":
            query = (
                "SELECT tgname, NULL FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                "WHERE tgname LIKE %s AND relnamespace = current_schema()::regnamespace"
            )
        cursor.execute(query, [f"{self.prefix}%"])
        return dict(cursor.fetchall())

    def wanted(self, connection: BaseDatabaseWrapper) -> dict[str, str]:
        """Return the triggers there should be, and what makes them."""
        made = self._on_postgresql if connection.vendor == "postgresql" else self._on_sqlite
        return {
            f"{self.prefix}{model._meta.db_table}_{event}": made(model, columns, event)
            for model, columns in self.watched.items()
            for event in ("insert", "update", "delete")
        }

    def _drop(self, connection: BaseDatabaseWrapper, name: str) -> str:
        table = name.removeprefix(self.prefix).rpartition("_")[0]
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        return f"DROP TRIGGER {name}{on}"

    def _on_postgresql(self, model: type[Model], columns: Columns, event: str) -> str:  # noqa: ARG002
        table = model._meta.db_table
        rows = {"insert": "NEW TABLE AS fresh", "delete": "OLD TABLE AS former"}
        rows["update"] = "NEW TABLE AS fresh OLD TABLE AS former"
        return (
            f"CREATE TRIGGER {self.prefix}{table}_{event} AFTER {event.upper()} ON {table} "
            f"REFERENCING {rows[event]} FOR EACH STATEMENT EXECUTE FUNCTION {self.prefix}{table}()"
        )

    def _function(self, model: type[Model], columns: Columns) -> str:
        """Return the function of a table; it marks the firm a row leaves and the one it joins."""
        firm, names = columns[0], {end: _listed(columns, end) for end in ("former", "fresh")}
        mark = f"INSERT INTO {self.marks} (enterprise_id) SELECT DISTINCT"
        return f"""
CREATE OR REPLACE FUNCTION {self.prefix}{model._meta.db_table}() RETURNS trigger
LANGUAGE plpgsql AS $$
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

    def _on_sqlite(self, model: type[Model], columns: Columns, event: str) -> str:
        table, firm = model._meta.db_table, columns[0]
        mark = f"INSERT INTO {self.marks} (enterprise_id) SELECT"
        when = ""
        marks = f"{mark} {'OLD' if event == 'delete' else 'NEW'}.{firm};"
        if event == "update":
            when = "WHEN " + " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in columns)
            marks += f" {mark} OLD.{firm} WHERE OLD.{firm} IS NOT NEW.{firm};"
        return (
            f"CREATE TRIGGER {self.prefix}{table}_{event} AFTER {event.upper()} ON {table} "
            f"{when} BEGIN {marks} END"
        )


def _listed(columns: Columns, of: str) -> str:
    return ", ".join(f'{of}."{name}"' for name in columns)
