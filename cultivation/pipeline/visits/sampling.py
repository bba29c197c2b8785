"""A sample by a seed known later: so many of each part of a list, those with the least lots (抽样).

Nothing here but arithmetic: the same lists and the same seed give the same sample everywhere. A
**lot** is that of `panels.drawing`: the HMAC-SHA256 of some words under the seed. Each part (a
region, or the whole) gives its share of the places, rounded down; the places left go to the parts
with the largest remainders, among equals by the lot of the part. So no part is more than one place
from its exact share. Within a part the cases with the least lots are drawn.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.pipeline.panels.drawing import Lots

if TYPE_CHECKING:
    from collections.abc import Mapping

WHOLE = 1_000_000  # parts per million


@dataclass(frozen=True, slots=True)
class Lists:
    """What a sample is drawn from, by opaque numbers alone (抽样名单)."""

    draw: str  # its number on the public page
    parts: Mapping[str, tuple[str, ...]]  # part: cases that can be drawn
    owed: tuple[str, ...] = ()  # seen anyway, not drawn
    share: int = 0  # parts per million of all cases listed, or
    number: int = 0  # so many

    @property
    def text(self) -> str:
        """Return the lists as published: JSON with one spelling only (规范文本)."""
        said = {
            "draw": self.draw,
            "parts": {part: sorted(cases) for part, cases in self.parts.items()},
            "owed": sorted(self.owed),
            "share": self.share,
            "number": self.number,
        }
        return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Return how many are drawn: the number, or the share of all listed rounded up."""
        free = sum(len(cases) for cases in self.parts.values())
        wanted = self.number or -(-self.share * (free + len(self.owed)) // WHOLE)
        return min(wanted, free)


def read(text: str) -> Lists:
    """Return the lists that a published text states."""
    said = json.loads(text)
    return Lists(
        draw=said["draw"],
        parts={part: tuple(cases) for part, cases in said["parts"].items()},
        owed=tuple(said["owed"]),
        share=said["share"],
        number=said["number"],
    )


def draw(lists: Lists, seed: bytes, *, word: str = "") -> dict[str, tuple[str, ...]]:
    """Return what is drawn of each part, in the order of the lots (抽取)."""
    lot = Lots(lists.digest, seed, word)
    places = shared(lists, lot)
    return {
        part: tuple(sorted(cases, key=lambda case: lot("case", case))[: places[part]])
        for part, cases in lists.parts.items()
    }


def shared(lists: Lists, lot: Lots) -> dict[str, int]:
    """Return how many places each part has: by largest remainders (最大余额法)."""
    free = sum(len(cases) for cases in lists.parts.values())
    if not free:
        return dict.fromkeys(lists.parts, 0)
    exact = {part: lists.size * len(cases) for part, cases in lists.parts.items()}
    places = {part: times // free for part, times in exact.items()}
    left = lists.size - sum(places.values())
    order = sorted(exact, key=lambda part: (-(exact[part] % free), lot("part", part)))
    for part in order[:left]:
        places[part] += 1
    return places


def outcome(drawn: Mapping[str, tuple[str, ...]]) -> str:
    """Return a sample as published: the cases drawn, by part."""
    said = {part: sorted(cases) for part, cases in drawn.items()}
    return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
