"""Where enterprises stood on a past day, from the history of their records (历史所在地).

A move of region is kept with its day, by hand and by import. The size class, which follows from the
reports, has no history; of industry, chain, park and cluster the present ones are taken, too.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from enterprises.places.models import Region
from enterprises.registry.models import Change

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.registry.models import Enterprise


def then(on: dt.date) -> dict[int, str]:
    """Return the region path on a day of each enterprise that has moved since (迁移前地区)."""
    rows = Change.objects.filter(
        before__has_any_keys=["region", "region_path"], made_at__gte=_next_morning(on)
    )
    first: dict[int, dict[str, Any]] = {}  # by hand the code is noted, by import the path
    for enterprise, before in rows.order_by("pk").values_list("enterprise_id", "before"):
        first.setdefault(enterprise, before)
    codes = {str(before["region"]) for before in first.values() if "region" in before}
    regions = Region.objects.filter(code__in=codes) if codes else Region.objects.none()
    paths = dict(regions.values_list("code", "path"))
    found = {pk: b.get("region_path", paths.get(str(b.get("region")))) for pk, b in first.items()}
    return {pk: path for pk, path in found.items() if path is not None}


def standing_in(
    among: QuerySet[Enterprise], region: Region, *, on: dt.date
) -> QuerySet[Enterprise]:
    """Return those of some enterprises that stood in a region on a day (当日所在地)."""
    moved = then(on) if on < timezone.localdate() else {}
    inside = [pk for pk, path in moved.items() if path.startswith(region.path)]
    here = Q(region_path__startswith=region.path) if region.path else Q(pk__isnull=False)
    if not moved:
        return among.filter(here)
    return among.filter((here & ~Q(pk__in=list(moved))) | Q(pk__in=inside))


def _next_morning(on: dt.date) -> dt.datetime:
    midnight = dt.datetime.combine(on + dt.timedelta(days=1), dt.time.min)
    return timezone.make_aware(midnight)
