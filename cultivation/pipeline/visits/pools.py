"""Which cases a level has in hand: to draw from, or owed a visit nobody began (核查范围)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from cultivation.pipeline import ahead
from cultivation.pipeline.models import Application, Visit, VisitListed
from cultivation.pipeline.visits import planning, rules

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cultivation.pipeline.models import VisitDraw
    from cultivation.pipeline.visits.rules import VisitRule
    from enterprises.accounts.models import User

MOST = 2000  # cases taken up at once


def in_hand(level: str, path: str) -> QuerySet[Application]:
    """Return the cases that a level has in hand below a region and sees on site nowhere yet."""
    here = Q(status=f"at_{level}") | Q(status="on_notice", notice_level=level)
    seen = Visit.objects.standing().filter(application=OuterRef("pk"), level=level)
    return Application.objects.filter(
        here, ~Exists(seen), region_path__startswith=path, submitted_at__isnull=False
    )


def of_draw(draw: VisitDraw) -> QuerySet[Application]:
    """Return what a draw would list now: not yet on notice, and on no other list still open."""
    listed = VisitListed.objects.filter(
        application=OuterRef("pk"), draw__state="listed", draw__level=draw.level
    ).exclude(draw=draw)
    rows = in_hand(draw.level, draw.region_path).filter(
        ~Exists(listed), status=f"at_{draw.level}", tier=draw.tier, kind=draw.kind
    )
    return (rows.filter(round=draw.round_id) if draw.round_id else rows).order_by("pk")


def owing(level: str, path: str) -> list[tuple[str, VisitRule, QuerySet[Application]]]:
    """Return by rule the cases of an office that owe a visit nobody began (应查未查).

    One query for the rules in use; the cases themselves are not asked for yet.
    """
    taken = ahead.rule_uses()
    return [
        (level, rule, in_hand(level, path).filter(where, rules.condition(rule)).order_by("pk"))
        for rule in rules.rules()
        if rule.scope == rules.EACH
        and rule.level == level
        and (where := _bound(rule, path, taken)) is not None
    ]


def unbegun(user: User) -> list[tuple[str, VisitRule, QuerySet[Application]]]:
    """Return the same for all offices in which a user reviews."""
    return [
        (level, rule, rows.exclude(enterprise__in=user.scope.enterprises))
        for path, level in user.scope.review_paths
        for level, rule, rows in owing(level, path)
    ]


def _bound(rule: VisitRule, path: str, taken: set[tuple[str, str]]) -> Q | None:
    """Return below which of the office's places a rule binds; None where it does nowhere."""
    places = [place for name, place in taken if name == rule.rule]
    if rule.binds or any(path.startswith(place) for place in places):
        return Q()
    below = [place for place in places if place.startswith(path)]
    found = Q(pk__in=[])
    for place in below:
        found |= Q(region_path__startswith=place)
    return found if below else None


@transaction.atomic
def begin_owed(user: User) -> int:
    """Begin every visit that the offices of a user owe; return how many (批量发起)."""
    if not user.scope.review_paths:
        raise PermissionDenied(_("Only an office that reviews begins visits."))
    number = 0
    for level, rule, rows in unbegun(user):
        locked = list(rows.select_for_update(of=("self",))[:MOST])
        planning.make([planning.Wanted(one, level, rule) for one in locked], by=user)
        number += len(locked)
    return number
