"""One's own dates: what stands there for whom, and the address that gives them away (日程)."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from icalendar import Calendar

from cultivation.pipeline.calendar import feeds, ics, limits, sources
from cultivation.pipeline.calendar.sources import Date
from cultivation.pipeline.models import CalendarFeed, YearlyUpdate
from cultivation.pipeline.rounds import extending
from enterprises.audit.models import AuditRecord

from .test_pages import signed, text
from .test_quotas import at_city, second_firm
from .test_rounds import BEIJING, LEVELS, at, hold

if TYPE_CHECKING:
    from django.test import Client

    from enterprises.accounts.models import User

    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def told(user: User) -> list[tuple[str, str]]:
    return [(f"{date.day:%m-%d}", date.what) for date in sources.dates_of(user)]


def test_enterprise_has_its_windows_titles_notices_and_updates(world: World) -> None:
    world.holds("innovative", day="2024-05-20")
    round_ = hold(world, LEVELS, tier="srdi", name="SRDI")
    hold(world, LEVELS, tier="technology", name="lower")  # below the title held
    extending.grant(
        round_, world.firm, "company", until=at("2026-05-25 12:00:00"), reason="x",
        by=world.user("province"),
    )  # fmt: skip
    YearlyUpdate.objects.create(
        enterprise=world.firm, year=2026, rule="x", due_on=dt.date(2026, 5, 31)
    )
    assert (
        told(world.user("owner"))
        == told(world.user("editor"))
        == [
            ("05-20", "Re-check opens: innovative SME"),
            ("05-25", "Applications close, extended for you: SRDI"),
            ("05-31", "Yearly update of information due"),
            ("05-19", "Title ends: innovative SME"),
        ]
    )
    assert told(world.user("other_owner")) == told(world.user("nobody")) == []


def test_corrections_and_notices_of_own_cases_stand_there(world: World) -> None:
    application = world.on_notice()
    assert told(world.user("owner")) == [("05-13", "Public notice ends: innovative SME")]
    world.step(application, "return", "province", "mend it")
    application.refresh_from_db()
    due = application.due_on
    assert told(world.user("owner")) == [(f"{due:%m-%d}", "Correction due: innovative SME")]


def test_office_has_its_own_windows_and_counts_by_day(world: World) -> None:
    hold(world, LEVELS)
    for firm in (world.firm, second_firm(world)):
        at_city(world, firm)
    due = world.user("city")
    found = told(due)
    counted = [one for one in found if "due" in one[1]]
    assert [what for _day, what in counted] == ["2 cases are due"]
    assert [one for one in found if "due" not in one[1]] == [
        ("05-20", "Enterprises' window closes: first"),
        ("05-30", "Your window closes: first"),
    ]
    assert told(world.user("jiangsu_city")) == []
    assert told(world.user("auditor")) == []


def test_titles_that_end_soon_are_counted_for_who_decides_them(world: World) -> None:
    world.holds("srdi", day="2023-06-02")
    world.holds("srdi", day="2023-06-02", firm=second_firm(world))
    assert told(world.user("province")) == [("06-01", "2 titles end: SRDI SME")]
    for who in ("nation", "city", "jiangsu", "clerk"):
        assert told(world.user(who)) == []


def test_another_part_adds_dates_of_its_own(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(sources, "_sources", [])

    def mine(user: User) -> list[Date]:
        return [
            Date("old", dt.date(2026, 4, 1), "long past"),
            Date("b", at("2026-05-08 17:00:00"), "a moment", user.username),
            Date("a", dt.date(2026, 5, 8), "a day"),
        ]

    sources.register(mine)
    sources.register(mine)
    assert [d.what for d in sources.dates_of(world.user("nobody"))] == ["a moment", "a day"]


def test_page_shows_the_months_and_what_is_past(client: Client, world: World) -> None:
    world.on_notice()
    world.clock.move_to(at("2026-05-16 10:00:00"), tick=False)
    said = text(signed(client, world, "owner").get(reverse("pipeline:calendar")))
    assert "No date lies ahead" in said
    assert "1 date of the last two weeks Public notice ends: innovative SME" in said
    assert "3 days late" in said
    client.logout()
    assert client.get(reverse("pipeline:calendar")).status_code == 302


def address_of(client: Client) -> str:
    page = client.post(reverse("pipeline:renew_calendar")).content.decode()
    found = re.search(r"/calendar/[\w-]{43}\.ics", page)
    assert found is not None
    return found.group()


def test_address_is_shown_once_and_gives_a_sound_calendar(client: Client, world: World) -> None:
    world.holds("innovative", day="2024-05-20")
    hold(world, LEVELS, tier="srdi", name="SRDI; a, b\\c\nd")
    signed(client, world, "owner")
    url = address_of(client)
    assert url not in client.get(reverse("pipeline:calendar")).content.decode()
    secret = url.split("/")[2].removesuffix(".ics")
    assert secret not in str(list(CalendarFeed.objects.values()))
    assert secret not in str(list(AuditRecord.objects.values("before", "after", "subject")))
    client.logout()
    answer = client.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Cache-Control"] == "private, max-age=900"
    assert "sessionid" not in answer.cookies
    lines = answer.content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(len(line) for line in lines) <= 75
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["VERSION"], str(calendar["PRODID"])) == (
        "2.0", "-//cultivation-pipeline//dates//EN",
    )  # fmt: skip
    events = {str(event["SUMMARY"]).split(" · ")[0]: event for event in calendar.events}
    assert list(events) == [
        "Applications close: SRDI; a, b\\c\nd",
        "Re-check opens: innovative SME",
        "Title ends: innovative SME",
    ]
    closes = next(iter(events.values()))
    assert closes["DTSTART"].dt == dt.datetime(2026, 5, 20, 15, 59, 59, tzinfo=dt.UTC)
    assert events["Title ends: innovative SME"]["DTSTART"].dt == dt.date(2027, 5, 19)
    assert events["Title ends: innovative SME"]["DTEND"].dt == dt.date(2027, 5, 20)
    assert len({str(event["UID"]) for event in calendar.events}) == 3
    assert all(event["DTSTAMP"].dt == world.now() for event in calendar.events)
    assert {client.get(event["URL"]).status_code for event in calendar.events} == {302}  # sign in


def test_date_that_moves_keeps_its_name(world: World) -> None:
    before, after = (
        ics.written([Date("x", moment, "closes")], now=world.now(), base="")
        for moment in (at("2026-05-20 12:00:00"), at("2026-05-22 12:00:00"))
    )
    uids = [str(Calendar.from_ical(one).events[0]["UID"]) for one in (before, after)]
    assert uids[0] == uids[1]
    assert before != after


def test_address_speaks_the_language_it_was_made_in(client: Client, world: World) -> None:
    world.holds("innovative", day="2024-05-20")
    client.force_login(world.users["owner"])
    client.cookies["django_language"] = "zh-hans"
    url = address_of(client)
    client.cookies["django_language"] = "en"
    summaries = [str(e["SUMMARY"]) for e in Calendar.from_ical(client.get(url).content).events]
    assert not any(one.startswith(("Title", "Re-check")) for one in summaries)


def test_renewed_revoked_and_strangers_addresses_give_nothing(client: Client, world: World) -> None:
    signed(client, world, "owner")
    old = address_of(client)
    new = address_of(client)
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    assert client.post(reverse("pipeline:revoke_calendar")).status_code == 302
    assert client.get(new).status_code == 404
    again = address_of(client)
    user = world.user("owner")
    user.is_active = False
    user.save()
    assert client.get(again).status_code == 404
    assert client.post(again).status_code == 405
    actions = list(AuditRecord.objects.order_by("pk").values_list("action", flat=True))
    assert actions.count("calendar.renew") == 3
    assert actions.count("calendar.revoke") == 1
    for name in ("renew_calendar", "revoke_calendar"):
        assert client.get(reverse(f"pipeline:{name}")).status_code in {302, 405}


def test_address_gives_no_more_than_its_user_sees(client: Client, world: World) -> None:
    hold(world, LEVELS, name="of Zhejiang")
    signed(client, world, "jiangsu")
    url = address_of(client)
    client.logout()
    assert Calendar.from_ical(client.get(url).content).events == []
    signed(client, world, "city")
    url = address_of(client)
    world.users["city"].seats.update(active=False)
    assert Calendar.from_ical(client.get(url).content).events == []


def test_readings_are_limited_by_address_and_guesses_by_client(
    client: Client, world: World
) -> None:
    signed(client, world, "owner")
    url = address_of(client)
    codes = [client.get(url).status_code for _ in range(limits.OF_ADDRESS + 1)]
    assert codes == [200] * limits.OF_ADDRESS + [429]
    assert client.get(url)["Retry-After"] == "300"
    cache.clear()
    wrong = [
        client.get(reverse("pipeline:calendar_feed", args=[f"x{n}"])).status_code
        for n in range(limits.UNKNOWN + 1)
    ]
    assert wrong == [404] * limits.UNKNOWN + [429]


def test_reading_is_noted_to_about_ten_minutes(client: Client, world: World) -> None:
    secret = feeds.renew(world.user("owner"), language="en")
    url = reverse("pipeline:calendar_feed", args=[secret])
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        client.get(url)
    assert not [query for query in caught if query["sql"].startswith("UPDATE")]
    assert CalendarFeed.objects.get().read_at == world.now()
    assert at("2026-05-06 10:00:00") == world.now().astimezone(BEIJING)
