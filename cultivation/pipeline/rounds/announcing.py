"""Telling enterprises of a round that they may apply to, as mass mail that is held (批次告知).

Told are the staff of those in the round's reach whose titles fit: they may apply for its tier next,
or hold it and may ask for its re-check. A run does it, a piece at a time; told once is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Round, WindowLevel
from cultivation.pipeline.rounds.windows import written
from cultivation.pipeline.stages import LADDER, ORDER, RECHECK_WINDOW
from enterprises.accounts.models import Seat, User
from enterprises.jobs import runs
from enterprises.notifications.kinds import Kind, register
from enterprises.notifications.notifying import notify
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from enterprises.jobs.runs import Progress

OPENS = "round_open_to_firm"
PIECE = 2000  # enterprises told of in one transaction
TASK = "cultivation.pipeline.tasks.tell_of_round"

register(
    Kind(
        OPENS,
        _("A round takes your application"),
        _("%(round)s takes applications until %(until)s; your enterprise may apply."),
        mass=True,
        audience="firm",
    )
)


def begin(round_: Round, *, by: User) -> None:
    """Begin the run that tells enterprises of a round just published (启动告知)."""
    runs.start("tell_of_round", task=TASK, key=str(round_.pk), params={"round": round_.pk}, by=by)


def tell(pk: int, *, progress: Progress | None = None) -> int:
    """Tell the enterprises that may apply in a round; return how many people are told anew."""
    round_ = Round.objects.get(pk=pk)
    closes = round_.windows.filter(level=WindowLevel.COMPANY, region=round_.region_id).first()
    if round_.state != Round.State.OPEN or closes is None:
        return 0
    firms = fitting(round_).order_by("pk").values_list("pk", flat=True)
    told, last = 0, 0
    while piece := list(firms.filter(pk__gt=last)[:PIECE]):
        last = piece[-1]
        seats = Seat.objects.filter(active=True, enterprise__in=piece)
        told += notify(
            User.objects.filter(is_active=True, pk__in=seats.values("user")),
            OPENS,
            key=f"round:{round_.pk}:open",
            url=reverse("pipeline:round", args=[round_.pk]),
            params={"round": round_.name, "until": written(closes.closes)},
            region_path=round_.region_path,
        )
        if progress is not None:
            progress.report(told)
    return told


def fitting(round_: Round) -> QuerySet[Enterprise]:
    """Return the enterprises with staff in a round's reach whose titles fit its tier (适用企业)."""
    reach = Q(region_path__startswith=round_.region_path) if round_.region_path else Q()
    if round_.units:
        units = Q(pk__in=[])
        for unit in round_.units:
            units |= Q(region_path__startswith=unit)
        reach &= units
    fits: Q = Q(pk__in=[])
    if "recognition" in round_.kinds:
        fits |= _next_up(round_.tier)
    if "recheck" in round_.kinds:
        fits |= Q(Exists(_running([round_.tier]).filter(valid_to__lte=_recheck_day(round_))))
    staffed = Exists(Seat.objects.filter(active=True, enterprise=OuterRef("pk")))
    return Enterprise.objects.filter(reach).filter(fits).filter(staffed)


def _next_up(tier: str) -> Q:
    """Return who holds what a tier builds on, and neither it nor one above it."""
    found = Q(~Exists(_running(ORDER[ORDER.index(Tier(tier)) :])))
    for group in LADDER[Tier(tier)].needs:
        found &= Q(Exists(_running(group)))
    return found


def _running(tiers: Iterable[str]) -> QuerySet[Title]:
    return Title.objects.filter(enterprise=OuterRef("pk"), tier__in=tiers, ended_on__isnull=True)


def _recheck_day(round_: Round) -> dt.date:
    """Return the last end of a title whose re-check opens before the round closes."""
    closes = round_.windows.filter(level=WindowLevel.COMPANY).order_by("-closes").first()
    last = timezone.localdate(closes.closes) if closes else timezone.localdate()
    return last + RECHECK_WINDOW
