"""The standards of the seeds, read from their files, for tests that need no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.standards.editions import FOLDER
from cultivation.standards.reading import read_policy

if TYPE_CHECKING:
    from cultivation.standards.policy import Policy

POLICIES: list[Policy] = [
    read_policy(path.read_text(encoding="utf-8"), code=path.stem)
    for path in sorted(FOLDER.glob("*.toml"))
]
