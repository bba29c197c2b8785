"""The yearly update: owed, confirmed, missed, and what follows (年度信息更新)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cultivation.pipeline import applications
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.life import consequences, duties, reminding, updating
from cultivation.pipeline.models import Consequence, YearlyUpdate
from enterprises.notifications.models import Notification
from enterprises.registry.models import AnnualReport, Title

if TYPE_CHECKING:
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def update(world: World) -> YearlyUpdate:
    """Give the update of 2026 that the firm owes, which held an SRDI title since 2025."""
    world.holds("srdi", day="2025-06-10")
    updating.owe(2026)
    return YearlyUpdate.objects.get()


def complete(world: World) -> None:
    AnnualReport.objects.filter(enterprise=world.firm, year=2025).update(
        main_business_revenue=1, total_assets=1, total_liabilities=1, employees=1
    )


def miss(world: World, year: int) -> None:
    """Let the update of a year go by."""
    world.clock.move_to(f"{year}-01-02T09:00:00+08:00")
    assert updating.owe(year) == 1
    world.clock.move_to(f"{year}-06-01T00:30:00+08:00")
    assert updating.close() == 1


@pytest.mark.parametrize(
    ("year", "rule", "due", "sure"),
    [
        (2023, "update_2022", dt.date(2023, 4, 30), True),
        (2025, "update_2022", dt.date(2025, 4, 30), True),
        (2026, "update_2026", dt.date(2026, 5, 31), False),
        (2030, "update_2026", dt.date(2030, 5, 31), False),
    ],
)
def test_each_year_has_the_rule_of_its_own_last_day(
    year: int, rule: str, due: dt.date, sure: bool
) -> None:
    duty = duties.update_of(year)
    assert duty is not None
    assert (duty.rule, duty.due_in(year), duty.of_itself) == (rule, due, sure)


def test_no_rule_before_the_measures() -> None:
    assert duties.update_of(2022) is None


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        ("2025-11-30", 3, "2026-02-28"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2026-10-15", 3, "2027-01-15"),
        ("2026-09-30", 3, "2026-12-30"),
    ],
)
def test_months_end_with_the_month(day: str, months: int, end: str) -> None:
    assert duties.months_after(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(end)


def test_owed_by_who_held_a_title_when_the_year_began(world: World) -> None:
    world.holds("srdi", day="2026-01-01")
    world.holds("technology", firm=world.firm, day="2025-06-01")
    assert [updating.owe(2026), updating.owe(2026)] == [1, 0]
    assert list(YearlyUpdate.objects.values_list("enterprise", "due_on")) == [
        (world.firm.pk, dt.date(2026, 5, 31))
    ]
    assert updating.owe(2025) == 0


def test_owner_confirms_once_the_record_is_complete(world: World, update: YearlyUpdate) -> None:
    with pytest.raises(MoveError, match="Main-business revenue of 2025"):
        updating.confirm(update, by=world.user("owner"))
    complete(world)
    for who in ("editor", "province", "other_owner", "auditor"):
        with pytest.raises(PermissionDenied):
            updating.confirm(update, by=world.user(who))
    done = updating.confirm(update, by=world.user("owner"))
    assert done.confirmed_by is not None
    with pytest.raises(MoveError, match="already"):
        updating.confirm(update, by=world.user("owner"))
    world.clock.move_to("2026-06-01T00:30:00+08:00")
    assert updating.close() == 0


def test_last_day_counts_whole(world: World, update: YearlyUpdate) -> None:
    complete(world)
    world.clock.move_to("2026-06-01T00:00:00+08:00")
    with pytest.raises(MoveError, match="2026-05-31"):
        updating.confirm(update, by=world.user("owner"))
    world.clock.move_to("2026-05-31T23:59:59+08:00")
    assert updating.close() == 0
    updating.confirm(update, by=world.user("owner"))


def test_one_miss_of_2026_costs_nothing_yet_two_are_put_before_the_office(
    world: World, update: YearlyUpdate
) -> None:
    world.clock.move_to("2026-06-01T00:30:00+08:00")
    assert [updating.close(), updating.close()] == [1, 0]
    assert Consequence.objects.count() == 0
    miss(world, 2027)
    found = Consequence.objects.get()
    assert (found.kind, found.state, found.confidence) == ("cancel", "proposed", "M")
    assert list(Consequence.objects.waiting_for(world.user("province"))) == [found]
    for who in ("jiangsu", "nation", "county", "owner"):
        assert not Consequence.objects.waiting_for(world.user(who)).exists()
    title = Title.objects.get(enterprise=world.firm, tier="srdi")
    assert title.ended_on is None
    told = Notification.objects.filter(kind="consequence_to_decide")
    assert sorted(told.values_list("recipient__username", flat=True)) == ["province"]


def test_miss_under_the_measures_of_2022_takes_the_recheck_of_itself(world: World) -> None:
    world.clock.move_to("2024-02-01T09:00:00+08:00")
    world.holds("innovative", day="2023-08-01")
    world.holds("srdi", day="2023-06-10")
    assert updating.owe(2024) == 1
    world.clock.move_to("2024-05-01T00:30:00+08:00")
    assert updating.close() == 1
    found = Consequence.objects.get(title__tier="srdi")
    assert (found.kind, found.state, found.confidence) == ("recheck_lost", "applied", "H")
    world.clock.move_to("2026-05-06T10:00:00+08:00")
    said = applications.hindrance(world.firm, "srdi", kind="recheck")
    assert "right to a re-check" in said
    assert "63号" in said
    consequences.decide(found, apply=False, by=world.user("province"), reason="platform was down")
    assert applications.hindrance(world.firm, "srdi", kind="recheck") == ""


def test_only_the_office_decides_and_says_why(world: World, update: YearlyUpdate) -> None:
    world.clock.move_to("2026-06-01T00:30:00+08:00")
    updating.close()
    miss(world, 2027)
    found = Consequence.objects.get()
    for who in ("jiangsu", "nation", "city", "clerk", "owner"):
        with pytest.raises(PermissionDenied):
            consequences.decide(found, apply=True, by=world.user(who), reason="x")
    with pytest.raises(MoveError):
        consequences.decide(found, apply=True, by=world.user("province"), reason=" ")
    consequences.decide(found, apply=True, by=world.user("province"), reason="missed twice")
    with pytest.raises(MoveError, match="already"):
        consequences.decide(found, apply=True, by=world.user("province"), reason="again")


def test_database_keeps_unsure_rules_from_deciding(world: World, update: YearlyUpdate) -> None:
    title = Title.objects.get(enterprise=world.firm, tier="srdi")
    with pytest.raises(IntegrityError), transaction.atomic():
        Consequence.objects.create(
            enterprise=world.firm, title=title, kind="cancel", state="applied", cause="update:1",
            rule="update_2026", clause="x", confidence="M",
        )  # fmt: skip


def test_reminders_escalate_and_are_told_once(world: World, update: YearlyUpdate) -> None:
    told: dict[str, list[str]] = {}
    for day in ("2026-03-31", "2026-04-01", "2026-05-16", "2026-05-17", "2026-05-30", "2026-06-02"):
        world.clock.move_to(f"{day}T09:00:00+08:00")
        before = set(Notification.objects.values_list("pk", flat=True))
        assert [reminding.remind() >= 0, reminding.remind()] == [True, 0]
        fresh = Notification.objects.exclude(pk__in=before).filter(kind__startswith="update")
        told[day] = sorted(fresh.values_list("recipient__username", flat=True))
    firm = ["editor", "owner"]
    assert told == {
        "2026-03-31": [],
        "2026-04-01": firm,
        "2026-05-16": firm,
        "2026-05-17": ["county", *firm],
        "2026-05-30": ["county", *firm],
        "2026-06-02": ["city", "county", *firm],
    }
