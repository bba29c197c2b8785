"""Objections whose answer is due or overdue: the handlers are reminded each day once (催办)."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from cultivation.pipeline.models import Objection
from cultivation.pipeline.notices import handlers
from enterprises.notifications.notifying import notify

AHEAD = dt.timedelta(days=3)


def remind(*, on: dt.date | None = None) -> int:
    """Tell handlers of open objections what is due within three days or overdue (办理提醒)."""
    day = on or timezone.localdate()
    told = 0
    rows = Objection.objects.open().filter(reply_due__lte=day + AHEAD)
    for objection in rows.select_related("enterprise", "entry", "title", "handler"):
        late = objection.reply_due < day
        told += notify(
            [objection.handler] if objection.handler else handlers.possible(objection),
            "objection_overdue" if late else "objection_due",
            key=f"objection:{objection.pk}:{'late' if late else 'due'}:{day if late else ''}",
            url=f"/docket/{objection.pk}/",
            params={"number": objection.number, "day": objection.reply_due.isoformat()},
            enterprise_id=objection.enterprise_id,
        )
    return told
