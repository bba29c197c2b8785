"""Where the dates of a user come from; each part adds its own when it is loaded (日程来源)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.accounts.models import User

SOON, LATELY = dt.timedelta(days=30), dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Date:
    """A date that a user has to keep: a day, or a moment to the second (日程).

    `key` names what it is the date of ("title:17:ends") and stays the same when the date moves.
    No personal data belong into `what` and `about`: they leave the house by the subscribed address.
    """

    key: str
    at: dt.date | dt.datetime
    what: str
    about: str = ""  # the enterprise, the round
    url: str = ""
    enterprise_id: int | None = None

    @property
    def moment(self) -> dt.datetime | None:
        """Return the moment, None where a whole day is meant."""
        return self.at if isinstance(self.at, dt.datetime) else None

    @property
    def day(self) -> dt.date:
        """Return the day in local time."""
        return timezone.localdate(self.at) if isinstance(self.at, dt.datetime) else self.at

    @property
    def left(self) -> int:
        """Return how many days are left; below nought it is past."""
        return (self.day - timezone.localdate()).days

    @property
    def tone(self) -> str:
        """Return the colour group: soon is a warning."""
        return "bad" if self.left < 0 else "warn" if self.left <= SOON.days else "neutral"


_sources: list[Callable[[User], list[Date]]] = []


def register(*sources: Callable[[User], list[Date]]) -> None:
    """Add sources; one that is there already is not added twice."""
    _sources.extend(source for source in sources if source not in _sources)


def dates_of(user: User) -> list[Date]:
    """Return a user's dates from a fortnight ago on, the earliest first (本人日程)."""
    if not (user.is_authenticated and user.is_active):
        return []
    since = timezone.localdate() - LATELY
    found = [date for source in _sources for date in source(user) if date.day >= since]
    return sorted(found, key=lambda one: (one.day, one.moment is None, str(one.at), one.key))
