"""Files that prove a figure or a fact, checked by content and size (佐证材料)."""

from __future__ import annotations

import hashlib
import re
import uuid
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.audit import recording
from enterprises.registry import ledger, records
from enterprises.registry.models import Document, Enterprise, Proof

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.core.files.base import File

    from enterprises.accounts.models import User

OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".docx": f"{OFFICE}.wordprocessingml.document",
    ".ofd": "application/ofd",
}
_ZIP_MARK = {".xlsx": "xl/workbook.xml", ".docx": "word/document.xml", ".ofd": "OFD.xml"}
_MAGIC = {
    ".pdf": b"%PDF-",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
}


@transaction.atomic
def attach(
    enterprise: Enterprise,
    file: File[bytes],
    *,
    by: User | None,
    subjects: Iterable[str] = (),
    page: str = "",
    valid_to: dt.date | None = None,
) -> Document:
    """Keep a file and what it proves (上传佐证); the same file again is the same document.

    `valid_to` is its last valid day, where it has one. Raises ValidationError for an empty or
    oversized file and where content and ending differ.
    """
    locked = records.lock(enterprise, by=by)
    media_type = check(file)
    digest = sha256(file)
    document = Document.objects.filter(enterprise=locked, sha256=digest).first()
    if document is None:
        document = _store(locked, file, media_type, digest, by)
    if valid_to is not None and document.valid_to != valid_to:
        limit(document, valid_to, by=by)
    proven = list(subjects)
    for subject in proven:
        Proof.objects.get_or_create(document=document, subject=subject, defaults={"page": page})
    recording.note(
        "record.document_attached",
        document,
        by=by,
        after={"name": document.name, "sha256": digest, "proves": proven},
        enterprise_id=locked.pk,
        region_path=locked.region_path,
    )
    return document


@transaction.atomic
def limit(document: Document, valid_to: dt.date | None, *, by: User | None) -> None:
    """Say until which day a document is valid, or that it has no end (佐证有效期)."""
    locked = records.lock(document.enterprise, by=by)
    before = {"valid_to": ledger.plain(document.valid_to)}
    document.valid_to = valid_to
    document.save(update_fields=["valid_to"])
    after = {"valid_to": ledger.plain(valid_to)}
    records.note(locked, f"document:{document.pk}", before, after, by, "")


@transaction.atomic
def remove(document: Document, *, by: User | None, reason: str = "") -> None:
    """Remove a document with what it proved; the history keeps its name and hash (删除佐证).

    Raises ValidationError where an application or an assessment rests on it.
    """
    locked = records.lock(document.enterprise, by=by)
    if _goes_with_something(document):
        raise ValidationError(
            _("“%(name)s” goes with an application or an assessment and stays."),
            code="in_use",
            params={"name": document.name},
        )
    before = {"name": document.name, "sha256": document.sha256}
    records.note(locked, f"document:{document.pk}", before, {}, by, reason)
    file = document.file
    document.delete()
    transaction.on_commit(lambda: file.delete(save=False))


def _goes_with_something(document: Document) -> bool:
    """Tell whether another room keeps the document, whichever it is."""
    relations: list[Any] = [
        field
        for field in Document._meta.get_fields(include_hidden=True)
        if field.auto_created and not field.concrete and field.related_model is not Proof
    ]
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: document}).exists()
        for relation in relations
    )


def check(file: File[bytes]) -> str:
    """Return the media type of a file that may be kept, by its content (校验)."""
    ending = PurePosixPath(file.name or "").suffix.lower()
    if ending not in MEDIA:
        raise ValidationError(
            _("“%(name)s” is not of a kind that is kept; use PDF, PNG, JPEG, XLSX, DOCX or OFD"),
            code="kind",
            params={"name": file.name},
        )
    if not file.size:
        raise ValidationError(_("the file is empty"), code="empty")
    if file.size > settings.DOCUMENT_MAX_BYTES:
        raise ValidationError(
            _("the file has %(size)d MB, at most %(most)d MB are kept"),
            code="size",
            params={
                "size": -(-file.size // 1_048_576),
                "most": settings.DOCUMENT_MAX_BYTES // 1_048_576,
            },
        )
    if not _is_what_it_says(file, ending):
        raise ValidationError(
            _("the content of “%(name)s” is not that of a %(ending)s file"),
            code="content",
            params={"name": file.name, "ending": ending},
        )
    return MEDIA[ending]


def _is_what_it_says(file: File[bytes], ending: str) -> bool:
    file.seek(0)
    head: bytes = file.read(16)
    if ending in _MAGIC:
        return head.startswith(_MAGIC[ending])
    if not head.startswith(b"PK\x03\x04"):
        return False
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            return _ZIP_MARK[ending] in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def sha256(file: File[bytes]) -> str:
    """Return the SHA-256 of a file, read piece by piece (摘要)."""
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def shown_name(name: str) -> str:
    """Return a file's name as it may be shown and handed out again (文件名)."""
    return re.sub(r"[\x00-\x1f\x7f<>:\"|?*]", "_", name)[-200:]


def _store(
    enterprise: Enterprise, file: File[bytes], media_type: str, digest: str, by: User | None
) -> Document:
    given = PurePosixPath((file.name or "").replace("\\", "/"))
    shown = shown_name(given.name)
    document = Document(
        enterprise=enterprise,
        name=shown,
        media_type=media_type,
        size=file.size,
        sha256=digest,
        uploaded_by=by,
    )
    document.file.save(f"{uuid.uuid4().hex}{given.suffix.lower()}", file, save=False)
    stored = document.file
    try:
        document.save()
    except BaseException:
        stored.delete(save=False)
        raise
    after = {"name": shown, "sha256": digest, "size": file.size}
    records.note(enterprise, f"document:{document.pk}", {}, after, by, "")
    return document
