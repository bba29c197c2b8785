"""What the audit log keeps of a deed (留痕)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from enterprises.accounts.models import Seat, User
from enterprises.audit import hashing, recording
from enterprises.audit.models import AuditRecord
from enterprises.places.models import Region

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def _auditor(path: str) -> User:
    user = User.objects.create(username=f"auditor{path}")
    region = Region.objects.create(
        code=(path or "0").ljust(6, "0"), path=path, level="province", name_zh=path
    )
    Seat.objects.create(user=user, role="auditor", region=region)
    return user


def test_note_keeps_values_and_a_hash_that_reading_confirms() -> None:
    user = User.objects.create(username="officer")
    made = recording.note(
        "test.changed",
        user,
        by=user,
        before={"day": dt.date(2026, 5, 6), "money": 10**15},
        after={"text": "变更"},
        reason="why",
        region_path="33",
    )
    kept = AuditRecord.objects.get(pk=made.pk)
    assert kept.subject == f"user:{user.pk}"
    assert kept.before == {"day": "2026-05-06", "money": 10**15}
    assert hashing.content_hash(kept) == kept.content_hash
    kept.reason = "another"
    assert hashing.content_hash(kept) != kept.content_hash


def test_records_are_read_by_the_auditors_of_their_region_alone() -> None:
    for path in ("33", "32"):
        recording.note("test.changed", "thing:1", by=None, region_path=path)
    seen = AuditRecord.objects.visible_to(_auditor("33"))
    assert [one.region_path for one in seen] == ["33"]
    assert AuditRecord.objects.visible_to(_auditor("")).count() == 2
    assert AuditRecord.objects.visible_to(User.objects.create(username="x")).count() == 0


def test_every_answer_names_its_request(client: Client) -> None:
    ids = {client.get("/notices/")["X-Request-ID"] for _ in range(2)}
    assert [len(one) for one in ids] == [32, 32]
