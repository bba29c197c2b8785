"""What time does to reconsiderations: drafts lapse, answers fall due, late ones go up (催办)."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from cultivation.pipeline.appealing import handlers, limits, more_time, noting, telling
from cultivation.pipeline.models import Reconsideration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

AHEAD = dt.timedelta(days=3)
Status = Reconsideration.Status


def sweep(*, on: dt.date | None = None, progress: Progress | None = None) -> dict[str, int]:
    """Let drafts lapse, remind, escalate; done twice it does nothing the second time (每日清理)."""
    day = on or timezone.localdate()
    result = {"drafts_lapsed": 0, "answers_reminded": 0, "escalated": 0}
    rows = Reconsideration.objects.select_related("enterprise", "application", "refusal", "handler")
    drafts = list(rows.filter(status=Status.DRAFT).order_by("pk"))
    answers = list(rows.open().filter(reply_due__lte=day + AHEAD).order_by("pk"))
    for number, case in enumerate(drafts, start=1):
        with suppress(Reconsideration.DoesNotExist):  # its firm dropped it meanwhile
            _draft(case, day, result)
        if progress is not None:
            progress.report(number, len(drafts) + len(answers))
    for number, case in enumerate(answers, start=len(drafts) + 1):
        _answer(case, day, result)
        if progress is not None:
            progress.report(number, len(drafts) + len(answers))
    return result | {"requests_closed": more_time.lapse()}


@transaction.atomic
def _draft(case: Reconsideration, day: dt.date, result: dict[str, int]) -> None:
    """Let a draft lapse after its last day; remind of it before."""
    limit = limits.of(case.refusal)
    if limit.ask_by is None:
        return
    if limit.ask_by >= day:
        if limit.ask_by <= day + AHEAD:
            case.ask_by = limit.ask_by
            result["answers_reminded"] += telling.to_firm(case, "reconsideration_closing")
        return
    found = noting.locked(case)
    if found.status == Status.DRAFT:
        found.status, found.told_on, found.ask_by = Status.LAPSED, limit.told_on, limit.ask_by
        noting.step(found, "lapsed", by=None)
        telling.to_firm(found, "reconsideration_lapsed")
        result["drafts_lapsed"] += 1


@transaction.atomic
def _answer(case: Reconsideration, day: dt.date, result: dict[str, int]) -> None:
    """Remind of an answer that is due; each day of one overdue, which the office above is told."""
    due = case.reply_due
    if due is None:
        return
    kind = "reconsideration_late" if due < day else "reconsideration_due"
    people: Iterable[User] = [case.handler] if case.handler else handlers.possible(case)
    if case.status == Status.PROPOSED:  # somebody else confirms it
        people = handlers.possible(case, but=[case.decided_by_id, case.handler_id])
    at = day.isoformat() if due < day else ""
    result["answers_reminded"] += telling.to_offices(case, kind, people, at=at)
    if due >= day or case.escalated_on is not None:
        return
    found = noting.locked(case)
    if found.is_open and found.escalated_on is None:
        level, above = telling.office_above(found)
        if not above:
            return  # tried again tomorrow
        found.escalated_on = day
        noting.step(found, "escalated", by=None, after={"to": level})
        telling.to_offices(found, "reconsideration_late", above, at="above")
        result["escalated"] += 1
