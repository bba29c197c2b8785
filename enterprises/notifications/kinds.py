"""What users can be told; each room adds its own kinds when it is loaded (通知类别)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS: dict[str, Kind] = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notification: a heading and a text with places for its parameters (类别)."""

    name: str  # "application_returned"
    label: StrOrPromise
    text: StrOrPromise  # lazy, with %(name)s places
    by_mail: bool = True  # unless the user chose otherwise
    mass: bool = False  # many at once: held in the outbox until an officer lets it go


def register(*kinds: Kind) -> None:
    """Add kinds; the same name twice is a mistake of the programmer."""
    for kind in kinds:
        if KINDS.setdefault(kind.name, kind) != kind:
            raise ValueError(kind.name)
