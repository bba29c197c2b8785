"""Raising a real-name objection or complaint, and reading what became of it (提出异议).

An objection to a notice is taken from its first day to the end of its last (公示期内). A complaint
about a title held (实名举报, 2022 Measures, rule on real-name complaints) may come at any time.
Neither needs a sign-in; a secret key, shown once, opens the page with the answer.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import (
    NoticeEntry,
    Objection,
    ObjectionFile,
    ObjectionStep,
    Status,
)
from cultivation.pipeline.notices import handlers
from cultivation.pipeline.stages import LADDER
from enterprises.audit.recording import note
from enterprises.notifications.notifying import notify
from enterprises.places import working_days
from enterprises.registry import documents
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.base import File

MOST_FILES = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody puts forward, with the real name (异议内容)."""

    text: str
    name: str
    contact: str
    affiliation: str = ""
    criterion: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """An objection as taken in, with the key that opens its page; shown once (受理回执)."""

    objection: Objection
    key: str


def closed_because(entry: NoticeEntry) -> str:
    """Say why no objection to an entry is taken now, or nothing."""
    if entry.left_at is not None:
        return _("The enterprise was taken off this notice; there is nothing to object to.")
    notice = entry.notice
    if not notice.is_running:
        return _("Objections to this notice were taken until %(day)s.") % {
            "day": notice.last_day.isoformat()
        }
    if entry.application.status != Status.ON_NOTICE:
        return _("The application is not on notice any more.")
    return ""


@transaction.atomic
def object_to(entry: NoticeEntry, said: Statement, *, files: Sequence[File[bytes]]) -> Raised:
    """Take an objection to an enterprise on notice (公示异议); MoveError where it is too late."""
    locked = NoticeEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    hindrance = closed_because(locked)
    if hindrance:
        raise MoveError(hindrance)
    application = locked.application
    return _take_in(
        Objection(
            entry=locked,
            enterprise=application.enterprise,
            level=locked.notice.level,
            region_path=application.region_path,
        ),
        said,
        files,
    )


@transaction.atomic
def complain_of(title: Title, said: Statement, *, files: Sequence[File[bytes]]) -> Raised:
    """Take a real-name complaint about a title that runs (实名举报)."""
    if title.ended_on is not None:
        raise MoveError(_("Title %(number)s has ended already.") % {"number": title.number})
    level = LADDER[Tier(title.tier)].decided_at
    path = title.enterprise.region_path
    made = Objection(title=title, enterprise=title.enterprise, level=level, region_path=path)
    return _take_in(made, said, files)


def by_key(number: str, key: str) -> Objection | None:
    """Return an objection to whoever holds its key, None to others."""
    found: Objection | None = Objection.objects.filter(number=number[:24]).first()
    if found and secrets.compare_digest(found.secret_hash, _hashed(key)):
        return found
    return None


def _take_in(made: Objection, said: Statement, files: Sequence[File[bytes]]) -> Raised:
    _check(said, files)
    key = secrets.token_urlsafe(24)
    now = timezone.now()
    made.number = f"YY{timezone.localdate():%Y%m%d}-{secrets.token_hex(4).upper()}"
    made.text, made.criterion = said.text.strip(), said.criterion
    made.objector_name, made.objector_contact = said.name.strip(), said.contact.strip()
    made.objector_affiliation = said.affiliation.strip()
    made.secret_hash = _hashed(key)
    made.received_at = now
    made.reply_due = working_days.add(
        timezone.localdate(now), settings.OBJECTION_REPLY_WORKING_DAYS
    )
    made.save(force_insert=True)
    for file in files:
        _keep(made, file)
    ObjectionStep.objects.create(objection=made, name="received")
    note(
        "objection.received",
        made,
        by=None,
        after={"number": made.number, "level": made.level, "files": len(files)},
        enterprise_id=made.enterprise_id,
        region_path=made.region_path,
    )
    notify(
        handlers.possible(made),
        "objection_received",
        key=f"objection:{made.pk}:received",
        url=f"/docket/{made.pk}/",
        params={"number": made.number, "firm": made.enterprise.name},
        enterprise_id=made.enterprise_id,
    )
    return Raised(made, key)


def _check(said: Statement, files: Sequence[File[bytes]]) -> None:
    owed = {
        "text": (said.text, _("Say what is wrong.")),
        "name": (said.name, _("Objections are taken in a real name only.")),
        "contact": (said.contact, _("Say how you can be reached.")),
    }
    for field, (value, message) in owed.items():
        if not value.strip():
            raise MoveError(message, field=field)
    if not files:
        raise MoveError(_("Add at least one file that proves it."), field="evidence")
    if len(files) > MOST_FILES:
        raise MoveError(
            _("At most %(most)s files are taken.") % {"most": MOST_FILES}, field="evidence"
        )


def _keep(objection: Objection, file: File[bytes]) -> None:
    try:
        media_type = documents.check(file)
    except ValidationError as error:
        raise MoveError("; ".join(error.messages), field="evidence") from error
    given = PurePosixPath((file.name or "").replace("\\", "/"))
    kept = ObjectionFile(
        objection=objection,
        name=documents.shown_name(given.name),
        media_type=media_type,
        size=file.size,
        sha256=documents.sha256(file),
    )
    kept.file.save(f"{uuid.uuid4().hex}{given.suffix.lower()}", file, save=False)
    kept.save()


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
