"""The world of the pipeline with a standard that asks for everything a form can ask (填报测试)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from cultivation.pipeline import applications
from cultivation.standards import editions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

HERE = Path(__file__).parent
PDF = b"%PDF-1.7\n%fictional\n"


@pytest.fixture
def standards(db: None) -> list[Any]:
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
