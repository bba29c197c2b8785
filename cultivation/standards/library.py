"""All editions and overlays at hand, as texts that belong together (标准汇编).

Read from the database or from a folder of files; either way what fits not into the whole is
refused with the file, the place and the mend.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cultivation.standards.choosing import refuse_conflicts
from cultivation.standards.composing import Rules, Text, added, composed, said, same_counts
from cultivation.standards.policy import Policy, PolicyError, Supplement
from cultivation.standards.reading import amended_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
OVERLAYS = "overlays"  # folder of what lies over the editions beside it


@dataclass(frozen=True, slots=True)
class Library:
    """Texts of editions and of overlays, each by its code (标准汇编)."""

    bases: Mapping[str, Text]
    overlays: Mapping[str, Text]

    @classmethod
    def of_folder(cls, folder: Path) -> Library:
        """Return what a folder of files holds: editions, and overlays in a folder below."""
        bases, overlays = (
            {path.stem: Text.of(path.stem, path.read_text(encoding="utf-8")) for path in sorted(p)}
            for p in (folder.glob("*.toml"), (folder / OVERLAYS).glob("*.toml"))
        )
        return cls(bases, overlays)

    def over(self, code: str) -> tuple[Text, ...]:
        """Return the overlays of an edition in their order: by the day they begin, then by code."""
        base = self.bases[code]
        amended = {code}
        while said(self.bases[code]).keep_overlays and said(self.bases[code]).supersedes:
            code = said(self.bases[code]).supersedes
            if code in amended or code not in self.bases:
                break
            amended.add(code)
        mine = [text for text in self.overlays.values() if amends(text) in amended]
        return tuple(sorted(mine, key=lambda text: (added(text, base).in_force, text.code)))

    def policy(self, code: str) -> Policy:
        """Return an edition with all that lies over it."""
        return composed(self.bases[code], self.over(code))

    def policies(self) -> list[Policy]:
        """Return every edition with all that lies over it."""
        return [self.policy(code) for code in self.bases]

    def rules(self, code: str) -> Rules:
        """Return what an edition consists of."""
        parts = (self.bases[code], *self.over(code))
        return Rules(tuple((text.code, text.sha256) for text in parts))

    def check(self) -> None:
        """Refuse what does not fit together; PolicyError names file, place and mend (校验汇编)."""
        for code in [*self.bases, *self.overlays]:
            if not CODE.fullmatch(code):
                raise PolicyError(f"{code}.toml: name; use small letters, digits and _, at most 40")
        for code, text in self.overlays.items():
            self._check_overlay(code, text)
        policies = self.policies()
        same_counts(policies)
        refuse_conflicts(policies)

    def _check_overlay(self, code: str, text: Text) -> None:
        at = f"{OVERLAYS}/{code}.toml: header"
        amended = amends(text)
        if code in self.bases:
            raise PolicyError(f"{at}: an edition bears this name; give the overlay another")
        if amended not in self.bases:
            raise PolicyError(
                f"{at}: amends {amended!r}, which is not there; use one of {', '.join(self.bases)}"
            )
        one = added(text, self.bases[amended])
        if not one.supersedes:
            return
        older = self.overlays.get(one.supersedes)
        if older is None or amends(older) != amended:
            raise PolicyError(
                f"{at}: supersedes {one.supersedes!r}, which is no overlay of {amended}; "
                "name one that is, or drop it"
            )
        if not _covers(one, added(older, self.bases[amended])):
            raise PolicyError(
                f"{at}: supersedes {one.supersedes!r}, which reaches further; "
                "give it the same units and days, at least"
            )


@lru_cache(maxsize=512)
def amends(overlay: Text) -> str:
    """Return the code of the edition that an overlay amends."""
    return amended_code(overlay.toml, origin=f"{OVERLAYS}/{overlay.code}.toml")


def _covers(one: Supplement, older: Supplement) -> bool:
    mine, theirs = one.reach, older.reach
    days = mine.until is None or (theirs.until is not None and theirs.until <= mine.until)
    units = not mine.units or (bool(theirs.units) and set(theirs.units) <= set(mine.units))
    return days and units
