"""Mass mail is held until an officer of the unit has seen it (待发箱)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from enterprises.audit.models import AuditRecord
from enterprises.notifications import digests, holding, kinds, notifying, readers, sending
from enterprises.notifications.models import Batch, Delivery, Notification
from enterprises.notifications.notifying import Telling, notify, notify_all, notify_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import SettingsWrapper

    from enterprises.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(
    kind: str, settings: SettingsWrapper, officers: dict[str, User], person: Callable[..., User]
) -> Batch:
    """Give a held batch of three people, one of whom wants no mail."""
    settings.MAIL_HOLD_ABOVE = 2
    people = [person(name) for name in ("a", "b", "c")]
    readers.choose(people[2], ways={kind: "app"}, language="en")
    assert notify(people, kind, key="one", region_path="330100") == 3
    return Batch.objects.get()


def shown() -> int:
    return Notification.objects.filter(kind="test_told", shown=True).count()


def test_many_are_held_and_the_deciding_officers_of_the_unit_are_told(
    batch: Batch, officers: dict[str, User]
) -> None:
    assert (batch.state, batch.people, batch.region_path) == ("held", 3, "33")
    assert shown() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"held"}
    assert sending.send_due() == 0
    told = Notification.objects.filter(kind=holding.HELD)
    assert [one.recipient.username for one in told] == ["33"]
    assert told[0].params == {"people": 3, "kind": "test_told"}


def test_who_may_lets_a_batch_go_and_the_log_says_so(
    batch: Batch, officers: dict[str, User]
) -> None:
    for name in ("clerk", "32", "auditor"):
        with pytest.raises(PermissionDenied):
            holding.release(batch, by=officers[name])
    holding.release(batch, by=officers["nation"])
    assert (shown(), Delivery.objects.filter(state="waiting").count()) == (3, 2)
    assert sending.send_due() == 2
    with pytest.raises(ValidationError):
        holding.cancel(batch, by=officers["33"], reason="too late")
    (said,) = AuditRecord.objects.filter(action="mail.released")
    assert (said.made_by, said.after["people"], said.region_path) == (officers["nation"], 3, "33")


def test_a_cancelled_batch_is_told_nobody_also_when_the_event_comes_again(
    batch: Batch, officers: dict[str, User], kind: str
) -> None:
    with pytest.raises(ValidationError):
        holding.cancel(batch, by=officers["33"], reason=" ")
    holding.cancel(batch, by=officers["33"], reason="wrong day in the text")
    people = [one.recipient for one in batch.notifications.all()]
    assert notify(people, kind, key="one", region_path="330100") == 0
    assert (shown(), sending.send_due()) == (0, 0)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    (said,) = AuditRecord.objects.filter(action="mail.cancelled")
    assert said.reason == "wrong day in the text"


def test_several_things_told_at_once_are_one_event(
    kind: str, settings: SettingsWrapper, officers: dict[str, User], person: Callable[..., User]
) -> None:
    settings.MAIL_HOLD_ABOVE = 2
    paths = ("330100", "330100", "320500")
    tellings = [
        Telling([person(f"p{n}")], key=f"thing:{n}", region_path=path)
        for n, path in enumerate(paths)
    ]
    assert notify_all(tellings, kind) == 3
    batch = Batch.objects.get()
    assert (batch.people, batch.region_path, batch.key) == (3, "", "thing:0")
    told = Notification.objects.filter(kind=holding.HELD).values_list("recipient__username")
    assert list(told) == [("nation",)]


def test_a_kind_of_mass_mail_is_held_for_one_person_too(
    officers: dict[str, User], person: Callable[..., User]
) -> None:
    kinds.register(kinds.Kind("test_mass", "Mass", "to all", mass=True))
    try:
        notify([person("a")], "test_mass", key="one")
        notify([person("b")], "test_mass", key="one")
        assert Batch.objects.get().people == 2
    finally:
        del kinds.KINDS["test_mass"]


def test_the_mail_of_the_day_tells_what_is_unread_once_a_day(
    kind: str, person: Callable[..., User], django_assert_num_queries: Callable[[int], object]
) -> None:
    people = [person(name) for name in ("a", "b", "c")]
    for user in people[:2]:
        readers.choose(user, ways={kind: "daily"}, language="en")
    for key in ("one", "two"):
        notify(people, kind, key=key, params={"firm": key})
    Notification.objects.filter(recipient=people[1]).update(read_at=timezone.now())
    eight = timezone.localtime().replace(hour=8, minute=0)
    assert digests.collect(at=eight - dt.timedelta(hours=1)) == 0
    assert digests.collect(at=eight) == 1
    assert digests.collect(at=eight + dt.timedelta(hours=3)) == 0
    made = Delivery.objects.get(kind=Delivery.DIGEST)
    assert (made.recipient, made.digest_on) == (people[0], eight.date())
    assert made.notifications.count() == 2
    notify([people[0]], kind, key="three")
    assert digests.collect(at=eight + dt.timedelta(hours=4)) == 0
    assert digests.collect(at=eight + dt.timedelta(days=1)) == 1
    from django.core import mail

    assert sending.send_due() == 4  # two mails to the third, two of the day to the first
    (first, _second) = (m for m in mail.outbox if m.to == ["a@example.org"])
    assert first.subject == "2 things for you to know"
    assert first.body.index("two was told") < first.body.index("one was told")


def test_events_told_together_are_held_each_by_its_own_number(
    kind: str, settings: SettingsWrapper, officers: dict[str, User], person: Callable[..., User]
) -> None:
    settings.MAIL_HOLD_ABOVE = 2
    people = [person(name) for name in ("a", "b", "c")]
    few = [Telling([one], f"few:{one.username}", region_path="33") for one in people]
    many = Telling(people, "many", region_path="33")
    assert notify_each([*few, many], kind) == 6
    assert shown() == 3
    assert [(batch.key, batch.people) for batch in Batch.objects.all()] == [("many", 3)]
    assert notify_each([*few, many], kind) == 0
    assert Delivery.objects.filter(kind=kind).count() == 6


def test_events_told_together_take_the_same_queries_for_three_as_for_one(
    kind: str, person: Callable[..., User], django_assert_max_num_queries: Any
) -> None:
    people = [person(name) for name in ("a", "b", "c", "d")]
    for some in (people[:1], people[1:]):
        with django_assert_max_num_queries(6):
            notify_each([Telling([one], f"to:{one.pk}", region_path="33") for one in some], kind)


def test_one_event_of_many_things_takes_the_same_queries_for_three_as_for_one(
    kind: str, person: Callable[..., User], django_assert_num_queries: Any
) -> None:
    people = [person(name) for name in ("a", "b", "c", "d")]
    for some in (people[:1], people[1:]):
        tellings = [Telling([one], f"to:{one.pk}", region_path="33") for one in some]
        with django_assert_num_queries(4):
            assert notify_all(tellings, kind) == len(some)
        with django_assert_num_queries(2):
            assert notify_all(tellings, kind) == 0


def test_an_event_larger_than_a_batch_is_told_whole_and_held_once(
    kind: str, settings: SettingsWrapper, monkeypatch: Any, person: Callable[..., User]
) -> None:
    settings.MAIL_HOLD_ABOVE = 4
    monkeypatch.setattr(notifying, "BATCH", 2)
    people = [person(name) for name in ("a", "b", "c")]
    tellings = [Telling(people, "all"), Telling([], "none"), Telling(people[1:], "some")]
    assert notify_all(tellings, kind) == 5
    rows = Notification.objects.filter(kind=kind).order_by("pk")
    assert list(rows.values_list("key", "recipient__username")) == [
        ("all", "a"), ("all", "b"), ("all", "c"), ("some", "b"), ("some", "c"),
    ]  # fmt: skip
    assert [(one.key, one.people) for one in Batch.objects.all()] == [("all", 5)]
    assert notify_all(tellings, kind) == 0
