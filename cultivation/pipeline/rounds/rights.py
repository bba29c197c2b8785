"""Who holds rounds, sets windows and quotas, and grants extensions (批次权限).

The nation holds rounds of any tier, a recommending unit those of the tiers it decides. The holder
sets every window; an office below it, a unit or a city, sets those of the levels below its own for
its own subtree, within what stands above. The same offices grant extensions and set quotas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from cultivation.pipeline.models import WindowLevel
from cultivation.pipeline.stages import LADDER
from enterprises.accounts.seats import office_of
from enterprises.places.models import Region
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from cultivation.pipeline.models import Round
    from enterprises.accounts.models import User

LEVELS = tuple(WindowLevel.values)  # upward
SETTERS = ("nation", "province", "city")


def may_hold(user: User, tier: str, region: Region) -> bool:
    """Tell whether a user holds rounds of a tier in the name of the nation or of a unit."""
    level = office_of(region)
    if level not in ("nation", "province") or not user.scope.may_decide(region.path, level):
        return False
    return level == "nation" or LADDER[Tier(tier)].decided_at == "province"


def is_holder(user: User, round_: Round) -> bool:
    """Tell whether a user decides for the office that holds a round."""
    level = "province" if round_.region_path else "nation"
    return bool(user.scope.may_decide(round_.region_path, level))


def holding_regions(user: User) -> list[Region]:
    """Return the nation and the units for which a user may hold rounds of some tier."""
    wanted = Q(pk__in=[])
    for path, level in user.scope.decide_paths:
        if level == "nation":
            wanted |= Q(level=Region.Level.NATION)
        elif level == "province":
            wanted |= Q(path=path, is_unit=True, in_use=True)
    return list(Region.objects.filter(wanted).order_by("code"))


def settable(user: User, round_: Round, region: Region) -> tuple[str, ...]:
    """Return the levels whose windows a user sets in a round for a region's subtree."""
    if not region.path.startswith(round_.region_path) or not _takes_part(round_, region.path):
        return ()
    level = office_of(region)
    if level not in SETTERS or not user.scope.may_decide(region.path, level):
        return ()
    at = LEVELS.index(level)
    return LEVELS[: at + 1] if region.path == round_.region_path else LEVELS[:at]


def setting_regions(user: User, round_: Round) -> list[Region]:
    """Return the regions of a user's own offices that set windows or quotas in a round."""
    paths = {path for path, level in user.scope.decide_paths if level in SETTERS}
    rows = Region.objects.filter(path__in=paths, in_use=True).order_by("code")
    return [region for region in rows if settable(user, round_, region)]


def may_extend(user: User, round_: Round, path: str, level: str) -> Region | None:
    """Return the office by which a user extends a level's window for a path; None where none."""
    found = [
        region
        for region in setting_regions(user, round_)
        if path.startswith(region.path) and level in settable(user, round_, region)
    ]
    return min(found, key=lambda region: len(region.path), default=None)


def _takes_part(round_: Round, path: str) -> bool:
    return not round_.units or not path or path[:2] in round_.units
