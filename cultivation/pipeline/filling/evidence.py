"""Papers handed in with an application: attached, used again, taken out, passed over (佐证材料).

A paper is asked for once, however many criteria name it, and a document of the enterprise may be
handed in again in any round. Nothing is merged into one file.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import rights, slots
from cultivation.pipeline.models import Application, Entry, Evidence
from enterprises.audit import recording
from enterprises.registry import documents as archive
from enterprises.registry.models import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.core.files.base import File

    from cultivation.pipeline.filling.slots import Slot
    from enterprises.accounts.models import User

SOON = dt.timedelta(days=90)  # a decision may take as long; what ends sooner is pointed out
LONGEST = 300  # letters of a remark
OFFERED = 200  # documents in a choice, the latest


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper asked for, with what is handed in for it (佐证项)."""

    slot: Slot
    subject: str
    year: int  # of judging
    handed_in: tuple[Evidence, ...] = ()
    remark: str = ""
    stated: bool = False  # by texts or declarations of the form itself

    @property
    def label(self) -> str:
        return self.slot.label(self.year)

    @property
    def key(self) -> str:
        """Return the name as an anchor of a page."""
        return self.subject.replace(":", "-")

    @property
    def by_text(self) -> bool:
        """Tell whether the form itself takes the place of the paper."""
        return bool(self.slot.texts) or self.slot.kind in slots.STATED

    @property
    def known_here(self) -> bool:
        """Tell whether the platform knows what the paper would prove."""
        return self.slot.kind in slots.KEPT_HERE

    @property
    def warnings(self) -> list[str]:
        """Return what looks wrong with what is handed in: it ended, or ends soon."""
        return [said for one in self.handed_in if (said := validity(one.document))]

    @property
    def missing(self) -> bool:
        """Tell whether the paper is owed, and neither handed in nor passed over with a reason."""
        return self.slot.owed and not (self.handed_in or self.by_text or self.remark)

    @property
    def asks_why(self) -> bool:
        """Tell whether a sentence for the reviewer is owed."""
        return bool(self.warnings) and not self.remark

    @property
    def is_here(self) -> bool:
        return bool(self.handed_in) or self.stated


def validity(document: Document) -> str:
    """Say that a document is no longer valid or ends soon, or nothing."""
    today = timezone.localdate()
    if document.valid_to is None or document.valid_to > today + SOON:
        return ""
    words = {"name": document.name, "day": date_format(document.valid_to)}
    if document.valid_to < today:
        return _("“%(name)s” was valid until %(day)s") % words
    return _("“%(name)s” is valid until %(day)s, which a decision may not reach") % words


def papers(
    application: Application, asked: Mapping[str, Slot], remarks: Mapping[str, str], year: int
) -> dict[str, Paper]:
    """Return the papers asked for with what is handed in, by their names."""
    held: dict[str, list[Evidence]] = defaultdict(list)
    for one in Evidence.objects.filter(application=application).select_related("document"):
        held[one.subject].append(one)
    return {
        subject: Paper(
            slot,
            subject,
            year,
            tuple(held[subject]),
            remarks.get(subject, ""),
            stated=_is_stated(slot, application),
        )
        for subject, slot in asked.items()
    }


def _is_stated(slot: Slot, application: Application) -> bool:
    if slot.texts:
        return all(application.answers.get(question.name) for question in slot.texts)
    ticks = [application.answers.get(name) for name in ("declares_truth", "promises_compliance")]
    return slot.kind in slots.STATED and all(ticks)


@transaction.atomic
def hand_in(
    application: Application,
    subject: str,
    files: Sequence[File[bytes]],
    *,
    by: User,
    page: str = "",
    valid_to: dt.date | None = None,
) -> list[Document]:
    """Keep files and hand them in as a paper; all of them or none (上传佐证)."""
    locked = _open(application, subject, by)
    for file in files:
        archive.check(file)
    kept = [archive.attach(locked.enterprise, file, by=by, valid_to=valid_to) for file in files]
    _add(locked, subject, kept, by=by, page=page)
    _go_on(application, locked)
    return kept


@transaction.atomic
def use_again(
    application: Application, subject: str, document: Document, *, by: User, page: str = ""
) -> None:
    """Hand in a document that the enterprise has already, also from an earlier round (复用佐证)."""
    locked = _open(application, subject, by)
    if document.enterprise_id != locked.enterprise_id:
        raise PermissionDenied(_("This is no document of the enterprise."))
    _add(locked, subject, [document], by=by, page=page)
    _go_on(application, locked)


