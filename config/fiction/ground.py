"""Where invented firms stand: units by weight, counties, parks, trades, chains (分布底图)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from config.fiction.dice import Dice
from config.fiction.words import MARK, PARKS, TRADES
from enterprises.places.models import ChainLink, Cluster, Industry, Park, ProductDomain, Region

HOME = "320583"  # the county of the demo's users
HOME_IDS = range(38, 62)  # these firms stand there, whatever the size of the registry


@dataclass(frozen=True, slots=True)
class Leaf:
    """A lowest division, with what a firm there takes from it."""

    pk: int
    code: str
    path: str
    name: str
    city: str


class Ground:
    """The reference data that the draws choose from, read once, in the order of the codes."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        regions = {region.pk: region for region in Region.objects.filter(in_use=True)}
        parents = {region.parent_id for region in regions.values()}
        self.units = [region for region in regions.values() if region.is_unit]
        self.units.sort(key=lambda region: region.path)
        paths = tuple(unit.path for unit in self.units)
        lowest = [
            region
            for region in regions.values()
            if region.path.startswith(paths)
            and (region.pk not in parents or region.level == "county")
        ]
        self.leaves = [
            Leaf(r.pk, r.code, r.path, r.name_zh, _city(r, regions))
            for r in sorted(lowest, key=lambda region: (region.path, region.code))
        ]
        self.unit_weights = self._weights()
        self.park_ids = self._lay_out_parks()

    def _weights(self) -> list[float]:
        """Return how many little giants each unit had in the ministry's table of June 2021."""
        with Path(__file__).with_name("units.csv").open(encoding="utf-8", newline="") as file:
            given = {row["path"]: int(row["little_giants"]) for row in csv.DictReader(file)}
        return [max(given[unit.path], 2) for unit in self.units]

    def _lay_out_parks(self) -> list[list[int]]:
        """Make the invented parks of every unit and return their ids by unit."""
        rows = [
            Park(
                code=f"FIC-{unit.path}-{number}",
                name_zh=f"{unit.name_zh}{word}产业园{MARK}",
                name_en=f"{unit.name_en or unit.path} Invented Park {number} (fictional)",
                region=unit,
                fictional=True,
            )
            for unit in self.units
            for number, word in enumerate(PARKS, start=1)
        ]
        Park.objects.bulk_create(rows, ignore_conflicts=True)
        made: dict[int, list[int]] = {unit.pk: [] for unit in self.units}
        for park in Park.objects.filter(fictional=True, code__startswith="FIC-"):
            made[park.region_id].append(park.pk)
        return [made[unit.pk] for unit in self.units]

    @cached_property
    def leaves_of_unit(self) -> list[tuple[list[int], list[float]]]:
        """Return for each unit the positions of its leaves and how much each weighs."""
        order = {unit.path: position for position, unit in enumerate(self.units)}
        members: list[list[int]] = [[] for _ in self.units]
        for position, leaf in enumerate(self.leaves):
            members[order[leaf.path[:2]]].append(position)
        return [
            (found, [1.0 / (1 + rank) ** 0.6 for rank in self._ranks(found)]) for found in members
        ]

    def _ranks(self, positions: list[int]) -> list[int]:
        codes = pl.Series([int(self.leaves[position].code) for position in positions])
        return Dice(self.seed, codes).share("county").rank("ordinal").cast(pl.Int64).to_list()

    @cached_property
    def home(self) -> int:
        """Return the position of the demo's county."""
        return next(n for n, leaf in enumerate(self.leaves) if leaf.code == HOME)

    @cached_property
    def industries(self) -> list[int]:
        """Return the id of each trade's division."""
        found = dict(Industry.objects.filter(is_section=False).values_list("code", "pk"))
        return [found[trade.division] for trade in TRADES]

    @cached_property
    def links(self) -> list[tuple[int, int]]:
        """Return every link of every chain with its chain."""
        return list(
            ChainLink.objects.order_by("chain__code", "position").values_list("pk", "chain")
        )

    @cached_property
    def clusters(self) -> list[int]:
        """Return the ids of the clusters."""
        return list(Cluster.objects.order_by("code").values_list("pk", flat=True))

    def domains(self, *schemes: str) -> list[int]:
        """Return the ids of the product domains of some schemes."""
        found = ProductDomain.objects.filter(scheme__in=schemes).order_by("scheme", "code")
        return list(found.values_list("pk", flat=True))


def _city(region: Region, regions: dict[int, Region]) -> str:
    """Return the short name of the city, or of the unit, that a name of a firm begins with."""
    above = regions.get(region.parent_id) if region.parent_id else None
    named = above if region.level == "county" and above is not None else region
    name = named.name_zh
    for ending in (
        "维吾尔自治区",
        "壮族自治区",
        "回族自治区",
        "自治区",
        "自治州",
        "地区",
        "省",
        "市",
        "盟",
        "区",
    ):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return name
