"""Writing an edition and taking it into the law: one writer, every step kept (标准起草).

PermissionDenied means "not you", ValidationError "not this", StaleError "somebody was faster".
What a second person approves is the very text that was proposed; a change takes it back.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from cultivation.standards import manuscript
from cultivation.standards.draft_checks import Check, check
from cultivation.standards.loading import publish
from cultivation.standards.models import Draft, DraftEvent, Edition, Overlay
from cultivation.standards.policy import PolicyError
from enterprises.audit import recording
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

Status = Draft.Status
LIVE = (Status.DRAFT, Status.PROPOSED)
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
LONGEST_CODE = 40
LONGEST = 400_000  # characters of a text
WRITING = ("begun", "saved", "restored", "proposed")  # who did one of these does not approve


def may_draft(scope: Scope) -> bool:
    """Tell whether somebody decides for the nation, and so may write standards (可起草)."""
    return scope.may_decide("", "nation")


def digest(draft: Draft) -> str:
    """Return the hash of what a draft says: its text and its worked cases."""
    return hashlib.sha256(f"{draft.text}\0{draft.cases}".encode()).hexdigest()


def begin(edition: Edition, *, code: str, by: User, in_force: dt.date | None = None) -> Draft:
    """Begin a draft from an edition; it supersedes that from its first day (起草).

    The notices and annexes of the edition go on to apply unless the draft says otherwise.
    """
    _allowed(by)
    _check_code(code)
    text = _beginning(edition, in_force)
    draft = Draft(code=code, base=edition, text=text, cases=edition.cases, made_by=by)
    try:
        with transaction.atomic():
            draft.save()
            _note(draft, "begun", by)
    except IntegrityError as error:
        raise ValidationError({"code": _taken(code)}, code="taken") from error
    return draft


@transaction.atomic
def save(draft: Draft, *, text: str, cases: str, by: User, version: int, reason: str = "") -> Draft:
    """Keep a draft's text, whether it reads or not; a proposed one is a draft again (保存草案)."""
    draft = _locked(draft, by, version)
    return _written(draft, text, cases, by, name="saved", reason=reason)


@transaction.atomic
def restore(draft: Draft, event: DraftEvent, *, by: User, version: int) -> Draft:
    """Bring back the text of an earlier step (恢复文本)."""
    draft = _locked(draft, by, version)
    if event.draft_id != draft.pk or not event.text:
        raise ValidationError(_("This step kept no text of the draft."), code="no_text")
    reason = _("as of version %(number)s") % {"number": event.version}
    return _written(draft, event.text, event.cases, by, name="restored", reason=reason)


@transaction.atomic
def propose(draft: Draft, *, by: User, version: int, reason: str = "") -> Draft:
    """Hand a draft to a second person; refused until all is well with it (提交审批)."""
    draft = _locked(draft, by, version)
    if draft.status != Status.DRAFT:
        raise ValidationError(_("It is waiting for a second person already."), code="proposed")
    _check_whole(check(draft), explained=bool(reason.strip()))
    return _moved(draft, Status.PROPOSED, "proposed", by, reason)


@transaction.atomic
def send_back(draft: Draft, *, by: User, version: int, reason: str) -> Draft:
    """Give a proposed draft back to its writers, saying why (退回)."""
    draft = _locked(draft, by, version)
    if draft.status != Status.PROPOSED:
        raise ValidationError(_("It is not waiting for approval."), code="not_proposed")
    _owed(reason, _("Say what has to be changed, so that the writers can mend it."))
    return _moved(draft, Status.DRAFT, "returned", by, reason)


@transaction.atomic
def withdraw(draft: Draft, *, by: User, version: int, reason: str) -> Draft:
    """Give a draft up; its text stays to be read (撤回)."""
    draft = _locked(draft, by, version)
    _owed(reason, _("Say why it is given up."))
    return _moved(draft, Status.WITHDRAWN, "withdrawn", by, reason)


@transaction.atomic
def approve(draft: Draft, *, by: User, seen: str, reason: str = "") -> Edition:
    """Publish what was proposed; `seen` is the hash of what the second person read (批准发布)."""
    draft = _locked(draft, by)
    if draft.status != Status.PROPOSED:
        raise ValidationError(_("It is not waiting for approval."), code="not_proposed")
    if not is_second(draft, by):
        raise PermissionDenied(
            _("Somebody who wrote a part of it does not approve it. Ask a colleague.")
        )
    proposal = draft.events.filter(name="proposed").first()
    same = proposal and (proposal.text, proposal.cases) == (draft.text, draft.cases)
    if not same or seen != digest(draft):
        raise StaleError
    explained = bool(reason.strip() or (proposal and proposal.reason.strip()))
    _check_whole(check(draft), explained=explained)
    try:
        draft.edition = publish(draft.text, code=draft.code, cases=draft.cases)
    except PolicyError as error:
        raise ValidationError(str(error), code="refused") from error
    _moved(draft, Status.PUBLISHED, "published", by, reason)
    return draft.edition


