"""How often calendars are read: so many times in five minutes an address and a client (限频)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.core.cache import cache

if TYPE_CHECKING:
    from django.http import HttpRequest

SECONDS = 300
OF_ADDRESS, OF_CLIENT, UNKNOWN = 20, 120, 10


def may_read(request: HttpRequest, key: str) -> bool:
    """Count a reading of an address; tell whether it is within the limits."""
    client = get_adapter().get_client_ip(request)
    return _within(f"client:{client}", OF_CLIENT) and _within(f"address:{key}", OF_ADDRESS)


def may_guess(request: HttpRequest) -> bool:
    """Count an address that is nobody's; tell whether the client has guessed too often."""
    return _within(f"guess:{get_adapter().get_client_ip(request)}", UNKNOWN)


def _within(name: str, most: int) -> bool:
    key = f"calendar:{name}:{int(time.time() // SECONDS)}"
    cache.add(key, 0, 2 * SECONDS)
    try:
        return int(cache.incr(key)) <= most
    except ValueError:  # gone between the two
        return True
