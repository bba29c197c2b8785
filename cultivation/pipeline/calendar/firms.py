"""Dates of an enterprise's staff: windows, corrections, notices, titles, updates (企业日程)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import titles
from cultivation.pipeline.calendar.sources import LATELY, Date
from cultivation.pipeline.models import (
    LIVE,
    Application,
    Extension,
    Round,
    Status,
    WindowLevel,
    YearlyUpdate,
)
from cultivation.pipeline.rounds import windows
from cultivation.pipeline.stages import LADDER
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    from cultivation.pipeline.rounds.windows import Span
    from enterprises.accounts.models import User

COMPANY = WindowLevel.COMPANY


def windows_of(user: User) -> list[Date]:
    """Return when the rounds open and close that an own enterprise has a use for (申报时段)."""
    firms = list(Enterprise.objects.filter(pk__in=user.scope.enterprises).order_by("pk"))
    if not firms:
        return []
    rounds = list(Round.objects.visible_to(user).filter(state="open").prefetch_related("windows"))
    longer = _extensions(user)
    wanted = _tiers(firms)
    return [
        date
        for firm in firms
        for round_ in rounds
        if round_.tier in wanted[firm.pk]
        and firm.region_path.startswith(round_.region_path)
        and (not round_.units or firm.region_path[:2] in round_.units)
        for date in _window(round_, firm, longer[round_.pk, firm.pk])
    ]


def cases_of(user: User) -> list[Date]:
    """Return until when own cases are to be corrected, and when their notices end (办理期限)."""
    rows = Application.objects.filter(
        enterprise__in=user.scope.enterprises, status__in=[Status.RETURNED, Status.ON_NOTICE]
    )
    found = []
    for row in rows.select_related("enterprise"):
        url = reverse("pipeline:application", args=[row.pk])
        about, of = row.enterprise.name, row.enterprise_id
        named = {"tier": row.get_tier_display()}
        if row.status == Status.RETURNED and row.due_on:
            what = _("Correction due: %(tier)s") % named
            found.append(Date(f"application:{row.pk}:due", row.due_on, what, about, url, of))
        elif row.status == Status.ON_NOTICE and row.notice_to:
            what = _("Public notice ends: %(tier)s") % named
            found.append(Date(f"application:{row.pk}:notice", row.notice_to, what, about, url, of))
    return found


def titles_of(user: User) -> list[Date]:
    """Return when own titles end and when their re-checks open (称号期限)."""
    rows = Title.objects.filter(
        enterprise__in=user.scope.enterprises, ended_on__isnull=True
    ).select_related("enterprise")
    today = timezone.localdate()
    found = []
    for row in rows:
        url = reverse("pipeline:title", args=[row.pk])
        about, of, named = row.enterprise.name, row.enterprise_id, {"title": row.get_tier_display()}
        opens = titles.recheck_opens(row)
        if opens > today:
            what = _("Re-check opens: %(title)s") % named
            found.append(Date(f"title:{row.pk}:recheck", opens, what, about, url, of))
        what = _("Title ends: %(title)s") % named
        found.append(Date(f"title:{row.pk}:ends", row.valid_to, what, about, url, of))
    return found


def updates_of(user: User) -> list[Date]:
    """Return until when own yearly updates are owed (年度信息更新)."""
    rows = YearlyUpdate.objects.filter(
        enterprise__in=user.scope.enterprises, confirmed_at__isnull=True, missed_on__isnull=True
    )
    return [
        Date(
            f"update:{row.pk}:due",
            row.due_on,
            _("Yearly update of information due"),
            row.enterprise.name,
            reverse("pipeline:life", args=[row.enterprise_id]),
            row.enterprise_id,
        )
        for row in rows.select_related("enterprise")
    ]


def _extensions(user: User) -> dict[tuple[int, int], list[Extension]]:
    rows = Extension.objects.filter(
        enterprise__in=user.scope.enterprises, ended_at__isnull=True, level=COMPANY
    )
    found: dict[tuple[int, int], list[Extension]] = defaultdict(list)
    for row in rows:
        found[row.round_id, row.enterprise_id].append(row)
    return found


def _tiers(firms: list[Enterprise]) -> dict[int, set[str]]:
    """Return the tiers each enterprise applies for, holds, or may apply for next."""
    pks = [firm.pk for firm in firms]
    held: dict[int, set[str]] = defaultdict(set)
    running = Title.objects.filter(enterprise__in=pks, ended_on__isnull=True)
    for firm, tier in running.values_list("enterprise", "tier"):
        held[firm].add(tier)
    found: dict[int, set[str]] = {pk: set() for pk in pks}
    live = Application.objects.filter(enterprise__in=pks, status__in=LIVE)
    for firm, tier in live.values_list("enterprise", "tier"):
        found[firm].add(tier)
    for pk in pks:
        top = max((Tier.values.index(tier) for tier in held[pk]), default=-1)
        for rung in LADDER.values():
            within = all(held[pk] & set(group) for group in rung.needs)
            if rung.tier in held[pk] or (within and Tier.values.index(rung.tier) > top):
                found[pk].add(rung.tier)
    return found


def _window(round_: Round, firm: Enterprise, longer: list[Extension]) -> list[Date]:
    span: Span | None = windows.spans(round_.windows.all(), firm.region_path, longer).get(COMPANY)
    now = timezone.now()
    if span is None or span.until < now - LATELY:
        return []
    url, key = reverse("pipeline:round", args=[round_.pk]), f"round:{round_.pk}:{firm.pk}"
    named = {"round": round_.name}
    late = _("Applications close, extended for you: %(round)s")
    what = (late if span.extension else _("Applications close: %(round)s")) % named
    found = [Date(f"{key}:closes", span.until, what, firm.name, url, firm.pk)]
    if span.opens is not None and span.opens > now:
        opens = _("Applications open: %(round)s") % named
        found.append(Date(f"{key}:opens", span.opens, opens, firm.name, url, firm.pk))
    return found
