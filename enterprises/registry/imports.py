"""Importing files: staged, checked row by row, then committed whole or not at all (批量导入).

Every row is accepted, accepted with a warning or refused with a reason, and the counts add up:
rows = accepted + warned + refused, and new + changed + unchanged = accepted + warned.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.audit import recording
from enterprises.registry import imports_mapping as mappings
from enterprises.registry import imports_reading as reading
from enterprises.registry.imports_commit import Writer
from enterprises.registry.imports_enterprises import EnterpriseRows
from enterprises.registry.imports_reports import ReportRows
from enterprises.registry.imports_seen import Seen
from enterprises.registry.imports_writing import insert
from enterprises.registry.models import ImportRow, StagedImport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from enterprises.accounts.models import User
    from enterprises.registry.imports_enterprises import Outcome
    from enterprises.registry.imports_mapping import ColumnMapping
    from enterprises.registry.imports_reading import Row
    from enterprises.registry.imports_reports import ReportOutcome

    Progress = Callable[[int], None]

BATCH = 2_000
MEDIA = {".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsm"}


@dataclass(slots=True)
class Tally:
    """Rows by outcome and remarks by kind (计数)."""

    rows: int = 0
    accepted: int = 0
    warned: int = 0
    refused: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    registered: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome | ReportOutcome) -> None:
        """Count a batch."""
        self.rows += len(outcome.rows)
        self.new += len(outcome.new)
        self.changed += len(outcome.changed)
        self.unchanged += outcome.unchanged
        self.registered += len(getattr(outcome, "registered", ()))
        for row in outcome.rows:
            if row.refused:
                self.refused += 1
                self.refusals[next(r.kind for r in row.remarks if r.refused)] += 1
            elif row.remarks:
                self.warned += 1
                self.warnings.update({r.kind for r in row.remarks})
            else:
                self.accepted += 1

    def as_json(self) -> dict[str, Any]:
        """Return the counts as kept with the import; a row counts once under each warning."""
        plain = {k: getattr(self, k) for k in self.__slots__ if k not in {"warnings", "refusals"}}
        return {**plain, "warnings": dict(self.warnings), "refusals": dict(self.refusals)}


def stage(
    file: Path | File[bytes],
    *,
    kind: str,
    by: User | None,
    mapping: ColumnMapping | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> StagedImport:
    """Keep a file and check every row of it, writing nothing to the registry (预检).

    Raises ValidationError where the file itself cannot be read: encoding, columns, merged cells.
    """
    if by is not None and not by.scope.register_paths:
        raise PermissionDenied(_("You may not import: no seat of yours registers enterprises."))
    staged = StagedImport(
        kind=StagedImport.Kind(kind),
        status=StagedImport.Status.CHECKED,
        name=(name or Path(str(getattr(file, "name", file))).name)[:200],
        mapping=mapping.as_json() if mapping else {},
        made_by=by,
    )
    _keep(staged, file)
    try:
        with transaction.atomic():
            staged.save()
            tally = _run(staged, by=by, writer=None, progress=progress)
            staged.counts = tally.as_json()
            staged.save(update_fields=["counts"])
    except BaseException:
        staged.file.delete(save=False)
        raise
    return staged


@transaction.atomic
def commit(
    staged: StagedImport, *, by: User | None, progress: Progress | None = None
) -> StagedImport:
    """Write a checked import, whole or not at all; rows are checked again as they go in (提交)."""
    locked = StagedImport.objects.select_for_update(of=("self",)).get(pk=staged.pk)
    if locked.status != StagedImport.Status.CHECKED:
        raise ValidationError(_("This import is already %s.") % locked.get_status_display())
    if by is not None and not by.scope.register_paths:
        raise PermissionDenied(_("You may not import: no seat of yours registers enterprises."))
    locked.rows.all().delete()
    try:
        with transaction.atomic():
            writer = Writer(locked, by=by)
            tally = _run(locked, by=by, writer=writer, progress=progress)
    except IntegrityError as error:
        raise ValidationError(
            _("The registry changed while the file was read; nothing was saved. Import it again."),
            code="changed_meanwhile",
        ) from error
    locked.counts = tally.as_json()
    locked.status = StagedImport.Status.COMMITTED
    locked.committed_at = timezone.now()
    locked.save(update_fields=["counts", "status", "committed_at"])
    changes = {"changes": writer.written, "digest": writer.digest}
    _note("committed", locked, by, {**locked.counts, **changes})
    return locked


@transaction.atomic
def discard(staged: StagedImport, *, by: User | None) -> StagedImport:
    """Give up a checked import; its file goes, its counts stay (放弃)."""
    locked = StagedImport.objects.select_for_update(of=("self",)).get(pk=staged.pk)
    if by is not None and locked.made_by_id != by.pk and not by.is_superuser:
        raise PermissionDenied(_("Only who made an import discards it."))
    if locked.status != StagedImport.Status.CHECKED:
        raise ValidationError(_("This import is already %s.") % locked.get_status_display())
    locked.status = StagedImport.Status.DISCARDED
    file, locked.file = locked.file, ""
    locked.save(update_fields=["status", "file"])
    if file:
        transaction.on_commit(lambda: file.storage.delete(str(file.name)))
    _note("discarded", locked, by, {})
    return locked


def _note(action: str, staged: StagedImport, by: User | None, after: dict[str, Any]) -> None:
    """Write down what became of a file: one record, whatever the number of its rows (导入留痕)."""
    recording.note(
        f"import.{action}",
        staged,
        by=by,
        after={"name": staged.name, "kind": staged.kind, "sha256": staged.sha256, **after},
        region_path=min(by.scope.register_paths, key=len, default="") if by else "",
    )


def _keep(staged: StagedImport, file: Path | File[bytes]) -> None:
    """Store the file of an import under a name of our own, after a look at size and ending."""
    opened = File(file.open("rb")) if isinstance(file, Path) else file
    with opened:
        ending = Path(str(opened.name or "")).suffix.lower()
        if ending not in MEDIA:
            raise ValidationError(_("Send a CSV or an Excel workbook, not “%s”.") % ending)
        if opened.size > settings.IMPORT_MAX_BYTES:
            most = settings.IMPORT_MAX_BYTES // 1_048_576
            raise ValidationError(_("The file is larger than %d MB.") % most)
        digest = hashlib.sha256()
        for chunk in opened.chunks():
            digest.update(chunk)
        staged.sha256 = digest.hexdigest()
        opened.seek(0)
        staged.file.save(f"{staged.sha256[:16]}{ending}", opened, save=False)


def _run(
    staged: StagedImport, *, by: User | None, writer: Writer | None, progress: Progress | None
) -> Tally:
    """Take all rows of an import through the checks, and to the writer where there is one."""
    mapping = mappings.make(staged.mapping, kind=staged.kind) if staged.mapping else None
    tally = Tally()
    with closing(Seen()) as seen:
        rows = _rows_of(staged, mapping, by, seen)
        for outcome in rows:
            tally.add(outcome)
            _remember(staged, outcome)
            if writer is not None:
                if staged.kind == StagedImport.Kind.ENTERPRISES:
                    writer.enterprises(outcome)  # type: ignore[arg-type]
                else:
                    writer.reports(outcome)  # type: ignore[arg-type]
            if progress is not None:
                progress(tally.rows)
    if not tally.rows:
        raise ValidationError(_("The file has a header but no rows."), code="empty")
    return tally


def _rows_of(
    staged: StagedImport, mapping: ColumnMapping | None, by: User | None, seen: Seen
) -> Iterator[Outcome | ReportOutcome]:
    """Yield the outcome of each batch of the file."""
    path, kind = Path(staged.file.path), staged.kind

    def judge(row: list[str]) -> int:
        return mappings.judge(mapping, kind, row)

    reports = kind == StagedImport.Kind.REPORTS
    checks: EnterpriseRows | ReportRows
    with reading.table(path, judge=judge) as table:
        columns = mappings.lay(mapping, kind, table.header)
        if reports:
            checks = ReportRows(columns, by=by, seen=seen)
            checks.remember_names(_filled(table.rows))
        else:
            checks = EnterpriseRows(columns, by=by, seen=seen)
            yield from _batches(checks, table.rows)
    if reports:
        with reading.table(path, judge=judge) as table:
            yield from _batches(checks, table.rows)


def _batches(
    checks: EnterpriseRows | ReportRows, rows: Iterator[Row]
) -> Iterator[Outcome | ReportOutcome]:
    source = _filled(rows)
    while batch := list(islice(source, BATCH)):
        yield checks.batch(batch)


def _filled(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows that hold anything."""
    return ((line, row) for line, row in rows if any(cell.strip() for cell in row))


def _remember(staged: StagedImport, outcome: Outcome | ReportOutcome) -> None:
    """Keep the remarks of a batch; rows without remark are only counted."""
    insert(
        ImportRow,
        [
            {
                "staged_id": staged.pk,
                "line": row.line,
                "outcome": ImportRow.Outcome.REFUSED if row.refused else ImportRow.Outcome.WARNED,
                "field": remark.field,
                "value": remark.value,
                "message": remark.message,
            }
            for row in outcome.rows
            for remark in row.remarks
        ],
    )
