"""How many applications of a round stand where, by region; drafts are counted unread (批次统计)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from cultivation.pipeline.models import Application, Status
from enterprises.places.models import Region

if TYPE_CHECKING:
    from cultivation.pipeline.models import Round
    from enterprises.accounts.models import User


@dataclass(frozen=True, slots=True)
class Tally:
    """One region of a round (地区统计)."""

    region: Region | None
    counts: dict[str, int]
    columns: tuple[str, ...]  # those with a number in any region

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Return the label and the number of each column, in order."""
        return [(str(Status(name).label), self.counts.get(name, 0)) for name in self.columns]


def by_region(round_: Round, user: User, top: str) -> list[Tally]:
    """Count the applications of a round in sight by the regions next below a path (分地区)."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Application.objects.visible_to(user).filter(round=round_).exclude(status="draft")
    counted = rows.order_by().values_list("region_path", "status").annotate(Count("pk"))
    for path, status, number in counted:
        found[path][status] += number
    drafts = Application.objects.drafts_in_sight_of(user).filter(round=round_)
    unread = drafts.order_by().values_list("enterprise__region_path").annotate(Count("pk"))
    for path, number in unread:
        found[path]["draft"] += number
    return _gathered(found, top)


def _gathered(found: dict[str, Counter[str]], top: str) -> list[Tally]:
    """Add up the paths to the regions next below the top; a county without a city stands alone."""
    short = {path: path[: len(top) + 2] for path in found if path.startswith(top)}
    wanted = {*short, *short.values(), top}
    known = {region.path: region for region in Region.objects.filter(path__in=wanted, in_use=True)}
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for path, near in short.items():
        sums[near if near in known else path].update(found[path])
    columns = tuple(name for name in Status.values if any(sums[path][name] for path in sums))
    return [Tally(known.get(path), dict(sums[path]), columns) for path in sorted(sums)]
