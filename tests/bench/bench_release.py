"""Releasing 5,000 pending decisions as one job beside writing the same rows alone (发布基准).

The release judges every case again, asks every guard, gives titles, moves stages, keeps the history
and the audit log with its chain, and tells the firms; the run of its own that tells counts with it.
The floor writes the very rows that came of it into the same tables, with the same indexes,
constraints and triggers, in transactions of the same size, and neither reads nor builds anything:
INSERT of moves, titles, stage changes, audit records, links of the chain, notifications and mails
to send; UPDATE of applications, proposals and enterprises. The limit holds against a statement a
row; the same with many rows handed to the driver at once is told beside it, without a limit. Each
floor is measured three times, and the one in the middle counts.
"""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from config.benchmarks import Figure, peak_mib
from cultivation.pipeline import tasks
from cultivation.pipeline.models import Application, Move, Proposal, StageChange
from cultivation.pipeline.releasing import releasing, sets
from enterprises.audit.models import AuditRecord, Seal
from enterprises.jobs.models import JobRun
from enterprises.notifications.models import Delivery, Notification
from enterprises.registry.models import Enterprise, Title
from tests.bench.pending_of import pending_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.db.models import Model

SIZE = 5000
TIMES = 5.0
TRIES = 3  # of each floor; the one in the middle counts
GROWTH = 200.0  # MiB that the release may add to what laying the cases took
WRITTEN: tuple[type[Model], ...] = (
    Title, Move, StageChange, Delivery, Notification, AuditRecord, Seal,
)  # fmt: skip
CHANGED: dict[type[Model], tuple[str, ...]] = {
    Application: (
        "status", "version", "title_id", "held_since", "due_on", "updated_at",
    ),
    Proposal: ("state", "released_by_id", "ended_at", "checked_at", "hindrance", "move_id"),
    Enterprise: ("stage", "tier", "facts_at"),
}  # fmt: skip
Rows = list[tuple[Any, ...]]


def figures(size: int | None) -> Iterable[Figure]:
    """Yield what the release takes, what the bare rows take, and the one over the other."""
    number = size or SIZE
    settings.CELERY_BROKER_URL = "memory://"  # what is sent stays there
    release, by = pending_of(number)
    sets.confirm(release, by=by, count=number)
    reverse("pipeline:application", args=[1])  # a worker has read the addresses in
    newest = {model: _newest(model) for model in WRITTEN}
    before = {model: _state(model, fields) for model, fields in CHANGED.items()}
    gc.collect()
    gc.freeze()  # what the bench holds is no part of a worker's heap
    peak = peak_mib()
    released = _timed(_release)
    told = _timed(_tell)
    grown = peak_mib() - peak
    _check(number)
    fresh = {model: _fresh(model, newest[model]) for model in WRITTEN}
    after = {model: _state(model, fields) for model, fields in CHANGED.items()}
    single, batches = (
        statistics.median(_again(newest, before, fresh, after, write) for _time in range(TRIES))
        for write in (_one_by_one, _in_batches)
    )
    whole = released + told
    yield Figure("decisions released", number, None, "rows")
    yield Figure("rows written by the floor", sum(map(len, fresh.values())), None, "rows")
    yield Figure("released", released, None, "s")
    yield Figure("told", told, None, "s")
    yield Figure("bare UPDATE and INSERT a row at a time", single, None, "s")
    yield Figure("bare UPDATE and INSERT in batches", batches, None, "s")
    yield Figure("release over a row at a time", whole / single, TIMES, "times")
    yield Figure("release over batches", whole / batches, None, "times")
    yield Figure("memory growth", grown, GROWTH, "MiB")


def _again(
    newest: dict[type[Model], int],
    before: dict[type[Model], Rows],
    fresh: dict[type[Model], Rows],
    after: dict[type[Model], Rows],
    write: Callable[[str, Rows], None],
) -> float:
    """Return how long the floor takes from where the release began."""
    _undo(newest, before)
    return _timed(lambda: _floor(fresh, before, after, write))


def _release() -> None:
    tasks.release_decisions(JobRun.objects.get(kind="release").pk)


def _tell() -> None:
    for run in JobRun.objects.filter(kind="tell_moves").order_by("pk"):
        tasks.tell_moves(run.pk)


def _check(number: int) -> None:
    """Fail where not every decision took effect, or a firm was not told."""
    done = Proposal.objects.filter(state="released").count()
    if done != number or Notification.objects.count() != number:
        raise AssertionError(f"{done} released, {Notification.objects.count()} told of {number}")


def _newest(model: type[Model]) -> int:
    found = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return int(found or 0)


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def _fresh(model: type[Model], newest: int) -> Rows:
    """Return the rows written since, as the driver gives them."""
    table, columns = model._meta.db_table, ", ".join(_columns(model))
    key = model._meta.pk.column  # type: ignore[union-attr]
    return _read(f"SELECT {columns} FROM {table} WHERE {key} > {newest} ORDER BY {key}")  # noqa: S608


def _state(model: type[Model], fields: Sequence[str]) -> Rows:
    columns = ", ".join(("id", *fields))
    return _read(f"SELECT {columns} FROM {model._meta.db_table} ORDER BY id")  # noqa: S608


def _read(sql: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _undo(newest: dict[type[Model], int], before: dict[type[Model], Rows]) -> None:
    """Bring the database back to where the release began, with none of its dead rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        for model, rows in before.items():
            _in_batches(_update(model), _turned(rows))
        for model in reversed(WRITTEN):
            key = model._meta.pk.column  # type: ignore[union-attr]
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE {key} > {newest[model]}")  # noqa: S608
        cursor.execute("DELETE FROM registry_touch")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _floor(
    fresh: dict[type[Model], Rows],
    before: dict[type[Model], Rows],
    after: dict[type[Model], Rows],
    write: Callable[[str, Rows], None],
) -> None:
    """Write the rows, as many in a transaction as the release decides in one."""
    changed = {
        model: [row for row, was in zip(after[model], before[model], strict=True) if row != was]
        for model in CHANGED
    }
    chunks = -(-len(fresh[Move]) // releasing.CHUNK)
    for chunk in range(chunks):
        with transaction.atomic():
            for model in WRITTEN:
                write(_insert(model), _share(fresh[model], chunk, chunks))
    for chunk in range(chunks):
        with transaction.atomic():
            for model in CHANGED:
                write(_update(model), _turned(_share(changed[model], chunk, chunks)))


def _share(rows: Rows, chunk: int, chunks: int) -> Rows:
    size = -(-len(rows) // chunks)
    return rows[chunk * size : (chunk + 1) * size]


def _insert(model: type[Model]) -> str:
    columns = _columns(model)
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608


def _update(model: type[Model]) -> str:
    setting = ", ".join(f"{name} = %s" for name in CHANGED[model])
    return f"UPDATE {model._meta.db_table} SET {setting} WHERE id = %s"  # noqa: S608


def _turned(rows: Rows) -> Rows:
    """Return rows with the key last, as an UPDATE wants them."""
    return [(*row[1:], row[0]) for row in rows]


def _one_by_one(sql: str, rows: Rows) -> None:
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(sql, row)


def _in_batches(sql: str, rows: Rows) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
