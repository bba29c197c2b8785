"""An office takes a rule on visits into use that is not sure, or ends that (启用规则)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cultivation.pipeline import ahead
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import VisitRuleUse
from cultivation.pipeline.visits import rules
from enterprises.accounts.seats import office_of
from enterprises.audit import recording
from enterprises.places.models import Region

if TYPE_CHECKING:
    from cultivation.pipeline.visits.rules import VisitRule
    from enterprises.accounts.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands for an office (规则状态)."""

    rule: VisitRule
    region: Region
    used: bool
    may_change: bool


def offices_of(user: User) -> list[Region]:
    """Return the regions in whose office a user sits, by path (本人单位)."""
    paths = {path for path, _level in user.scope.offices}
    rows = Region.objects.filter(path__in=paths, in_use=True)
    return list(rows.filter(Q(path="", level=Region.Level.NATION) | ~Q(path="")).order_by("path"))


def standing_of(user: User) -> list[Standing]:
    """Return every rule of a user's offices, with whether it is in use; two queries."""
    offices = offices_of(user)
    taken = ahead.rule_uses()
    decides = set(user.scope.decide_paths)
    return [
        Standing(
            rule,
            office,
            used=any((rule.rule, office.path[:n]) in taken for n in range(len(office.path) + 1)),
            may_change=not rule.binds and (office.path, rule.level) in decides,
        )
        for office in offices
        for rule in rules.rules()
        if rule.level == office_of(office)
    ]


@transaction.atomic
def use(region: Region, rule: str, *, by: User, wanted: bool) -> None:
    """Take a rule into use for an office, or end that; PermissionDenied for others."""
    found = rules.named(rule)
    if found is None:
        raise MoveError(_("There is no rule %(rule)s.") % {"rule": rule[:40]}, field="rule")
    if office_of(region) != found.level or not by.scope.may_decide(region.path, found.level):
        raise PermissionDenied(_("This rule is for another office to set."))
    if found.binds:
        raise MoveError(_("This rule binds of itself; there is nothing to set."))
    rows = VisitRuleUse.objects.filter(region=region, rule=rule)
    before = rows.exists()
    if before == wanted:
        return
    if wanted:
        VisitRuleUse.objects.get_or_create(region=region, rule=rule, defaults={"made_by": by})
    else:
        rows.delete()
    recording.note(
        "visit.rule_used" if wanted else "visit.rule_left",
        f"visit_rule:{rule}",
        by=by,
        before={"used": before},
        after={"used": wanted},
        region_path=region.path,
    )
