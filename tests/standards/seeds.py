"""The standards of the seeds with all that lies over them, for tests that need no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.standards.cases import read_cases
from cultivation.standards.editions import CASES, FOLDER
from cultivation.standards.library import Library

if TYPE_CHECKING:
    from cultivation.standards.cases import WorkedCase
    from cultivation.standards.policy import Policy

LIBRARY = Library.of_folder(FOLDER)
POLICIES: list[Policy] = LIBRARY.policies()


def files_of(policy: Policy) -> list[str]:
    """Return the names of the files of worked cases of an edition: its own and its overlays'."""
    return [policy.code, *(one.code for one in policy.supplements)]


def cases_of(policy: Policy) -> tuple[WorkedCase, ...]:
    """Return all worked cases of an edition and of what lies over it."""
    found: list[WorkedCase] = []
    for code in files_of(policy):
        path = CASES / f"{code}.toml"
        if path.exists():
            text = path.read_text(encoding="utf-8")
            found += read_cases(text, policy=policy, origin=f"{CASES.name}/{path.name}")
    return tuple(found)
