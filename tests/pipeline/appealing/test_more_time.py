"""Asking for more time: nothing is extended by itself, both sides are told (延期申请)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from cultivation.pipeline.appealing import more_time
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Extension, MoreTimeRequest, Round
from cultivation.pipeline.rounds import holding
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification
from tests.pipeline.test_rounds import at, hold

if TYPE_CHECKING:
    from django.test import Client

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
LATER = at("2026-05-25 23:59:59")


def ask(world: World, round_: Round, who: str = "owner") -> MoreTimeRequest:
    return more_time.ask_in_round(
        round_, world.firm, until=LATER, reason="the auditor is ill", by=world.user(who)
    )


def told(kind: str) -> list[str]:
    rows = Notification.objects.filter(kind=kind).order_by("recipient__username")
    return list(rows.values_list("recipient__username", flat=True))


def returned(world: World) -> Application:
    application = world.draft()
    world.step(application, "submit", "owner")
    world.step(application, "return", "county", "mend it")
    return application


def test_asked_in_a_round_it_goes_to_the_nearest_office_that_may(world: World) -> None:
    round_ = hold(world)
    made = ask(world, round_, "editor")
    assert told("more_time_asked") == ["province"]  # the city may not go beyond the round's window
    assert Extension.objects.count() == 0
    assert [who for who in ("county", "city", "province", "nation", "owner", "jiangsu")
            if more_time.may_answer(made, world.user(who))] == ["city", "province"]  # fmt: skip
    with pytest.raises(MoveError, match="asked for already"):
        ask(world, round_)
    given = more_time.grant(made, until=LATER, reason="proved", by=world.user("province"))
    assert given.outcome == "granted"
    assert given.extension is not None
    assert (given.extension.until, given.extension.reason) == (LATER, "proved")
    assert told("extension_granted") == ["editor", "owner"]
    with pytest.raises(MovedMeanwhileError, match="granted"):
        more_time.refuse(made, reason="no", by=world.user("province"))
    actions = AuditRecord.objects.filter(action__startswith="more_time.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "more_time.asked", "more_time.granted",
    ]  # fmt: skip


def test_refused_it_says_why_and_may_be_asked_again(world: World) -> None:
    round_ = hold(world)
    made = ask(world, round_)
    with pytest.raises(MoveError, match="Say why"):
        more_time.refuse(made, reason=" ", by=world.user("province"))
    done = more_time.refuse(made, reason="no proof", by=world.user("province"))
    assert (done.outcome, done.answer, Extension.objects.count()) == ("refused", "no proof", 0)
    assert told("more_time_refused") == ["editor", "owner"]
    assert ask(world, round_).is_open


def test_refused_grant_leaves_the_request_open(world: World) -> None:
    made = ask(world, hold(world))
    with (
        pytest.raises(MoveError, match="only the office that holds the round"),
        transaction.atomic(),
    ):
        more_time.grant(made, until=LATER, reason="x", by=world.user("city"))
    made.refresh_from_db()
    assert (made.is_open, Extension.objects.count()) == (True, 0)


@pytest.mark.parametrize(
    ("until", "reason", "said"),
    [
        ("2026-05-25 12:00:00", " ", "Say why more time is needed."),
        ("2026-05-20 23:59:59", "ill", "There is time until 2026-05-20 23:59:59"),
        ("9999-01-01 00:00:00", "ill", "lies outside the years 2015 to 2100."),
    ],
)
def test_request_that_makes_no_sense_is_refused(
    world: World, until: str, reason: str, said: str
) -> None:
    round_ = hold(world)
    with pytest.raises(MoveError) as caught:
        more_time.ask_in_round(
            round_, world.firm, until=at(until), reason=reason, by=world.user("owner")
        )
    assert said in str(caught.value)


def test_it_is_asked_while_the_window_is_open_and_by_the_enterprise_alone(world: World) -> None:
    round_ = hold(world)
    for who in ("other_owner", "county", "province"):
        with pytest.raises(PermissionDenied):
            ask(world, round_, who)
    with pytest.raises(MoveError, match="does not reach this enterprise"):
        more_time.ask_in_round(
            round_, world.other, until=LATER, reason="x", by=world.user("other_owner")
        )
    world.clock.move_to(at("2026-05-21 00:00:00"), tick=False)
    with pytest.raises(MoveError, match="The window is over: it closed at 2026-05-20 23:59:59"):
        ask(world, round_)


def test_more_days_for_a_correction_are_asked_late_as_well(world: World) -> None:
    application = returned(world)
    correction = application.corrections.get()
    world.wait(30)
    owner = world.user("owner")
    with pytest.raises(MoveError, match="There is time until 2026-06-05"):
        more_time.ask_for_correction(correction, due_on=dt.date(2026, 6, 5), reason="x", by=owner)
    made = more_time.ask_for_correction(
        correction, due_on=dt.date(2026, 6, 12), reason="the papers come late", by=owner
    )
    assert told("more_time_asked") == ["county"]
    with pytest.raises(PermissionDenied):
        more_time.grant(made, until=made.until, reason="x", by=world.user("city"))
    more_time.grant(made, until=made.until, reason="proved", by=world.user("county"))
    correction.refresh_from_db()
    assert correction.due_on == dt.date(2026, 6, 12)
    assert correction.extensions.get().asked_for == made
    assert told("correction_extended") == ["editor", "owner"]


def test_what_nobody_needs_answered_is_closed(world: World) -> None:
    round_ = hold(world)
    ask(world, round_)
    application = returned(world)
    more_time.ask_for_correction(
        application.corrections.get(), due_on=dt.date(2026, 6, 12), reason="x",
        by=world.user("owner"),
    )  # fmt: skip
    assert more_time.lapse() == 0
    holding.close(round_, by=world.user("province"), reason="over")
    world.step(application, "resubmit", "owner")
    assert [more_time.lapse() for _ in range(2)] == [2, 0]
    assert set(MoreTimeRequest.objects.values_list("outcome", flat=True)) == {"lapsed"}


def test_database_keeps_one_open_request_and_an_answer_with_a_reason(world: World) -> None:
    made = ask(world, hold(world))
    for wrong in ({"outcome": "refused"}, {"round": None}, {"reason": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MoreTimeRequest.objects.filter(pk=made.pk).update(**wrong)
    made.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


def test_asked_and_answered_on_pages(
    client: Client, world: World, django_assert_num_queries: Any
) -> None:
    round_ = hold(world)
    client.force_login(world.user("owner"))
    url = reverse("pipeline:ask_time", args=[round_.pk])
    assert url in client.get(reverse("pipeline:round", args=[round_.pk])).content.decode()
    assert client.post(url, {"until": "10" * 200, "reason": "x"}).status_code == 400
    asked = client.post(url, {"until": "2026-05-25", "reason": "the auditor is ill"})
    made = MoreTimeRequest.objects.get()
    page = reverse("pipeline:more_time_request", args=[made.pk])
    assert (asked.status_code, asked["Location"], made.until) == (302, page, LATER)
    assert "answered yet" in client.get(url).content.decode()
    listing = reverse("pipeline:more_time_requests")
    assert client.get(listing).status_code == 403
    assert client.post(page, {"decision": "grant", "reason": "me"}).status_code == 403
    for who, status in (("jiangsu", 404), ("other_owner", 404), ("county", 200)):
        client.force_login(world.user(who))
        assert client.get(page).status_code == status
    assert client.post(page, {"decision": "grant", "reason": "x"}).status_code == 403
    client.force_login(world.user("province"))
    client.get(listing)
    with django_assert_num_queries(8):
        assert len(client.get(listing).context["rows"]) == 1
    for _ in range(2):
        made.pk, made.outcome = None, "withdrawn"
        made.save(force_insert=True)
    with django_assert_num_queries(8):
        assert len(client.get(listing, {"show": ""}).context["rows"]) == 3
    data = {"decision": "grant", "until": "2026-05-01 00:00", "reason": "proved"}
    assert client.post(page, data).status_code == 400
    assert client.post(page, data | {"until": "2026-05-24"}).status_code == 302
    assert Extension.objects.get().until == at("2026-05-24 23:59:59")


def test_more_days_are_asked_on_a_page(client: Client, world: World) -> None:
    application = returned(world)
    url = reverse("pipeline:ask_days", args=[application.pk])
    client.force_login(world.user("owner"))
    correction = client.get(reverse("pipeline:correction", args=[application.pk]))
    assert url in correction.content.decode()
    assert client.post(url, {"due_on": "0000-01-01", "reason": "x"}).status_code == 400
    assert client.post(url, {"due_on": "2026-06-30", "reason": "papers"}).status_code == 302
    made = MoreTimeRequest.objects.get()
    client.post(reverse("pipeline:withdraw_more_time", args=[made.pk]))
    made.refresh_from_db()
    assert made.outcome == "withdrawn"
