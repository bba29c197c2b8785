"""Marks that facts of an enterprise changed since it was last judged (待重评标记).

Triggers of the database leave them, see triggers.py. A judging run claims them first, then chooses
the snapshot it starts from, then reads; it settles them once its results stand. So whatever it did
not see is still marked, and what a run that died had claimed is claimed by the next.
"""

from __future__ import annotations

from django.db import connection, transaction

from enterprises.registry.models import Touch

TABLE = Touch._meta.db_table
LOCK = 7_068_001  # of the database; one claim at a time
TAKE_OVER = (
    f"WITH taken AS (DELETE FROM {TABLE} RETURNING enterprise_id) "  # noqa: S608
    f"INSERT INTO {TABLE} (enterprise_id, run_id) "
    "SELECT DISTINCT enterprise_id, %s::bigint FROM taken RETURNING enterprise_id"
)


def claim(run_id: int) -> set[int]:
    """Take up all marks there are, those of other runs too, and return whose they are (认领).

    Of two runs at once the later has all of them: work may be done twice, but none is lost.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            return _taken_over(run_id)
        Touch.objects.update(run_id=run_id)
        return set(Touch.objects.values_list("enterprise_id", flat=True))


def settle(run_id: int) -> None:
    """Drop the marks a run took up, now that its results stand (核销)."""
    Touch.objects.filter(run_id=run_id).delete()


def waiting() -> int:
    """Return how many enterprises changed since they were last judged (待重评户数)."""
    return Touch.objects.values("enterprise_id").distinct().count()


def _taken_over(run_id: int) -> set[int]:
    """Claim by one statement that leaves one row an enterprise, so that settling is cheap."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(TAKE_OVER, [run_id])
        return {enterprise for (enterprise,) in cursor}
