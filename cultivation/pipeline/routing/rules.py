"""Which offices take part in a unit, and whether applications come in rounds (受理与路径设置).

Both hold for submissions from then on; what is under way keeps its route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import IntakeRule, RouteRule
from cultivation.pipeline.stages import LADDER
from enterprises.audit import recording
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

Mode = IntakeRule.Mode


def may_route(user: User, unit: Region) -> bool:
    """Tell whether a user says which offices of a unit take part: the unit itself."""
    return unit.is_unit and user.scope.may_decide(unit.path, "province")


def may_rule(user: User, region: Region, tier: str) -> bool:
    """Tell whether a user says how a tier's applications come in, for a unit or the nation."""
    if not region.path:
        return user.scope.may_decide("", "nation")
    decides = LADDER[Tier(tier)].decided_at == "province"
    return decides and region.is_unit and user.scope.may_decide(region.path, "province")


@transaction.atomic
def set_route(
    unit: Region, tier: str, *, by_county: bool, by_city: bool, by: User, reason: str
) -> RouteRule:
    """Say which offices below a unit review applications of a tier (设定审核层级)."""
    if not may_route(by, unit):
        raise PermissionDenied(_("The unit itself says which of its offices take part."))
    _check(tier, reason)
    before = RouteRule.objects.select_for_update().filter(region=unit, tier=tier).first()
    rule, _new = RouteRule.objects.update_or_create(
        region=unit,
        tier=tier,
        defaults={
            "region_path": unit.path,
            "by_county": by_county,
            "by_city": by_city,
            "made_by": by,
        },
    )
    recording.note(
        "route.set",
        rule,
        by=by,
        before={
            "county": before.by_county if before else True,
            "city": before.by_city if before else True,
        },
        after={"tier": tier, "county": by_county, "city": by_city},
        reason=reason.strip(),
        region_path=unit.path,
    )
    return rule


@transaction.atomic
def set_intake(region: Region, tier: str, mode: str, *, by: User, reason: str) -> IntakeRule:
    """Say whether applications of a tier come in rounds, for a unit or the nation (受理方式)."""
    if not may_rule(by, region, tier):
        raise PermissionDenied(_("The office that decides this title says how it is applied for."))
    _check(tier, reason)
    if mode not in Mode.values:
        raise MoveError(_("Choose one of the ways given."), field="mode")
    before = IntakeRule.objects.select_for_update().filter(region=region, tier=tier).first()
    rule, _new = IntakeRule.objects.update_or_create(
        region=region,
        tier=tier,
        defaults={"region_path": region.path, "mode": mode, "made_by": by},
    )
    recording.note(
        "intake.set",
        rule,
        by=by,
        before={"mode": before.mode if before else Mode.AS_PUBLISHED},
        after={"tier": tier, "mode": mode},
        reason=reason.strip(),
        region_path=region.path,
    )
    return rule


def _check(tier: str, reason: str) -> None:
    if tier not in Tier.values:
        raise MoveError(_("There is no such tier."), field="tier")
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
