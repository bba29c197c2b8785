"""Duties of the demo's holders of titles: updates kept and missed, a change to weigh (虚构履职)."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef
from django.utils import timezone

from config.fiction.people import OWNED
from config.fiction.words import MARK
from cultivation.pipeline.life import changing, duties
from cultivation.pipeline.models import YearlyUpdate
from enterprises.accounts.models import User
from enterprises.registry.models import Enterprise, Title

ONE_IN = 23  # holders of a title who missed this year's update
ONE_DAY = dt.timedelta(days=1)


def fill() -> None:
    """Write this year's updates down where their day is over, and report a change."""
    today = timezone.localdate()
    duty = duties.update_of(today.year)
    if duty is not None and duty.due_in(today.year) < today:
        _updates(duty, today.year)
    owner = User.objects.filter(username="owner").first()
    firm = Enterprise.objects.filter(pk=OWNED["owner"]).first()
    if owner is not None and firm is not None:
        changing.report(
            firm,
            "restructuring",
            happened_on=today - dt.timedelta(days=20),
            text=f"演示：股东之一转让股份，控制人不变{MARK}",
            by=owner,
        )


def _updates(duty: duties.Duty, year: int) -> None:
    first, due = dt.date(year, 1, 1), duty.due_in(year)
    held = Title.objects.filter(
        enterprise=OuterRef("pk"), tier__in=duties.HELD, granted_on__lte=first, ended_on=None
    )
    when = dt.datetime(year, 5, 1, 2, tzinfo=dt.UTC)
    rows = []
    for pk in Enterprise.objects.filter(Exists(held)).order_by("pk").values_list("pk", flat=True):
        missed = pk % ONE_IN == 0
        rows.append(
            YearlyUpdate(
                enterprise_id=pk, year=year, rule=duty.rule, due_on=due,
                confirmed_at=None if missed else when,
                missed_on=due + ONE_DAY if missed else None,
            )
        )  # fmt: skip
    YearlyUpdate.objects.bulk_create(rows, batch_size=1000)
