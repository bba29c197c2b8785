"""The documents of a case as experts get them: under a neutral name, released one by one (材料)."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.ahead import SUBMISSIONS
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, CaseDocument, Panel, PanelCase
from cultivation.pipeline.panels import rights
from enterprises.audit import recording
from enterprises.registry import documents as archive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.base import File
    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.registry.models import Document

Release = CaseDocument.Release
BATCH = 2000


def list_documents(panel: Panel) -> None:
    """List the documents of a panel's cases under numbers (编号)."""
    _list(panel.cases.all())


def list_handed_in_later(applications: Sequence[Application]) -> None:
    """List what came in with a resubmission after the draw; see `handed_in_later` (补充材料)."""
    _list(PanelCase.objects.filter(
        application__in=[one.pk for one in applications],
        void=False,
        panel__state=Panel.State.DRAWN,
    ))  # fmt: skip


def handed_in_later(case: PanelCase) -> set[int]:
    """Return which documents of a case came in after the draw, by their numbers.

    They are withheld like all others until the office releases them, and bear that mark: who read
    the case before did not have them.
    """
    drawn = case.panel.draw.drawn_at
    steps = case.application.moves.filter(name__in=SUBMISSIONS)
    before = steps.filter(made_at__lte=drawn).last() if drawn else None
    if before is None:
        return set()
    known = set(before.note.get("documents", ()))
    rows = case.documents.exclude(document__sha256__in=known)
    return set(rows.values_list("number", flat=True))


def _list(chosen: QuerySet[PanelCase]) -> None:
    """List documents not listed yet under numbers; all are withheld until released."""
    cases = defaultdict(list)
    for case, application in chosen.values_list("pk", "application"):
        cases[application].append(case)
    known = CaseDocument.objects.filter(case__in=chosen).values_list("case", "document")
    listed = set(known)
    numbers = Counter(case for case, _document in listed)
    rows = Application.documents.through.objects.filter(application__in=list(cases))
    pairs = rows.order_by("application", "document").values_list("application_id", "document_id")
    fresh = []
    for application, document in pairs:
        for case in cases[application]:
            if (case, document) not in listed:
                numbers[case] += 1
                fresh.append(CaseDocument(case_id=case, document_id=document, number=numbers[case]))
    CaseDocument.objects.bulk_create(fresh, batch_size=BATCH)


@transaction.atomic
def release(
    row: CaseDocument, how: str, *, by: User, copy: File[bytes] | None = None
) -> CaseDocument:
    """Withhold a document from the experts, show it, or show a redacted copy (公开、屏蔽、脱敏)."""
    locked = CaseDocument.objects.select_for_update(of=("self",)).select_related(
        "case__panel", "document"
    ).get(pk=row.pk)  # fmt: skip
    panel = locked.case.panel
    rights.need_holder(by, panel)
    if how not in Release.values:
        raise MoveError(_("Choose what the experts get of the document."), field="release")
    if copy is not None:
        _keep_copy(locked, copy)
    if how == Release.REDACTED and not locked.copy:
        raise MoveError(_("Add the redacted copy of the document."), field="copy")
    before = {"release": locked.release}
    locked.release, locked.made_by = how, by
    locked.save()
    recording.note(
        "panel.document_released", f"casedocument:{locked.pk}", by=by, before=before,
        after={"release": how, "case": locked.case.token, "number": locked.number},
        region_path=panel.region_path,
    )  # fmt: skip
    return locked


def _keep_copy(row: CaseDocument, copy: File[bytes]) -> None:
    try:
        media_type = archive.check(copy)
    except ValidationError as error:
        raise MoveError(" ".join(error.messages), field="copy") from error
    ending = PurePosixPath(copy.name or "").suffix.lower()
    row.copy_type = media_type
    row.copy.save(f"{uuid4().hex}{ending}", copy, save=False)


def for_expert(case: PanelCase) -> list[CaseDocument]:
    """Return the documents that an expert may open, whatever the phase."""
    shown = case.documents.exclude(release=Release.WITHHELD)
    return list(shown.select_related("document"))


def neutral_name(row: CaseDocument) -> str:
    """Return the name under which an expert gets a document; it says nothing of the firm."""
    kept: Document = row.document
    source = row.copy.name if row.release == Release.REDACTED else kept.file.name
    return f"document-{row.number}{PurePosixPath(source or '').suffix.lower()}"