@transaction.atomic
def take_out(application: Application, subject: str, document: Document, *, by: User) -> None:
    """Take a document out of an application; the enterprise keeps it (撤出佐证)."""
    locked = _open(application, subject, by)
    gone = Evidence.objects.filter(application=locked, subject=subject, document=document)
    if not gone.delete()[0]:
        return
    if not Evidence.objects.filter(application=locked, document=document).exists():
        locked.documents.remove(document)
    _note(locked, subject, by, before={"document": document.sha256})
    _go_on(application, locked)


@transaction.atomic
def say_page(
    application: Application, subject: str, document: Document, page: str, *, by: User
) -> None:
    """Say on which page of a document the proof stands (页码)."""
    locked = _open(application, subject, by)
    rows = Evidence.objects.filter(application=locked, subject=subject, document=document)
    if rows.update(page=page[:80]):
        _go_on(application, locked)


@transaction.atomic
def say_why(application: Application, subject: str, text: str, *, by: User) -> None:
    """Keep a sentence for the reviewer: why a paper is missing, or an old one stands (说明)."""
    locked = _open(application, subject, by)
    text = text.strip()
    if len(text) > LONGEST:
        raise MoveError(
            _("The reason has %(number)s letters; %(most)s are kept.")
            % {"number": len(text), "most": LONGEST}
        )
    entry, _new = Entry.objects.get_or_create(
        application=locked, subject=subject, defaults={"made_at": timezone.now()}
    )
    if entry.remark == text:
        return
    before, entry.remark, entry.made_by, entry.made_at = entry.remark, text, by, timezone.now()
    entry.save()
    _note(locked, subject, by, before={"reason": before}, after={"reason": text})
    _go_on(application, locked)


def offers(
    application: Application, asked: Mapping[str, Paper]
) -> dict[str, tuple[list[Document], list[Document]]]:
    """Return by paper the enterprise's documents not handed in for it: as it before, and others."""
    documents = list(Document.objects.filter(enterprise=application.enterprise_id)[:OFFERED])
    before: dict[str, set[int]] = defaultdict(set)
    rows = Evidence.objects.filter(application__enterprise=application.enterprise_id)
    for subject, pk in rows.values_list("subject", "document"):
        before[subject].add(pk)
    found = {}
    for subject, paper in asked.items():
        here = {one.document_id for one in paper.handed_in}
        free = [one for one in documents if one.pk not in here]
        again = [one for one in free if one.pk in before[subject]]
        found[subject] = (again, [one for one in free if one.pk not in before[subject]])
    return found


def _open(application: Application, subject: str, by: User) -> Application:
    """Return the application locked, if the paper is open to the user."""
    if application.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself fills in its application."))
    rows = Application.objects.select_for_update(of=("self",)).select_related("enterprise")
    locked: Application = rows.get(pk=application.pk)
    if not slots.is_name(subject):
        raise MoveError(_("No rule asks for the paper “%(name)s”.") % {"name": subject})
    if not rights.may_edit(locked, subject, by):
        raise MoveError(
            _("An application that is %(status)s can no longer be changed.")
            % {"status": locked.get_status_display()}
        )
    return locked


def _add(
    locked: Application, subject: str, kept: Iterable[Document], *, by: User, page: str
) -> None:
    for document in kept:
        Evidence.objects.update_or_create(
            application=locked,
            subject=subject,
            document=document,
            defaults={"page": page[:80]},
            create_defaults={"page": page[:80], "made_by": by},
        )
        locked.documents.add(document)
        _note(locked, subject, by, after={"document": document.sha256})


def _note(
    locked: Application,
    subject: str,
    by: User,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    recording.note(
        "application.paper",
        locked,
        by=by,
        before={"paper": subject, **before} if before else {},
        after={"paper": subject, **after} if after else {},
        enterprise_id=locked.enterprise_id,
        region_path=locked.enterprise.region_path,
    )


def _go_on(application: Application, locked: Application) -> None:
    """Let the version of the application grow: what somebody checked before is not this."""
    locked.version += 1
    locked.save(update_fields=["version", "updated_at"])
    application.version = locked.version
