"""Reading the seed files of this room (种子数据)."""

from __future__ import annotations

import csv
import tomllib
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from pathlib import Path


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file in the seeds folder."""
    folder: Path = settings.SEEDS_DIR
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(name: str, key: str) -> list[dict[str, Any]]:
    """Return the tables under a key of a TOML file in the seeds folder."""
    folder: Path = settings.SEEDS_DIR
    found: list[dict[str, Any]] = tomllib.loads((folder / name).read_text("utf-8"))[key]
    return found
