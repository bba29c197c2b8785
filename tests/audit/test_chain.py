"""The chain of the audit log: sealed in order, and broken links found by name (审计链)."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from enterprises.accounts.models import User
from enterprises.audit import anchoring, guards, hashing, recording, sealing
from enterprises.audit.faults import Wrong
from enterprises.audit.models import Anchor, AuditRecord, Seal
from enterprises.audit.verifying import Walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 5, 6)


@pytest.fixture(autouse=True)
def anchors(settings: SettingsWrapper, tmp_path: Path) -> Path:
    """Give each test a file of anchors of its own."""
    settings.AUDIT_ANCHORS = tmp_path / "kept" / "anchors.txt"
    return tmp_path / "kept" / "anchors.txt"


def written(number: int) -> list[AuditRecord]:
    return [
        recording.note("test.done", f"thing:{n}", by=None, after={"n": n}) for n in range(number)
    ]


def chained(number: int = 5) -> list[AuditRecord]:
    made = written(number)
    sealing.sweep()
    return made


def found(since: dt.date | None = None) -> list[tuple[Wrong, int | None]]:
    return [(fault.wrong, fault.position) for fault in Walk(since).faults()]


def test_links_follow_one_another_and_cover_their_records() -> None:
    first, second = chained(2)
    rows = list(Seal.objects.values_list("position", "record", "previous", "hash", "key"))
    name, secret = hashing.current()
    one = hashing.link(secret, hashing.BEGINNING, 1, first.pk, first.content_hash)
    two = hashing.link(secret, one, 2, second.pk, second.content_hash)
    assert rows == [
        (1, first.pk, hashing.BEGINNING, one, name),
        (2, second.pk, one, two, name),
    ]
    assert found() == []
    assert sealing.sweep() == 0


def test_what_a_transaction_wrote_is_sealed_after_it_by_four_statements(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    django_assert_num_queries: Any,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        made = written(3)
    extra = 3 if connection.vendor == "postgresql" else 2  # a savepoint, and the lock
    with django_assert_num_queries(3 + extra):
        for callback in callbacks:
            callback()
    assert list(Seal.objects.values_list("record", flat=True)) == [one.pk for one in made]


def test_a_record_that_was_committed_late_is_sealed_when_it_appears() -> None:
    late, early = written(2)
    sealing.seal(since=early.pk)
    assert sealing.sweep() == 1
    assert list(Seal.objects.values_list("record", flat=True)) == [early.pk, late.pk]
    assert found() == []


def test_many_records_are_few_statements(django_assert_max_num_queries: Any) -> None:
    deeds = [recording.Deed("test.done", f"thing:{n}") for n in range(1500)]
    with django_assert_max_num_queries(20):
        assert recording.note_many(deeds, by=None) == 1500
    assert sealing.sweep() == 1500
    assert found() == []


def changed(records: list[AuditRecord]) -> None:
    AuditRecord.objects.filter(pk=records[2].pk).update(after={"n": 99})


def changed_with_its_hash(records: list[AuditRecord]) -> None:
    changed(records)
    record = AuditRecord.objects.get(pk=records[2].pk)
    fresh = hashing.content_hash(record)
    AuditRecord.objects.filter(pk=record.pk).update(content_hash=fresh)


def hashed_without_the_key(records: list[AuditRecord]) -> None:
    record = records[2]
    record.reason = "another"
    record.content_hash = hashing.content_hash(record, b"a guess")
    record.save()


def deleted(records: list[AuditRecord]) -> None:
    Seal.objects.filter(record=records[2]).update(record_id=10**9)
    records[2].delete()


def link_deleted(records: list[AuditRecord]) -> None:
    Seal.objects.filter(record=records[2]).delete()


def link_changed(records: list[AuditRecord]) -> None:
    Seal.objects.filter(record=records[2]).update(hash="f" * 64)


def forged_at_the_end(records: list[AuditRecord]) -> None:
    last = records[-1]
    last.pk, last.content_hash = None, hashing.content_hash(last, b"a guess")
    last.save(force_insert=True)
    sealing.sweep()


def moved_on(records: list[AuditRecord]) -> None:
    Seal.objects.filter(position=5).update(position=6)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (changed, [(Wrong.CONTENT, 3)]),
        (changed_with_its_hash, [(Wrong.LINK, 3)]),
        (hashed_without_the_key, [(Wrong.CONTENT, 3), (Wrong.LINK, 3)]),
        (deleted, [(Wrong.RECORD, 3)]),
        (link_deleted, [(Wrong.POSITION, 3)]),
        (link_changed, [(Wrong.LINK, 3), (Wrong.PREVIOUS, 4)]),
        (forged_at_the_end, [(Wrong.CONTENT, 6)]),
        (moved_on, [(Wrong.POSITION, 5), (Wrong.LINK, 6)]),
    ],
)
def test_tampering_is_found_where_it_was_done(
    tamper: Callable[[list[AuditRecord]], None], expected: list[tuple[Wrong, int]]
) -> None:
    records = chained()
    guards.remove()
    with connection.constraint_checks_disabled():
        tamper(records)
        assert found() == expected
        undone(records)


def undone(records: list[AuditRecord]) -> None:
    """Leave no row behind that names another which is gone: the database would say so."""
    Seal.objects.all().delete()


def test_verify_audit_names_the_first_broken_link(capsys: pytest.CaptureFixture[str]) -> None:
    records = chained()
    call_command("verify_audit")
    assert capsys.readouterr().out == "5 links and 5 records: whole and unchanged\n"
    guards.remove()
    for place in (3, 1):
        AuditRecord.objects.filter(pk=records[place].pk).update(reason="another")
    with pytest.raises(CommandError) as error:
        call_command("verify_audit", most=1)
    assert str(error.value) == (
        f"broken: position 2, record {records[1].pk}: the record was changed, or forged: "
        "test.done thing:1"
    )


def test_a_record_that_waits_too_long_for_its_link_is_named() -> None:
    record = written(1)[0]
    assert found() == []
    record.made_at = timezone.now() - dt.timedelta(minutes=11)
    record.pk, record.content_hash = None, hashing.content_hash(record)
    record.save(force_insert=True)
    assert found() == [(Wrong.UNSEALED, None)]


def test_an_anchor_stands_in_the_database_and_in_the_file_once_a_day(anchors: Path) -> None:
    assert anchoring.anchor(TODAY) is None
    written(2)
    for _again in range(2):
        kept = anchoring.anchor(TODAY)
    assert kept is not None
    assert anchors.read_text() == f"2026-05-06\t2\t{kept.hash}\n"
    written(1)
    anchoring.anchor(TODAY + dt.timedelta(days=1))
    assert [(line.day.day, line.position) for line in anchoring.lines()] == [(6, 2), (7, 3)]
    assert found() == []


def test_a_tail_cut_off_with_its_anchor_is_found_by_the_file(anchors: Path) -> None:
    chained(3)
    anchoring.anchor(TODAY)
    guards.remove()
    Seal.objects.filter(position=3).delete()
    AuditRecord.objects.latest("pk").delete()
    assert found() == [(Wrong.CUT, 3)]
    Anchor.objects.all().delete()
    assert found() == [(Wrong.FILE, None), (Wrong.CUT, 3)]
    anchors.unlink()
    assert found() == []  # whoever can do all this must not reach the copies of the file


def test_a_chain_made_anew_with_the_stolen_key_is_found_by_its_anchor(anchors: Path) -> None:
    chained(3)
    anchoring.anchor(TODAY)
    guards.remove()
    Seal.objects.all().delete()
    AuditRecord.objects.order_by("pk")[0].delete()
    written(1)
    sealing.sweep()
    assert found() == [(Wrong.ANCHOR, 3)]
    anchors.write_text("2026-05-06\t3\tno hash\nneither\n")
    assert [wrong for wrong, _place in found()] == [Wrong.FILE] * 3 + [Wrong.ANCHOR] * 2


def test_a_verification_since_a_day_begins_at_the_anchor_before() -> None:
    records = chained(3)
    anchoring.anchor(TODAY)
    written(2)
    sealing.sweep()
    guards.remove()
    AuditRecord.objects.filter(pk=records[0].pk).update(reason="another")
    assert found() == [(Wrong.CONTENT, 1)]
    walk = Walk(TODAY + dt.timedelta(days=1))
    assert list(walk.faults()) == []
    assert walk.links == 3


def test_links_outlive_their_key_where_it_is_kept(settings: SettingsWrapper) -> None:
    chained(2)
    settings.AUDIT_KEY = "first"
    written(1)
    assert found() == []
    sealing.sweep()
    settings.AUDIT_KEY, settings.AUDIT_OLD_KEYS = "second", ["first"]
    written(1)
    sealing.sweep()
    assert found() == []
    assert Seal.objects.values("key").distinct().count() == 3
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert found() == []
    settings.AUDIT_OLD_KEYS = []
    assert found() == [(Wrong.KEY, 3)]


def test_the_database_refuses_all_but_additions() -> None:
    chained(1)
    anchoring.anchor(TODAY)
    changes = ((AuditRecord, {"reason": ""}), (Seal, {"key": ""}), (Anchor, {"hash": ""}))
    for model, change in changes:
        rows = model._default_manager.all()
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            rows._raw_delete("default")
        assert rows.count() == 1


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_log_and_puts_the_guards_back() -> None:
    chained(1)
    call_command("flush", interactive=False, verbosity=0)
    assert AuditRecord.objects.count() == Seal.objects.count() == 0
    chained(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditRecord.objects.update(reason="")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain_without_a_gap() -> None:
    def work() -> None:
        for n in range(5):
            with transaction.atomic():
                recording.note("test.done", f"thing:{n}", by=None)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sealing.sweep()
    assert list(Seal.objects.values_list("position", flat=True)) == list(range(1, 31))
    assert found() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_deed_does_not_wait_for_a_stuck_sealer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "PATIENCE", "50ms")
    holding, over = threading.Event(), threading.Event()

    def stick() -> None:
        with transaction.atomic():
            sealing._lock()
            holding.set()
            over.wait(20)
        connection.close()

    stuck = threading.Thread(target=stick)
    stuck.start()
    holding.wait(20)
    made = written(1)
    over.set()
    stuck.join()
    assert (len(made), Seal.objects.count()) == (1, 0)
    assert sealing.sweep() == 1


def test_faults_are_told_in_the_language_of_the_page() -> None:
    user = User.objects.create(username="x")
    recording.note("test.done", user, by=user)
    sealing.sweep()
    guards.remove()
    Seal.objects.update(hash="f" * 64)
    (fault,) = Walk().faults()
    with override("en"):
        assert fault.text.startswith("position 1, record ")
    assert fault.wrong.label != ""
