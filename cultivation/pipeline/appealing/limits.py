"""Until when an enterprise may ask for a reconsideration (复核申请期限).

So many working days after the day of being told. No official length is known: a guide value of the
installation, unverified, and every page that names it says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline.models import Move, Reconsideration, Status
from cultivation.pipeline.telling import REFUSED
from enterprises.notifications.models import Notification
from enterprises.places import working_days

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.models import Application


@dataclass(frozen=True, slots=True)
class Limit:
    """When the enterprise was told, and its last day; both empty while it was not (期限)."""

    told_on: dt.date | None
    ask_by: dt.date | None

    @property
    def is_over(self) -> bool:
        """Tell whether the last day is past; it counts whole."""
        return self.ask_by is not None and self.ask_by < timezone.localdate()

    @property
    def days(self) -> int:
        """Return how many working days there are."""
        return allowance()

    @property
    def is_provisional(self) -> bool:
        """Tell whether the holidays it was counted by are not announced yet."""
        return self.ask_by is not None and working_days.is_provisional(self.ask_by)


def allowance() -> int:
    """Return the working days to ask in."""
    days: int = settings.RECONSIDERATION_WORKING_DAYS
    return days


def of(refusal: Move) -> Limit:
    """Return the limit of a refusal (某次不予通过的期限)."""
    told = told_on(refusal)
    return Limit(told, working_days.add(told, allowance()) if told else None)


def told_on(refusal: Move) -> dt.date | None:
    """Return the day on which the enterprise was told, None while a notification is held back.

    Who had nobody to be told counts from the day of the refusal.
    """
    rows = Notification.objects.filter(key=f"move:{refusal.pk}:{REFUSED}")
    told = list(rows.values_list("shown", "made_at"))
    shown = [made_at for seen, made_at in told if seen]
    if told and not shown:
        return None
    return timezone.localdate(min(shown, default=refusal.made_at))


def last_refusal(application: Application) -> Move | None:
    """Return the last refusal of an application, None where there was none."""
    refusal: Move | None = application.moves.filter(name="refuse").last()
    return refusal


def hindrance(
    application: Application, refusal: Move | None, limit: Limit, made: Reconsideration | None
) -> str:
    """Say why no reconsideration can be asked for now, or nothing (可否申请复核)."""
    if refusal is None or application.status != Status.REFUSED:
        return _("Only a refusal that stands can be reconsidered.")
    latest = last_refusal(application)
    if latest is None or latest.pk != refusal.pk:
        return _("Only the last refusal can be reconsidered.")
    if made is not None and made.status == Reconsideration.Status.LAPSED:
        return _late(limit)
    if made is not None and made.asked_at is not None:
        return _(
            "A reconsideration of this refusal was asked for on %(day)s; it is asked for once."
        ) % {"day": date_format(timezone.localdate(made.asked_at))}
    return _late(limit) if limit.is_over else ""


def _late(limit: Limit) -> str:
    if limit.ask_by is None or limit.told_on is None:
        return _("The time to ask for a reconsideration is over.")
    return _(
        "A reconsideration could be asked for until the end of %(day)s: %(days)s working days "
        "after %(told)s, the day on which the enterprise was told."
    ) % {
        "day": date_format(limit.ask_by),
        "days": limit.days,
        "told": date_format(limit.told_on),
    }
