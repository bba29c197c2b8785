"""The bell, the list, the settings and the outbox, as their readers see them (通知页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from enterprises.notifications import readers
from enterprises.notifications.models import Batch, Delivery, Notification, Reader
from enterprises.notifications.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import SettingsWrapper

    from enterprises.accounts.models import User

pytestmark = pytest.mark.django_db
PAGES = ("outbox", "mails")


@pytest.fixture
def anna(client: Client, person: Callable[..., User]) -> User:
    """Give somebody signed in, who reads English."""
    return signed(client, person("anna"))


def signed(client: Client, user: User) -> User:
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def url(name: str, *args: int) -> str:
    return reverse(f"notifications:{name}", args=args)


def test_the_bell_counts_what_is_unread_by_one_query(
    client: Client, anna: User, kind: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (1, 3):
        for key in range(number):
            notify([anna], kind, key=f"{number}:{key}")
        with django_assert_num_queries(6):  # session, user, seats, rows, kinds, bell
            page = client.get(url("list")).content.decode()
        total = Notification.objects.count()
        assert f'<span class="bell__count">{total}<' in page
    Notification.objects.update(read_at=timezone.now())
    assert "bell__count" not in client.get(url("list")).content.decode()


def test_nobody_opens_or_reads_what_others_were_told(
    client: Client, anna: User, kind: str, person: Callable[..., User]
) -> None:
    notify([person("bert")], kind, key="one", url="/x/", params={"firm": "secret firm"})
    other = Notification.objects.get()
    assert "secret firm" not in client.get(url("list") + "?which=all").content.decode()
    assert client.post(url("open", other.pk)).status_code == 404
    client.post(url("read_all"))
    other.refresh_from_db()
    assert other.read_at is None


def test_opening_one_marks_it_as_read_and_leads_to_its_page(
    client: Client, anna: User, kind: str
) -> None:
    for key in ("one", "two", "three"):
        notify([anna], kind, key=key, url="/notices/", params={"firm": key})
    one, two, three = Notification.objects.order_by("pk")
    assert client.get(url("open", one.pk)).status_code == 405
    assert client.post(url("open", one.pk))["Location"] == "/notices/"
    assert client.post(url("open", two.pk), {"stay": "1"})["Location"] == url("list")
    unread = client.get(url("list")).content.decode()
    assert ["three was told" in unread, "one was told" in unread] == [True, False]
    assert client.post(url("read_all"), {"last": str(two.pk)}).status_code == 302
    three.refresh_from_db()
    assert three.read_at is None  # it came after the page was made
    client.post(url("read_all"), {"last": "9" * 30})
    assert Notification.objects.unread().count() == 0


@pytest.mark.parametrize("query", ["?after=x", "?which=%00&kind=%00", "?kind=test_told&before=e30"])
def test_odd_addresses_of_the_list_are_no_error(
    client: Client, anna: User, kind: str, query: str
) -> None:
    notify([anna], kind, key="one")
    assert client.get(url("list") + query).status_code == 200


def test_an_unknown_kind_and_missing_words_do_not_spoil_the_list(
    client: Client, anna: User, kind: str
) -> None:
    notify([anna], kind, key="one")
    Notification.objects.create(recipient=anna, kind="long_gone", key="two", params={"a": 1})
    page = client.get(url("list")).content.decode()
    assert ["— was told" in page, "Long gone" in page] == [True, True]


def test_a_notification_leads_nowhere_but_to_this_site(anna: User, kind: str) -> None:
    for place in ("https://elsewhere.example/", "javascript:alert(1)"):
        with pytest.raises(ValueError, match=place[:10]):
            notify([anna], kind, key=place, url=place)


def test_what_was_chosen_is_kept_and_used(client: Client, anna: User, kind: str) -> None:
    page = client.get(url("settings")).content.decode()
    assert 'name="way-test_told"' in page
    sent = client.post(url("settings"), {"language": "en", "way-test_told": "daily"})
    assert sent.status_code == 302
    assert Reader.objects.get().ways == {"test_told": "daily"}
    notify([anna], kind, key="one")
    assert (Notification.objects.get().daily, Delivery.objects.count()) == (True, 0)
    bad = client.post(url("settings"), {"language": "xx", "way-test_told": "by pigeon"})
    assert (bad.status_code, "by pigeon" in bad.content.decode()) == (200, True)
    client.post(url("settings"), {"language": "en", "way-test_told": "now"})
    assert Reader.objects.get().ways == {}


def test_a_refused_address_is_told_and_tried_again_by_its_owner(client: Client, anna: User) -> None:
    readers.refused(anna, address=anna.email, because="550 no such user here")
    assert "550 no such user here" in client.get(url("settings")).content.decode()
    client.post(url("address_again"))
    assert "550" not in client.get(url("settings")).content.decode()


@pytest.fixture
def held(
    kind: str, settings: SettingsWrapper, officers: dict[str, User], person: Callable[..., User]
) -> Batch:
    settings.MAIL_HOLD_ABOVE = 1
    people = [person("a"), person("b")]
    notify(people, kind, key="one", region_path="330100", params={"firm": "虚构"})
    return Batch.objects.get()


def test_the_outbox_is_for_deciding_officers_and_auditors_of_the_region(
    client: Client, held: Batch, officers: dict[str, User], person: Callable[..., User]
) -> None:
    mail = held.deliveries.first()
    assert mail is not None
    Delivery.objects.update(state="failed")
    expected = {
        "nation": (200, 200, 200, 302, 302),
        "33": (200, 200, 200, 302, 302),
        "32": (200, 200, 404, 404, 404),
        "auditor": (200, 200, 200, 403, 403),
        "clerk": (403, 403, 403, 403, 403),
        "somebody": (403, 403, 403, 403, 403),
    }
    found = {}
    for name in expected:
        signed(client, officers.get(name) or person(name))
        Batch.objects.update(state="held", decided_by=None)
        Delivery.objects.update(state="failed")
        found[name] = (
            *(client.get(url(page)).status_code for page in PAGES),
            client.get(url("batch", held.pk)).status_code,
            client.post(url("batch_release", held.pk)).status_code,
            client.post(url("again", mail.pk)).status_code,
        )
    assert found == expected


def test_an_officer_sees_a_sample_and_cancels_only_with_a_reason(
    client: Client, held: Batch, officers: dict[str, User]
) -> None:
    signed(client, officers["33"])
    page = client.get(url("batch", held.pk)).content.decode()
    assert ["虚构 was told" in page, "Tell 2 people" in page] == [True, True]
    assert client.post(url("batch_cancel", held.pk), {"reason": ""}).status_code == 422
    assert client.post(url("batch_cancel", held.pk), {"reason": "wrong day"}).status_code == 302
    page = client.get(url("batch", held.pk)).content.decode()
    assert ["wrong day" in page, "Tell nobody" in page] == [True, False]
    again = client.post(url("batch_release", held.pk), follow=True)
    assert "This was cancelled already." in again.content.decode()


def test_mails_hide_most_of_an_address_and_a_refused_one_can_be_tried_again(
    client: Client, held: Batch, officers: dict[str, User]
) -> None:
    mail = held.deliveries.select_related("recipient").order_by("pk").first()
    assert mail is not None
    readers.refused(mail.recipient, address=mail.recipient.email, because="550 no")
    Delivery.objects.filter(pk=mail.pk).update(state="failed", address=mail.recipient.email)
    signed(client, officers["33"])
    page = client.get(url("mails")).content.decode()
    assert ["a•••@example.org" in page, "a@example.org" in page] == [True, False]
    refused = client.post(url("again", mail.pk), follow=True).content.decode()
    assert "This address was refused" in refused
    client.post(url("again", mail.pk), {"address": "1"})
    mail.refresh_from_db()
    assert (mail.state, Reader.objects.get(user=mail.recipient).refused_address) == ("waiting", "")


def test_lists_of_the_outbox_ask_no_more_for_three_rows_than_for_one(
    client: Client,
    held: Batch,
    officers: dict[str, User],
    kind: str,
    person: Callable[..., User],
    django_assert_num_queries: Any,
) -> None:
    signed(client, officers["33"])
    for extra in ((), ("c", "d", "e", "f")):
        for place in range(0, len(extra), 2):
            people = [person(name) for name in extra[place : place + 2]]
            notify(people, kind, key=f"more {place}", region_path="33")
        for page in ("outbox", "mails"):
            with django_assert_num_queries(5):  # session, user, seats, rows, bell
                assert client.get(url(page) + "?state=held").status_code == 200
