"""Titles, and the stages that follow them (称号与培育阶段)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone, translation

from cultivation.pipeline import applications, tasks, titles
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import StageChange
from cultivation.pipeline.releasing import endings
from cultivation.pipeline.stages import highest, last_day, stage_of
from cultivation.pipeline.titles import Grant, TitleError
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


def where(world: World) -> tuple[str, str]:
    world.firm.refresh_from_db()
    return world.firm.stage, world.firm.tier


@pytest.mark.parametrize(
    ("tiers", "tier", "stage"),
    [
        (set(), "", "seed"),
        ({"technology"}, "technology", "seedling"),
        ({"technology", "innovative"}, "innovative", "seedling"),
        ({"innovative", "srdi"}, "srdi", "optimisation"),
        ({"technology", "little_giant"}, "little_giant", "optimisation"),
    ],
)
def test_stage_follows_the_highest_tier(tiers: set[str], tier: str, stage: str) -> None:
    assert (highest(tiers), stage_of(highest(tiers))) == (tier, stage)


@pytest.mark.parametrize(
    ("tier", "granted", "last"),
    [
        ("srdi", dt.date(2026, 5, 6), dt.date(2029, 5, 5)),
        ("technology", dt.date(2026, 5, 6), dt.date(2027, 5, 5)),
        ("innovative", dt.date(2024, 2, 29), dt.date(2027, 2, 28)),
        ("technology", dt.date(2023, 3, 1), dt.date(2024, 2, 29)),
    ],
)
def test_last_day_lies_whole_years_later(tier: str, granted: dt.date, last: dt.date) -> None:
    assert last_day(tier, granted) == last


def test_titles_raise_the_stage_step_by_step_and_lapse_back(world: World) -> None:
    world.holds("innovative", day="2023-05-20")  # to 19 May 2026
    assert where(world) == ("seedling", "innovative")
    world.holds("srdi", day="2023-05-08")  # to 7 May 2026
    assert where(world) == ("optimisation", "srdi")
    world.wait(1)
    assert titles.expire() == 0  # the last day is valid
    world.wait(1)
    assert titles.expire() == 1
    assert where(world) == ("seedling", "innovative")
    world.wait(12)
    assert titles.expire() == 1
    assert where(world) == ("seed", "")
    assert list(
        StageChange.objects.order_by("pk").values_list("tier_before", "tier_after", "effective_on")
    ) == [
        ("", "innovative", dt.date(2023, 5, 20)),
        ("innovative", "srdi", dt.date(2023, 5, 8)),
        ("srdi", "innovative", dt.date(2026, 5, 8)),
        ("innovative", "", dt.date(2026, 5, 20)),
    ]
    assert set(Title.objects.values_list("end_kind", flat=True)) == {""}


def test_expiring_twice_changes_nothing_more(world: World) -> None:
    world.holds("srdi", day="2023-05-07")
    world.wait(1)
    assert [titles.expire(), titles.expire()] == [1, 0]
    assert StageChange.objects.count() == 2


def test_nightly_sweep_is_a_run_with_its_result(
    world: World, django_capture_on_commit_callbacks: object
) -> None:
    world.holds("srdi", day="2023-05-07")
    world.wait(1)
    with django_capture_on_commit_callbacks(execute=True):
        pk = tasks.expire_titles_tonight()
    run = JobRun.objects.get(pk=pk)
    assert (run.status, run.result) == ("done", {"ended": 1})
    tasks.expire_titles(pk)  # a second delivery finds nothing to do
    run.refresh_from_db()
    assert (run.status, run.result, run.attempts) == ("done", {"ended": 1}, 1)


def test_title_under_recheck_stands_until_the_decision(world: World) -> None:
    world.holds("innovative", day="2023-05-08")
    application = world.draft("innovative")
    assert application.kind == "recheck"
    world.step(application, "submit", "owner")
    world.wait(10)
    assert titles.expire() == 0
    assert titles.lacking(world.firm, "srdi") == []
    world.step(application, "refuse", "county", "figures do not hold")
    assert where(world) == ("seed", "")


def test_recheck_passed_replaces_the_old_title(world: World) -> None:
    world.holds("innovative", day="2023-05-08")
    world.recognised("innovative")
    old, new = Title.objects.order_by("granted_on")
    assert (old.end_kind, old.ended_on) == ("replaced", dt.date(2026, 5, 14))
    assert (new.granted_on, new.ended_on) == (dt.date(2026, 5, 14), None)
    assert where(world) == ("seedling", "innovative")
    assert StageChange.objects.count() == 1


def test_recheck_opens_a_year_before_the_end(world: World) -> None:
    world.holds("innovative", day="2024-05-08")  # to 7 May 2027
    with pytest.raises(MoveError, match="its re-check opens on May 8, 2026"):
        world.draft("innovative")
    world.wait(2)
    assert world.draft("innovative").kind == "recheck"


def test_revocation_for_cause_ends_all_that_the_office_decides_and_bars(world: World) -> None:
    for tier in ("innovative", "srdi", "little_giant"):
        world.holds(tier)
    srdi = Title.objects.get(tier="srdi")
    ended = world.end(srdi, "province", "figures made up")
    assert {title.tier for title in ended} == {"innovative", "srdi"}
    assert where(world) == ("optimisation", "little_giant")
    giant = Title.objects.get(tier="little_giant")
    world.end(giant, "nation", "figures made up")
    assert where(world) == ("seed", "")
    assert titles.barred_until(world.firm) == dt.date(2029, 5, 6)
    with pytest.raises(MoveError, match="no application is possible before May 6, 2029"):
        world.draft()
    world.wait(3 * 365)
    with pytest.raises(MoveError):
        world.draft()
    world.wait(1)
    assert titles.barred_until(world.firm) is None


def test_cancellation_ends_one_title_and_bars_nothing(world: World) -> None:
    world.holds("innovative")
    world.holds("srdi")
    srdi = Title.objects.get(tier="srdi")
    world.end(srdi, "province", "two updates missed", "cancelled")
    assert where(world) == ("seedling", "innovative")
    assert titles.barred_until(world.firm) is None
    with pytest.raises(TitleError, match="has ended already"):
        world.end(srdi, "province", "again")


@pytest.mark.parametrize(
    "who", ["owner", "county", "city", "clerk", "jiangsu", "ningbo", "auditor", "nation", "nobody"]
)
def test_only_who_recognises_enters_and_ends(world: World, who: str) -> None:
    world.holds("srdi")
    title = Title.objects.get()
    with pytest.raises(PermissionDenied):
        endings.propose(title, "revoked", by=world.user(who), reason="because")
    with pytest.raises(PermissionDenied):
        titles.import_title(
            world.firm, "innovative", granted_on=dt.date(2026, 1, 1), by=world.user(who), reason="x"
        )
    assert Title.objects.filter(ended_on__isnull=True).count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "Say which list"),
        ({"granted_on": dt.date(2026, 5, 7)}, "lies in the future"),
        ({"valid_to": dt.date(2025, 12, 31)}, "lies before"),
        ({"valid_to": dt.date(2029, 1, 1)}, "until Dec. 31, 2028 at most"),
        ({"number": "taken"}, "is taken already"),
        ({"tier": "srdi"}, "is running"),
    ],
)
def test_title_from_a_list_is_checked(world: World, changes: dict[str, object], said: str) -> None:
    world.holds("srdi")
    Title.objects.update(number="taken")
    given = {"tier": "innovative", "granted_on": dt.date(2026, 1, 1), "reason": "list"} | changes
    tier = given.pop("tier")
    with pytest.raises(TitleError, match=said):
        titles.import_title(world.firm, tier, by=world.user("province"), **given)


def test_title_from_a_list_that_ran_out_is_history(world: World) -> None:
    world.holds("srdi", day="2019-05-06")
    title = Title.objects.get()
    titles.expire()
    title.refresh_from_db()
    assert (title.valid_to, title.ended_on) == (dt.date(2022, 5, 5), dt.date(2022, 5, 6))
    assert where(world) == ("seed", "")


def test_lacking_takes_either_title_of_the_first_tier(world: World) -> None:
    assert titles.lacking(world.firm, "technology") == []
    assert titles.lacking(world.firm, "srdi") == ["technology-based SME or innovative SME"]
    world.holds("technology")
    assert titles.lacking(world.firm, "srdi") == []
    assert titles.lacking(world.firm, "little_giant") == ["SRDI SME"]


def test_offers_are_what_is_held_and_what_comes_next(world: World) -> None:
    assert applications.tiers_that_make_sense(world.firm) == ["technology", "innovative"]
    world.holds("innovative")
    assert applications.tiers_that_make_sense(world.firm) == ["innovative", "srdi"]
    world.holds("srdi")
    assert applications.tiers_that_make_sense(world.firm) == ["innovative", "srdi", "little_giant"]


def test_many_titles_at_once_follow_the_same_rules(world: World) -> None:
    rows = [
        Grant(world.firm.pk, "innovative", dt.date(2021, 6, 1)),
        Grant(world.firm.pk, "innovative", dt.date(2024, 5, 20)),
        Grant(world.firm.pk, "srdi", dt.date(2022, 7, 1)),
        Grant(world.other.pk, "technology", dt.date(2026, 1, 10)),
    ]
    assert titles.grant_many(rows, cause="demonstration") == 4
    assert where(world) == ("seedling", "innovative")
    mine = Title.objects.filter(enterprise=world.firm).order_by("granted_on")
    assert list(mine.values_list("tier", "valid_to", "ended_on", "end_kind")) == [
        ("innovative", dt.date(2024, 5, 31), dt.date(2024, 5, 20), "replaced"),
        ("srdi", dt.date(2025, 6, 30), dt.date(2025, 7, 1), ""),
        ("innovative", dt.date(2027, 5, 19), None, ""),
    ]
    story = StageChange.objects.filter(enterprise=world.firm).order_by("pk")
    assert list(story.values_list("tier_before", "tier_after", "effective_on")) == [
        ("", "innovative", dt.date(2021, 6, 1)),
        ("innovative", "srdi", dt.date(2022, 7, 1)),
        ("srdi", "innovative", dt.date(2025, 7, 1)),
    ]
    assert Title.objects.get(enterprise=world.other).granting_region == world.places["320000"]


def test_many_titles_give_what_one_by_one_gives(world: World) -> None:
    titles.grant_many([Grant(world.other.pk, "srdi", dt.date(2026, 1, 5))], cause="x")
    world.holds("srdi")
    one, many = (
        Title.objects.filter(enterprise=firm).values(
            "tier", "year", "granted_on", "valid_to", "ended_on", "end_kind"
        ).get()
        for firm in (world.firm, world.other)
    )  # fmt: skip
    assert one == many
    stages = Enterprise.objects.values_list("stage", "tier")
    assert list(stages) == [("optimisation", "srdi")] * 2


def test_many_titles_replace_a_running_one(world: World) -> None:
    world.holds("srdi", day="2024-01-05")
    titles.grant_many([Grant(world.firm.pk, "srdi", dt.date(2026, 5, 1))], cause="x")
    running = Title.objects.get(ended_on__isnull=True)
    assert running.granted_on == dt.date(2026, 5, 1)
    assert StageChange.objects.count() == 1


def test_many_titles_take_a_fixed_number_of_queries(
    world: World, django_assert_max_num_queries: object
) -> None:
    from .conftest import enterprise

    firms = [enterprise(world.places, "330108", number) for number in range(10, 40)]
    rows = [Grant(firm.pk, "srdi", dt.date(2026, 1, 5)) for firm in firms]
    with django_assert_max_num_queries(12):
        titles.grant_many(rows, cause="x")
    assert Enterprise.objects.filter(tier="srdi").count() == 30


def test_title_of_a_day_is_found_as_of_that_day(world: World) -> None:
    world.holds("srdi", day="2023-05-06")
    titles.expire()
    found = [
        titles.running(world.firm, on=day).count()
        for day in (
            dt.date(2023, 5, 5),
            dt.date(2023, 5, 6),
            dt.date(2026, 5, 5),
            timezone.localdate(),
        )
    ]
    assert found == [0, 1, 1, 0]


def test_title_held_by_its_recheck_carries_an_application_of_the_tier_above(world: World) -> None:
    world.holds("innovative", day="2023-05-08")  # to 7 May 2026
    world.step(recheck := world.draft("innovative"), "submit", "owner")
    world.wait(10)  # past the last day, the re-check under way
    above = world.draft("srdi")
    world.step(above, "submit", "owner")
    assert above.submitted_facts["title_innovative"] is True
    submitted = dt.date(2026, 5, 16)
    for who in ("county", "city"):
        world.step(recheck, "recommend", who)
    world.judge(recheck, "province")
    world.step(recheck, "put_on_notice", "province")
    world.wait()
    world.step(recheck, "recognise", "province")  # replaces the old title
    assert titles.lacking(world.firm, "srdi", on=submitted) == []
