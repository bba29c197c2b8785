"""Who is told of alerts: each officer concerned once a day, whatever their number (预警通知)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models import CoverageAlert
from enterprises.accounts.models import Seat, User
from enterprises.accounts.scope import OFFICES
from enterprises.notifications import addressees, kinds, notifying

if TYPE_CHECKING:
    import datetime as dt

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


def tell(on: dt.date) -> int:
    """Tell the officers of the regions where alerts opened or closed on a day, and of those right
    above, one notification each; return how many are told anew (预警摘要).
    """
    news = _news(on)
    seats = Seat.objects.filter(active=True, role__in=OFFICES, region__in=news, may_review=True)
    of_user: dict[int, set[int]] = defaultdict(set)
    for user, region in seats.values_list("user", "region"):
        of_user[user].add(region)
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for user, regions in of_user.items():
        alike[tuple(sorted(regions))].append(user)
    told = 0
    for places, people in sorted(alike.items()):
        ids = {pk: opened for place in places for pk, opened in news[place].items()}
        opened = sum(ids.values())
        told += notifying.notify(
            User.objects.filter(pk__in=people),
            "coverage_alerts",
            key=f"coverage_alerts:{on}",
            url=f"{reverse('digital:alerts')}?day={on}",
            params={"day": on.isoformat(), "opened": opened, "closed": len(ids) - opened},
        )
    return told


def _news(on: dt.date) -> dict[int, dict[int, bool]]:
    """Return by region the alerts of it and right below it, and whether each opened (当日变动)."""
    rows: Any = CoverageAlert.objects.filter(Q(opened_on=on) | Q(closed_on=on))
    found: dict[int, dict[int, bool]] = defaultdict(dict)
    names = ("pk", "region_id", "region__parent_id", "closed_on")
    for pk, region, above, closed in rows.order_by("pk").values_list(*names):
        for place in (region, above):
            if place is not None:
                found[place][pk] = closed != on
    return dict(found)


def tell_of_difference(on: dt.date, found: Compared, *, run: int) -> int:
    """Tell the officers of the nation that the kept figures had gone astray (立方差异通知)."""
    return notifying.notify(
        addressees.officers_of("", "nation", right="may_decide"),
        "cube_apart",
        key=f"cube_apart:{run}",
        url=reverse("jobs:detail", args=[run]),
        params={"day": on.isoformat(), "apart": found.apart},
    )
