"""Reminding holders of a title whose assessment expires, or who have none (企业评测提醒).

Once for each cause: an assessment that ends is one, having none since the last ended another.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cultivation.digital.cube.grouping import TIERS, holders
from cultivation.digital.maturity import NEWEST_FIRST, latest
from cultivation.digital.models import MaturityAssessment
from enterprises.accounts.models import Seat
from enterprises.notifications import kinds
from enterprises.notifications.addressees import staff_of
from enterprises.notifications.notifying import Telling, notify_all
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

EXPIRING, MISSING = "assessment_expiring", "assessment_missing"
kinds.register(
    kinds.Kind(
        EXPIRING,
        _("A digital-maturity assessment expires"),
        _("The digital-maturity assessment of %(firm)s is valid until %(day)s. Renew it in time."),
        audience="firm",
    ),
    kinds.Kind(
        MISSING,
        _("No valid digital-maturity assessment"),
        _("%(firm)s holds a title and has no valid digital-maturity assessment. Fill one in."),
        audience="firm",
    ),
)


def remind(on: dt.date, *, report: Callable[[int], None] | None = None) -> int:
    """Remind the firms concerned on a day; return how many people are told anew (评测提醒)."""
    soon = on + dt.timedelta(days=settings.COVERAGE_REMIND_DAYS)
    told = 0
    for kind, condition in (
        (EXPIRING, Q(of_valid_to__lte=soon)),
        (MISSING, Q(of_assessment=None)),
    ):
        by_unit: dict[str, list[Any]] = defaultdict(list)
        for firm in _staffed(on).filter(condition).order_by("pk"):
            by_unit[firm.region_path[:2]].append(firm)
        for _unit, firms in sorted(by_unit.items()):
            told += notify_all([_telling(firm, kind) for firm in firms], kind)
            if report:
                report(told)
    return told


def _staffed(on: dt.date) -> Any:
    """Return holders of a title with somebody to tell, and their assessments on the day."""
    seats = Seat.objects.filter(active=True, enterprise__isnull=False).values("enterprise")
    held = Q(pk__in=[])
    for tier in TIERS:
        held |= Q(pk__in=holders(tier, on))
    ever = MaturityAssessment.objects.filter(enterprise=OuterRef("pk"), assessed_on__lte=on)
    return Enterprise.objects.filter(held, pk__in=seats).annotate(
        of_assessment=Subquery(latest(on).values("pk")),
        of_valid_to=Subquery(latest(on).values("valid_to")),
        of_last=Subquery(ever.order_by(*NEWEST_FIRST).values("pk")[:1]),
    )


def _telling(firm: Any, kind: str) -> Telling:
    cause = firm.of_assessment if kind == EXPIRING else f"{firm.pk}:{firm.of_last or 0}"
    params = {"firm": firm.name}
    if kind == EXPIRING:
        params["day"] = firm.of_valid_to.isoformat()
    return Telling(
        staff_of(firm.pk),
        key=f"{kind}:{cause}",
        url=reverse("digital:of_enterprise", args=[firm.pk]),
        params=params,
        enterprise_id=firm.pk,
        region_path=firm.region_path,
    )
