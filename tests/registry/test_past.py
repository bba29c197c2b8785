"""A record as of a day: what was written then is found again, and what is not known is said."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enterprises.registry import past, records, subjects
from enterprises.registry.models import (
    AnnualReport,
    Change,
    Enterprise,
    Honour,
    IntellectualProperty,
    Title,
)
from enterprises.registry.pasts import Reading
from tests.registry.page_world import World, build, make_enterprise, sign_in

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
FIRST = dt.datetime(2026, 3, 2, 2, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def world() -> World:
    with time_machine.travel(FIRST, tick=False):
        return build()


def honour(number: str) -> Honour:
    return Honour(kind="green", number=number, granted_on=dt.date(2025, 1, 1))


def walk(firm: Enterprise, seed: int, regions: list[Any]) -> dict[dt.date, past.Past]:
    """Change a record at random for some days; return what stood at the end of each."""
    chance, kept = random.Random(seed), {}
    for number in range(16):
        with time_machine.travel(FIRST + number * DAY, tick=False):
            firm.refresh_from_db()
            _step(firm, chance, regions, number)
            firm.refresh_from_db()
            kept[timezone.localdate()] = past.as_of(firm, timezone.localdate())
    return kept


def _step(firm: Enterprise, chance: random.Random, regions: list[Any], number: int) -> None:
    what = chance.choice(("profile", "region", "report", "add", "change", "remove", "nothing"))
    facts = list(Honour.objects.filter(enterprise=firm))
    if what == "profile":
        records.change(
            firm, {"niche": f"niche {number}", "own_brand": chance.random() < 0.5}, by=None
        )
    elif what == "region":
        records.change(firm, {"region": chance.choice(regions)}, by=None)
    elif what == "report":
        year, revenue = chance.choice((2024, 2025)), chance.randrange(1, 9) * 10**9
        records.save_report(firm, year, {"revenue": revenue}, by=None, reason="test")
    elif what == "add":
        records.add_fact(firm, honour(f"H{number}"), by=None)
    elif what == "change" and facts:
        records.change_fact(chance.choice(facts), {"number": f"C{number}"}, by=None)
    elif what == "remove" and facts:
        records.remove_fact(chance.choice(facts), by=None)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_day_of_a_history_is_found_again(world: World, seed: int) -> None:
    regions = [world.regions[code] for code in ("320506", "320507", "330106")]
    kept = walk(world.firm, seed, regions)
    world.firm.refresh_from_db()
    for day, was in kept.items():
        found = past.as_of(world.firm, day)
        assert (found.profile, found.reports, found.facts) == (was.profile, was.reports, was.facts)
        assert (found.gaps, found.registered) == ([], True)
    assert past.as_of(world.firm, FIRST.date() - DAY).registered is False


def test_a_change_that_does_not_join_is_named(world: World) -> None:
    with time_machine.travel(FIRST + DAY, tick=False):
        records.change(world.firm, {"niche": "written"}, by=None)
    Enterprise.objects.filter(pk=world.firm.pk).update(niche="behind the back")
    world.firm.refresh_from_db()
    found = past.as_of(world.firm, FIRST.date())
    assert (found.profile["niche"], found.gaps) == ("", ["profile"])
    assert Reading(found, found).gaps() == [subjects.label("profile")]


def test_an_import_writes_links_by_key_and_they_are_read(world: World) -> None:
    old, new = world.regions["320506"], world.regions["320507"]
    Change.objects.create(
        enterprise=world.firm, subject="profile",
        before={"region_id": new.pk}, after={"region_id": old.pk},
    )  # fmt: skip
    Change.objects.create(enterprise=world.firm, subject="report:2025", before={}, after={})
    AnnualReport.objects.create(enterprise=world.firm, year=2025, revenue=1)
    found = past.as_of(world.firm, FIRST.date())
    assert (found.profile["region"], found.reports, found.gaps) == (new.code, {}, [])


def test_titles_of_a_day_are_those_valid_on_it(world: World) -> None:
    for number, (tier, granted, valid, ended) in enumerate(
        (
            ("srdi", (2023, 1, 1), (2025, 12, 31), None),
            ("srdi", (2026, 1, 1), (2028, 12, 31), None),
            ("innovative", (2024, 1, 1), (2026, 12, 31), (2025, 6, 1)),
        )
    ):
        Title.objects.create(
            enterprise=world.firm, tier=tier, number=f"T{number}", year=granted[0],
            granted_on=dt.date(*granted), valid_to=dt.date(*valid),
            ended_on=dt.date(*ended) if ended else (dt.date(2026, 1, 1) if number == 0 else None),
        )  # fmt: skip
    days = ((2025, 5, 31), (2025, 6, 1), (2025, 12, 31), (2026, 1, 1))
    held = [{t.number for t in past.titles_on(world.firm, dt.date(*day))} for day in days]
    assert held == [{"T0", "T2"}, {"T0"}, {"T0"}, {"T1"}]


def page(client: Client, firm: Enterprise, on: str = "") -> Any:
    client.cookies["django_language"] = "en"
    return client.get(f"/enterprises/{firm.pk}/as-of/", {"on": on} if on else {})


def test_page_shows_then_beside_today_and_no_contact(world: World) -> None:
    with time_machine.travel(FIRST + DAY, tick=False):
        records.change(
            world.firm,
            {"niche": "valves", "contact_phone": "0512-0000"},
            by=None,
            reason="moved on",
        )
    client = sign_in("county", world, "320506")
    body = page(client, world.firm, "2026-03-02").content.decode()
    assert ("valves" in body, "0512-0000" in body) == (True, False)
    assert "today:" in body
    assert "Not in the registry" in page(client, world.firm, "2026-03-01").content.decode()


@pytest.mark.parametrize(
    "typed", ["2026-13-01", "x", "2999-01-01", "0001-01-01", "\x00", "9" * 400]
)
def test_page_says_what_is_wrong_with_a_day(world: World, typed: str) -> None:
    answer = page(sign_in("county", world, "320506"), world.firm, typed)
    assert (answer.status_code, "field__error" in answer.content.decode()) == (400, True)


def test_page_is_closed_to_strangers(world: World) -> None:
    stranger = sign_in("county", world, "330106")
    assert page(stranger, world.firm, "2026-03-02").status_code == 404


def test_page_asks_as_much_for_many_changes_as_for_few(world: World) -> None:
    client = sign_in("county", world, "320506")
    many = make_enterprise(9, world.regions["320506"])
    for firm, number in ((world.firm, 1), (many, 6)):
        for step in range(number):
            right = IntellectualProperty(
                kind="invention", number=f"P{step}", obtained="own", granted_on=dt.date(2024, 1, 1)
            )
            records.add_fact(firm, right, by=None)
    page(client, many)
    counts = []
    for firm in (world.firm, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, firm)
        counts.append(len(queries))
    assert counts[0] == counts[1]
