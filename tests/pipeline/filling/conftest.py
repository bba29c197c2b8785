"""The world of the pipeline with a standard that asks for everything a form can ask (填报测试)."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import translation

from cultivation.pipeline import applications
from cultivation.standards import editions
from tests.grounds import ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

HERE = Path(__file__).parent
PDF = b"%PDF-1.7\n%fictional\n"


def signed(client: Client, world: World, who: str) -> Client:
    client.force_login(world.users[who])
    client.cookies["django_language"] = "en"
    return client


def text(response: Any) -> str:
    bare = re.sub(
        r"<(script|template)[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare)))


def at(name: str, application: Application, *args: Any) -> str:
    return reverse(f"pipeline:{name}", args=[application.pk, *args])


@ground
def standards() -> list[Any]:
    """Load the standard of the form beside the short one that comes first."""
    return editions.load_all(HERE / "editions")


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def draft(world: World) -> Application:
    """Give a draft for the title of the standard, nothing filled in by hand."""
    world.holds("innovative")
    return applications.begin(world.firm, "srdi", kind="recognition", by=world.user("owner"))
