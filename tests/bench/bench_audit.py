"""Verifying the audit log beside a plain streaming read of the same rows (审计基准)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import transaction

from config.benchmarks import Figure, peak_mib
from enterprises.audit import recording
from enterprises.audit.models import AuditRecord, Seal
from enterprises.audit.verifying import FIELDS, Walk
from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZE = 1_000_000
TIMES = 4.0
GROWTH = 64.0  # MiB that ten times the records may add
BATCH = 5000
SOME = 300  # deeds taken one by one


def figures(size: int | None) -> Iterable[Figure]:
    """Yield how long it takes to write, to read and to verify, and what a deed costs."""
    records = size or SIZE
    _fill(records // 10)
    list(Walk().faults())
    before = peak_mib()
    written = _timed(lambda: _fill(records - records // 10))
    read = _timed(_read)
    verified = _timed(lambda: _verify(records))
    yield Figure("records", records, None, "rows")
    yield Figure("written and sealed", (records - records // 10) / written, None, "rows/s")
    yield Figure("plain read", read, None, "s")
    yield Figure("verified", verified, None, "s")
    yield Figure("verified over plain read", verified / read, TIMES, "times")
    yield Figure("memory growth for ten times the records", peak_mib() - before, GROWTH, "MiB")
    bare, noted = _timed(_insert), _timed(_note)
    yield Figure("deed with a bare INSERT", bare / SOME * 1e3, None, "ms")
    yield Figure("deed with its record and its link", noted / SOME * 1e3, None, "ms")


def _fill(number: int) -> None:
    """Write records as deeds do, which seals them."""
    for first in range(0, number, BATCH):
        deeds = (_deed(n) for n in range(first, min(number, first + BATCH)))
        with transaction.atomic():
            recording.note_many(deeds, by=None)


def _verify(records: int) -> None:
    walk = Walk()
    if list(walk.faults()) or walk.links != records:
        raise AssertionError("the chain should be whole")


def _deed(number: int) -> recording.Deed:
    return recording.Deed(
        "application.recommend",
        f"application:{number % 1000}",
        before={"status": "at_county", "version": 3},
        after={
            "status": "at_city", "version": 4, "rules_hash": "a" * 64, "facts_hash": "b" * 64,
            "result_hash": "c" * 64, "digest": "d" * 64, "at": "2026-05-06T02:00:00+00:00",
        },
        reason="附件与申报数据一致",
        enterprise_id=number % 1000,
        region_path="330108",
    )  # fmt: skip


def _read() -> None:
    for rows in (Seal.objects.values_list(), AuditRecord.objects.values_list(*FIELDS)):
        for _row in rows.order_by("pk").iterator(2000):
            pass


def _insert() -> None:
    """Store a row of the same size, as the deed's own row stands for."""
    text = "x" * 600
    for number in range(SOME):
        with transaction.atomic():
            JobRun.objects.create(kind="bench", key=str(number), log=text, status="done")


def _note() -> None:
    for number in range(SOME):
        deed = _deed(number)
        with transaction.atomic():
            JobRun.objects.create(kind="bench", key=str(number), status="done")
            recording.note(deed.action, deed.subject, by=None, before=deed.before, after=deed.after)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
