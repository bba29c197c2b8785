"""Days on which tasks are due, for their owners and for the firms (任务日程)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from cultivation.digital.helping.wording import FAIR
from cultivation.digital.models import HelpTask
from cultivation.pipeline.calendar.sources import LATELY, Date, register

if TYPE_CHECKING:
    from enterprises.accounts.models import User


def of_owner(user: User) -> list[Date]:
    """Return on which days open tasks of an officer are due, counted by day (待办任务)."""
    if not user.scope.offices:
        return []
    rows = HelpTask.objects.visible_to(user).filter(
        owner=user, state=HelpTask.State.OPEN, due_on__gte=timezone.localdate() - LATELY
    )
    url = f"{reverse('digital:help_tasks')}?mine=on"
    found = rows.order_by().values_list("due_on").annotate(Count("pk"))
    return [Date(f"help:{day}", day, _said(number), "", url) for day, number in found]


def of_firm(user: User) -> list[Date]:
    """Return what offices plan with the own enterprises (企业日程)."""
    if not user.scope.enterprises:
        return []
    rows = HelpTask.objects.filter(
        enterprise__in=user.scope.enterprises,
        state=HelpTask.State.OPEN,
        due_on__gte=timezone.localdate() - LATELY,
    )
    return [
        Date(
            f"help-task:{row.pk}",
            row.due_on,
            str(FAIR[row.kind]),
            row.enterprise.name,
            reverse("digital:of_enterprise", args=[row.enterprise_id]),
            row.enterprise_id,
        )
        for row in rows.select_related("enterprise")
    ]


def _said(number: int) -> str:
    text = ngettext(
        "%(number)s task to help an enterprise is due",
        "%(number)s tasks to help enterprises are due",
        number,
    )
    return text % {"number": number}


register(of_owner, of_firm)
