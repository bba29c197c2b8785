"""Reminding holders of a title whose assessment expires, or who have none (企业评测提醒).

Once for each cause: an assessment that ends is one, having none since the last ended another. What
counts on site and what is self-declared are reminded of apart, as the definitions count them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy

from cultivation.digital.cube.grouping import TIERS, assessed, holders
from cultivation.digital.definitions import rules_on
from cultivation.digital.maturity import NEWEST_FIRST, latest
from cultivation.digital.models import MaturityAssessment
from enterprises.accounts.models import Seat
from enterprises.notifications import kinds
from enterprises.notifications.addressees import staff_of_each
from enterprises.notifications.notifying import Telling, notify_all
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

    from enterprises.accounts.models import User

Way = MaturityAssessment.Way
LOOKED_AT = ("pk", "valid_to")

WHAT: dict[str, Any] = {
    Way.ON_SITE: gettext_lazy("assessment on site"),
    Way.SELF: gettext_lazy("self-assessment"),
    "": gettext_lazy("digital-maturity assessment"),
}
EXPIRING, MISSING = "assessment_expiring", "assessment_missing"


def _words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "what": str(WHAT[params.get("way", "")])}


kinds.register(
    kinds.Kind(
        EXPIRING,
        gettext_lazy("A digital-maturity assessment expires"),
        gettext_lazy("%(firm)s: the %(what)s is valid until %(day)s. Renew it in time."),
        audience="firm",
        words=_words,
    ),
    kinds.Kind(
        MISSING,
        gettext_lazy("No valid digital-maturity assessment"),
        gettext_lazy(
            "%(firm)s holds a title and has no valid digital-maturity assessment. Fill one in."
        ),
        audience="firm",
    ),
)


def remind(on: dt.date, *, report: Callable[[int], None] | None = None) -> int:
    """Remind the firms concerned on a day; return how many people are told anew (评测提醒)."""
    told = 0
    for kind, tellings in _due(on).items():
        by_unit: dict[str, list[Telling]] = defaultdict(list)
        for one in tellings:
            by_unit[one.region_path[:2]].append(one)
        for _unit, some in sorted(by_unit.items()):
            told += notify_all(some, kind)
            if report:
                report(told)
    return told


def _due(on: dt.date) -> dict[str, list[Telling]]:
    """Return by kind whom to remind: of each assessment that counts and expires, of having none."""
    expiring, missing = _expiring(on), _missing(on)
    people = staff_of_each({row.enterprise_id for row in expiring} | {row.pk for row in missing})
    return {
        EXPIRING: [
            _telling(
                row.enterprise, people, f"{EXPIRING}:{row.pk}",
                way=row.way, day=row.valid_to.isoformat(),
            )
            for row in expiring
        ],
        MISSING: [
            _telling(firm, people, f"{MISSING}:{firm.pk}:{firm.of_last or 0}") for firm in missing
        ],
    }  # fmt: skip


def _expiring(on: dt.date) -> list[Any]:
    """Return the assessments by which any definition judges a firm, and that expire soon.

    Each way is looked at by itself: a newer self-assessment does not keep one on site alive.
    """
    soon = on + dt.timedelta(days=settings.COVERAGE_REMIND_DAYS)
    found: set[int] = set()
    for rule in rules_on(on):
        if rule.count["basis"] == "level":
            of = {f"of_{name}": Subquery(assessed(rule, on).values(name)) for name in LOOKED_AT}
            firms = _staffed(on).annotate(**of).filter(of_valid_to__lte=soon)
            found.update(firms.values_list("of_pk", flat=True))
    rows = MaturityAssessment.objects.filter(pk__in=found).select_related("enterprise")
    return list(rows.order_by("enterprise", "pk"))


def _missing(on: dt.date) -> list[Any]:
    """Return the firms without any valid assessment, each with the last it ever had."""
    ever = MaturityAssessment.objects.filter(enterprise=OuterRef("pk"), assessed_on__lte=on)
    firms = _staffed(on).annotate(
        of_assessment=Subquery(latest(on).values("pk")),
        of_last=Subquery(ever.order_by(*NEWEST_FIRST).values("pk")[:1]),
    )
    return list(firms.filter(of_assessment=None).order_by("pk"))


def _staffed(on: dt.date) -> QuerySet[Any]:
    """Return holders of a title with somebody to tell (有人员的在册企业)."""
    seats = Seat.objects.filter(active=True, enterprise__isnull=False).values("enterprise")
    held = Q(pk__in=[])
    for tier in TIERS:
        held |= Q(pk__in=holders(tier, on))
    return Enterprise.objects.filter(held, pk__in=seats)


def _telling(
    firm: Enterprise, people: Mapping[int, list[User]], key: str, **params: str
) -> Telling:
    return Telling(
        people.get(firm.pk, []),
        key=key,
        url=reverse("digital:of_enterprise", args=[firm.pk]),
        params={"firm": firm.name, **params},
        enterprise_id=firm.pk,
        region_path=firm.region_path,
    )
