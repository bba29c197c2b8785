"""Coverage by chain, park, cluster and other traits of firms (分维度覆盖)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from cultivation.digital.cube import reading
from cultivation.digital.cube.labels import TABLES, labels
from enterprises.registry.models import SizeClass

if TYPE_CHECKING:
    from cultivation.digital.cube.reading import CubeRow
    from cultivation.digital.overview import Overview

NAMES = {
    "chain": _("Key chain"),
    "park": _("Park"),
    "cluster": _("Cluster"),
    "industry": _("Industry"),
    "size_class": _("Size"),
    "batch": _("Batch"),
}
SHOWN = 12
LONGEST, LONGEST_BATCH = 19, 40  # of what stands for a member


@dataclass(frozen=True, slots=True)
class Split:
    """The figures of a region by one dimension, those furthest from whole first (分维度)."""

    by: str
    rows: tuple[CubeRow, ...]
    caveats: tuple[str, ...]

    @property
    def first(self) -> tuple[CubeRow, ...]:
        """Return the rows that the page shows."""
        return self.rows[:SHOWN]

    @property
    def more(self) -> int:
        """Return how many rows it leaves out."""
        return max(0, len(self.rows) - SHOWN)


def split(view: Overview, by: str) -> Split | None:
    """Return the figures by a dimension; None where there is nothing to split (分维度).

    Of a past day they are counted from every firm, so only where somebody asks for a dimension.
    """
    if view.definition is None or view.on is None:
        return None
    if by not in NAMES:
        if view.on != reading.day():
            return None
        by = next(iter(NAMES))
    rows = reading.figures(
        view.region, tier=view.tier, definition=view.definition, on=view.on, by=by
    )
    rows.sort(key=lambda row: (row.member == "", row.transformed - row.total, row.member))
    return Split(by, tuple(rows), tuple(reading.caveats(view.on, by=by)))


def member_name(by: str, member: str) -> str | None:
    """Return how a member of a dimension is called; None for what is no member (维度名称)."""
    if by in TABLES:
        fits = member == "" or (member.isascii() and member.isdigit() and len(member) < LONGEST)
    elif by == "size_class":
        fits = member in SizeClass.values
    else:
        fits = by in NAMES and member.isprintable() and len(member) <= LONGEST_BATCH
    return labels(by, [member]).get(member) if fits else None
