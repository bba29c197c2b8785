"""The tests of this folder read English texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils.translation import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def client(client: Client) -> Client:
    """Give a client that asks for English pages."""
    client.cookies["django_language"] = "en"
    return client
