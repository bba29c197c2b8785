"""What two editions say differently, in plain words of both languages (标准差异)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language, override

from cultivation.standards import phrases
from cultivation.standards.differences.amendments import of_amendments
from cultivation.standards.differences.counted import of_counts
from cultivation.standards.differences.criteria import of_criteria
from cultivation.standards.differences.directions import Direction
from cultivation.standards.differences.header import of_header
from cultivation.standards.differences.trees import Trees

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.standards.differences.telling import Said
    from cultivation.standards.policy import Policy

__all__ = ["Difference", "Direction", "differences"]
LANGUAGES = ("zh-hans", "en")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a later edition says otherwise, or anew, or no longer (差异).

    `code` is that of the criterion or the name of the count; empty for the edition as a whole.
    """

    what: str
    code: str
    direction: Direction
    clause: str
    label_zh: str
    label_en: str
    zh: str
    en: str

    @property
    def label(self) -> str:
        """Return what it is about, in the active language."""
        return self.label_en if _english() else self.label_zh

    @property
    def text(self) -> str:
        """Return the difference in the active language."""
        return self.en if _english() else self.zh


def differences(
    before: Policy, after: Policy, *, names: Mapping[str, str] | None = None
) -> tuple[Difference, ...]:
    """Return what `after` says otherwise than `before`, in the order of `after` (标准差异).

    `names` are those of recommending units by their codes. Equal policies have none; a policy's
    code and hash are no part of what it says.
    """
    told = []
    for language in LANGUAGES:
        with override(language):
            told.append([(said, _label(said)) for said in _told(before, after, names or {})])
    return tuple(
        Difference(
            chinese.what, chinese.code, chinese.direction, chinese.clause,
            label_zh, label_en, chinese.text, english.text,
        )
        for (chinese, label_zh), (english, label_en) in zip(*told, strict=True)
    )  # fmt: skip


def _told(before: Policy, after: Policy, names: Mapping[str, str]) -> list[Said]:
    trees = Trees(before, after, names)
    return [
        *of_header(before, after, names),
        *of_counts(trees),
        *of_criteria(trees),
        *of_amendments(trees),
    ]


def _label(said: Said) -> str:
    return phrases.label(said.thing) if said.thing else ""


def _english() -> bool:
    return (get_language() or "").startswith("en")
