"""The seed of a draw: sealed and committed to before the lists close, shown after (种子封存)."""

from __future__ import annotations

import hashlib
import secrets

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError

BYTES = 32
SALT = "cultivation.pipeline.panels.sealing"


def seal() -> tuple[str, str]:
    """Return a new seed's commitment and the seed under lock, both as hex (封存).

    The lock is a pad from the secret key, so a copy of the database alone does not tell the seed.
    """
    seed = secrets.token_bytes(BYTES)
    commitment = hashlib.sha256(seed).hexdigest()
    return commitment, _padded(seed, commitment).hex()


def unseal(commitment: str, sealed: str) -> bytes:
    """Return the seed; MoveError where it is no longer the one committed to."""
    seed = _padded(bytes.fromhex(sealed), commitment)
    if not fits(seed, commitment):
        raise MoveError(
            _("The sealed seed no longer opens: the secret key of this system was changed since. "
              "Cancel the panel and begin it anew.")
        )  # fmt: skip
    return seed


def fits(seed: bytes, commitment: str) -> bool:
    """Tell whether a seed is the one that a commitment names."""
    return hashlib.sha256(seed).hexdigest() == commitment


def numbers(letter: str, many: int) -> list[str]:
    """Return so many different numbers that say nothing, with a letter for their kind (编号)."""
    found: dict[str, None] = {}
    while len(found) < many:
        found[f"{letter}{secrets.token_hex(5)}"] = None
    return list(found)


def _padded(text: bytes, commitment: str) -> bytes:
    pad = salted_hmac(SALT, commitment, algorithm="sha256").digest()
    return bytes(a ^ b for a, b in zip(text, pad, strict=True))