def awaiting(user: User) -> QuerySet[Draft]:
    """Return the drafts that wait for this person's approval, the oldest first (待审批草案)."""
    wrote = DraftEvent.objects.filter(draft=OuterRef("pk"), name__in=WRITING, made_by=user)
    rows = Draft.objects.visible_to(user).filter(~Exists(wrote), status=Status.PROPOSED)
    return rows.exclude(made_by=user).select_related("base", "made_by").order_by("updated_at", "pk")


def is_second(draft: Draft, user: User) -> bool:
    """Tell whether somebody has had no hand in a draft, and so may approve it (可批准)."""
    wrote = draft.events.filter(name__in=WRITING, made_by=user).exists()
    return may_draft(user.scope) and draft.made_by_id != user.pk and not wrote


def _allowed(by: User) -> None:
    if not may_draft(by.scope):
        raise PermissionDenied(_("Standards are written by those who decide for the nation."))


def _check_code(code: str) -> None:
    if not CODE.fullmatch(code) or len(code) > LONGEST_CODE or not re.search(r"\d", code):
        message = _("“%(code)s” is no name for an edition. Write it as srdi_2027.")
        raise ValidationError({"code": message % {"code": code}}, code="form")
    live = Draft.objects.filter(code=code, status__in=LIVE)
    known = (Edition.objects.filter(code=code), Overlay.objects.filter(code=code), live)
    if any(rows.exists() for rows in known):
        raise ValidationError({"code": _taken(code)}, code="taken")


def _taken(code: str) -> str:
    return _("“%(code)s” is taken already. Choose another name.") % {"code": code}


def _beginning(edition: Edition, in_force: dt.date | None) -> str:
    """Return the text to begin with: that of the edition, superseding it from the first day on."""
    values: dict[manuscript.Path, object] = {("supersedes",): edition.code}
    if edition.overlays.exists() or "keep_overlays" in edition.text:
        values["keep_overlays",] = True
    if in_force is not None:
        values["in_force",] = in_force
    text = edition.text if in_force is None else manuscript.without(edition.text, "period")
    try:
        if in_force is not None and edition.until is not None:
            values["until",] = None
        return manuscript.set_values(text, manuscript.HEADER, "", values)
    except manuscript.PlaceError:
        return edition.text


def _locked(draft: Draft, by: User, version: int | None = None) -> Draft:
    _allowed(by)
    locked: Draft = (
        Draft.objects.select_for_update(of=("self",)).select_related("base").get(pk=draft.pk)
    )
    if version is not None and version != locked.version:
        raise StaleError
    if locked.status == Status.PUBLISHED:
        raise ValidationError(
            _("It is published, and no longer changes. Begin a new draft from the edition."),
            code="published",
        )
    if locked.status == Status.WITHDRAWN:
        raise ValidationError(
            _("It was withdrawn. Begin a new draft from the edition."), code="withdrawn"
        )
    return locked


def _written(draft: Draft, text: str, cases: str, by: User, *, name: str, reason: str) -> Draft:
    text, cases = plain(text), plain(cases)
    for said in (text, cases):
        if len(said) > LONGEST:
            message = _("The text has %(found)s characters; %(most)s is the most.")
            raise ValidationError(message % {"found": len(said), "most": LONGEST}, code="long")
        if "\0" in said:
            raise ValidationError(_("The text holds a null character. Take it out."), code="null")
    if (text, cases) == (draft.text, draft.cases):
        return draft
    draft.text, draft.cases = text, cases
    return _moved(draft, Status.DRAFT, name, by, reason)


def plain(text: str) -> str:
    """Return a text with the line ends of a file: a form sends other ones (换行统一)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_whole(found: Check, *, explained: bool) -> None:
    faults = found.faults()
    if found.retroactive and not explained:
        faults.append(_("It is in force on a day already past. Say why, or choose a day to come."))
    if faults:
        raise ValidationError(faults, code="faults")


def _owed(reason: str, message: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": message}, code="reason")


def _moved(draft: Draft, status: str, name: str, by: User, reason: str) -> Draft:
    draft.status = status
    draft.version += 1
    draft.save()
    _note(draft, name, by, reason)
    return draft


def _note(draft: Draft, name: str, by: User, reason: str = "") -> None:
    DraftEvent.objects.create(
        draft=draft,
        name=name,
        version=draft.version,
        text=draft.text,
        cases=draft.cases,
        reason=reason.strip(),
        made_by=by,
    )
    recording.note(
        f"standard.{name}",
        draft,
        by=by,
        after={
            "code": draft.code,
            "status": draft.status,
            "version": draft.version,
            "digest": digest(draft),
            "edition": draft.edition.sha256 if draft.edition else None,
        },
        reason=reason.strip(),
    )
