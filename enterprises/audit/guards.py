"""Triggers that refuse any change of the audit log but an addition (只增不改).

Other rooms have rows frozen once they are signed (`freeze`). Triggers stop mistakes and careless
hands; whoever owns the database can drop them, and is found by the chain. `flush`, which empties a
database on purpose, lifts them and puts them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

from enterprises.audit.models import Anchor, AuditRecord, Seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import CursorWrapper

PREFIX = "append_only_"
TABLES = tuple(model._meta.db_table for model in (AuditRecord, Seal, Anchor))
REFUSAL = "the audit log is only ever added to"
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {PREFIX}refusal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END $$"""

FROZEN: dict[str, str] = {}  # table: what of the old row says that it is frozen
FROZEN_REFUSAL = "what is signed is not changed: a correction is a new version"
FROZEN_FUNCTION = FUNCTION.replace("refusal()", "frozen()").replace(REFUSAL, FROZEN_REFUSAL)


def freeze(table: str, condition: str) -> None:
    """Let rows of a table be neither changed nor deleted once a condition holds (签字后冻结).

    `condition` speaks of the row as it was: "OLD.signed_at IS NOT NULL". Said while rooms load.
    """
    FROZEN[table] = condition


def install(using: str = "default", **_: Any) -> None:
    """Make the triggers that are missing (安装触发器)."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if not set(TABLES) <= tables:
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        there = _there(connection.vendor, cursor)
        wanted = _wanted(connection.vendor) | _wanted_frozen(connection.vendor, tables)
        if wanted.keys() - there and connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
            cursor.execute(FROZEN_FUNCTION)
        for name, sql in wanted.items():
            if name not in there:
                cursor.execute(sql)


def remove(using: str = "default", *, plan: Sequence[Any] | None = None, **_: Any) -> None:
    """Drop the triggers: before migrations of these tables' rooms, or wherever no plan is given."""
    ours = {AuditRecord._meta.app_label, *(table.partition("_")[0] for table in FROZEN)}
    if plan is not None and not any(step.app_label in ours for step, _backwards in plan):
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in _there(connection.vendor, cursor):
            table = name.removeprefix(PREFIX).rpartition("_")[0]
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")


def _there(vendor: str, cursor: CursorWrapper) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    if vendor == "postgresql":
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname LIKE %s AND relnamespace = current_schema()::regnamespace"
        )
    cursor.execute(query, [f"{PREFIX}%"])
    return {name for (name,) in cursor.fetchall()}


def _wanted(vendor: str) -> dict[str, str]:
    events = ("update", "delete", "truncate") if vendor == "postgresql" else ("update", "delete")
    then = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    if vendor == "postgresql":
        then = f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}refusal()"
    return {
        f"{PREFIX}{table}_{event}": (
            f"CREATE TRIGGER {PREFIX}{table}_{event} BEFORE {event.upper()} ON {table} {then}"
        )
        for table in TABLES
        for event in events
    }


def _wanted_frozen(vendor: str, tables: set[str]) -> dict[str, str]:
    then = f"BEGIN SELECT RAISE(ABORT, '{FROZEN_REFUSAL}'); END"
    if vendor == "postgresql":
        then = f"EXECUTE FUNCTION {PREFIX}frozen()"
    return {
        f"{PREFIX}{table}_{event}": (
            f"CREATE TRIGGER {PREFIX}{table}_{event} BEFORE {event.upper()} ON {table} "
            f"FOR EACH ROW WHEN ({condition}) {then}"
        )
        for table, condition in FROZEN.items()
        if table in tables
        for event in ("update", "delete")
    }
