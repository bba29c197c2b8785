"""Mails go out once each, whatever the mail server does (邮件投递)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from config import services
from enterprises.accounts.models import Seat, User
from enterprises.audit.models import AuditRecord
from enterprises.notifications import readers, sending, tasks
from enterprises.notifications.models import Delivery, Notification, Reader
from enterprises.notifications.notifying import notify
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import SettingsWrapper

    from tests.notifications.mail_server import MailServer

pytestmark = pytest.mark.django_db
State = Delivery.State


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("recipient__username", "state"))


def later(minutes: int) -> time_machine.travel:
    return time_machine.travel(timezone.now() + dt.timedelta(minutes=minutes), tick=False)


def test_each_answer_of_the_server_has_its_state(
    kind: str, server: MailServer, person: Callable[..., User]
) -> None:
    names = ("anna", "nobody", "later", "unwanted", "full", "cut", "mute", "zoe")
    notify([person(name) for name in names], kind, key="one", params={"firm": "虚构"})
    assert sending.send_due() == 2
    assert states() == {
        "anna": State.SENT,
        "nobody": State.FAILED,
        "later": State.WAITING,
        "unwanted": State.FAILED,
        "full": State.WAITING,
        "cut": State.UNCERTAIN,
        "mute": State.UNCERTAIN,
        "zoe": State.SENT,
    }
    assert [one["To"] for one in server.got] == [
        f"{n}@example.org" for n in ("anna", "mute", "zoe")
    ]
    said = dict(Delivery.objects.values_list("recipient__username", "said"))
    assert said["nobody"] == "550 no such user here"
    assert said["later"] == "450 try again later"
    assert sending.send_due() == 0
    with later(2):
        assert sending.send_due() == 0
    waiting = Delivery.objects.filter(state=State.WAITING).values_list("attempts", flat=True)
    assert list(waiting) == [2, 2]
    assert len(server.got) == 3


def test_a_mail_that_is_put_off_too_often_has_failed(
    kind: str, server: MailServer, person: Callable[..., User]
) -> None:
    notify([person("later")], kind, key="one")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        waits = []
        while states()["later"] == State.WAITING:
            sending.send_due()
            mail_ = Delivery.objects.get()
            waits.append((mail_.due_at - timezone.now()) // dt.timedelta(minutes=1))
            clock.move_to(max(mail_.due_at, timezone.now()))
    assert waits == [*sending.WAITS, 0]
    assert (states()["later"], Delivery.objects.get().attempts) == (State.FAILED, 9)


def test_while_the_server_is_down_nothing_is_lost_and_one_mail_tries(
    kind: str, settings: SettingsWrapper, person: Callable[..., User]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", services.free_port()
    notify([person(name) for name in ("a", "b", "c")], kind, key="one")
    assert sending.send_due() == 0
    rows = Delivery.objects.order_by("recipient__username").values_list("state", "attempts")
    assert sorted(rows, key=lambda row: -row[1]) == [
        (State.WAITING, 1), (State.WAITING, 0), (State.WAITING, 0),
    ]  # fmt: skip
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with later(1):
        assert sending.send_due() == 3
    assert len(mail.outbox) == 3


def test_a_line_that_breaks_before_the_text_is_taken_up_again(
    kind: str, server: MailServer, person: Callable[..., User]
) -> None:
    notify([person("early"), person("anna")], kind, key="one")
    while sending.send_due() == 0 and states()["anna"] != State.SENT:
        pass
    assert states() == {"early": State.WAITING, "anna": State.SENT}


class Killed(BaseEmailBackend):
    """A way of sending in which the worker dies."""

    def send_messages(self, email_messages: object) -> int:  # noqa: ARG002
        raise SystemExit


def test_a_worker_killed_between_claim_and_result_leaves_an_uncertain_mail(
    kind: str, settings: SettingsWrapper, officers: dict[str, User], person: Callable[..., User]
) -> None:
    notify([person("anna")], kind, key="one", region_path="330100")
    settings.EMAIL_BACKEND = f"{__name__}.Killed"
    with pytest.raises(SystemExit):
        sending.send_due()
    assert states()["anna"] == State.SENDING
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with later(9):
        tasks.sweep_mail()
        assert states()["anna"] == State.SENDING
    with later(11):
        tasks.sweep_mail()
        assert (states()["anna"], len(mail.outbox)) == (State.UNCERTAIN, 0)
        found = Delivery.objects.get()
        for name in ("clerk", "32", "auditor"):
            with pytest.raises(PermissionDenied):
                sending.send_again(found, by=officers[name])
        sending.send_again(found, by=officers["33"])
        assert sending.send_due() == 1
        with pytest.raises(ValidationError):
            sending.send_again(found, by=officers["33"])
    assert mail.outbox[0].extra_headers["Message-ID"] == found.message_id
    (again,) = AuditRecord.objects.filter(action="mail.again")
    assert (again.made_by, again.subject) == (officers["33"], f"delivery:{found.pk}")


def test_two_workers_do_not_send_the_same_mail(kind: str, person: Callable[..., User]) -> None:
    notify([person("anna")], kind, key="one")
    (pk,) = sending._due()
    Delivery.objects.update(state=State.SENDING)  # another worker was faster
    assert sending._send(pk, sending.Line()) is None
    assert mail.outbox == []


def test_a_refused_address_gets_nothing_more_until_it_is_another(
    kind: str, server: MailServer, person: Callable[..., User]
) -> None:
    user = person("nobody")
    notify([user], kind, key="one")
    sending.send_due()
    reader = Reader.objects.get(user=user)
    assert (reader.refused_address, reader.refused_because) == (
        "nobody@example.org", "550 no such user here",
    )  # fmt: skip
    user = User.objects.get(pk=user.pk)
    notify([user], kind, key="two")
    assert (Delivery.objects.count(), Notification.objects.count()) == (1, 2)
    User.objects.filter(pk=user.pk).update(email="anna@example.org")
    notify([user], kind, key="three")
    assert sending.send_due() == 1
    User.objects.filter(pk=user.pk).update(email="nobody@example.org")
    user = User.objects.get(pk=user.pk)
    readers.try_again(user, by=user)
    assert readers.takes_mail(User.objects.get(pk=user.pk))
    actions = AuditRecord.objects.filter(action__startswith="address.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["address.refused", "address.restored"]


def test_an_address_that_is_none_fails_without_a_word_to_the_server(
    kind: str, server: MailServer, person: Callable[..., User]
) -> None:
    notify([person("anna", email="anna@example.org\nBcc: all@example.org")], kind, key="one")
    assert sending.send_due() == 0
    assert states() == {"anna": State.FAILED}
    assert server.got == []


def test_mails_say_it_in_the_readers_language_in_one_line_with_whole_addresses(
    kind: str, server: MailServer, settings: SettingsWrapper, person: Callable[..., User]
) -> None:
    settings.SITE_URL = "https://tracker.example"
    english = person("anna", display_name="Anna\r\nBcc: all@example.org")
    readers.choose(english, ways={}, language="en")
    params = {"firm": "虚构\r\nBcc: all@example.org\r\n.\r\nX: y"}
    notify([english, person("li")], kind, key="one", url="/somewhere/1/", params=params)
    sending.send_due()
    one, other = server.got
    assert one["Subject"] == "Told"
    assert "Bcc" not in one
    body = one.get_content().replace("\r", "")
    assert body.startswith(
        "Dear Anna Bcc: all@example.org,\n\n虚构 Bcc: all@example.org . X: y was"
    )
    assert "https://tracker.example/somewhere/1/\n" in body
    assert "https://tracker.example/notifications/settings/" in body
    assert one["Message-ID"].endswith("@tracker.example>")
    assert (one["Content-Language"], other["Content-Language"]) == ("en", "zh-hans")
    assert "您好" in other.get_content()


def test_a_mail_does_not_tell_what_its_recipient_may_no_longer_see(
    kind: str, person: Callable[..., User]
) -> None:
    region = Region.objects.create(code="330108", path="330108", level="county", name_zh="x")
    firm = Enterprise.objects.create(
        credit_code="91330108MA2TEST001", name="虚构", name_key="虚构", region=region,
        region_path="330108",
    )  # fmt: skip
    user = person("anna")
    seat = Seat.objects.create(user=user, role="owner", enterprise=firm)
    notify([user], kind, key="one", enterprise_id=firm.pk)
    notify([user], kind, key="two", enterprise_id=firm.pk)
    assert set(Delivery.objects.values_list("region_path", flat=True)) == {"330108"}
    first = Delivery.objects.order_by("pk")[0]
    Delivery.objects.exclude(pk=first.pk).update(due_at=timezone.now() + dt.timedelta(hours=1))
    assert sending.send_due() == 1
    Seat.objects.filter(pk=seat.pk).update(active=False)
    with later(61):
        assert sending.send_due() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT, State.CANCELLED}


def test_a_worker_is_woken_once_after_the_transaction(
    kind: str,
    person: Callable[..., User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for name in ("a", "b"):
            notify([person(name)], kind, key="one")
        assert mail.outbox == []
    assert len(mail.outbox) == 2


def test_without_a_broker_the_mail_waits_for_the_sweep(
    kind: str,
    person: Callable[..., User],
    no_broker: None,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        notify([person("a")], kind, key="one")
    assert states() == {"a": State.WAITING}
    assert tasks.send_mail() == 1
