"""The levels an application passes, worked out from where the enterprise stands (申报路径)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import RouteRule, Status
from cultivation.pipeline.stages import LADDER
from enterprises.accounts.scope import OFFICES
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from enterprises.places.models import Region

MUNICIPALITIES = ("11", "12", "31", "50")


def route_of(region: Region, tier: str) -> list[str]:
    """Return the levels from the lowest to the deciding one, e.g. ["county", "province"].

    The recommending unit stands for the province, be it a province, a separately planned city or
    the XPCC. Municipalities have no city level; lower levels exist only where the tree has them
    and where the unit lets them take part. MoveError where the region belongs to none of the 37
    units.
    """
    levels: list[str] = []
    here: Region | None = region
    while here is not None and not here.is_unit:
        if here.level not in levels:
            levels.append(here.level)
        here = here.parent
    if here is None:
        raise MoveError(
            _("Region %(region)s belongs to no recommending unit; mend the enterprise's region.")
            % {"region": region}
        )
    if here.path in MUNICIPALITIES:
        levels = [level for level in levels if level != "city"]
    left_out = _left_out(here, tier) if levels else set()
    levels = [level for level in ("county", "city") if level in levels and level not in left_out]
    return [*levels, "province"] + (["nation"] if LADDER[Tier(tier)].decided_at == "nation" else [])


def _left_out(unit: Region, tier: str) -> set[str]:
    """Return the levels that take no part in a unit, by its rule for the tier."""
    rule = RouteRule.objects.filter(region=unit, tier=tier).first()
    if rule is None:
        return set()
    return {level for level in ("county", "city") if not getattr(rule, f"by_{level}")}


def holding_level(application: Application) -> str:
    """Return the level that has the application in hand, or an empty text."""
    if application.status == Status.ON_NOTICE:
        return application.notice_level
    level = application.status.removeprefix("at_")
    return level if level in OFFICES else ""


def first(application: Application) -> str:
    """Return the status with the lowest level of the route."""
    return f"at_{application.route[0]}"


def following(application: Application) -> str:
    """Return the status with the level after the one that has it now."""
    here = application.route.index(holding_level(application))
    return f"at_{application.route[here + 1]}"


def never(_application: Application) -> bool:
    """Say no of every application."""
    return False


def always(_application: Application) -> bool:
    """Say yes of every application."""
    return True


def is_last(application: Application) -> bool:
    """Tell whether the level that has the application is the one that decides."""
    return bool(application.route) and application.route[-1] == holding_level(application)
