"""Sending an application back with the fields to mend, each for a reason (退回补正)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import moves, routes
from cultivation.pipeline.correcting import opened, subjects, telling
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    Correction,
    CorrectionExtension,
    CorrectionItem,
    Reason,
    Status,
)
from enterprises.audit import recording

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from enterprises.accounts.models import User

MOST = 1000  # characters of the officer's own words on one item
LONGEST = 366  # days that a correction can be given


@dataclass(frozen=True, slots=True)
class Ask:
    """One field to send back, for a reason of the library, in own words, or both (补正要求)."""

    subject: str
    grounds: str = ""
    words: str = ""


class AskError(MoveError):
    """What cannot be sent back so; `faults` says by subject what is wrong."""

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults.values()))


@transaction.atomic
def send_back(
    application: Application,
    asks: Sequence[Ask],
    *,
    by: User,
    reason: str = "",
    due_on: dt.date | None = None,
    version: int | None = None,
) -> Correction:
    """Return an application for correction; only the fields named open for the enterprise (退回).

    `due_on` is the last day for it, by default so many working days from today. Raises what
    `moves.advance` does, and AskError where a field is unknown or has no reason.
    """
    locked = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    step, level = moves.STEPS["return"], routes.holding_level(locked)
    current = version is None or version == locked.version
    if level and current and locked.version == application.version and moves.may(locked, step, by):
        draft = _prepare(locked, level, asks, due_on=due_on, words=reason.strip())
        reason = reason.strip() or _in_words(draft, locked)
    moves.advance(application, "return", by=by, reason=reason, version=version)
    correction = opened.open_correction(application)
    if correction is None:
        raise LookupError(application.pk)
    return correction


def faults(application: Application, asks: Sequence[Ask]) -> dict[str, str]:
    """Return by subject what is wrong with what is to be sent back (校验)."""
    known = subjects.known(application)
    codes = set(Reason.objects.filter(in_use=True).values_list("code", flat=True))
    found = {}
    for ask in asks:
        label = known.get(ask.subject, ask.subject)
        if ask.subject not in known:
            said = _("“%(item)s” is nothing of this application that can be sent back.")
        elif ask.grounds and ask.grounds not in codes:
            said = _("“%(item)s”: choose a reason of the library that is in use.")
        elif not ask.grounds and not ask.words.strip():
            said = _("“%(item)s” needs a reason: of the library, in your own words, or both.")
        elif len(ask.words) > MOST:
            said = _("“%(item)s”: the words are too long; 1,000 characters are the most.")
        else:
            continue
        found[ask.subject] = said % {"item": label}
    return found


def _in_words(correction: Correction, application: Application) -> str:
    """Return what is sent back in words, for the history of an officer who wrote nothing more."""
    items = correction.items.select_related("grounds")
    labels = subjects.labels_of(
        [item.subject for item in items], application, application.submitted_result
    )
    return "\n".join(f"{labels[item.subject]}: {item.reason}" for item in items)[:4000]


def _prepare(
    application: Application,
    level: str,
    asks: Sequence[Ask],
    *,
    due_on: dt.date | None,
    words: str,
) -> Correction:
    """Put together what is sent back; what an officer of the level put together before goes."""
    wrong = faults(application, asks)
    if wrong:
        raise AskError(wrong)
    _check_day(due_on, after=timezone.localdate())
    draft, _new = Correction.objects.get_or_create(
        application=application, level=level, opened_at=None
    )
    draft.due_on, draft.words = due_on, words
    draft.save(update_fields=["due_on", "words"])
    draft.items.all().delete()
    by_code = {one.code: one for one in Reason.objects.filter(code__in=[a.grounds for a in asks])}
    CorrectionItem.objects.bulk_create(
        CorrectionItem(
            correction=draft,
            subject=ask.subject,
            grounds=by_code.get(ask.grounds),
            words=ask.words.strip(),
        )
        for ask in {ask.subject: ask for ask in asks}.values()
    )
    return draft


@transaction.atomic
def extend(
    correction: Correction,
    due_on: dt.date,
    *,
    by: User,
    reason: str,
    version: int | None = None,
) -> CorrectionExtension:
    """Give an open correction more time, with a reason; the level that sent it back may (延期)."""
    application = Application.objects.select_for_update(of=("self",)).get(
        pk=correction.application_id
    )
    locked = application.corrections.get(pk=correction.pk)
    if not may_extend(application, locked, by):
        raise PermissionDenied(_("Only the office that sent it back gives more time."))
    if not locked.is_open or application.status != Status.RETURNED or locked.due_on is None:
        raise MoveError(_("The enterprise has nothing to correct here any more."))
    if version is not None and version != locked.version:
        raise MovedMeanwhileError(_("Somebody changed this correction meanwhile. Look again."))
    if not reason.strip():
        raise MoveError(_("Say why more time is given."), field="reason")
    _check_day(due_on, after=max(locked.due_on, timezone.localdate()))
    made = CorrectionExtension.objects.create(
        correction=locked,
        due_before=locked.due_on,
        due_after=due_on,
        reason=reason.strip(),
        made_by=by,
    )
    locked.due_on, locked.overdue_at, locked.version = due_on, None, locked.version + 1
    locked.save(update_fields=["due_on", "overdue_at", "version"])
    Application.objects.filter(pk=application.pk).update(due_on=due_on)
    recording.note(
        "correction.extended",
        application,
        by=by,
        before={"due_on": made.due_before},
        after={"due_on": made.due_after},
        reason=made.reason,
        enterprise_id=application.enterprise_id,
        region_path=application.region_path,
    )
    telling.extended(application, locked)
    return made


def may_extend(application: Application, correction: Correction, user: User) -> bool:
    """Tell whether a user sits in the office that sent an application back."""
    return bool(
        user.is_authenticated
        and application.enterprise_id not in user.scope.enterprises
        and user.scope.may_review(application.region_path, correction.level)
    )


def _check_day(day: dt.date | None, *, after: dt.date) -> None:
    if day is None:
        return
    if not after < day or (day - after).days > LONGEST:
        raise MoveError(
            _("The last day has to lie after %(day)s, and within a year of it.")
            % {"day": date_format(after)},
            field="due_on",
        )
