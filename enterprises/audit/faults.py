"""What can be wrong with the audit log, and what other rooms check against it (审计差错).

A room that keeps things of which the log tells adds a check of its own to `CHECKS` when it is
loaded: it sees every record as the chain is walked, and then says what does not fit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator


class Wrong(TextChoices):
    """What is wrong with a link, an anchor or a row (差错类别)."""

    CONTENT = "content", gettext_lazy("the record was changed, or forged")
    RECORD = "record", gettext_lazy("the record is gone")
    POSITION = "position", gettext_lazy("a link of the chain is missing")
    PREVIOUS = "previous", gettext_lazy("the link does not follow the one before")
    LINK = "link", gettext_lazy("the link was changed, or made anew")
    KEY = "key", gettext_lazy("the link was made with a key that is not at hand")
    UNSEALED = "unsealed", gettext_lazy("the record was never sealed")
    ANCHOR = "anchor", gettext_lazy("the chain is not the one that was anchored")
    CUT = "cut", gettext_lazy("the end of the chain was cut off")
    FILE = "file", gettext_lazy("the file of anchors and the database differ")
    UNRECORDED = "unrecorded", gettext_lazy("no audit record tells of this row")
    OTHERWISE = "otherwise", gettext_lazy("the row is not what its audit record says")
    GONE = "gone", gettext_lazy("a row that the audit log tells of is gone")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: what, and where (差错)."""

    wrong: Wrong
    position: int | None = None
    record: int | None = None
    detail: str = ""

    @property
    def text(self) -> str:
        """Return the fault in a line, in the page's language."""
        said = {_("position %(no)s"): self.position, _("record %(no)s"): self.record}
        places = [words % {"no": number} for words, number in said.items() if number is not None]
        parts = [", ".join(places), str(self.wrong.label), self.detail]
        return ": ".join(part for part in parts if part)


class Row(NamedTuple):
    """A record as it was read: its id, what it says, its hash (审计记录行)."""

    pk: int
    action: str
    subject: str
    enterprise_id: int | None
    region_path: str
    before: str
    after: str
    reason: str
    made_by_id: int | None
    made_at: dt.datetime
    request_id: str
    content_hash: str

    def told(self) -> dict[str, Any]:
        """Return what the record says of afterwards; nothing where it was spoilt."""
        try:
            found = json.loads(self.after)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Check(Protocol):
    """A comparison of rows of a room with what the log tells of them (交叉核对)."""

    def see(self, record: Row) -> None:
        """Take in a record of the log."""

    def faults(self) -> Iterator[Fault]:
        """Yield what does not fit, once all records were seen."""


CHECKS: list[Callable[[dt.date | None], Check]] = []
"""Makes a check; given a day, of what was done from that day on."""
