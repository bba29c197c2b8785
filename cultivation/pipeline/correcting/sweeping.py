"""The nightly look at open corrections: who is reminded, who is late (补正时限巡查)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cultivation.pipeline import moves
from cultivation.pipeline.correcting import telling
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Correction
from enterprises.places import working_days

if TYPE_CHECKING:
    import datetime as dt

    from enterprises.jobs.runs import Progress


def sweep(*, progress: Progress | None = None) -> dict[str, int]:
    """Remind, mark as late and tell, each once; close only where the setting says so (巡查).

    Doing it again on the same day tells nobody twice.
    """
    today = timezone.localdate()
    soon = working_days.add(today, settings.CORRECTION_REMINDER_DAYS)
    rows = Correction.objects.filter(opened_at__isnull=False, closed_at__isnull=True)
    counts = {"reminded": 0, "overdue": 0, "lapsed": 0}
    pks = list(rows.filter(due_on__lte=soon).order_by("pk").values_list("pk", flat=True))
    for number, pk in enumerate(pks, start=1):
        done = _look(pk, today)
        if done:
            counts[done] += 1
        if progress is not None:
            progress.report(number, len(pks))
    return counts


@transaction.atomic
def _look(pk: int, today: dt.date) -> str:
    """Take one correction, under its application's lock; return what was done."""
    correction = Correction.objects.get(pk=pk)
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("enterprise")
        .get(pk=correction.application_id)
    )
    correction.refresh_from_db()
    if not correction.is_open:
        return ""
    if not correction.is_late(today):
        return "reminded" if telling.due_soon(application, correction) else ""
    if correction.overdue_at is None:
        correction.overdue_at = timezone.now()
        correction.save(update_fields=["overdue_at"])
        telling.overdue(application, correction)
    if not settings.CORRECTION_LAPSES:
        return "overdue"
    try:
        moves.advance(application, "lapse", by=None)
    except MoveError:
        return "overdue"
    return "lapsed"
