"""A case goes to another office when its enterprise has moved (移交).

An office that covers the old place and the new one keeps the case. Inside a unit it goes to the
same level of the new place where that takes part, else to the next one above. In another unit it
begins at the first level: the round of the old unit no longer counts, and where the new unit takes
the application now it takes the place; where it does not, the case goes back to the enterprise
until the unit's window opens. Titles follow the enterprise by themselves: the office that decides
a tier is the one of the place where the enterprise stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import decisions, routes
from cultivation.pipeline.models import Handover, Status
from cultivation.pipeline.notices import publishing
from cultivation.pipeline.rounds import choosing, quotas, told
from cultivation.pipeline.rounds.quotas import UPWARD
from enterprises.accounts.scope import OFFICES
from enterprises.places.models import Region

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application, Round
    from enterprises.accounts.models import User

LENGTHS = {"nation": 0, "province": 2, "city": 4, "county": 6}  # of the paths offices sit at


@dataclass(frozen=True, slots=True)
class Way:
    """Where a case goes (移交去向)."""

    route: list[str]
    level: str  # that has it next, or has it still
    round: Round | None
    anew: bool = False  # in another unit, from the first level
    waits: bool = False  # for a round of the new unit; the case is returned until then


def has_moved(application: Application) -> bool:
    """Tell whether the enterprise stands elsewhere than when the application went in."""
    return (
        application.submitted_at is not None
        and application.region_path != application.enterprise.region_path
    )


def stands_elsewhere(application: Application) -> str | None:
    """Hinder every step on the merits until the case is where its enterprise is."""
    if not has_moved(application):
        return None
    return _("The enterprise has moved to %(region)s; hand the case over first.") % {
        "region": application.enterprise.region
    }


def stayed(application: Application) -> str | None:
    """Hinder a handover where the enterprise stands where it stood."""
    if has_moved(application):
        return None
    return _("The enterprise stands where it stood when the application went in.")


def may(application: Application, user: User) -> bool:
    """Tell whether a user hands a case over: the office that has it, or one above it."""
    held = _level_of(application)
    reach = OFFICES[: OFFICES.index(held) + 1] if held else application.route
    return any(user.scope.may_review(application.region_path, level) for level in reach)


def way_of(application: Application) -> Way:
    """Return where a case goes from where it is (移交去向)."""
    enterprise, level = application.enterprise, _level_of(application)
    route = routes.route_of(enterprise.region, application.tier)
    if level == "nation" or application.region_path[:2] == enterprise.region_path[:2]:
        height = UPWARD.index(level)
        at = next(one for one in route if UPWARD.index(one) >= height)
        return Way(route, at, application.round)
    unit = enterprise.region_path[:2]
    held = application.round
    if held is not None and not held.region_path and (not held.units or unit in held.units):
        return Way(route, route[0], held, anew=True)
    intake = choosing.reach_of(enterprise).intake(
        application.tier, application.kind, at=application.moment or timezone.now()
    )
    waits = bool(intake.hindrance)
    return Way(route, route[0], None if waits else intake.round, anew=True, waits=waits)


def hand(application: Application, by: User) -> dict[str, Any]:
    """Set a case on its way to the office of the new place; return what the step notes (移交)."""
    way = way_of(application)
    before, enterprise = application.region_path, application.enterprise
    note = decisions.basis_of(application) | {
        "held_by": _level_of(application),
        "from": before,
        "to": enterprise.region_path,
        "round_before": application.round_id,
        "waits_for_round": way.waits,
        "opinions_laid_aside": _lay_aside(application, way),
        "places_given_back": quotas.give_back(
            application, levels=UPWARD[UPWARD.index(way.level) :]
        ),
    }
    Handover.objects.create(
        application=application,
        version=application.version,
        from_region=region_at(before),
        from_path=before,
        to_region=enterprise.region,
        to_path=enterprise.region_path,
        from_round=application.round,
        made_by=by,
    )
    application.heads_for = _heads_for(application, way)
    application.region_path, application.route = enterprise.region_path, way.route
    application.round = way.round
    if application.heads_for == Status.RETURNED:
        application.returned_from = f"at_{way.level}"
    if application.notice_level and application.heads_for != Status.ON_NOTICE:
        publishing.leave([application])
        application.notice_level, application.notice_from, application.notice_to = "", None, None
    told.handed_over(
        application,
        str(region_at(before)),
        str(enterprise.region),
        level="" if application.heads_for == Status.RETURNED else way.level,
    )
    return note


def heads_for(application: Application) -> str:
    """Return the status that `hand` found for a case."""
    return application.heads_for


def _heads_for(application: Application, way: Way) -> str:
    if way.waits or application.status == Status.RETURNED:
        return Status.RETURNED
    if application.status == Status.ON_NOTICE and not way.anew:
        return Status.ON_NOTICE
    return f"at_{way.level}"


def _lay_aside(application: Application, way: Way) -> list[dict[str, Any]]:
    """Take what other offices said out of force where the new place's offices will speak.

    Their officers' work ends with it, and what they were about to send back.
    """
    new = application.enterprise.region_path
    changed = [
        level
        for level in UPWARD[UPWARD.index(way.level) :]
        if not new.startswith(application.region_path[: LENGTHS[level]])
    ]
    application.assignments.filter(level__in=changed, ended_at__isnull=True).update(
        ended_at=timezone.now()
    )
    application.corrections.filter(level__in=changed, opened_at__isnull=True).delete()
    stale = application.criterion_reviews.filter(level__in=changed)
    laid: list[Any] = list(stale.values("level", "criterion", "opinion", "reason"))
    stale.delete()
    return laid


def _level_of(application: Application) -> str:
    if application.status == Status.RETURNED:
        return application.returned_from.removeprefix("at_")
    return routes.holding_level(application)


def region_at(path: str) -> Region:
    """Return the region of a path, one in use before one that was."""
    found = Region.objects.filter(path=path).order_by("-in_use", "code").first()
    if found is None:  # a path without a region never went in
        raise Region.DoesNotExist(path)
    return found
