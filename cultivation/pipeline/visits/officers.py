"""Who may go on a visit: officers of the level without a tie to the firm (核查人员与回避)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.models import Application as Applications
from cultivation.pipeline.models import ExpertProfile, PanelBar, Relation, VisitRecusal
from cultivation.pipeline.panels import conflicts as ties
from enterprises.accounts.models import Seat
from enterprises.notifications.addressees import officers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application, Visit
    from enterprises.accounts.models import User

YEARS = 3  # that past ties count: a setting, unverified, as with panels


def may_visit(user: User, application: Application, level: str) -> bool:
    """Tell whether a user reviews for a level where the case stands, and is not the staff."""
    return (
        user.is_authenticated
        and application.enterprise_id not in user.scope.enterprises
        and user.scope.may_review(application.region_path, level)
    )


def need(user: User, visit: Visit) -> None:
    """Raise PermissionDenied for who is no officer of the level that makes a visit."""
    if not may_visit(user, visit.application, visit.level):
        raise PermissionDenied(_("This visit is made by another office."))


def need_goer(user: User, visit: Visit) -> None:
    """Raise PermissionDenied for who is none of the two officers of a visit."""
    need(user, visit)
    if user.pk not in {visit.first_id, visit.second_id}:
        raise PermissionDenied(_("Only the two officers of the visit write its record."))


def conflicts(
    application: Application, users: Iterable[User], *, visit: Visit | None = None
) -> dict[int, list[str]]:
    """Return by user, in words, what keeps officers from a visit (回避情形); a few queries for all.

    Seats held in the firm or a related one, now or ever, ties stated as an expert, and what was
    declared. To have reviewed the case is no conflict: the visit is part of the review.
    """
    pks = [user.pk for user in users]
    found: dict[int, list[str]] = defaultdict(list)
    firm = application.enterprise_id
    related = _related(firm)
    seats = Seat.objects.filter(user__in=pks, enterprise__in=[firm, *related])
    for user, seated in seats.values_list("user", "enterprise").order_by("pk"):
        found[user].append(
            _("holds or held a seat in the enterprise")
            if seated == firm
            else _("holds or held a seat in a related enterprise")
        )
    for user, said in _stated(application, pks):
        found[user].append(said)
    if visit is not None:
        for user in visit.recusals.filter(officer__in=pks).values_list("officer", flat=True):
            found[user].append(_("declared a conflict of interest"))
    return found


def _related(firm: int) -> set[int]:
    rows = Relation.objects.filter(Q(enterprise=firm) | Q(other=firm))
    return {pk for pair in rows.values_list("enterprise", "other") for pk in pair} - {firm}


def _stated(application: Application, pks: list[int]) -> Iterable[tuple[int, str]]:
    """Give the ties that officers once stated as experts, those of an office left out."""
    profiles = ExpertProfile.objects.filter(user__in=pks)
    whose = dict(profiles.values_list("pk", "user"))
    if not whose:
        return
    rule = ties.Rule(since=timezone.localdate().year - YEARS, same_county=False)
    cases = Applications.objects.filter(pk=application.pk)
    for clash in ties.find(profiles, cases, rule):
        if clash.reason not in {PanelBar.Reason.HANDLED, PanelBar.Reason.SEAT}:
            yield whose[clash.profile], str(PanelBar.Reason(clash.reason).label)


def possible(visit: Visit) -> list[User]:
    """Return the officers of the level who can go, without those in conflict (可派人员)."""
    rows = officers_of(visit.application.region_path, visit.level).order_by("display_name", "pk")
    officers = list(rows)
    barred = conflicts(visit.application, officers, visit=visit)
    return [one for one in officers if one.pk not in barred]


def recused(visit: Visit) -> list[VisitRecusal]:
    """Return who left a visit and why."""
    return list(visit.recusals.select_related("officer"))
