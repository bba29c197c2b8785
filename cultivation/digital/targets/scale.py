"""Which enterprises are above-scale industrial ones (规模以上工业企业).

The threshold stands in the seeds, with its source and how sure it is. Which firms are on the
statistical list nobody but the office of statistics knows: here the newest main-business revenue of
a year that had ended decides; where there is none, or no industry, it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, Value, When
from django.utils.translation import get_language

from cultivation.digital import seeds
from cultivation.digital.cube.history import members_then
from cultivation.digital.models import Target
from cultivation.standards.tables import among
from enterprises.registry.models import AnnualReport

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

UNKNOWN, BELOW, ABOVE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which main-business revenue, in fen, an industrial enterprise is above scale (门槛)."""

    sections: tuple[str, ...]
    revenue: int
    since: dt.date
    confidence: str
    source_zh: str
    source_en: str

    @property
    def verified(self) -> bool:
        """Tell whether it was read in an official text or several sources."""
        return self.confidence == Target.Confidence.HIGH

    @property
    def source(self) -> str:
        """Return where it was read, in the page's language."""
        english = (get_language() or "").startswith("en")
        return self.source_en if english else self.source_zh


@cache
def threshold() -> Threshold:
    """Return the threshold of the seeds."""
    (row,) = seeds.tables("digital_targets.toml", "above_scale")
    return Threshold(**{**row, "sections": tuple(row["sections"])})


def scaled(rows: QuerySet[Any], on: dt.date) -> QuerySet[Any]:
    """Return enterprises with `scale` on a day: above, below or unknown (规模)."""
    limit = threshold()
    stated = AnnualReport.objects.filter(
        enterprise=OuterRef("pk"), year__lt=on.year, main_business_revenue__isnull=False
    )
    newest = stated.order_by("-year").values("main_business_revenue")[:1]
    changed = members_then(on, "section")
    found: QuerySet[Any] = rows.annotate(scale_revenue=Subquery(newest)).annotate(
        scale=Case(
            When(_in(Q(industry__isnull=True), changed, {None}), then=Value(UNKNOWN)),
            When(~_in(Q(industry__section__in=limit.sections), changed, {*limit.sections}),
                 then=Value(BELOW)),
            When(scale_revenue__isnull=True, then=Value(UNKNOWN)),
            When(scale_revenue__gte=limit.revenue, then=Value(ABOVE)),
            default=Value(BELOW),
            output_field=IntegerField(),
        )
    )  # fmt: skip
    return found


def _in(now: Q, changed: Mapping[int, str | None], sections: Collection[str | None]) -> Q:
    """Return the filter for firms of some sections, by those of the day where they changed."""
    if not changed:
        return now
    inside = [pk for pk, section in changed.items() if section in sections]
    return (now & ~among(list(changed), name="pk")) | among(inside, name="pk")
