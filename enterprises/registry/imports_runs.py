"""Imports as background runs: a file waits, is looked at, checked, and written (导入任务)."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
import uuid
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from enterprises.jobs import runs
from enterprises.registry import imports, imports_mapping, imports_reading
from enterprises.registry.models import StagedImport

if TYPE_CHECKING:
    from django.core.files.base import File

    from enterprises.accounts.models import User
    from enterprises.jobs.models import JobRun
    from enterprises.registry.imports_mapping import ColumnMapping

WAITING = "imports/waiting"
KEPT_FOR = dt.timedelta(days=1)
SAMPLES = 3
CHECK = "enterprises.registry.tasks.check_import"
WRITE = "enterprises.registry.tasks.import_staged"


@dataclass(frozen=True, slots=True)
class Look:
    """The columns of a file with some values, and what they seem to mean (预览)."""

    header: list[str]
    samples: list[list[str]]
    encoding: str
    guess: ColumnMapping


def keep(file: File[bytes]) -> str:
    """Store a file until it is checked and return its place; ValidationError where it cannot be."""
    ending = PurePosixPath(file.name or "").suffix.lower()
    if ending not in imports.MEDIA:
        raise ValidationError(
            _("“%(name)s” is no table that can be read. Send CSV, TXT, TSV, XLSX, XLSM or XLS."),
            params={"name": file.name},
        )
    if not file.size:
        raise ValidationError(_("the file is empty"))
    if file.size > settings.IMPORT_MAX_BYTES:
        raise ValidationError(
            _("the file has %(size)d MB, at most %(most)d MB are taken"),
            params={
                "size": -(-file.size // 1_048_576),
                "most": settings.IMPORT_MAX_BYTES // 1_048_576,
            },
        )
    _sweep()
    return default_storage.save(f"{WAITING}/{uuid.uuid4().hex}{ending}", file)


def look(place: str, *, kind: str) -> Look:
    """Return the header and first rows of a waiting file; ValidationError where it has none."""

    def judge(row: list[str]) -> int:
        return imports_mapping.judge(None, kind, row)

    with imports_reading.table(_path(place), judge=judge) as table:
        filled = (row for _line, row in table.rows if any(cell.strip() for cell in row))
        samples = [[cell.strip()[:60] for cell in row] for row in islice(filled, SAMPLES)]
        return Look(
            header=table.header,
            samples=samples,
            encoding=table.encoding,
            guess=imports_mapping.guess(kind, table.header),
        )


def mapping_of(text: bytes, *, kind: str) -> ColumnMapping:
    """Return the mapping that an uploaded TOML file says."""
    try:
        given = tomllib.loads(text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValidationError(
            _("The mapping file cannot be read: %(error)s"), params={"error": error}
        ) from error
    return imports_mapping.make(given, kind=kind)


@transaction.atomic
def begin_check(
    place: str, *, kind: str, name: str, mapping: ColumnMapping, by: User
) -> tuple[JobRun, bool]:
    """Send a waiting file to be checked; the same file being checked is the same run."""
    params = {
        "file": place,
        "kind": kind,
        "name": name,
        "mapping": mapping.as_json(),
        "language": translation.get_language(),
    }
    return runs.start("import", task=CHECK, key=f"check:{place}", params=params, by=by)


@transaction.atomic
def begin_commit(staged: StagedImport, *, by: User) -> tuple[JobRun, bool]:
    """Send a checked import to be written; a second click meets the same run."""
    params = {"staged": staged.pk, "language": translation.get_language()}
    return runs.start("import", task=WRITE, key=f"write:{staged.pk}", params=params, by=by)


def check(run_id: int) -> None:
    """Check a waiting file as its run says; a second try finds what the first has done."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        run = progress.run
        with translation.override(run.params.get("language")):
            staged = _staged_before(run)
            if staged is None:
                staged = _stage(run, progress)
        if staged is not None:
            progress.result |= {"import": staged.pk, **_plain_counts(staged)}
            default_storage.delete(run.params["file"])


def write(run_id: int) -> None:
    """Write a checked import as its run says; one that is written already stays as it is."""
    with runs.working(run_id) as progress:
        if progress is None:
            return
        run = progress.run
        staged = StagedImport.objects.get(pk=run.params["staged"])
        total = int(staged.counts.get("rows", 0))
        with translation.override(run.params.get("language")):
            if staged.status == StagedImport.Status.CHECKED:
                try:
                    staged = imports.commit(
                        staged,
                        by=_starter(run),
                        progress=lambda done: progress.report(done, total),
                    )
                except ValidationError as error:
                    progress.result["refused_because"] = error.messages
        progress.result |= {"import": staged.pk, **_plain_counts(staged)}


def _stage(run: JobRun, progress: runs.Progress) -> StagedImport | None:
    params = run.params
    try:
        return imports.stage(
            _path(params["file"]),
            kind=params["kind"],
            by=_starter(run),
            mapping=imports_mapping.make(params["mapping"], kind=params["kind"]),
            name=params["name"],
            progress=progress.report,
        )
    except ValidationError as error:
        progress.result["refused_because"] = error.messages
        return None


def _starter(run: JobRun) -> User:
    """Return who began the run, with whose rights it works; none is left where they are gone."""
    if run.started_by is None:
        raise ValidationError(
            _("Whoever began this import is no longer a user; upload the file again.")
        )
    return run.started_by


def _staged_before(run: JobRun) -> StagedImport | None:
    """Return what an earlier try of the same run has staged, if it was killed after that."""
    if run.attempts < 2:
        return None
    with suppress(FileNotFoundError), _path(run.params["file"]).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StagedImport.objects.filter(
            sha256=digest,
            kind=run.params["kind"],
            made_by=run.started_by,
            made_at__gte=run.created_at,
        ).first()
    return None


def _plain_counts(staged: StagedImport) -> dict[str, Any]:
    return {k: staged.counts.get(k, 0) for k in ("rows", "accepted", "warned", "refused")}


def _path(place: str) -> Path:
    return Path(default_storage.path(place))


def _sweep() -> None:
    """Remove files that nobody went on with."""
    edge = timezone.now() - KEPT_FOR
    with suppress(FileNotFoundError):
        for name in default_storage.listdir(WAITING)[1]:
            place = f"{WAITING}/{name}"
            if default_storage.get_modified_time(place) < edge:
                default_storage.delete(place)
