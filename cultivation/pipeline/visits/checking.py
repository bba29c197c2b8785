"""Signed records of visits beside what the audit log says of them (交叉核对)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.pipeline.models import VisitRecord
from cultivation.pipeline.visits import sealing
from enterprises.audit.faults import CHECKS, Fault, Wrong
from enterprises.audit.models import AuditRecord

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from enterprises.audit.faults import Row

CHUNK = 1000
SIGNED = "visit.signed"


class SignedRecords:
    """Every signed record is as it was when the log told of its signature (签字记录核对)."""

    def __init__(self, since: dt.date | None) -> None:
        self._since = since
        self._said: dict[int, tuple[int, str]] = {}  # the audit record, and the seal it tells

    def see(self, record: Row) -> None:
        """Take in under which seal a record was signed."""
        if record.action == SIGNED:
            after = record.told()
            self._said[after.get("record", 0)] = record.pk, after.get("seal", "")

    def faults(self) -> Iterator[Fault]:
        """Yield what the log does not know, knows otherwise, or that is gone."""
        rows = VisitRecord.objects.filter(signed_at__isnull=False).order_by("pk")
        if self._since is not None:
            rows = rows.filter(signed_at__date__gte=self._since)
        for record in rows.select_related("visit", "submission").iterator(CHUNK):
            said = self._said.pop(record.pk, None) or _looked_up(record)
            if said is None:
                yield _fault(Wrong.UNRECORDED, None, record.pk)
            elif {record.seal, sealing.seal_of(record)} != {said[1]}:
                yield _fault(Wrong.OTHERWISE, said[0], record.pk)
        for gone, (record_id, _seal) in self._said.items():
            if not VisitRecord.objects.filter(pk=gone).exists():
                yield _fault(Wrong.GONE, record_id, gone)


def _looked_up(record: VisitRecord) -> tuple[int, str] | None:
    """Return what the log says of a record signed while the chain was walked."""
    rows = AuditRecord.objects.filter(subject=f"visit:{record.visit_id}", action=SIGNED)
    for one in rows.order_by("-pk"):
        if isinstance(one.after, dict) and one.after.get("record") == record.pk:
            return one.pk, str(one.after.get("seal", ""))
    return None


def _fault(wrong: Wrong, record: int | None, pk: int) -> Fault:
    return Fault(wrong, None, record, f"visitrecord {pk}")


CHECKS.append(SignedRecords)
