"""Notices of the demo that ran already, an objection to answer, a list as published (虚构公示)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.utils import timezone

from config.fiction.people import officer_of
from config.fiction.words import MARK
from cultivation.pipeline.models import Application, Notice, NoticeEntry, PublishedList
from cultivation.pipeline.notices import handlers, lists, objections, publishing
from cultivation.pipeline.notices.docket import take_up
from cultivation.pipeline.notices.objections import Statement
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from enterprises.places.models import Region

BACK = dt.timedelta(days=13)
PROOF = b"%PDF-1.4\n% fictional evidence of the demonstration\n%%EOF\n"


def let_pass(application: Application) -> None:
    """Set a notice back, as if it had been published long enough ago."""
    today = timezone.localdate()
    first, last = today - BACK, today - dt.timedelta(days=1)
    Application.objects.filter(pk=application.pk).update(notice_from=first, notice_to=last)
    application.refresh_from_db()
    entry = publishing.current_entry(application)
    if entry is None:
        return
    notice = entry.notice
    notice.first_day, notice.last_day = first, last
    notice.list_hash = publishing.digest(publishing.canonical(notice))
    notice.published_at = timezone.now() - BACK
    notice.save()


def fill() -> None:
    """Raise two objections to notices that run, one taken in hand, and publish a list."""
    running = NoticeEntry.objects.filter(notice__in=Notice.objects.running(), left_at=None)
    for number, entry in enumerate(running.select_related("notice", "application")[:2]):
        said = Statement(
            f"演示异议：所列市场占有率与公开资料不一致{MARK}", f"演示异议人{MARK}",
            "demo@example.invalid",
        )  # fmt: skip
        made = objections.object_to(entry, said, files=[ContentFile(PROOF, "演示证据.pdf")])
        able = handlers.possible(made.objection)
        if number and able:
            take_up(made.objection, by=able[0])
    _publish()


def _publish() -> None:
    """Publish what a unit of the demo recognised so far as its first list."""
    first = (
        Title.objects.filter(application__isnull=False, tier=Tier.SRDI, ended_on__isnull=True)
        .select_related("granting_region")
        .order_by("pk")
        .first()
    )
    region: Region | None = first.granting_region if first else None
    if region is None or PublishedList.objects.filter(region=region).exists():
        return
    today = timezone.localdate()
    lists.publish(
        region,
        Tier.SRDI,
        kind=Application.Kind.RECOGNITION,
        document=f"演示〔{today.year}〕1号",
        name=f"{today.year}年度专精特新中小企业名单{MARK}",
        published_on=today,
        by=officer_of(region, "province"),
    )
