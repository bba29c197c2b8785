"""Where enterprises stood on a past day, and in what, from the history of their records (历史归属).

A move of region, industry, chain, park or cluster is kept with its day, by hand and by import. The
size class, which follows from the reports, has no history of its own.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from cultivation.standards.tables import among
from enterprises.places.models import Chain, Cluster, Industry, Park, Region
from enterprises.registry.models import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import QuerySet

    from enterprises.registry.models import Enterprise

LINKED: dict[str, type[Chain | Park | Cluster | Industry]] = {
    "chain": Chain, "park": Park, "cluster": Cluster, "industry": Industry,
}  # fmt: skip
SECTION = "section"  # follows from the industry


def then(on: dt.date) -> dict[int, str]:
    """Return the region path on a day of each enterprise that has moved since (迁移前地区)."""
    first = _first_since(on, ["region", "region_path"])  # by hand the code is noted
    codes = {str(before["region"]) for before in first.values() if "region" in before}
    regions = Region.objects.filter(code__in=codes) if codes else Region.objects.none()
    paths = dict(regions.values_list("code", "path"))
    found = {pk: b.get("region_path", paths.get(str(b.get("region")))) for pk, b in first.items()}
    return {pk: path for pk, path in found.items() if path is not None}


def members_then(on: dt.date, by: str) -> dict[int, Any]:
    """Return the member of a dimension on a day of each enterprise that has changed it since.

    The key of the chain, park, cluster or industry, or the letter of the section; None where it had
    none. Empty for what has no history: the size class, and the batch, which the title itself says.
    """
    name = "industry" if by == SECTION else by
    if name not in LINKED:
        return {}
    first = _first_since(on, [name, f"{name}_id"])  # by hand the code is noted, by import the key
    if not first:
        return {}
    keys = dict(LINKED[name].objects.values_list("code", "pk"))
    found: dict[int, Any] = {
        pk: before[f"{name}_id"] if f"{name}_id" in before else keys.get(str(before[name]))
        for pk, before in first.items()
    }
    if by != SECTION:
        return found
    sections = dict(Industry.objects.values_list("pk", "section"))
    return {pk: sections.get(key) for pk, key in found.items()}


def _first_since(on: dt.date, names: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Return by enterprise what the first change of some fields after a day found before it."""
    if on >= timezone.localdate():
        return {}
    rows = Change.objects.filter(before__has_any_keys=names, made_at__gte=_next_morning(on))
    first: dict[int, dict[str, Any]] = {}
    for enterprise, before in rows.order_by("pk").values_list("enterprise_id", "before"):
        first.setdefault(enterprise, before)
    return first


def standing_in(
    firms: QuerySet[Enterprise], region: Region, *, on: dt.date
) -> QuerySet[Enterprise]:
    """Return those of some enterprises that stood in a region on a day (当日所在地)."""
    here = Q(region_path__startswith=region.path) if region.path else Q(pk__isnull=False)
    return firms.filter(put_back(here, then(on), lambda path: path.startswith(region.path)))


def put_back(here: Q, before: Mapping[int, Any], fits: Callable[[Any], bool]) -> Q:
    """Return a filter of today for enterprises as it held before some of them changed (回溯过滤).

    `before` is what those had by enterprise, as `then` and `members_then` give it.
    """
    if not before:
        return here
    inside = [pk for pk, was in before.items() if fits(was)]
    return (here & ~among(list(before), name="pk")) | among(inside, name="pk")


def _next_morning(on: dt.date) -> dt.datetime:
    midnight = dt.datetime.combine(on + dt.timedelta(days=1), dt.time.min)
    return timezone.make_aware(midnight)
