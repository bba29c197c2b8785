"""What the pages of coverage are asked for by their address (查询参数)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.overview import Overview, home, region_in_sight
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope
    from enterprises.places.models import Region

TIERS = {Tier.LITTLE_GIANT.value: Tier.LITTLE_GIANT.label, Tier.SRDI.value: Tier.SRDI.label}
YEARS = range(2000, 2101)
DAY = 10  # characters of a day


def reads(scope: Scope) -> bool:
    """Tell who has pages of coverage: offices and auditors."""
    return scope.is_office or scope.is_auditor


def viewer(request: HttpRequest) -> User:
    """Return the user, who is signed in where `seat_required` stands."""
    return cast("User", request.user)


def region_of(user: User, data: Mapping[str, str]) -> Region:
    """Return the region asked for, else the user's own; 404 for one out of sight."""
    code = data.get("region", "")
    region = region_in_sight(code, user.scope) if code else home(user.scope)
    if region is None:
        raise Http404
    return region


def tier_of(data: Mapping[str, str]) -> str:
    """Return the tier asked for, else the little giants."""
    tier = data.get("tier", "")
    return tier if tier in TIERS else Tier.LITTLE_GIANT.value


def day_of(text: str) -> dt.date | None:
    """Return a day, None for what is none or lies beyond all records."""
    try:
        day = dt.date.fromisoformat(text[:DAY])
    except ValueError:
        return None
    return day if day.year in YEARS else None


def day_asked(text: str) -> dt.date:
    """Return the day that a run is asked for, today for none; refuse what is no day (日期校验).

    Raises ValidationError that names the field, its value and what to do.
    """
    if not text:
        return timezone.localdate()
    day = day_of(text)
    if day is None or len(text) > DAY:
        raise ValidationError(
            _(
                "Day: “%(text)s” is not a day of the years %(first)s to %(last)s; "
                "give one like %(like)s."
            )
            % {
                "text": text[:40].replace("\0", "␀"),
                "first": YEARS[0],
                "last": YEARS[-1],
                "like": timezone.localdate().isoformat(),
            }
        )
    return day


def overview_of(user: User, data: Mapping[str, str]) -> Overview:
    """Return the stored figures asked for; 404 for a region out of sight."""
    return Overview(
        region_of(user, data),
        tier=tier_of(data),
        code=data.get("definition", ""),
        on=day_of(data.get("on", "")),
    )
