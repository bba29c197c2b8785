"""Writing the audit log; domain functions call it within their transaction (留痕)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from enterprises.audit import sealing
from enterprises.audit.asking import request_id
from enterprises.audit.hashing import content_hash
from enterprises.audit.models import AuditRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Model

    from enterprises.accounts.models import User

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing done, to be written down: see `note` (一项操作)."""

    action: str
    subject: Model | str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    enterprise_id: int | None = None
    region_path: str = ""


def note(
    action: str,
    subject: Model | str,
    *,
    by: User | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    enterprise_id: int | None = None,
    region_path: str = "",
) -> AuditRecord:
    """Write down one thing done, in the transaction that does it (留痕).

    `action` is a word of the room, such as "application.recognise"; `subject` the row it was done
    to. Personal data do not belong into `before` and `after`.
    """
    record = _record(
        Deed(action, subject, before or {}, after or {}, reason, enterprise_id, region_path), by
    )
    record.save(force_insert=True)
    sealing.seal_soon(record.pk)
    return record


def note_many(deeds: Iterable[Deed], *, by: User | None) -> int:
    """Write down many things done at once, a record each; return how many (批量留痕)."""
    records = AuditRecord.objects.bulk_create((_record(d, by) for d in deeds), batch_size=BATCH)
    if records:
        sealing.seal_soon(records[0].pk)
    return len(records)


def named(row: Model) -> str:
    """Return how the log names a row: "application:17"."""
    return f"{row._meta.model_name}:{row.pk}"


def plain(value: Any) -> Any:
    """Return a value as every database keeps it: no floats, no null characters (规范化).

    Dates and decimals become texts.
    """
    return _cleaned(json.loads(json.dumps(value, cls=DjangoJSONEncoder)))


def _record(deed: Deed, by: User | None) -> AuditRecord:
    record = AuditRecord(
        action=deed.action,
        subject=deed.subject if isinstance(deed.subject, str) else named(deed.subject),
        enterprise_id=deed.enterprise_id,
        region_path=deed.region_path,
        before=plain(dict(deed.before)),
        after=plain(dict(deed.after)),
        reason=_cleaned(str(deed.reason)),
        made_by_id=by.pk if by is not None else None,
        made_at=timezone.now(),
        request_id=request_id(),
    )
    record.content_hash = content_hash(record)
    return record


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    return value
