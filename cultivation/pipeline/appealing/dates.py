"""Dates of reconsiderations and of requests for more time (复核日程)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.appealing import limits
from cultivation.pipeline.calendar.sources import LATELY, Date, register
from cultivation.pipeline.models import Application, Move, Reconsideration, Status

if TYPE_CHECKING:
    from enterprises.accounts.models import User


def of_firms(user: User) -> list[Date]:
    """Return until when own refusals can be reconsidered, and answers are due (复核期限)."""
    own = user.scope.enterprises
    if not own:
        return []
    return [*_to_ask(own), *_answers(own)]


def of_offices(user: User) -> list[Date]:
    """Return by when reconsiderations are to be answered that the user has in hand (答复期限)."""
    if not user.scope.decide_paths:
        return []
    rows = Reconsideration.objects.open().filter(handler=user)
    return [
        Date(
            f"reconsideration:{row.pk}:reply",
            row.reply_due,
            _("Reconsideration to be answered: %(number)s") % {"number": row.number},
            row.enterprise.name,
            reverse("pipeline:reconsideration", args=[row.pk]),
        )
        for row in rows.select_related("enterprise")
        if row.reply_due
    ]


def _to_ask(own: frozenset[int]) -> list[Date]:
    """Return the last days of refusals of late that were not contested yet."""
    since = timezone.now() - LATELY * (2 + limits.allowance() // 5)  # holidays and all
    asked = Reconsideration.objects.asked().filter(enterprise__in=own).values("refusal")
    rows = Move.objects.filter(
        name="refuse",
        application__enterprise__in=own,
        application__status=Status.REFUSED,
        made_at__gte=since,
    ).exclude(pk__in=asked)
    found = []
    for row in rows.select_related("application__enterprise").order_by("pk"):
        limit = limits.of(row)
        if limit.ask_by and not limit.is_over:
            of: Application = row.application
            found.append(
                Date(
                    f"refusal:{row.pk}:ask",
                    limit.ask_by,
                    _("Last day to ask for a reconsideration: %(tier)s")
                    % {"tier": of.get_tier_display()},
                    of.enterprise.name,
                    reverse("pipeline:feedback", args=[of.pk]),
                    of.enterprise_id,
                )
            )
    return found


def _answers(own: frozenset[int]) -> list[Date]:
    """Return by when own reconsiderations are to be answered."""
    rows = Reconsideration.objects.open().filter(enterprise__in=own)
    return [
        Date(
            f"reconsideration:{row.pk}:answer",
            row.reply_due,
            _("Answer to the reconsideration due: %(number)s") % {"number": row.number},
            row.enterprise.name,
            reverse("pipeline:ask_again", args=[row.application_id]),
            row.enterprise_id,
        )
        for row in rows.select_related("enterprise")
        if row.reply_due
    ]


register(of_firms, of_offices)
