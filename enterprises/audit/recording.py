"""Writing the audit log; domain functions call it within their transaction (留痕)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from enterprises.audit.asking import request_id
from enterprises.audit.models import AuditRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model

    from enterprises.accounts.models import User


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
    record = AuditRecord(
        action=action,
        subject=subject if isinstance(subject, str) else named(subject),
        enterprise_id=enterprise_id,
        region_path=region_path,
        before=_plain(before or {}),
        after=_plain(after or {}),
        reason=reason,
        made_by_id=by.pk if by is not None else None,
        made_at=timezone.now(),
        request_id=request_id(),
    )
    record.content_hash = content_hash(record)
    record.save(force_insert=True)
    return record


def named(row: Model) -> str:
    """Return how the log names a row: "application:17"."""
    return f"{row._meta.model_name}:{row.pk}"


def content_hash(record: AuditRecord) -> str:
    """Return the SHA-256 of what a record says, whatever the database did to its spelling."""
    said = [
        record.action, record.subject, record.enterprise_id, record.region_path, record.before,
        record.after, record.reason, record.made_by_id, record.made_at.isoformat(),
        record.request_id,
    ]  # fmt: skip
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON keeps them, so that they hash the same when read back."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))
    return plain
