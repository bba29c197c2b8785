"""Sealing: each committed record becomes the next link of one chain (上链).

A record is written with its deed; the chain follows after the commit, under one lock, so that a
deed never waits for another's and never fails because of the chain. Where that was cut off, the
sweep of every minute makes up for it. Transactions that commit late get their place when they
appear: positions follow the order of sealing, not that of ids.
"""

from __future__ import annotations

from contextvars import ContextVar

from django.db import connection, transaction

from enterprises.audit import hashing
from enterprises.audit.models import AuditRecord, Seal

LOCK = 7_068_002  # of the database; one sealer at a time
PATIENCE = "3s"  # a request waits no longer for another sealer; the sweep comes later
BATCH = 5000
RECENT = 50_000  # records that the sweep of every minute looks at
_sealed: ContextVar[frozenset[int]] = ContextVar("sealed", default=frozenset())


def seal_soon(record: int) -> None:
    """Seal a record, and those after it, once its transaction is committed."""

    def seal_it() -> None:
        _seal_from(record)

    transaction.on_commit(seal_it, robust=True)


def _seal_from(record: int) -> None:
    """Seal unless that was done a moment ago, with another record of the same transaction."""
    if record in _sealed.get():
        return
    made: list[int] = []
    while batch := seal(since=record):
        made += batch
        if len(batch) < BATCH:
            break
    _sealed.set(frozenset(made))


def sweep(*, everything: bool = False) -> int:
    """Seal what was committed and is not sealed yet; return how many (补封)."""
    newest = AuditRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    since = 0 if everything else max(0, newest - RECENT)
    total = 0
    while made := len(seal(since=since)):
        total += made
        if made < BATCH:
            break
    return total


@transaction.atomic
def seal(*, since: int) -> list[int]:
    """Bind a batch of records that have no link yet, from an id on; return their ids (封链)."""
    _lock()
    last = Seal.objects.order_by("-position").values_list("position", "hash").first()
    position, previous = last or (0, hashing.BEGINNING)
    waiting = AuditRecord.objects.filter(pk__gte=since, seal__isnull=True).order_by("pk")
    name, secret = hashing.current()
    made: list[Seal] = []
    for record, content in waiting.values_list("pk", "content_hash")[:BATCH]:
        position += 1
        made.append(
            Seal(
                position=position,
                record_id=record,
                previous=previous,
                hash=hashing.link(secret, previous, position, record, content),
                key=name,
            )
        )
        previous = made[-1].hash
    Seal.objects.bulk_create(made, batch_size=1000)
    return [one.record_id for one in made]


def _lock() -> None:
    """Hold the chain until the transaction ends; SQLite lets one writer in anyway.

    The commit does not wait for the disk: a link that a crash loses is made again by the sweep.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'off', true), "
                "set_config('lock_timeout', %s, true), pg_advisory_xact_lock(%s)",
                [PATIENCE, LOCK],
            )
