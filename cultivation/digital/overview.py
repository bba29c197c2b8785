"""What the coverage page shows, read from the stored snapshots (覆盖情况总览)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cultivation.digital import coverage
from cultivation.digital.models import CoverageDefinition, CoverageSnapshot, RequiredPath
from cultivation.digital.path import Figure, Line
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from enterprises.accounts.scope import Scope

POINTS = 120  # at most, in a chart


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One part of a region with its figure; `region` is None for what belongs to no part."""

    region: Region | None
    figure: Figure


def home(scope: Scope) -> Region | None:
    """Return the region that an officer or auditor starts from: the widest one read (本地区)."""
    if not scope.paths:
        return None
    path = min(scope.paths, key=lambda path: (len(path), path))
    return Region.objects.filter(path=path).first()


def region_in_sight(code: str, scope: Scope) -> Region | None:
    """Return the region of a code where the scope reads it, else None."""
    region = Region.objects.filter(code=code).first() if code.isalnum() else None
    return region if region and scope.sees_path(region.path) else None


def trail(region: Region, scope: Scope) -> list[Region]:
    """Return the regions above one that the scope reads, widest first (上级地区)."""
    above = {region.path[:length] for length in range(len(region.path))}
    rows = Region.objects.filter(path__in=[path for path in above if scope.sees_path(path)])
    return sorted(rows, key=lambda row: len(row.path))


class Overview:
    """The stored figures of one region and tier, seen under a definition on a day (总览)."""

    def __init__(
        self, region: Region, *, tier: str, code: str = "", on: dt.date | None = None
    ) -> None:
        """Choose the definition by code, else the first; the day by date, else the newest."""
        self.region, self.tier = region, tier
        self.definitions = list(CoverageDefinition.objects.all())
        by_code = {definition.code: definition for definition in self.definitions}
        self.definition = by_code.get(code) or next(iter(self.definitions), None)
        self.asked = on

    @cached_property
    def path(self) -> RequiredPath | None:
        """Return the goal of the tier."""
        return RequiredPath.objects.filter(tier=self.tier).first()

    @cached_property
    def stored(self) -> list[CoverageSnapshot]:
        """Return all snapshots of the region under the definition, oldest first."""
        if self.definition is None:
            return []
        rows = CoverageSnapshot.objects.filter(
            region=self.region, tier=self.tier, definition=self.definition
        )
        return list(rows.order_by("on"))

    @cached_property
    def counted_under(self) -> int | None:
        """Return the version of the definition on the day where it is no longer the present one."""
        if self.definition is None:
            return None
        version = next((row.definition_version for row in self.stored if row.on == self.on), None)
        return None if version == self.definition.version else version

    @property
    def is_of_several_versions(self) -> bool:
        """Tell whether the definition was changed between the first snapshot and the last."""
        return len({row.definition_version for row in self.stored}) > 1

    @cached_property
    def days(self) -> list[dt.date]:
        """Return the days there are snapshots of, newest first."""
        return [row.on for row in reversed(self.stored)]

    @cached_property
    def on(self) -> dt.date | None:
        """Return the day shown: the one asked for, or the newest there is."""
        if self.asked in self.days:
            return self.asked
        return self.days[0] if self.days else None

    @cached_property
    def lines(self) -> dict[int, Line]:
        """Return the path of each definition, by key."""
        if self.on is None or self.path is None:
            return {}
        found = coverage.lines_for(
            self.tier, self.definitions, self.on, [0] * len(self.definitions)
        )
        return {
            definition.pk: line for definition, line in zip(self.definitions, found, strict=True)
        }

    @cached_property
    def figures(self) -> list[tuple[CoverageDefinition, Figure]]:
        """Return the region's figure under every definition on the day."""
        if self.on is None:
            return []
        rows = CoverageSnapshot.objects.filter(region=self.region, tier=self.tier, on=self.on)
        found = {row.definition_id: row for row in rows}
        return [(d, self._figure(found[d.pk])) for d in self.definitions if d.pk in found]

    @cached_property
    def figure(self) -> Figure | None:
        """Return the region's figure under the definition on the day."""
        return next((figure for d, figure in self.figures if d == self.definition), None)

    @cached_property
    def series(self) -> list[Figure]:
        """Return the figures over time, thinned to what a chart can show; the last is kept."""
        step = max(1, -(-len(self.stored) // POINTS))
        kept = self.stored[::-1][::step][::-1]
        return [self._figure(row) for row in kept]

    @property
    def line(self) -> Line | None:
        return self.lines.get(self.definition.pk) if self.definition else None

    def parts(self, *, sort: str = "code") -> list[RegionRow]:
        """Return the figures of the regions below, and of what stands at the region itself."""
        if self.on is None:
            return []
        rows = CoverageSnapshot.objects.filter(
            region__parent=self.region, tier=self.tier, definition=self.definition, on=self.on
        ).select_related("region")
        found = [
            RegionRow(row.region, self._figure(row))
            for row in rows.order_by("region__code")
            if row.total or row.region.in_use
        ]
        found.sort(key=lambda row: _order(row, sort))
        rest = self._rest(found)
        return [*found, RegionRow(None, rest)] if rest else found

    def _rest(self, parts: list[RegionRow]) -> Figure | None:
        whole = self.figure
        if whole is None or not parts:
            return None
        names = ("total", "transformed", "not_transformed", "not_assessed")
        left = {
            name: getattr(whole, name) - sum(getattr(row.figure, name) for row in parts)
            for name in names
        }
        if not left["total"]:
            return None
        return Figure(on=whole.on, required=whole.required, line=whole.line, **left)

    def _figure(self, row: CoverageSnapshot) -> Figure:
        line = self.lines.get(row.definition_id) or Line(row.on, 0, row.on, row.path_required)
        return Figure(
            on=row.on,
            total=row.total,
            transformed=row.transformed,
            not_transformed=row.not_transformed,
            not_assessed=row.not_assessed,
            required=row.path_required,
            line=line,
        )


def _order(row: RegionRow, sort: str) -> tuple[int, int, str]:
    figure = row.figure
    code = row.region.code if row.region else ""
    keys: Mapping[str, int] = {
        "rate": 10**9 if figure.rate is None else figure.rate,
        "gap": figure.gap_firms,
        "total": -figure.total,
    }
    return (0, keys.get(sort, 0), code)
