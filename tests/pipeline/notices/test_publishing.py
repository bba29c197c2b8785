"""Lists on public notice: whole or not at all, with a hash that anybody can check (公示)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cultivation.pipeline.models import Notice, NoticeEntry, Status
from cultivation.pipeline.notices import publishing
from enterprises.audit.models import AuditRecord
from tests.pipeline.conftest import enterprise

if TYPE_CHECKING:
    from django.test import Client

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db


def two_at_province(world: World) -> list[Application]:
    """Bring two firms of Zhejiang to the province, both judged."""
    from enterprises.accounts.models import Seat

    second = enterprise(world.places, "330108", 3)
    Seat.objects.create(user=world.users["other_owner"], role="owner", enterprise=second)
    first, other = world.at_province(), world.draft(firm=second)
    world.step(other, "submit", "other_owner")
    for who in ("county", "city"):
        world.step(other, "recommend", who)
    for application in (first, other):
        world.judge(application, "province")
        application.refresh_from_db()
    return [first, other]


def test_list_goes_up_whole_with_a_hash_of_what_it_says(client: Client, world: World) -> None:
    chosen = two_at_province(world)
    made = publishing.publish(chosen, by=world.user("province"), days=7)
    assert (made.state, made.entries, made.level, made.region_path) == (
        Notice.State.PUBLISHED, 2, "province", "33",
    )  # fmt: skip
    assert (made.first_day, made.last_day) == (dt.date(2026, 5, 6), dt.date(2026, 5, 15))
    for application in chosen:
        application.refresh_from_db()
        assert (application.status, application.notice_to) == (Status.ON_NOTICE, made.last_day)
    fetched = client.get(reverse("pipeline:notice_text", args=[made.pk])).content
    assert hashlib.sha256(fetched).hexdigest() == made.list_hash
    rows = [[n, a.enterprise.name, "滨江区"] for n, a in enumerate(chosen, start=1)]
    assert json.loads(fetched)["rows"] == rows
    record = AuditRecord.objects.get(action="notice.publish")
    assert record.after["list_hash"] == made.list_hash


def test_one_that_is_hindered_keeps_the_whole_list_down(world: World) -> None:
    first, other = two_at_province(world)
    other.criterion_reviews.all().delete()
    with pytest.raises(publishing.ListError) as refused:
        publishing.publish([first, other], by=world.user("province"))
    assert [one.application.pk for one in refused.value.hindered] == [other.pk]
    first.refresh_from_db()
    assert first.status == Status.AT_PROVINCE
    assert Notice.objects.count() == NoticeEntry.objects.count() == 0


@pytest.mark.parametrize("days", [0, 4, 31, 10**9])
def test_length_is_bounded(world: World, days: int) -> None:
    application = world.at_province()
    world.judge(application, "province")
    with pytest.raises(publishing.ListError, match=str(days)):
        publishing.publish([application], by=world.user("province"), days=days)


def test_lists_are_for_one_office_and_by_who_decides(world: World) -> None:
    application = world.at_province()
    world.judge(application, "province")
    application.refresh_from_db()
    for who in ("clerk", "jiangsu", "county", "owner"):
        with pytest.raises(PermissionDenied):
            publishing.publish([application], by=world.user(who))
    with pytest.raises(publishing.ListError):
        publishing.publish([], by=world.user("province"))
    other = world.draft(firm=world.other)
    with pytest.raises(publishing.ListError, match="one office"):
        publishing.publish([application, other], by=world.user("province"))


def test_single_step_is_a_list_of_one(world: World) -> None:
    application = world.on_notice()
    entry = publishing.current_entry(application)
    assert entry is not None
    assert (entry.position, entry.notice.entries, entry.name) == (1, 1, world.firm.name)
    assert application.moves.get(name="put_on_notice").note["notice"] == entry.notice_id


def test_returned_in_time_is_marked_and_stays_on_the_list(client: Client, world: World) -> None:
    application = world.on_notice()
    hash_before = Notice.objects.get().list_hash
    world.step(application, "return", "province", "mend it")
    entry = NoticeEntry.objects.get()
    assert entry.left_at is not None
    assert publishing.digest(publishing.canonical(entry.notice)) == hash_before
    page = client.get(reverse("pipeline:notice", args=[entry.notice_id]), {"name": "传动1"})
    assert page.status_code == 200
    assert "taken off the list" in page.content.decode()


def test_recognised_after_the_last_day_was_not_taken_off(world: World) -> None:
    world.recognised()
    assert NoticeEntry.objects.get().left_at is None


def test_page_puts_up_what_is_chosen(client: Client, world: World) -> None:
    first, other = two_at_province(world)
    client.force_login(world.users["province"])
    url = reverse("pipeline:put_up") + "?tier=innovative&kind=recognition"
    assert client.get(url).content.decode().count('name="row"') == 2
    few = client.post(url, {"row": [first.pk], "days": "2"})
    assert few.status_code in {200, 400}
    assert Notice.objects.count() == 0
    done = client.post(url, {"row": [first.pk], "days": "5"})
    assert done["Location"] == reverse("pipeline:notice", args=[Notice.objects.get().pk])
    other.refresh_from_db()
    assert other.status == Status.AT_PROVINCE
    for who, code in (("clerk", 403), ("owner", 403), ("auditor", 403), ("expert", 403)):
        client.force_login(world.users[who])
        assert client.get(url).status_code == code


def test_public_pages_take_the_same_queries_for_more_rows(
    client: Client, world: World, django_assert_num_queries: Any
) -> None:
    first, other = two_at_province(world)
    made = publishing.publish([first], by=world.user("province"))
    pages = {
        reverse("pipeline:notice", args=[made.pk]): 4,
        reverse("pipeline:notices"): 2,
        reverse("pipeline:notices") + "?list=notices": 2,
        reverse("pipeline:notices") + "?list=recognised": 2,
        reverse("pipeline:notices") + "?list=outcomes": 2,
    }
    for more in (False, True):
        if more:
            NoticeEntry.objects.create(
                notice=made, application=other, position=2, name="虚构", region_name="滨江区"
            )
            publishing.publish([other], by=world.user("province"))
        for url, number in pages.items():
            with django_assert_num_queries(number):
                client.get(url)
    assert client.get(reverse("pipeline:notices") + "?after=%00").status_code == 200
