"""Everything that the dashboard of a region shows on a day (总览内容)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Count, Q

from cultivation.digital.dashboard import dimensions, funnel, levels, lines, stages, tiles
from cultivation.digital.forecasting.reading import ahead
from cultivation.digital.helping.closing import overdue
from cultivation.digital.models import CoverageAlert, HelpTask
from cultivation.digital.targets import reading
from enterprises.places.models import Park

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.dashboard.dimensions import Split
    from cultivation.digital.dashboard.funnel import Funnel, Published, Tiers
    from cultivation.digital.dashboard.levels import Levels
    from cultivation.digital.dashboard.lines import Lines
    from cultivation.digital.dashboard.stages import Step
    from cultivation.digital.dashboard.tiles import Tiles
    from cultivation.digital.overview import Overview, RegionRow
    from cultivation.digital.targets.reading import Standing
    from enterprises.accounts.models import User

FURTHEST = 12


class Board:
    """The pictures of one region, each worked out where it is asked for (总览)."""

    def __init__(self, view: Overview, *, user: User, today: dt.date, by: str = "") -> None:
        """Take the stored figures of the region, who looks, from which day, by which dimension."""
        self.view, self.user, self.by, self.today = view, user, by, today
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
        view = self.view
        if view.definition is None:
            return None
        forecast = ahead(view.region, tier=view.tier, definition=view.definition)
        return lines.lines(view, forecast)

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
    def alerts(self) -> list[tuple[str, int]]:
        """Return the open alerts in the region under the definition, counted by kind (预警)."""
        rows = CoverageAlert.objects.visible_to(self.user).open()
        rows = rows.filter(
            region__path__startswith=self.view.region.path,
            tier=self.view.tier,
            definition=self.view.definition,
        )
        found = dict(rows.order_by().values_list("kind").annotate(alerts=Count("pk")))
        return [(kind.value, found[kind.value]) for kind in CoverageAlert.Kind if kind in found]

    @cached_property
    def tasks(self) -> dict[str, int]:
        """Return how many tasks of firms of the region are open, late and done (帮扶任务)."""
        rows = HelpTask.objects.visible_to(self.user)
        rows = rows.filter(enterprise__region_path__startswith=self.view.region.path)
        found: dict[str, int] = rows.aggregate(
            all=Count("pk"),
            open=Count("pk", filter=Q(state=HelpTask.State.OPEN)),
            late=Count("pk", filter=overdue(self.today)),
            done=Count("pk", filter=Q(state=HelpTask.State.DONE)),
        )
        return found

    @cached_property
    def split(self) -> Split | None:
        """Return the figures by chain, or by the dimension asked for."""
        return dimensions.split(self.view, self.by)

    @cached_property
    def _steps(self) -> tuple[dt.date | None, list[Step]]:
        return stages.steps(self.view.region, self.on)

    @property
    def stages_on(self) -> dt.date | None:
        """Return the day that the stages were counted on, None where they never were."""
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
    def levels(self) -> Levels | None:
        """Return the holders of the tier by level over time."""
        return levels.levels(levels.series(self.view.region, self.view.tier), self.on)

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
