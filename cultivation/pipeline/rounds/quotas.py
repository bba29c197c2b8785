"""Places of a region in a round: taken by a recommendation, given back by a withdrawal (名额).

A place is taken when the region's office recommends a case to the level above, and stays taken
whatever the levels above decide. It is given back when the enterprise withdraws before a decision,
or when the case falls back to where it has to be recommended anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils.translation import gettext as _

from cultivation.pipeline import routes
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Quota, QuotaPlace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User

UPWARD = ("county", "city", "province", "nation")


def crossed(application: Application) -> list[Quota]:
    """Return the quotas that a recommendation passes and has no place in yet.

    A level that takes no part is passed with the level below it, and so is its quota.
    """
    level = routes.holding_level(application)
    if application.round_id is None or level not in UPWARD or routes.is_last(application):
        return []
    here = application.route.index(level)
    target = application.route[here + 1]
    passed = UPWARD[UPWARD.index(level) : UPWARD.index(target)]
    line = [application.region_path[:length] for length in range(1, 7)]
    rows = Quota.objects.filter(
        round_id=application.round_id, level__in=passed, region_path__in=line
    )
    had = QuotaPlace.objects.filter(application=application).values("quota")
    return list(rows.exclude(pk__in=had).select_related("region").order_by("pk"))


def take(application: Application) -> list[dict[str, Any]]:
    """Take a place in every quota that a recommendation passes; return what the step notes.

    Of two recommendations for the last place one is told that none is left: the row of the quota
    is changed only while a place is free.
    """
    noted: list[dict[str, Any]] = []
    for quota in crossed(application):
        free = Quota.objects.filter(pk=quota.pk, used__lt=F("places"))
        if not free.update(used=F("used") + 1):
            raise MoveError(full(quota))
        QuotaPlace.objects.create(quota=quota, application=application)
        quota.refresh_from_db(fields=["used", "places"])
        noted.append({"region": quota.region.code, "places": quota.places, "used": quota.used})
    return noted


def give_back(application: Application, *, levels: Iterable[str] = UPWARD) -> int:
    """Give back the places that a case took at some levels; return how many (退回名额)."""
    taken = QuotaPlace.objects.filter(application=application, quota__level__in=list(levels))
    held = list(taken.order_by("quota").values_list("pk", "quota"))
    for pk, quota in held:
        Quota.objects.filter(pk=quota).update(used=F("used") - 1)
        QuotaPlace.objects.filter(pk=pk).delete()
    return len(held)


def full(quota: Quota) -> str:
    """Say that a quota has no place left."""
    return _(
        "%(region)s has no place left in this round: %(used)s of %(places)s are taken. "
        "The office that set the quota may raise it."
    ) % {"region": quota.region, "used": quota.used, "places": quota.places}


def of_offices(user: User) -> list[Quota]:
    """Return the quotas of a user's own offices in rounds that run, for the queue (本级名额)."""
    rights = {(path, level) for path, level in user.scope.offices if path}
    rows = Quota.objects.filter(
        round__state="open", region_path__in={path for path, _level in rights}
    )
    found = rows.select_related("region", "round")
    return [one for one in found if (one.region_path, one.level) in rights]
