"""The audit log as auditors read it: in their region, narrowed, taken away, verified (审计页面)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.accounts import tasks
from enterprises.accounts.models import Seat, User
from enterprises.audit import guards, recording, sealing
from enterprises.audit.models import AuditRecord
from enterprises.jobs.models import JobRun
from enterprises.notifications.models import Notification
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import SettingsWrapper

    from enterprises.places.models import Region

pytestmark = pytest.mark.django_db
LOG = "/audit/"


@pytest.fixture
def seated(places: dict[str, Region]) -> dict[str, Client]:
    """Give clients signed in as auditors of the nation and of Jiangsu, an officer, nobody."""
    found = {}
    rows = (
        ("all", "auditor", "000000"),
        ("jiangsu", "auditor", "320000"),
        ("nation", "nation", "000000"),
    )
    for name, role, code in (*rows, ("nobody", "", "")):
        user = User.objects.create(username=name)
        if role:
            Seat.objects.create(user=user, role=role, region=places[code])
        found[name] = Client()
        found[name].force_login(user)
        found[name].cookies["django_language"] = "en"
    return found


@pytest.fixture
def firm(places: dict[str, Region]) -> Enterprise:
    return Enterprise.objects.create(
        credit_code="91320583MA1TEST00D", name="虚构传动", name_key="虚构传动",
        region=places["320583"], region_path="320583",
    )  # fmt: skip


def rows(client: Client, **query: str) -> list[str]:
    return [row.subject for row, _firm in client.get(LOG, query).context["rows"]]


def test_the_log_is_for_auditors_each_of_their_region(
    seated: dict[str, Client], firm: Enterprise
) -> None:
    here = recording.note(
        "title.revoked", "title:1", by=None, enterprise_id=firm.pk, region_path="320583"
    )
    there = recording.note("title.revoked", "title:2", by=None, region_path="330100")
    pages = [
        LOG,
        "/audit/chain/",
        *(reverse("accounts:audit_record", args=[r.pk]) for r in (here, there)),
    ]
    found = {
        name: [client.get(page).status_code for page in pages] for name, client in seated.items()
    }
    assert found == {
        "all": [200, 200, 200, 200],
        "jiangsu": [200, 200, 200, 404],
        "nation": [403] * 4,
        "nobody": [403] * 4,
    }
    assert [client.post("/audit/export/").status_code for client in seated.values()] == [
        200,
        200,
        403,
        403,
    ]
    assert rows(seated["jiangsu"]) == ["title:1"]
    assert b"title:2" not in b"".join(seated["jiangsu"].post("/audit/export/").streaming_content)
    assert Client().get(LOG).status_code == 302


def test_the_log_is_narrowed_by_what_whose_who_when_and_request(
    seated: dict[str, Client], firm: Enterprise
) -> None:
    user = User.objects.get(username="nation")
    recording.note("title.revoked", "title:1", by=user, enterprise_id=firm.pk)
    recording.note("seat.granted", "seat:1", by=None)
    client = seated["all"]
    ask: dict[str, dict[str, str]] = {
        "group": {"group": "title"},
        "subject": {"subject": "title:1"},
        "action": {"subject": "title.revoked"},
        "code": {"enterprise": "91320583MA1TEST00D"},
        "name": {"enterprise": "虚构传动"},
        "who": {"who": "nation", "group": "title"},
        "day": {"group": "title", "since": "2000-01-01", "until": "9999-12-31"},
    }
    assert {name: rows(client, **query) for name, query in ask.items()} == {
        key: ["title:1"] for key in ask
    }
    none = ({"until": "0001-01-01"}, {"since": "9999-12-31"}, {"request": "x"}, {"group": "x"})
    assert [rows(client, **query) for query in none] == [[]] * 4
    for odd in ("\0", "1" * 400, "’; --", "%"):
        for field in ("subject", "enterprise", "who", "since", "request", "after", "before"):
            assert client.get(LOG, {field: odd}).status_code == 200


def test_a_record_shows_what_changed_and_its_place(seated: dict[str, Client]) -> None:
    record = recording.note(
        "seat.granted", "seat:1", by=None, before={"role": "city"}, after={"role": "county", "n": 1}
    )
    sealing.sweep()
    page = seated["all"].get(reverse("accounts:audit_record", args=[record.pk]))
    found = [
        (line.name, line.before, line.after, line.is_changed) for line in page.context["lines"]
    ]
    assert found == [("role", "city", "county", True), ("n", "—", "1", True)]
    assert page.context["seal"].record_id == record.pk
    assert record.content_hash in page.content.decode()


def test_what_is_taken_away_is_harmless_and_noted(seated: dict[str, Client]) -> None:
    recording.note("title.revoked", "title:1", by=None, reason="=HYPERLINK(1)", after={"a": "b"})
    answer = seated["all"].post("/audit/export/", {"group": "title"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (line,) = list(csv.DictReader(io.StringIO(text)))
    assert (line["Reason"], line["After"], line["Action"]) == (
        "'=HYPERLINK(1)", '{"a": "b"}', "title.revoked",
    )  # fmt: skip
    said = AuditRecord.objects.get(action="audit.exported")
    assert (said.after, said.made_by.username) == ({"filters": {"group": "title"}}, "all")  # type: ignore[union-attr]


def test_the_list_pages_by_key_and_asks_no_more_for_more_rows(
    seated: dict[str, Client], firm: Enterprise, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    recording.note("test.done", "thing:0", by=None, enterprise_id=firm.pk)
    with django_assert_num_queries(7):  # session, user, seats, rows, count, firms, bell
        seated["all"].get(LOG)
    deeds = [recording.Deed("test.done", f"thing:{n}", enterprise_id=firm.pk) for n in range(1, 61)]
    recording.note_many(deeds, by=None)
    with django_assert_num_queries(7):
        page = seated["all"].get(LOG, {"subject": "test.done"})
    assert len(page.context["rows"]) == 50
    more = seated["all"].get(LOG + page.context["following_url"])
    assert [row.subject for row, _firm in more.context["rows"]][-1] == "thing:0"


def test_the_nightly_verification_fails_with_the_first_fault(
    seated: dict[str, Client], settings: SettingsWrapper, tmp_path: Path
) -> None:
    settings.AUDIT_ANCHORS = tmp_path / "anchors.txt"
    record = recording.note("test.done", "thing:1", by=None)
    sealing.sweep()
    first = JobRun.objects.create(kind="verify_audit", task="x", key="1")
    tasks.verify_audit(first.pk)
    first.refresh_from_db()
    assert (first.status, first.result["links"], first.result["faults"]) == (
        "done", AuditRecord.objects.count(), 0,
    )  # fmt: skip
    guards.remove()
    AuditRecord.objects.filter(pk=record.pk).update(reason="another")
    second = JobRun.objects.create(kind="verify_audit", task="x", key="2")
    with pytest.raises(tasks.BrokenLogError):
        tasks.verify_audit(second.pk)
    told = Notification.objects.filter(kind="audit_broken")
    assert list(told.values_list("recipient__seats__region__path", flat=True)) == [""]
    page = seated["all"].get("/audit/chain/")
    assert [run.status for run in page.context["chain"].runs] == ["failed", "done"]
    assert "the record was changed, or forged" in page.content.decode()
