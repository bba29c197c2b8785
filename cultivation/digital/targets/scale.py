"""Which enterprises are above-scale industrial ones (规模以上工业企业).

The threshold stands in the seeds and is unverified. It is held against the newest figure of a year
that had ended; where there is none, or no industry, it is not known.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, Value, When

from enterprises.registry.models import AnnualReport

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

UNKNOWN, BELOW, ABOVE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which main-business revenue, in fen, an industrial enterprise is above scale (门槛)."""

    sections: tuple[str, ...]
    revenue: int
    confidence: str


@cache
def threshold() -> Threshold:
    """Return the threshold of the seeds."""
    text = (settings.SEEDS_DIR / "digital_targets.toml").read_text("utf-8")
    row: dict[str, Any] = tomllib.loads(text)["above_scale"]
    return Threshold(tuple(row["sections"]), row["revenue"], row["confidence"])


def scaled(rows: QuerySet[Any], on: dt.date) -> QuerySet[Any]:
    """Return enterprises with `scale` on a day: above, below or unknown (规模)."""
    limit = threshold()
    stated = AnnualReport.objects.filter(
        enterprise=OuterRef("pk"), year__lt=on.year, main_business_revenue__isnull=False
    )
    newest = stated.order_by("-year").values("main_business_revenue")[:1]
    found: QuerySet[Any] = rows.annotate(scale_revenue=Subquery(newest)).annotate(
        scale=Case(
            When(industry__isnull=True, then=Value(UNKNOWN)),
            When(~Q(industry__section__in=limit.sections), then=Value(BELOW)),
            When(scale_revenue__isnull=True, then=Value(UNKNOWN)),
            When(scale_revenue__gte=limit.revenue, then=Value(ABOVE)),
            default=Value(BELOW),
            output_field=IntegerField(),
        )
    )
    return found
