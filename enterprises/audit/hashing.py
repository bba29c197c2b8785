"""What records and links of the chain hash to, and with which key (哈希与密钥).

A plain hash can be worked out anew by whoever may write the database, for forged records and for
the whole chain. So both are an HMAC: its key stands in the settings and never in the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from django.conf import settings

from enterprises.audit.fields import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enterprises.audit.models import AuditRecord

BEGINNING = "0" * 64  # what the first link follows
SAID = (
    "action", "subject", "enterprise_id", "region_path", "before", "after", "reason", "made_by_id",
    "made_at", "request_id",
)  # fmt: skip
"""What the hash of a record covers, in this order."""
PLAIN = ("before", "after")


def digest(value: Any) -> str:
    """Return the SHA-256 of plain data, however a database spells it (摘要)."""
    return hashlib.sha256(encode(value).encode()).hexdigest()


def content_hash(record: AuditRecord, secret: bytes | None = None) -> str:
    """Return the hash of what a record says, under the key of today where none is given."""
    said = [getattr(record, name) for name in SAID]
    texts = [encode(v) if name in PLAIN else v for name, v in zip(SAID, said, strict=True)]
    return hash_of(texts, secret or current()[1])


def hash_of(said: Sequence[Any], secret: bytes) -> str:
    """Return the hash of what a record says: its values in the order of SAID, data as texts.

    Each value goes in with its length before it, so that nothing can be moved between them.
    """
    texts = [v.astimezone(dt.UTC).isoformat() if type(v) is dt.datetime else str(v) for v in said]
    text = "".join([f"{len(one)}:{one}" for one in texts])
    return hmac.digest(secret, text.encode(errors="replace"), "sha256").hex()


def link(secret: bytes, previous: str, position: int, record: int, content: str) -> str:
    """Return the hash of a link of the chain."""
    said = f"{previous}\n{position}\n{record}\n{content}"
    return hmac.digest(secret, said.encode(), "sha256").hex()


def keys() -> dict[str, bytes]:
    """Return the keys at hand by name, first that which new links are made with (链密钥).

    Without AUDIT_KEY a key is derived from SECRET_KEY. Keys used earlier still verify: those of
    AUDIT_OLD_KEYS, and those derived from SECRET_KEY and SECRET_KEY_FALLBACKS.
    """
    given = [key.encode() for key in (settings.AUDIT_KEY, *settings.AUDIT_OLD_KEYS) if key]
    derived = [_derived(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    first, then = (given, derived) if settings.AUDIT_KEY else (derived, given)
    return {_name(secret): secret for secret in (*first, *then)}


def current() -> tuple[str, bytes]:
    """Return the name of the key that is in use, and the key."""
    return next(iter(keys().items()))


def _derived(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"key of the audit chain", "sha256")


def _name(secret: bytes) -> str:
    return hmac.digest(secret, b"name of the key", "sha256").hex()[:8]
