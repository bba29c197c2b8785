"""Re-check cohorts: whose titles end in a year, by which standard, how far they are (复核批次)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import LIVE, Application, Consequence, RecheckWaiver
from cultivation.standards import editions
from enterprises.audit.recording import note
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cultivation.standards.models import Edition
    from enterprises.accounts.models import User

STATES = {
    "right_lost": gettext_lazy("right to a re-check lost"),
    "given_up": gettext_lazy("given up"),
    "passed": gettext_lazy("passed"),
    "refused": gettext_lazy("not passed"),
    "under_way": gettext_lazy("under way"),
    "begun": gettext_lazy("begun"),
    "waiting": gettext_lazy("not begun"),
}


def titles_of(user: User, *, year: int, tier: str) -> QuerySet[Any]:
    """Return the titles in sight that end in a year, each with `recheck`: where it stands."""
    ending = Title.objects.visible_to(user).filter(
        tier=tier, valid_to__gte=dt.date(year, 1, 1), valid_to__lte=dt.date(year, 12, 31)
    )
    ending = ending.exclude(end_kind__in=[Title.End.REVOKED, Title.End.CANCELLED])
    tried = Application.objects.filter(
        enterprise=OuterRef("enterprise"),
        tier=OuterRef("tier"),
        kind=Application.Kind.RECHECK,
        created_at__gte=OuterRef("granted_on"),
    ).order_by("-pk")
    lost = Consequence.objects.filter(title=OuterRef("pk"), kind="recheck_lost", state="applied")
    waived = RecheckWaiver.objects.filter(title=OuterRef("pk"))
    live = [status for status in LIVE if status != "draft"]
    found: QuerySet[Any] = ending.annotate(tried=Subquery(tried.values("status")[:1])).annotate(
        recheck=Case(
            When(tried="recognised", then=Value("passed")),
            When(Exists(lost), then=Value("right_lost")),
            When(Exists(waived), then=Value("given_up")),
            When(tried="refused", then=Value("refused")),
            When(tried__in=live, then=Value("under_way")),
            When(tried="draft", then=Value("begun")),
            default=Value("waiting"),
            output_field=CharField(),
        )
    )
    return found


def counts(rows: QuerySet[Any]) -> dict[str, int]:
    """Return how many titles of a cohort stand where, in the order of STATES."""
    found = dict(rows.order_by().values_list("recheck").annotate(Count("pk")))
    return {state: int(found.get(state, 0)) for state in STATES}


def edition_of(tier: str, *, year: int, path: str) -> Edition | None:
    """Return the standard by which a cohort is re-checked, None where none is known (复核标准).

    It is that of the year's middle or of today, whichever comes later: a yearly notice may keep an
    older standard for one year.
    """
    day = max(dt.date(year, 6, 30), timezone.localdate())
    try:
        return editions.edition_for(tier, kind="recheck", on=day, path=path)
    except editions.NoEditionError:
        return None


def years(user: User, tier: str) -> list[int]:
    """Return the years in which titles in sight end, earliest first."""
    rows = Title.objects.visible_to(user).filter(tier=tier, ended_on__isnull=True)
    found = rows.order_by().values_list(F("valid_to__year"), flat=True).distinct()
    return sorted(found)


@transaction.atomic
def give_up(title: Title, *, by: User, reason: str) -> RecheckWaiver:
    """Give up the re-check of a title; it runs to its end (放弃复核)."""
    locked: Title = Title.objects.select_for_update(of=("self",)).get(pk=title.pk)
    if locked.enterprise_id not in by.scope.owned:
        raise PermissionDenied(_("Only the owner of the enterprise gives a re-check up."))
    if locked.ended_on is not None:
        raise MoveError(_("Title %(number)s has ended already.") % {"number": locked.number})
    if not reason.strip():
        raise MoveError(_("A reason is owed."), field="reason")
    if RecheckWaiver.objects.filter(title=locked).exists():
        raise MoveError(_("The re-check is given up already."))
    live = Application.objects.filter(
        Q(status__in=LIVE), enterprise=locked.enterprise_id, tier=locked.tier, kind="recheck"
    )
    if live.exists():
        raise MoveError(_("Its re-check is under way; withdraw the application first."))
    made = RecheckWaiver.objects.create(title=locked, reason=reason.strip(), made_by=by)
    note(
        "recheck.give_up",
        locked,
        by=by,
        after={"number": locked.number},
        reason=reason.strip(),
        enterprise_id=locked.enterprise_id,
        region_path=locked.enterprise.region_path,
    )
    return made


def next_below(tier: str) -> str:
    """Return the tier that a holder who gives up falls back on, or nothing."""
    order = list(Tier.values)
    return order[order.index(tier) - 1] if tier in {Tier.SRDI, Tier.LITTLE_GIANT} else ""
