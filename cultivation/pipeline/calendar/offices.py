"""Dates of an office: windows of rounds, cases due, notices and titles that end (单位日程)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation.pipeline.calendar.sources import LATELY, Date
from cultivation.pipeline.models import Application, Extension, Round, Status, WindowLevel
from cultivation.pipeline.rounds import windows
from cultivation.pipeline.stages import LADDER
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from cultivation.pipeline.rounds.windows import Span
    from enterprises.accounts.models import User

AHEAD = dt.timedelta(days=90)  # titles that end are counted so far ahead
COMPANY = WindowLevel.COMPANY


def windows_of(user: User) -> list[Date]:
    """Return when rounds close for the enterprises and for the office itself (审核时段)."""
    if not user.scope.offices:
        return []
    rows = Round.objects.visible_to(user).filter(state="open").prefetch_related("windows")
    found: dict[str, Date] = {}
    for round_ in rows:
        for path, level in user.scope.offices:
            if round_.units and path and path[:2] not in round_.units:
                continue
            line = path if path.startswith(round_.region_path) else round_.region_path
            told = windows.spans(round_.windows.all(), line)
            for date in _of_round(round_, told, level, line):
                found[date.key] = date
    return list(found.values())


def extensions_of(user: User) -> list[Date]:
    """Return until when enterprises in sight may come later (个别延期)."""
    if not user.scope.offices:
        return []
    levels = {COMPANY, *(level for _path, level in user.scope.offices)}
    rows = Extension.objects.visible_to(user).filter(
        ended_at__isnull=True, level__in=levels, until__gte=timezone.now() - LATELY
    )
    return [
        Date(
            f"extension:{row.pk}:until",
            row.until,
            _("Extension ends: %(round)s") % {"round": row.round.name},
            row.enterprise.name,
            reverse("pipeline:round", args=[row.round_id]),
        )
        for row in rows.select_related("round", "enterprise")
    ]


def cases_of(user: User) -> list[Date]:
    """Return on which days cases in hand are due and notices end, counted by day (待办期限)."""
    if not user.scope.offices:
        return []
    since, url = timezone.localdate() - LATELY, reverse("pipeline:queue")
    rows = Application.objects.waiting_for(user).exclude(enterprise_id__in=user.scope.enterprises)
    due = rows.filter(due_on__gte=since).exclude(status=Status.ON_NOTICE)
    found = [
        Date(f"due:{day}", day, _cases_due(number), "", url)
        for day, number in due.order_by().values_list("due_on").annotate(Count("pk"))
    ]
    for path, level in user.scope.offices:
        running = Application.objects.visible_to(user).filter(
            status=Status.ON_NOTICE,
            notice_level=level,
            region_path__startswith=path,
            notice_to__gte=since,
        )
        ends = running.order_by().values_list("notice_to").annotate(Count("pk"))
        found += [
            Date(f"notices:{level}:{path}:{day}", day, _notices_end(number), "", url)
            for day, number in ends
        ]
    return found


def titles_of(user: User) -> list[Date]:
    """Return on which days titles end that the office decides, counted by day (称号到期)."""
    today, found = timezone.localdate(), []
    for path, level in user.scope.decide_paths:
        tiers = [rung.tier for rung in LADDER.values() if rung.decided_at == level]
        if not tiers:
            continue
        rows = Title.objects.visible_to(user).filter(
            tier__in=tiers,
            ended_on__isnull=True,
            valid_to__range=(today, today + AHEAD),
            enterprise__region_path__startswith=path,
        )
        ends = rows.order_by().values_list("valid_to", "tier").annotate(Count("pk"))
        found += [
            Date(f"titles:{path}:{tier}:{day}", day, _titles_end(number, tier), "",
                 f"{reverse('pipeline:titles')}?tier={tier}&valid=yes")
            for day, tier, number in ends
        ]  # fmt: skip
    return found


def _of_round(round_: Round, told: dict[str, Span], level: str, line: str) -> list[Date]:
    now, url = timezone.now(), reverse("pipeline:round", args=[round_.pk])
    named = {"round": round_.name}
    words = {
        COMPANY: _("Enterprises' window closes: %(round)s") % named,
        level: _("Your window closes: %(round)s") % named,
    }
    return [
        Date(f"round:{round_.pk}:{one}:{line or 'nation'}", told[one].closes, what, "", url)
        for one, what in words.items()
        if one in told and told[one].closes >= now - LATELY
    ]


def _cases_due(number: int) -> str:
    said = ngettext("%(number)s case is due", "%(number)s cases are due", number)
    return said % {"number": number}


def _notices_end(number: int) -> str:
    said = ngettext("%(number)s public notice ends", "%(number)s public notices end", number)
    return said % {"number": number}


def _titles_end(number: int, tier: str) -> str:
    said = ngettext("%(number)s title ends: %(tier)s", "%(number)s titles end: %(tier)s", number)
    return said % {"number": number, "tier": Tier(tier).label}
