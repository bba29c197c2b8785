"""The data of the demonstration: built once and kept; where cut off, built again (演示数据)."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.jobs.models import JobRun

KIND = "fiction"  # a JobRun of this kind says in the database itself what was built
PASSES = ("documents", "snapshots", "broker", "valkey")


class Bars:
    """A progress bar for each step of the building (进度条)."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def log(self, text: str) -> None:
        """Begin a step."""
        self._end()
        often = 0.1 if sys.stderr.isatty() else 5.0
        self._bar = tqdm(desc=text, total=0, mininterval=often, dynamic_ncols=True)

    def report(self, done: int, total: int | None = None) -> None:
        """Move the bar of the step."""
        if self._bar is not None:
            self._bar.total = total or self._bar.total
            self._bar.update(done - self._bar.n)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def prepare(*, enterprises: int, seed: int, say: Callable[[str], None]) -> None:
    """Bring the database up to date and fill it with a fictional registry where it is empty."""
    from enterprises.registry.models import Enterprise

    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_seeds", verbosity=0, stdout=io.StringIO())
    built = _built()
    if built and built.status == built.Status.DONE:
        say(f"the registry holds {Enterprise.objects.count():,} enterprises (kept; --fresh drops)")
        return
    if not built and Enterprise.objects.exists():
        say("the database holds enterprises of its own; nothing fictional is added")
        return
    if built:
        say("an earlier start was cut off while it built the registry; building it again")
        _empty()
        call_command("load_seeds", verbosity=0, stdout=io.StringIO())
    _build(enterprises=enterprises, seed=seed, say=say)


def drop() -> None:
    """Drop all data of this installation: database rows, documents, snapshots, queues."""
    if connection.vendor == "sqlite":
        connection.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{ending}").unlink(missing_ok=True)
    else:
        call_command("migrate", verbosity=0, interactive=False)
        _empty()
    for name in PASSES:
        shutil.rmtree(settings.VAR_DIR / name, ignore_errors=True)


def signins() -> list[tuple[str, str, str]]:
    """Return (role, username, password) of one user per role, where the registry is fictional."""
    from config import fiction

    return list(fiction.signins()) if _built() else []


def _built() -> JobRun | None:
    from enterprises.jobs.models import JobRun

    return JobRun.objects.filter(kind=KIND).order_by("-pk").first()


def _empty() -> None:
    call_command("flush", verbosity=0, interactive=False)


def _build(*, enterprises: int, seed: int, say: Callable[[str], None]) -> None:
    from config import fiction
    from enterprises.jobs.models import JobRun

    say(f"building a fictional registry of {enterprises:,} enterprises (seed {seed}), once …")
    # FAILED until it is done: a start that is cut off leaves that behind.
    mark = JobRun.objects.create(
        kind=KIND,
        task="",
        status=JobRun.Status.FAILED,
        params={"enterprises": enterprises, "seed": seed},
        started_at=timezone.now(),
    )
    with Bars() as bars:
        made = fiction.build(enterprises, seed=seed, progress=bars)
        bars.log("预测 · forecast")
        made |= fiction.look_ahead(bars)
    JobRun.objects.filter(pk=mark.pk).update(
        status=JobRun.Status.DONE, finished_at=timezone.now(), result=made
    )
