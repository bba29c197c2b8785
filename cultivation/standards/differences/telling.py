"""How a single difference is told: what was, what is, and for whom that is harder (差异表述)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from cultivation.standards import phrases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.differences.directions import Direction
    from cultivation.standards.policy import Count, Criterion, Source

SOURCE = {"clause", "document", "confidence", "verified", "note"}


@dataclass(frozen=True, slots=True)
class Said:
    """One difference in the active language."""

    what: str
    code: str
    thing: Criterion | Count | None
    clause: str
    direction: Direction
    text: str


def changed(what: str, before: object, after: object) -> str:
    """Write that something was one thing and is another now."""
    said = {"what": what, "before": _shown(before), "after": _shown(after)}
    return gettext("%(what)s: %(before)s → %(after)s") % said


def others(before: Any, after: Any, known: set[str]) -> Iterator[str]:
    """Write differences in fields that have no words of their own, so that none is passed over."""
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name not in known and old != new:
            yield changed(field.name, old, new)


def source(before: Source, after: Source) -> Iterator[str]:
    """Write how two sources differ: clause, document, confidence, note (出处差异)."""
    if before.clause != after.clause:
        yield changed(gettext("clause"), before.clause, after.clause)
    if before.document != after.document:
        yield changed(gettext("document"), before.document, after.document)
    if before.confidence != after.confidence:
        yield changed(gettext("confidence"), before.confidence, after.confidence)
    if before.verified != after.verified:
        was, now = phrases.yes(before.verified), phrases.yes(after.verified)
        yield changed(gettext("verified"), was, now)
    if before.note != after.note:
        yield changed(gettext("note"), before.note, after.note)
    yield from others(before, after, SOURCE)


def labels(before: Criterion | Count, after: Criterion | Count) -> Iterator[str]:
    """Write how the labels differ."""
    if before.label_zh != after.label_zh:
        yield changed(gettext("Chinese label"), before.label_zh, after.label_zh)
    if before.label_en != after.label_en:
        yield changed(gettext("English label"), before.label_en, after.label_en)


def _shown(value: object) -> str:
    return "—" if value is None or value == "" else str(value)
