"""Who is told of alerts: each officer concerned at once, whatever their number (预警通知)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cultivation.digital.cube import keeping
from cultivation.digital.models import CoverageAlert
from cultivation.standards.tables import among
from enterprises.accounts.models import Seat, User
from enterprises.accounts.scope import OFFICES
from enterprises.notifications import addressees, kinds, notifying

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from cultivation.digital.cube.keeping import Compared

kinds.register(
    kinds.Kind(
        "coverage_alerts",
        _("Alerts of digital coverage"),
        _("%(day)s, alerts of your area or right below it: %(opened)s opened, %(closed)s closed."),
        daily=True,
        audience="office",
    ),
    kinds.Kind(
        "cube_apart",
        _("Coverage figures were out of step"),
        _(
            "The weekly comparison of %(day)s found rows of the kept coverage figures that differ "
            "from those built anew: %(apart)s. They were mended; the run says which."
        ),
        audience="office",
    ),
)  # fmt: skip


Event = tuple[int, bool]  # an alert, and whether it opened; else it closed


@transaction.atomic
def tell(on: dt.date) -> int:
    """Tell the officers of the regions of alerts that opened or closed and nobody was told of yet,
    and those right above, one notification each; return how many are told anew (预警摘要).

    What is told is noted with each alert in the same transaction: a run that is killed tells either
    all or nothing, and two at once tell it once.
    """
    keeping.hold()
    untold = list(CoverageAlert.objects.untold().select_related("region").order_by("pk"))
    news = _news(untold)
    seats = Seat.objects.filter(active=True, role__in=OFFICES, region__in=news, may_review=True)
    of_user: dict[int, set[int]] = defaultdict(set)
    for user, region in seats.values_list("user", "region"):
        of_user[user].add(region)
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for user, regions in of_user.items():
        alike[tuple(sorted(regions))].append(user)
    people = User.objects.in_bulk(of_user)
    tellings = [
        _telling(on, set().union(*(news[place] for place in places)), [people[pk] for pk in some])
        for places, some in sorted(alike.items())
    ]
    told = notifying.notify_each(tellings, "coverage_alerts")
    _note(untold, on)
    return told


def _telling(on: dt.date, events: set[Event], people: list[User]) -> notifying.Telling:
    """Return what some officers are told; each event is told once, so the first names it."""
    first, opened = min(events)
    count = sum(opening for _alert, opening in events)
    return notifying.Telling(
        people,
        key=f"coverage_alerts:{first}:{'opened' if opened else 'closed'}",
        url=f"{reverse('digital:alerts')}?day={on}",
        params={"day": on.isoformat(), "opened": count, "closed": len(events) - count},
    )


def _news(untold: Iterable[CoverageAlert]) -> dict[int, set[Event]]:
    """Return by region what nobody was told of, of it and right below it (未通知变动)."""
    found: dict[int, set[Event]] = defaultdict(set)
    for alert in untold:
        for place in (alert.region_id, alert.region.parent_id):
            if place is None:
                continue
            if alert.opening_told_on is None:
                found[place].add((alert.pk, True))
            if alert.closed_on is not None:
                found[place].add((alert.pk, False))
    return dict(found)


def _note(told: Iterable[CoverageAlert], on: dt.date) -> None:
    """Note with each alert on which day its opening, and its end, was told (通知留痕)."""
    rows = CoverageAlert.objects.filter(among([alert.pk for alert in told], name="pk"))
    rows.filter(closed_on__isnull=False).update(closing_told_on=on)
    rows.filter(opening_told_on=None).update(opening_told_on=on)


def tell_of_difference(on: dt.date, found: Compared, *, run: int) -> int:
    """Tell the officers of the nation that the kept figures had gone astray (立方差异通知)."""
    return notifying.notify(
        addressees.officers_of("", "nation", right="may_decide"),
        "cube_apart",
        key=f"cube_apart:{run}",
        url=reverse("jobs:detail", args=[run]),
        params={"day": on.isoformat(), "apart": found.apart},
    )
