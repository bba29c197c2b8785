"""Pilot cities: level 2 or above in each sub-sector, by batch (试点城市)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from cultivation.digital.models import PilotCity
from cultivation.digital.path import WHOLE
from cultivation.digital.targets import measures
from cultivation.digital.targets.measuring import Tally
from enterprises.places.models import Industry
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from enterprises.accounts.scope import Scope


@dataclass(frozen=True, slots=True)
class Sector:
    """A sub-sector of a pilot city: its above-scale firms (细分行业); None: industry unknown."""

    industry: Industry | None
    tally: Tally
    least: int | None

    @property
    def rate(self) -> int | None:
        """Return the share at level 2 or above, in ppm."""
        return self.tally.done * WHOLE // self.tally.total if self.tally.total else None

    @property
    def behind(self) -> bool:
        """Tell whether fewer than owed are there."""
        return self.least is not None and self.tally.done * WHOLE < self.least * self.tally.total


def in_sight(scope: Scope) -> QuerySet[PilotCity]:
    """Return the pilot cities of the regions that a scope reads (可见试点城市)."""
    seen = Q(pk__in=[])
    for path in scope.paths:
        seen |= Q(region__path__startswith=path)
    return PilotCity.objects.filter(seen).select_related("region", "batch")


def sectors(city: PilotCity, on: dt.date) -> list[Sector]:
    """Return the sub-sectors of a city, by industry code, those of none last (细分行业)."""
    found = measures.grounds(on)
    if found is None:
        return []
    rows = Enterprise.objects.filter(measures.within((city.region.path,), found.moved))
    grouped = (
        measures.above_scale(rows, found)
        .order_by()
        .values_list("industry_id", "group")
        .annotate(firms=Count("pk"))
    )
    tallies: dict[int | None, Tally] = defaultdict(Tally)
    for industry, group, number in grouped:
        tallies[industry].add(group, number)
    industries = Industry.objects.in_bulk([key for key in tallies if key is not None])
    listed = [
        Sector(industries.get(key) if key else None, tally, city.batch.least_ppm)
        for key, tally in tallies.items()
    ]
    return sorted(
        listed, key=lambda row: (row.industry is None, row.industry and row.industry.code)
    )


def tallies(cities: Sequence[PilotCity], on: dt.date) -> dict[int, Tally]:
    """Return the tally of each city's above-scale firms, by the city's id (规上企业)."""
    found = measures.grounds(on)
    counted: dict[int, Tally] = {city.pk: Tally() for city in cities}
    if found is None or not cities:
        return counted
    paths = tuple(city.region.path for city in cities)
    among = Enterprise.objects.filter(measures.within(paths, found.moved))
    rows = measures.above_scale(among, found)
    for path, group, number in measures.by_place(rows, found.moved):
        for city in cities:
            if path.startswith(city.region.path):
                counted[city.pk].add(group, number)
    return counted
