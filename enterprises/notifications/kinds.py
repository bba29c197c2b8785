"""What users can be told; each room adds its own kinds when it is loaded (通知类别)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django_stubs_ext import StrOrPromise

KINDS: dict[str, Kind] = {}


class Way(TextChoices):
    """How somebody is told, beside the list in the app (通知方式)."""

    APP = "app", _("in the app only")
    NOW = "now", _("by mail at once")
    DAILY = "daily", _("in one mail a day")


def _as_they_are(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return params


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notification: a heading and a text with places for its parameters (类别)."""

    name: str  # "application_returned"
    label: StrOrPromise
    text: StrOrPromise  # lazy, with %(name)s places
    by_mail: bool = True  # unless the user chose otherwise
    mass: bool = False  # many at once: held in the outbox until an officer lets it go
    daily: bool = False  # by mail once a day, unless the user chose otherwise
    audience: str = ""  # "firm" or "office" where the kind concerns only these
    words: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_they_are
    """Turns parameters that are codes into words of the language in use."""

    @property
    def way(self) -> Way:
        """Return how it is told to who has not chosen."""
        if not self.by_mail:
            return Way.APP
        return Way.DAILY if self.daily else Way.NOW


def register(*kinds: Kind) -> None:
    """Add kinds; the same name twice is a mistake of the programmer."""
    for kind in kinds:
        if KINDS.setdefault(kind.name, kind) != kind:
            raise ValueError(kind.name)
