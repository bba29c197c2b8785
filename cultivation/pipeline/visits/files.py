"""Photos and documents of a visit (现场照片与材料)."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import VisitFile
from cultivation.pipeline.visits import recording
from cultivation.pipeline.visits.noting import note
from enterprises.registry import documents

if TYPE_CHECKING:
    from django.core.files.base import File

    from cultivation.pipeline.models import Visit
    from enterprises.accounts.models import User

MOST = 40  # files of a record


@transaction.atomic
def add(visit: Visit, file: File[bytes], *, by: User, criterion: str = "") -> VisitFile:
    """Keep a file with the open record; the same file again is the same row (上传)."""
    record = recording.writable(visit, by)
    if criterion and criterion not in recording.codes_of(record):
        raise MoveError(_("%(name)s is no field of this record.") % {"name": criterion[:60]})
    try:
        media_type = documents.check(file)
    except ValidationError as error:
        raise MoveError("; ".join(error.messages), field="files") from error
    digest = documents.sha256(file)
    there: VisitFile | None = record.files.filter(sha256=digest, criterion=criterion).first()
    if there is not None:
        return there
    if record.files.count() >= MOST:
        raise MoveError(_("At most %(most)s files are taken.") % {"most": MOST}, field="files")
    given = PurePosixPath((file.name or "").replace("\\", "/"))
    kept = VisitFile(
        record=record,
        name=documents.shown_name(given.name),
        media_type=media_type,
        size=file.size or 0,
        sha256=digest,
        criterion=criterion,
        made_by=by,
    )
    kept.file.save(f"{uuid.uuid4().hex}{given.suffix.lower()}", file, save=False)
    kept.save()
    note("file_added", record.visit, by=by, after={"name": kept.name, "sha256": digest})
    return kept


@transaction.atomic
def remove(visit: Visit, number: int, *, by: User) -> None:
    """Take a file off the open record (删除)."""
    record = recording.writable(visit, by)
    kept = record.files.filter(pk=number).first()
    if kept is None:
        raise MoveError(_("This file is none of the open record."))
    note("file_removed", record.visit, by=by, before={"name": kept.name, "sha256": kept.sha256})
    stored = kept.file
    kept.delete()
    transaction.on_commit(lambda: stored.delete(save=False))
