"""A notification in words of the language in use (通知措辞)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enterprises.notifications.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Said:
    """A notification as it is read: a heading and a sentence."""

    label: str
    text: str


class _Lenient(dict[str, Any]):
    """Parameters in which what is missing is a dash: an old row must not spoil a page."""

    def __missing__(self, key: str) -> str:
        return "—"


def said(kind: str, params: Mapping[str, Any]) -> Said:
    """Return what a kind says of some parameters, in the language in use."""
    known = KINDS.get(kind)
    if known is None:
        return Said(kind.replace("_", " ").capitalize(), "")
    try:
        words = known.words(params)
    except (KeyError, ValueError, TypeError):
        words = params
    plain = _Lenient({name: line(str(value)) for name, value in words.items()})
    return Said(line(str(known.label)), line(str(known.text) % plain))


def of(notification: Notification) -> Said:
    """Return what a notification says."""
    return said(notification.kind, notification.params)


def line(text: str) -> str:
    """Return a text as one line without control characters, fit for the head of a mail."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
