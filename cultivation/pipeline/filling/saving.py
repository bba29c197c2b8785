"""Keeping fields of a form, each where its value has its home (保存填报项).

A field has a version: the mark of its value. Whoever saves says which version he looked at; where
somebody else was faster, nothing is overwritten and both values are told. A save has an id of its
sender; the same id twice is one save. Answers live in the application, figures and statements in
the registry, written by the registry's own writers with their warnings.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import rights, subjects
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Application, Entry
from enterprises.audit import recording
from enterprises.registry import records
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.pipeline.correcting.opened import Opened
    from enterprises.accounts.models import User
    from enterprises.registry.plausibility import Doubt

KEPT_IDS = 8  # saves of a field that are known again
QUIET = dt.timedelta(minutes=10)  # further saves of a field by the same hand are one in the log


class State(StrEnum):
    """What became of a save (保存结果)."""

    SAVED = "saved"
    CLASH = "clash"  # somebody else saved the field meanwhile
    REFUSED = "refused"  # the value cannot be
    DOUBTED = "doubted"  # the value looks unusual: it wants a sentence


@dataclass(frozen=True, slots=True)
class Wish:
    """A value to be kept in a field, and the version that its author looked at (待存值)."""

    subject: str
    value: Any
    seen: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a field: its version and value now, and what was said (结果)."""

    subject: str
    state: State
    mark: str = ""
    value: Any = None
    at: dt.datetime | None = None
    by: str = ""
    message: str = ""
    doubts: tuple[Doubt, ...] = field(default=())


@transaction.atomic
def keep(
    application: Application,
    wishes: Sequence[Wish],
    *,
    by: User,
    save_id: str = "",
    reasons: Mapping[str, str] | None = None,
) -> dict[str, Outcome]:
    """Keep what can be kept of some fields and say of each what became of it (保存).

    `reasons` answer doubts by "code:figure". Raises PermissionDenied for others than own staff,
    MoveError where the application is closed.
    """
    sheet = _opened(application, wishes, by)
    found: dict[str, Outcome] = {}
    todo: list[Wish] = []
    scope = rights.open_to(sheet.application, by)
    for wish in wishes:
        settled = _settled(sheet, wish, scope, save_id)
        if settled is None:
            todo.append(wish)
        else:
            found[wish.subject] = settled
    found |= _written(sheet, todo, by, reasons or {})
    fresh = [w for w in todo if found[w.subject].state == State.SAVED]
    if fresh:
        _note(sheet, fresh, by, save_id)
        sheet.application.version += 1
        sheet.application.save(update_fields=["answers", "version", "updated_at"])
    application.version, application.answers = sheet.application.version, sheet.application.answers
    return found


def _opened(application: Application, wishes: Iterable[Wish], by: User) -> Sheet:
    """Return the form, locked as far as the fields reach; the application before the enterprise."""
    if application.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself fills in its application."))
    rows = Application.objects.select_for_update(of=("self",)).select_related("enterprise__region")
    locked: Application = rows.get(pk=application.pk)
    if not rights.may_fill(locked, by):
        raise MoveError(
            _("An application that is %(status)s can no longer be changed.")
            % {"status": locked.get_status_display()}
        )
    if any(subjects.kind_of(wish.subject) != subjects.ANSWER for wish in wishes):
        Enterprise.objects.select_for_update(of=("self",)).get(pk=locked.enterprise_id)
    return Sheet(locked)


def _settled(sheet: Sheet, wish: Wish, scope: Opened, save_id: str) -> Outcome | None:
    """Return what is clear before anything is written: closed, known, the same, overtaken."""
    subject = wish.subject
    if subject not in sheet.subjects or not scope.covers(subject):
        text = _("“%(field)s” is not open in this application.")
        said = text % {"field": subjects.label_of(subject)}
        return Outcome(subject, State.REFUSED, message=said)
    label = subjects.label_of(subject)
    kept = Kept(sheet.mark(subject), sheet.value(subject), sheet.entries.get(subject))
    return settled(wish, kept, new=subjects.mark(subject, wish.value), label=label, save_id=save_id)


@dataclass(frozen=True, slots=True)
class Kept:
    """A field as it is kept: its mark, its value, and the row of its saves (现存值)."""

    mark: str
    value: Any
    entry: Any  # a row with saves, made_by and made_at, of any sort of form


def settled(wish: Wish, kept: Kept, *, new: str, label: str, save_id: str) -> Outcome | None:
    """Return what is clear of a save by the marks alone: known, the same, overtaken; else None."""
    entry, subject = kept.entry, wish.subject
    known = dict(entry.saves).get(save_id) if entry and save_id else None
    if entry and known:
        return Outcome(subject, State.SAVED, known, kept.value, entry.made_at)
    if kept.mark == new:
        return Outcome(subject, State.SAVED, kept.mark, wish.value, timezone.now())
    return None if kept.mark == wish.seen else _clash(subject, kept, label)


