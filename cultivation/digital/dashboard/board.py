"""Everything that the dashboard of a region shows on a day (总览内容)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cultivation.digital.dashboard import dimensions, funnel, lines, stages, tiles
from cultivation.digital.targets import reading
from enterprises.places.models import Park

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.dashboard.dimensions import Split
    from cultivation.digital.dashboard.funnel import Funnel, Published, Tiers
    from cultivation.digital.dashboard.lines import Lines
    from cultivation.digital.dashboard.stages import Step
    from cultivation.digital.dashboard.tiles import Tiles
    from cultivation.digital.overview import Overview, RegionRow
    from cultivation.digital.targets.reading import Standing

FURTHEST = 12


class Board:
    """The pictures of one region, each worked out where it is asked for (总览)."""

    def __init__(self, view: Overview, *, today: dt.date, by: str = "") -> None:
        """Take the stored figures of the region, the day to look from, the dimension asked for."""
        self.view, self.by = view, by
        self.on = view.on or today
        self.national = not view.region.path

    @property
    def tail(self) -> str:
        """Return what links to other pages keep: tier, definition and day."""
        view = self.view
        kept = {"tier": view.tier, "definition": view.definition and view.definition.code}
        return urlencode({**kept, "on": self.on.isoformat()})

    @cached_property
    def lines(self) -> Lines | None:
        """Return coverage over time."""
        return lines.lines(self.view)

    @cached_property
    def parts(self) -> list[RegionRow]:
        """Return the regions below, by code."""
        return self.view.parts() if self.view.figure else []

    @cached_property
    def tiles(self) -> Tiles | None:
        """Return the regions below as tiles."""
        return tiles.tiles(self.view.region, self.parts)

    @property
    def furthest(self) -> list[RegionRow]:
        """Return the regions below that lack most firms."""
        behind = [row for row in self.parts if row.region and row.figure.missing_firms]
        return sorted(behind, key=lambda row: row.figure.gap_firms)[:FURTHEST]

    @cached_property
    def split(self) -> Split | None:
        """Return the figures by chain, or by the dimension asked for."""
        return dimensions.split(self.view, self.by)

    @cached_property
    def _steps(self) -> tuple[dt.date, list[Step]]:
        return stages.steps(self.view.region, self.on)

    @property
    def stages_on(self) -> dt.date:
        """Return the day that the stages were counted on."""
        return self._steps[0]

    @cached_property
    def funnel(self) -> Funnel:
        """Return the stages and their tiers."""
        return funnel.funnel(self._steps[1])

    @cached_property
    def tiers(self) -> Tiers | None:
        """Return the holders of each tier over time."""
        return funnel.tiers(stages.series(self.view.region))

    @cached_property
    def published(self) -> Published:
        """Return the published totals."""
        return funnel.published()

    @cached_property
    def standings(self) -> list[Standing]:
        """Return the goals beside coverage."""
        return reading.standings(self.view.region, self.on)

    @cached_property
    def fictional(self) -> bool:
        """Tell whether the registry is the invented one of the demonstration."""
        return Park.objects.filter(fictional=True).exists()
