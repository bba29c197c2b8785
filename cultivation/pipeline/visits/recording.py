"""The record of a visit: saved field by field, written by one, signed by the other (记录)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Visit, VisitRecord
from cultivation.pipeline.visits import objecting, officers, planning, sealing, telling
from cultivation.pipeline.visits.noting import note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User

Outcome = VisitRecord.Outcome
TEXTS = ("told", "remarks")
PARTS = ("outcome", "found", "words")
LONGEST = {"told": 4000, "remarks": 4000, "found": 1000, "words": 1000, "outcome": 8}
DAY = "visited_on"


def codes_of(record: VisitRecord) -> list[str]:
    """Return the criteria that a record speaks of: those that have a say in the verdict."""
    return [str(leaf["code"]) for leaf in findings.leaves(dict(record.submission.result))]


def current(visit: Visit, *, by: User) -> VisitRecord:
    """Return the open record of a visit; a planned visit has one, be it empty (取记录).

    One that nobody wrote in is not stored yet.
    """
    officers.need_goer(by, visit)
    found = visit.records.filter(signed_at__isnull=True).select_related("submission").first()
    if found is not None:
        return found
    return _begun(visit)


@transaction.atomic
def save(
    visit: Visit, values: Mapping[str, str], *, by: User, version: int | None = None
) -> VisitRecord:
    """Keep fields of the open record as typed: "visited_on", "told", "found:L26-3a" (保存).

    `version` is given where a whole page is saved; one field saved as typed needs none. Raises
    MoveError naming the field that makes no sense; then nothing is kept.
    """
    record = writable(visit, by)
    if version is not None and version != record.version:
        raise MovedMeanwhileError(
            _("Your colleague wrote in this record meanwhile. What you typed stands below.")
        )
    before = _plain(record)
    known = set(codes_of(record))
    for name, text in values.items():
        _put(record, name, text.strip(), known)
    after = _plain(record)
    changed = sorted(
        name for name in after.keys() | before.keys() if after.get(name) != before.get(name)
    )
    if changed:
        record.version += 1
        record.save()
        note("recorded", record.visit, by=by, after={"number": record.number, "fields": changed})
    return record


@transaction.atomic
def hand_in(visit: Visit, *, by: User) -> VisitRecord:
    """Declare the record complete and put it before the other officer (提交签字)."""
    record = opened(visit, by)
    if record.written_at is not None:
        raise MovedMeanwhileError(_("The record waits for its signature already."))
    if said := lacking(record):
        raise MoveError(_("Still open in the record: %(what)s.") % {"what": _("; ").join(said)})
    record.written_by, record.written_at = by, timezone.now()
    record.version += 1
    record.save()
    note("handed_in", record.visit, by=by, after={"number": record.number})
    telling.to_sign(record.visit, record)
    return record


@transaction.atomic
def take_back(visit: Visit, *, by: User, reason: str = "") -> VisitRecord:
    """Open a record again that waits for its signature (退回修改).

    Any officer of the level may: the two may have left the office, or the case theirs.
    """
    record = opened(visit, by, goer=False)
    if record.written_at is None:
        raise MoveError(_("The record is open; there is nothing to take back."))
    record.written_by = record.written_at = None
    record.version += 1
    record.save()
    after = {"number": record.number}
    note("taken_back", record.visit, by=by, after=after, reason=reason.strip())
    return record


@transaction.atomic
def sign(visit: Visit, *, by: User) -> VisitRecord:
    """Sign a record the other officer wrote: it is frozen, deviations become objections (签字)."""
    record = opened(visit, by)
    if record.written_at is None:
        raise MoveError(_("The record was not handed in for signature yet."))
    if record.written_by_id == by.pk:
        raise MoveError(_("The other officer signs, not the one who wrote the record."))
    locked = record.visit
    if locked.state not in {Visit.State.PLANNED, Visit.State.SIGNED}:
        raise MoveError(_("Plan the visit first; its two officers write the record."))
    barred = officers.conflicts(locked.application, [by], visit=locked)
    if barred.get(by.pk):
        raise MoveError(
            _("A conflict of interest: %(why)s.") % {"why": _("; ").join(barred[by.pk])}
        )
    objected = objecting.object_to(record, by=by)
    record.files.update(kept=True)
    record.signed_by, record.signed_at = by, timezone.now()
    record.version += 1
    record.seal = sealing.seal_of(record)
    record.save()
    before = {"state": locked.state}
    locked.state = Visit.State.SIGNED
    locked.version += 1
    locked.save()
    after = {
        "state": locked.state,
        "number": record.number,
        "record": record.pk,
        "seal": record.seal,
        "objected": objected,
    }
    note("signed", locked, by=by, before=before, after=after)
    telling.signed(locked, record)
    return record


@transaction.atomic
def correct(visit: Visit, *, by: User, reason: str) -> VisitRecord:
    """Begin a new version of a signed record; the signed one stays and counts until then (更正)."""
    locked = planning.locked_visit(visit, by)
    officers.need_goer(by, locked)
    last = locked.records.select_related("submission").last()
    if last is None or not last.is_signed:
        raise MoveError(_("Only a signed record is corrected by a new version."))
    if not reason.strip():
        raise MoveError(_("Say why the record is corrected."), field="reason")
    kept = {
        code: {part: said for part, said in one.items() if part in PARTS}
        for code, one in last.findings.items()
    }
    made = VisitRecord.objects.create(
        visit=locked,
        number=last.number + 1,
        submission=locked.application.submission or last.submission,
        visited_on=last.visited_on,
        findings=kept,
        told=last.told,
        remarks=last.remarks,
        correction=reason.strip(),
    )
    note("correction_begun", locked, by=by, after={"number": made.number}, reason=reason.strip())
    return made


def lacking(record: VisitRecord) -> list[str]:
    """Return in words what a record still owes before it can be signed (缺项)."""
    found = []
    if record.visited_on is None:
        found.append(_("the day of the visit"))
    codes = codes_of(record)
    said = {code: record.findings.get(code, {}) for code in codes}
    if bare := [code for code in codes if not said[code].get("outcome")]:
        found.append(_("an outcome for %(codes)s") % {"codes": ", ".join(bare)})
    unsaid = [
        code
        for code in codes
        if said[code].get("outcome") in {Outcome.DEVIATES, Outcome.UNSEEN}
        and not said[code].get("words")
    ]
    if unsaid:
        found.append(_("a sentence on %(codes)s") % {"codes": ", ".join(unsaid)})
    blind = [
        code
        for code in codes
        if said[code].get("outcome") in {Outcome.AGREES, Outcome.DEVIATES}
        and not said[code].get("found")
    ]
    if blind:
        found.append(_("what was found for %(codes)s") % {"codes": ", ".join(blind)})
    if not record.told:
        found.append(_("the outcome in words for the enterprise"))
    return found


def opened(visit: Visit, by: User, *, goer: bool = True) -> VisitRecord:
    """Return the open record of a visit locked with it, stored where it was not."""
    locked = planning.locked_visit(visit, by)
    if goer:
        officers.need_goer(by, locked)
    if locked.state in {Visit.State.WAIVED, Visit.State.CANCELLED}:
        raise MoveError(_("The visit is %(state)s.") % {"state": locked.get_state_display()})
    rows = VisitRecord.objects.select_for_update(of=("self",)).select_related("submission")
    found: VisitRecord | None = rows.filter(visit=locked, signed_at__isnull=True).first()
    if found is None:
        found = _begun(locked)
        found.save(force_insert=True)
    found.visit = locked
    return found


def writable(visit: Visit, by: User) -> VisitRecord:
    """Return the same where it may be changed: not while it waits for its signature."""
    record = opened(visit, by)
    if record.written_at is not None:
        raise MoveError(_("The record waits for its signature; take it back to change it."))
    return record


def _begun(visit: Visit) -> VisitRecord:
    """Return the first record of a planned visit, about the application as it stands submitted."""
    if visit.state == Visit.State.SIGNED:
        raise MoveError(_("The record is signed; a correction is a new version."))
    if visit.state != Visit.State.PLANNED:
        raise MoveError(_("Plan the visit first; its two officers write the record."))
    submission = visit.application.submission
    if submission is None:
        raise MoveError(_("The application was never submitted; there is nothing to check."))
    return VisitRecord(visit=visit, submission=submission)


def _put(record: VisitRecord, name: str, text: str, known: set[str]) -> None:
    part, _colon, code = name.partition(":")
    if "\0" in text:
        raise MoveError(_("A text holds a character that cannot be kept."), field=name)
    if len(text) > LONGEST.get(part, 10):
        raise MoveError(
            _("This text has %(there)s characters; at most %(most)s are kept.")
            % {"there": len(text), "most": LONGEST.get(part, 10)},
            field=name,
        )
    if name == DAY:
        record.visited_on = _day(record, text)
    elif name in TEXTS:
        setattr(record, name, text)
    elif part in PARTS and code in known:
        if part == "outcome" and text not in {"", *Outcome.values}:
            raise MoveError(_("Choose agrees, deviates or could not be seen."), field=name)
        record.findings.setdefault(code, {})[part] = text
    else:
        raise MoveError(_("%(name)s is no field of this record.") % {"name": name[:60]}, field=name)


def _day(record: VisitRecord, text: str) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise MoveError(_("Give the day as 2026-05-06."), field=DAY) from error
    first = timezone.localdate(record.visit.made_at)
    if not first <= day <= timezone.localdate():
        raise MoveError(
            _("The visit was between %(first)s, when it was asked for, and today.")
            % {"first": first.isoformat()},
            field=DAY,
        )
    return day


def _plain(record: VisitRecord) -> dict[str, Any]:
    """Return the fields of a record with their values, side by side."""
    said = {
        f"{part}:{code}": text
        for code, one in record.findings.items()
        for part, text in one.items()
        if text
    }
    day = record.visited_on.isoformat() if record.visited_on else ""
    return said | {DAY: day} | {name: getattr(record, name) for name in TEXTS}
