"""Certificates, looking titles up, lists as published (证书、查验与名单)."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import PublishedList
from cultivation.pipeline.notices import lists

if TYPE_CHECKING:
    from django.test import Client

    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db


def publish(world: World, who: str = "province", **changes: Any) -> PublishedList:
    said = {
        "kind": "recognition",
        "document": "虚构〔2026〕1号",
        "name": "虚构名单",
        "published_on": dt.date(2026, 5, 14),
    } | changes
    return lists.publish(world.places["330000"], "innovative", by=world.user(who), **said)


def test_list_is_published_once_and_keeps_the_name_of_the_day(client: Client, world: World) -> None:
    application = world.recognised()
    made = publish(world)
    fetched = client.get(reverse("pipeline:list_text", args=[made.pk])).content
    assert hashlib.sha256(fetched).hexdigest() == made.list_hash
    with pytest.raises(MoveError, match="No title"):
        publish(world, document="虚构〔2026〕2号")
    name = world.firm.name
    world.firm.name = "改名后（虚构）有限公司"
    world.firm.save()
    found = lists.look_up(f" {application.title.number.lower()} ")
    assert found is not None
    assert (found.state, found.renamed) == ("valid", name)
    page = client.get(reverse("pipeline:published_list", args=[made.pk])).content.decode()
    assert name in page


def test_lists_are_published_by_the_office_that_recognises(world: World) -> None:
    world.recognised()
    for who in ("jiangsu", "clerk", "county", "nation", "owner"):
        with pytest.raises(PermissionDenied):
            publish(world, who)
    for field, value in (("document", " "), ("published_on", dt.date(2026, 5, 15))):
        with pytest.raises(MoveError) as refused:
            publish(world, **{field: value})
        assert refused.value.field == field


def test_verification_says_how_a_title_stands(client: Client, world: World) -> None:
    title = world.recognised().title
    url = reverse("pipeline:verify")
    page = client.get(url, {"number": title.number}).content.decode()
    assert world.firm.name in page
    for secret in (world.firm.credit_code, "owner", "contact"):
        assert secret not in page
    world.end(title, "province", "figures made up")
    found = lists.look_up(title.number)
    assert found is not None
    assert found.state == "revoked"
    assert "figures made up" not in client.get(url, {"number": title.number}).content.decode()
    for odd in ("", "  ", "\x00", "x" * 5000, "ZJTX-none"):
        assert client.get(url, {"number": odd}).status_code == 200
        assert lists.look_up(odd) is None
    assert lists.look_up("\udcff") is None


def test_title_past_its_last_day_counts_while_it_is_re_checked(world: World) -> None:
    world.holds("technology", day="2025-05-20")
    title = world.firm.titles.get()
    world.clock.move_to("2026-05-15T09:00:00+08:00")
    application = world.draft("technology")
    world.step(application, "submit", "owner")
    world.clock.move_to("2026-05-25T09:00:00+08:00")
    title.refresh_from_db()
    assert lists.state_of(title) == "rechecking"
    world.step(application, "withdraw", "owner")
    title.refresh_from_db()
    assert lists.state_of(title) == "expired"


def test_certificate_bears_a_code_and_is_seen_in_sight_alone(client: Client, world: World) -> None:
    title = world.recognised().title
    url = reverse("pipeline:certificate", args=[title.pk])
    expected = {"owner": 200, "province": 200, "auditor": 200, "jiangsu": 404, "other_owner": 404}
    for who, code in expected.items():
        client.force_login(world.users[who])
        page = client.get(url)
        assert (who, page.status_code) == (who, code)
        if code == 200:
            said = page.content.decode()
            assert "<svg" in said
            assert f"/verify/?number={title.number}" in said
            assert "style=" not in said


def test_list_page_publishes_what_waits(client: Client, world: World) -> None:
    world.recognised()
    client.force_login(world.users["province"])
    url = reverse("pipeline:new_list")
    assert client.get(url).status_code == 200
    data = {
        "tier": "innovative", "kind": "recognition", "name": "虚构名单",
        "document": "虚构〔2026〕1号", "published_on": "2026-05-14",
    }  # fmt: skip
    done = client.post(url, data)
    assert done["Location"] == reverse(
        "pipeline:published_list", args=[PublishedList.objects.get().pk]
    )
    for who in ("clerk", "county", "owner", "expert"):
        client.force_login(world.users[who])
        assert client.get(url).status_code == 403
