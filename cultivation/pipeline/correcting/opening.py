"""Sending an application back: what must be there before, and what it sets going (退回生效)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import effects, routes
from cultivation.pipeline.correcting import papers, telling
from enterprises.places import working_days

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.models import Application, Correction
    from enterprises.accounts.models import User


def in_preparation(application: Application, level: str) -> Correction | None:
    """Return what a level has put together to send back, not yet opened."""
    rows = application.corrections.filter(opened_at__isnull=True, level=level)
    return rows.prefetch_related("items").first()


def names_what_to_mend(application: Application) -> str | None:
    """Hinder a return that does not name what is to be mended."""
    draft = in_preparation(application, routes.holding_level(application))
    if draft is not None and draft.items.all():
        return None
    return _("Name what is to be mended, each with a reason; only that opens for the enterprise.")


def open_it(application: Application, by: User) -> dict[str, Any]:
    """Open the correction that the level put together: the enterprise has it in hand now (退回)."""
    note = effects.remember_where(application, by)
    level = application.returned_from.removeprefix("at_")
    correction = application.corrections.select_for_update().get(
        opened_at__isnull=True, level=level
    )
    correction.opened_at, correction.opened_by = timezone.now(), by
    correction.due_on = correction.due_on or last_day()
    correction.before = application.submission
    correction.answers_before = application.submitted_answers
    correction.papers_before = papers.papers_of(application)
    correction.save()
    application.due_on = correction.due_on
    telling.returned(application, correction)
    return note | {
        "correction": correction.pk,
        "due_on": correction.due_on.isoformat(),
        "subjects": list(correction.items.values_list("subject", flat=True)),
    }


def last_day() -> dt.date:
    """Return the last day for a correction that is sent back today, unless another is named."""
    return working_days.add(timezone.localdate(), settings.CORRECTION_WORKING_DAYS)
