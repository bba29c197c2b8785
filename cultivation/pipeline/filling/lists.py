"""The facts an enterprise listed, and which of them the rules count (计数明细)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from django.utils import timezone
from django.utils.translation import get_language

from cultivation.pipeline.filling.evidence import SOON
from cultivation.pipeline.filling.submitted import KIND_OF, lists_of
from cultivation.standards.measures import MEASURES
from cultivation.standards.sources import counted
from cultivation.standards.tables import read
from enterprises.registry import subjects as registry_subjects

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.filling.needs import Section
    from cultivation.pipeline.filling.sheet import Sheet
    from cultivation.standards.policy import Count
    from enterprises.registry.forms.facts import Kind
    from enterprises.registry.models import Fact

SHOWN = 50  # rows on a page


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of a list, in words, and how it counts (事实)."""

    pk: int
    text: str
    counts: str  # yes | no | open: a property is not stated
    ends: dt.date | None = None  # the last valid day, where that is near or past


@dataclass(frozen=True, slots=True)
class Listed:
    """The facts of a kind with what is counted of them (事实清单)."""

    kind: Kind
    counts: tuple[str, ...]  # in words
    rows: tuple[Row, ...]
    more: int = 0

    @property
    def subject(self) -> str:
        """Return the name by which the list may be open or sent back."""
        return f"fact:{self.kind.code}"


def of(sheet: Sheet, section: Section) -> list[Listed]:
    """Return the lists that a section counts; a query a kind, and one for those not dated yet."""
    found = []
    for measure in dict.fromkeys(count.of for count in section.needs.counts):
        counts = tuple(count for count in section.needs.counts if count.of == measure)
        kind = KIND_OF[str(MEASURES[measure].model._meta.model_name)]
        rows: list[Fact] = list(
            kind.model._default_manager.filter(enterprise=sheet.enterprise).order_by("-pk")
        )
        said = _fitting(sheet, measure, counts) if rows else {}
        shown = tuple(
            Row(fact.pk, registry_subjects.fact_text(fact), said.get(fact.pk, "no"), _ends(fact))
            for fact in rows[:SHOWN]
        )
        labels = tuple(_label(count) for count in counts)
        found.append(Listed(kind, labels, shown, max(0, len(rows) - SHOWN)))
    return found


def plain(sheet: Sheet) -> list[Listed]:
    """Return all lists that the rules count, without saying what is counted; a query a kind."""
    found = []
    for kind in lists_of(sheet).values():
        rows: list[Fact] = list(
            kind.model._default_manager.filter(enterprise=sheet.enterprise).order_by("pk")
        )
        shown = tuple(
            Row(one.pk, registry_subjects.fact_text(one), "", _ends(one)) for one in rows[:SHOWN]
        )
        found.append(Listed(kind, (), shown, max(0, len(rows) - SHOWN)))
    return found


def _ends(fact: Fact) -> dt.date | None:
    """Return the last valid day of a fact, where a decision may not fall before it."""
    day: dt.date | None = getattr(fact, "valid_to", None)
    return day if day is not None and day <= timezone.localdate() + SOON else None


def _fitting(sheet: Sheet, measure: str, counts: tuple[Count, ...]) -> dict[int, str]:
    """Return for each fact whether any count takes it: each is counted as if it stood alone."""
    today, of = timezone.localdate(), MEASURES[measure]
    begun = of.model._default_manager.filter(
        enterprise=sheet.enterprise, **{f"{of.dated}__lte": today}
    )
    frame = read(begun, {"pk": pl.Int64, **of.types})
    alone = frame.lazy().with_columns(enterprise_id=pl.col("pk"))
    sums = counted(alone, measure, as_of=today, counts=counts).collect()
    found = {}
    for row in sums.iter_rows(named=True):
        low = any(row[f"{count.name}_low"] for count in counts)
        high = any(row[f"{count.name}_high"] for count in counts)
        found[int(row["enterprise_id"])] = "yes" if low else "open" if high else "no"
    return found


def _label(count: Count) -> str:
    english = (get_language() or "").startswith("en")
    return count.label_en if english else count.label_zh