def _clash(subject: str, kept: Kept, label: str) -> Outcome:
    """Say that somebody was faster, and who, where it was by this form and not by another page."""
    entry = kept.entry
    mine = entry is not None and bool(entry.saves) and entry.saves[-1][1] == kept.mark
    who, at = (str(entry.made_by or ""), entry.made_at) if mine else ("", None)
    words = {"field": label, "who": who or _("Somebody")}
    said = _("%(who)s changed “%(field)s” meanwhile; nothing was overwritten.") % words
    return Outcome(subject, State.CLASH, kept.mark, kept.value, at, who, said)


def remember(entry: Any, mark: str, *, by: User, save_id: str, now: dt.datetime) -> None:
    """Keep on the row of a field that a save was taken, and by whom (记录保存)."""
    entry.saves = [*entry.saves, [save_id, mark]][-KEPT_IDS:]
    entry.made_by, entry.made_at = by, now
    entry.save()


def _written(
    sheet: Sheet, wishes: Sequence[Wish], by: User, reasons: Mapping[str, str]
) -> dict[str, Outcome]:
    """Write the values where they live: answers, the profile, and figures year by year."""
    groups: dict[tuple[str, int], list[Wish]] = {}
    for wish in wishes:
        kind = subjects.kind_of(wish.subject)
        year = subjects.year_of(wish.subject) if kind == subjects.REPORT else 0
        groups.setdefault((kind, year), []).append(wish)
    found: dict[str, Outcome] = {}
    for (kind, year), group in groups.items():
        try:
            with transaction.atomic():
                _write(sheet, kind, year, group, by, reasons)
        except records.UnansweredError as error:
            found |= _doubted(sheet, group, error.doubts)
        except ValidationError as error:
            found |= _refused(sheet, group, error)
        else:
            now = timezone.now()
            for wish in group:
                mark = subjects.mark(wish.subject, wish.value)
                found[wish.subject] = Outcome(wish.subject, State.SAVED, mark, wish.value, now)
    return found


def _write(
    sheet: Sheet,
    kind: str,
    year: int,
    group: Iterable[Wish],
    by: User,
    reasons: Mapping[str, str],
) -> None:
    values = {subjects.name_of(wish.subject): wish.value for wish in group}
    if kind == subjects.ANSWER:
        sheet.application.answers |= values
    elif kind == subjects.REPORT:
        records.save_report(sheet.enterprise, year, values, by=by, answers=reasons)
    else:
        if (link := values.get("chain_link")) is not None:
            values["chain"] = link.chain
        records.change(sheet.enterprise, values, by=by)


def _doubted(sheet: Sheet, group: Sequence[Wish], doubts: Sequence[Doubt]) -> dict[str, Outcome]:
    """Return for each figure of a year that it was not kept, with the doubts that concern it."""
    names = {subjects.name_of(wish.subject): wish.subject for wish in group}
    first = group[0].subject
    mine: dict[str, list[Doubt]] = {wish.subject: [] for wish in group}
    for doubt in doubts:
        mine[names.get(doubt.figure, first)].append(doubt)
    return {
        subject: Outcome(
            subject,
            State.DOUBTED,
            sheet.mark(subject),
            sheet.value(subject),
            message=" ".join(doubt.message for doubt in found)
            or _("Not saved yet: another figure of the year looks unusual."),
            doubts=tuple(found),
        )
        for subject, found in mine.items()
    }


def _refused(sheet: Sheet, group: Sequence[Wish], error: ValidationError) -> dict[str, Outcome]:
    by_field = error.message_dict if hasattr(error, "error_dict") else {}
    rest = " ".join(error.messages)
    return {
        wish.subject: Outcome(
            wish.subject,
            State.REFUSED,
            sheet.mark(wish.subject),
            sheet.value(wish.subject),
            message=" ".join(by_field.get(subjects.name_of(wish.subject), [])) or rest,
        )
        for wish in group
    }


def _note(sheet: Sheet, fresh: Iterable[Wish], by: User, save_id: str) -> None:
    """Note of each field who saved it when; of answers, whose text is nobody's yet, the mark."""
    now = timezone.now()
    changed: dict[str, str] = {}
    for wish in fresh:
        mark = subjects.mark(wish.subject, wish.value)
        entry = sheet.entries.get(wish.subject) or Entry(
            application=sheet.application, subject=wish.subject
        )
        quiet = entry.pk and entry.made_by_id == by.pk and now - entry.made_at < QUIET
        if subjects.kind_of(wish.subject) == subjects.ANSWER and not quiet:
            changed[wish.subject] = mark
        remember(entry, mark, by=by, save_id=save_id, now=now)
    if changed:
        recording.note(
            "application.fill",
            sheet.application,
            by=by,
            after=changed,
            enterprise_id=sheet.application.enterprise_id,
            region_path=sheet.application.enterprise.region_path,
        )
