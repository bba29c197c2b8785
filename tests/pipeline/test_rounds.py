"""Rounds: who comes in when, to the second, by which round, and who says so (批次与时段)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import translation

from cultivation.pipeline import applications
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Extension, IntakeRule, Round, RoundWindow, Status
from cultivation.pipeline.rounds import choosing, extending, guards, holding, setting, windows
from cultivation.pipeline.rounds.holding import Terms
from cultivation.pipeline.rounds.setting import Days
from cultivation.pipeline.routing import rules
from enterprises.audit.models import AuditRecord

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.django_db
BEIJING = ZoneInfo("Asia/Shanghai")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def at(text: str) -> dt.datetime:
    """Return a moment written in Beijing time."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def days(first: str, last: str, *, grace: int = 0) -> Days:
    return Days(at(first) if first else None, at(f"{last} 23:59:59"), grace_seconds=grace)


MAY = {"company": days("2026-05-04", "2026-05-20")}
LEVELS = MAY | {
    "county": days("", "2026-05-25"),
    "city": days("", "2026-05-30"),
    "province": days("", "2026-06-15"),
}


def hold(
    world: World,
    wanted: dict[str, Days | None] | None = None,
    *,
    tier: str = "innovative",
    unit: str = "330000",
    who: str = "province",
    name: str = "first",
    publish: bool = True,
    **terms: Any,
) -> Round:
    """Make a round of Zhejiang, by default published and open."""
    given = Terms(tier, ("recognition", "recheck"), 2026, name, **terms)
    by = world.user(who)
    round_ = holding.create(given, world.places[unit], wanted or MAY, by=by)
    return holding.publish(round_, by=by) if publish else round_


def test_draft_begun_in_a_round_goes_in_until_the_last_second(world: World) -> None:
    round_ = hold(world)
    application = world.draft()
    assert application.round == round_
    world.clock.move_to(at("2026-05-20 23:59:59").replace(microsecond=999_999), tick=False)
    world.step(application, "submit", "owner")
    note = application.moves.get().note
    assert application.submitted_at == at("2026-05-20 23:59:59").replace(microsecond=999_999)
    assert note["received_at"] == "2026-05-20T23:59:59.999999+08:00"
    assert note["round"] == {"id": round_.pk, "name": "first"}
    assert note["window"] == {
        "level": "company",
        "opens": "2026-05-04T00:00:00+08:00",
        "closes": "2026-05-20T23:59:59+08:00",
        "until": "2026-05-20T23:59:59+08:00",
        "extension": None,
    }
    assert "late_within_grace" not in note


def test_the_second_after_the_last_is_too_late(world: World) -> None:
    hold(world)
    application = world.draft()
    world.clock.move_to(at("2026-05-21 00:00:00"), tick=False)
    said = "Round “first” takes no application now: it closed at 2026-05-20 23:59:59 (UTC+08:00)."
    with pytest.raises(MoveError) as caught:
        world.step(application, "submit", "owner")
    assert str(caught.value) == said
    assert applications.hindrance(world.firm, "srdi", kind="recognition") != said
    world.step(application, "withdraw", "owner")
    assert applications.hindrance(world.firm, "innovative", kind="recognition") == said


def test_grace_accepts_silently_and_is_noted_with_the_step(world: World) -> None:
    hold(world, {"company": days("", "2026-05-20", grace=600)})
    first = world.draft()
    world.clock.move_to(at("2026-05-21 00:09:59"), tick=False)
    world.step(first, "submit", "owner")
    assert first.moves.get().note["late_within_grace"] == 600
    world.step(first, "withdraw", "owner")
    with pytest.raises(MoveError, match="it closed at 2026-05-20 23:59:59"):
        world.draft()  # nothing new is begun in the grace period


def test_grace_ends_to_the_second_too(world: World) -> None:
    hold(world, {"company": days("", "2026-05-20", grace=600)})
    application = world.draft()
    world.clock.move_to(at("2026-05-21 00:10:00"), tick=False)
    with pytest.raises(MoveError, match="it closed at 2026-05-20 23:59:59"):
        world.step(application, "submit", "owner")


def test_draft_may_be_begun_before_the_window_and_waits_for_it(world: World) -> None:
    round_ = hold(world, {"company": days("2026-05-11", "2026-05-20")})
    application = world.draft()
    assert application.round == round_
    with pytest.raises(MoveError, match="it opens at 2026-05-11 00:00:00"):
        world.step(application, "submit", "owner")
    world.clock.move_to(at("2026-05-11 00:00:00"), tick=False)
    world.step(application, "submit", "owner")
    assert application.status == Status.AT_COUNTY


def test_without_any_round_applications_come_in_at_any_time(world: World) -> None:
    hold(world, publish=False)  # one in preparation binds nobody
    application = world.draft()
    assert application.round is None
    world.step(application, "submit", "owner")
    assert "round" not in application.moves.get().note


def test_round_of_a_unit_binds_its_own_enterprises_alone(world: World) -> None:
    hold(world, {"company": days("2026-05-11", "2026-05-20")})
    elsewhere = world.draft(firm=world.other)
    world.step(elsewhere, "submit", "other_owner")
    assert elsewhere.round is None


def test_round_of_one_kind_does_not_bind_the_other(world: World) -> None:
    given = Terms("innovative", ("recheck",), 2026, "re-checks")
    by = world.user("province")
    later = {"company": days("2026-06-01", "2026-06-20")}
    holding.publish(holding.create(given, world.places["330000"], later, by=by), by=by)
    application = world.draft()
    world.step(application, "submit", "owner")
    assert application.round is None


def test_national_round_with_units_reaches_those_alone(world: World) -> None:
    world.holds("srdi")
    hold(
        world,
        tier="little_giant",
        unit="000000",
        who="nation",
        units=("32",),
        wanted={"company": days("2026-05-11", "2026-05-20")},
    )
    application = world.draft("little_giant")
    world.step(application, "submit", "owner")
    assert application.round is None


@pytest.mark.parametrize(
    ("mode", "published", "hindered"),
    [
        ("continuous", True, False),
        ("continuous", False, False),
        ("rounds", False, True),
        ("as_published", True, True),
        ("as_published", False, False),
    ],
)
def test_intake_rule_says_whether_a_round_is_needed(
    world: World, mode: str, published: bool, hindered: bool
) -> None:
    if published:
        hold(world, {"company": days("2026-05-11", "2026-05-20")})
    unit, by = world.places["330000"], world.user("province")
    rules.set_intake(unit, "innovative", mode, by=by, reason="as our annex says")
    found = choosing.reach_of(world.firm).intake("innovative", "recognition", at=world.now())
    assert bool(found.hindrance) is hindered
    record = AuditRecord.objects.get(action="intake.set")
    assert (record.before, record.after) == (
        {"mode": "as_published"},
        {"tier": "innovative", "mode": mode},
    )


def test_rule_of_the_unit_goes_before_that_of_the_nation(world: World) -> None:
    nation, unit = world.places["000000"], world.places["330000"]
    rules.set_intake(nation, "srdi", "rounds", by=world.user("nation"), reason="x")
    assert choosing.reach_of(world.firm).mode("srdi") == "rounds"
    rules.set_intake(unit, "srdi", "continuous", by=world.user("province"), reason="x")
    assert choosing.reach_of(world.firm).mode("srdi") == "continuous"
    assert choosing.reach_of(world.other).mode("srdi") == "rounds"


def test_intake_is_ruled_by_who_decides_the_tier(world: World) -> None:
    unit, nation = world.places["330000"], world.places["000000"]
    for who, region, tier in (
        ("city", unit, "srdi"), ("clerk", unit, "srdi"), ("jiangsu", unit, "srdi"),
        ("province", unit, "little_giant"), ("province", nation, "srdi"), ("owner", unit, "srdi"),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            rules.set_intake(region, tier, "rounds", by=world.user(who), reason="x")
    assert IntakeRule.objects.count() == 0


def test_own_round_goes_before_the_nations_and_the_one_begun_for_before_both(world: World) -> None:
    nations = hold(world, unit="000000", who="nation", name="nation")
    assert world.draft().round == nations
    own = hold(world, name="own")
    found = choosing.reach_of(world.firm).intake("innovative", "recognition", at=world.now())
    assert found.round == own
    kept = choosing.reach_of(world.firm).intake(
        "innovative", "recognition", at=world.now(), keep=nations.pk
    )
    assert kept.round == nations


def test_draft_of_a_round_that_closed_goes_in_by_the_next(world: World) -> None:
    hold(world)
    application = world.draft()
    world.clock.move_to(at("2026-06-02 10:00:00"), tick=False)
    second = hold(world, {"company": days("2026-06-01", "2026-06-20")}, name="second")
    world.step(application, "submit", "owner")
    assert application.round == second


def test_closing_a_round_stops_it_at_that_moment(world: World) -> None:
    round_ = hold(world)
    application = world.draft()
    holding.close(round_, by=world.user("province"), reason="enough")
    with pytest.raises(MoveError, match="it was closed at 2026-05-06 10:00:00"):
        world.step(application, "submit", "owner")


def test_returned_case_comes_back_after_the_window(world: World) -> None:
    hold(world)
    application = world.draft()
    world.step(application, "submit", "owner")
    world.step(application, "return", "county", "the seal is missing")
    world.clock.move_to(at("2026-07-01 10:00:00"), tick=False)
    world.step(application, "resubmit", "owner")
    assert application.status == Status.AT_COUNTY


def test_office_is_held_to_its_window_less_the_time_of_corrections(world: World) -> None:
    hold(world, LEVELS)
    application = world.draft()
    world.step(application, "submit", "owner")
    world.clock.move_to(at("2026-05-24 12:00:00"), tick=False)
    world.step(application, "return", "county", "the seal is missing")
    world.clock.move_to(at("2026-05-27 12:00:00"), tick=False)  # three days with the enterprise
    world.step(application, "resubmit", "owner")
    world.clock.move_to(at("2026-05-28 23:59:59"), tick=False)
    application.refresh_from_db()
    assert guards.office_window(application) is None
    world.clock.move_to(at("2026-05-29 00:00:00"), tick=False)
    with pytest.raises(MoveError) as caught:
        world.step(application, "recommend", "county")
    assert str(caught.value) == (
        "The window of the county in round “first” is not open: "
        "it closed at 2026-05-28 23:59:59 (UTC+08:00)."
    )


def test_office_recommends_after_its_window_by_an_extension(world: World) -> None:
    round_ = hold(world, LEVELS)
    application = world.draft()
    world.step(application, "submit", "owner")
    extending.grant(
        round_, world.firm, "county", until=at("2026-05-27 12:00:00"), reason="flood",
        by=world.user("province"),
    )  # fmt: skip
    world.clock.move_to(at("2026-05-27 12:00:00"), tick=False)
    world.step(application, "recommend", "county")
    assert application.moves.last().note["window"]["until"] == "2026-05-27T12:00:00+08:00"
    assert application.status == Status.AT_CITY


def test_notice_is_begun_within_the_window_of_the_level(world: World) -> None:
    hold(world, LEVELS)
    application = world.at_province()
    world.judge(application, "province")
    world.clock.move_to(at("2026-06-16 00:00:00"), tick=False)
    with pytest.raises(MoveError, match="The window of the province in round"):
        world.step(application, "put_on_notice", "province")
    world.step(application, "refuse", "province", "too late is no reason, but this is a test")


def test_extension_lets_one_enterprise_come_later(world: World) -> None:
    round_ = hold(world)
    by = world.user("province")
    extension = extending.grant(
        round_, world.firm, "company", until=at("2026-05-22 12:00:00"), reason="fire", by=by
    )
    world.clock.move_to(at("2026-05-22 12:00:00"), tick=False)
    application = world.draft()
    world.step(application, "submit", "owner")
    assert application.moves.get().note["window"]["extension"] == extension.pk
    record = AuditRecord.objects.get(action="round.extend")
    assert (record.reason, record.enterprise_id, record.after["level"]) == (
        "fire", world.firm.pk, "company",
    )  # fmt: skip


def test_extension_taken_back_or_replaced_counts_no_more(world: World) -> None:
    round_, by = hold(world), world.user("province")
    until = {"first": at("2026-05-25 12:00:00"), "second": at("2026-05-22 12:00:00")}
    for name, moment in until.items():
        extending.grant(round_, world.firm, "company", until=moment, reason=name, by=by)
    running = Extension.objects.get(ended_at__isnull=True)
    assert (running.reason, Extension.objects.count()) == ("second", 2)
    extending.end(running, by=by, reason="not needed")
    with pytest.raises(MovedMeanwhileError, match="taken back already"):
        extending.end(running, by=by, reason="again")
    world.clock.move_to(at("2026-05-21 00:00:00"), tick=False)
    with pytest.raises(MoveError, match="it closed at 2026-05-20 23:59:59"):
        world.draft()


def test_extensions_are_granted_by_who_sets_the_window(world: World) -> None:
    round_ = hold(world, LEVELS)
    for who, level, until, said in [
        ("county", "company", "2026-05-22", PermissionDenied),
        ("clerk", "company", "2026-05-22", PermissionDenied),
        ("jiangsu", "company", "2026-05-22", PermissionDenied),
        ("nation", "company", "2026-05-22", PermissionDenied),
        ("owner", "company", "2026-05-22", PermissionDenied),
        ("auditor", "company", "2026-05-22", PermissionDenied),
        ("city", "city", "2026-05-31", PermissionDenied),
        ("city", "company", "2026-05-22", "only the office that holds the round extends"),
        ("province", "company", "2026-05-20", "open for everybody until 2026-05-20 23:59:59"),
        ("province", "company", "2026-05-01", "over already"),
        ("province", "company", "2101-05-01", "outside the years"),
        ("province", "nation", "2026-07-01", PermissionDenied),
    ]:
        refusal = PermissionDenied if said is PermissionDenied else MoveError
        text = None if said is PermissionDenied else said
        with pytest.raises(refusal, match=text):
            extending.grant(
                round_, world.firm, level, until=at(f"{until} 12:00:00"), reason="x",
                by=world.user(who),
            )  # fmt: skip
        assert Extension.objects.count() == 0


def test_offices_below_narrow_the_windows_of_lower_levels(world: World) -> None:
    """The staged days of Changzhi: company 16 March, county 25 March, city 15 April."""
    world.clock.move_to(at("2026-02-02 10:00:00"), tick=False)
    round_ = hold(
        world,
        {
            "company": days("2026-02-01", "2026-04-20"),
            "county": days("", "2026-04-20"),
            "city": days("", "2026-04-20"),
            "province": days("", "2026-04-30"),
        },
        tier="srdi",
    )
    city, by = world.places["330100"], world.user("city")
    setting.set_windows(
        round_, city, {"company": days("", "2026-03-16"), "county": days("", "2026-03-25")},
        by=by, reason="staged",
    )  # fmt: skip
    told = windows.spans(round_.windows.all(), world.firm.region_path)
    assert {level: f"{span.closes:%m-%d}" for level, span in told.items()} == {
        "company": "03-16", "county": "03-25", "city": "04-20", "province": "04-30",
    }  # fmt: skip
    assert told["company"].opens == at("2026-02-01")
    elsewhere = windows.spans(round_.windows.all(), "330200")
    assert f"{elsewhere['company'].closes:%m-%d}" == "04-20"
    with pytest.raises(PermissionDenied):
        setting.set_windows(round_, city, {"city": days("", "2026-04-15")}, by=by, reason="x")


def test_narrower_windows_lie_within_those_above(world: World) -> None:
    round_ = hold(world, LEVELS)
    for level, wanted, said, field in [
        ("company", days("", "2026-05-21"), "closes this window at 2026-05-20", "closes_company"),
        ("company", days("2026-05-01", "2026-05-15"), "opens this window at", "opens_company"),
        ("county", days("", "2026-05-10"), "The applicant would close", "closes_company"),
        ("county", days("", "2026-06-25"), "closes this window at", "closes_county"),
    ]:
        with pytest.raises(MoveError, match=said) as caught:
            setting.set_windows(
                round_, world.places["330100"], {level: wanted}, by=world.user("city"), reason="x"
            )
        assert caught.value.field == field
        assert RoundWindow.objects.exclude(region_path="33").count() == 0


def test_published_windows_change_with_a_reason_and_not_into_the_past(world: World) -> None:
    round_, by = hold(world), world.user("province")
    unit = world.places["330000"]
    longer = {"company": days("2026-05-04", "2026-05-25")}
    with pytest.raises(MoveError, match="say why its windows change"):
        setting.set_windows(round_, unit, longer, by=by)
    setting.set_windows(round_, unit, longer, by=by, reason="the platform was down")
    record = AuditRecord.objects.filter(action="round.windows").first()
    assert record is not None
    assert record.after["company"]["closes"] == "2026-05-25T23:59:59+08:00"
    assert record.before["company"]["closes"] == "2026-05-20T23:59:59+08:00"
    with pytest.raises(MoveError, match="not shortened into the past"):
        setting.set_windows(
            round_, unit, {"company": days("2026-05-04", "2026-05-05")}, by=by, reason="x"
        )
    with pytest.raises(MoveError, match="has a window for enterprises"):
        setting.set_windows(round_, unit, {"company": None}, by=by, reason="x")


def test_rounds_are_held_by_who_decides_the_tier(world: World) -> None:
    for who, tier, region in (
        ("nation", "little_giant", "000000"), ("nation", "technology", "000000"),
        ("province", "srdi", "330000"), ("ningbo", "innovative", "330200"),
    ):  # fmt: skip
        assert hold(world, tier=tier, unit=region, who=who).state == Round.State.OPEN
    for who, tier, region in (
        ("province", "little_giant", "330000"), ("province", "srdi", "330200"),
        ("province", "srdi", "000000"), ("jiangsu", "srdi", "330000"), ("clerk", "srdi", "330000"),
        ("city", "srdi", "330100"), ("auditor", "srdi", "000000"), ("owner", "srdi", "330000"),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            hold(world, tier=tier, unit=region, who=who, name="second")
    assert Round.objects.count() == 4


def test_terms_that_make_no_sense_are_refused_with_their_field(world: World) -> None:
    by, unit = world.user("province"), world.places["330000"]
    edition = applications.checklist.edition_of(world.firm, "srdi", kind="recognition")
    good = {"tier": "innovative", "kinds": ("recognition",), "year": 2026, "name": "x"}
    for field, value in (
        ("kinds", ()), ("kinds", ("party",)), ("year", 0), ("year", 9999), ("name", "  "),
        ("edition", edition), ("units", ("33",)),
    ):  # fmt: skip
        with pytest.raises(MoveError) as caught:
            holding.create(Terms(**{**good, field: value}), unit, MAY, by=by)
        assert caught.value.field == field
    with pytest.raises(MoveError, match="before it opens"):
        holding.create(Terms(**good), unit, {"company": days("2026-05-21", "2026-05-20")}, by=by)
    late = MAY | {"county": days("", "2026-05-19")}
    with pytest.raises(MoveError, match="after the county at"):
        holding.create(Terms(**good), unit, late, by=by)
    assert Round.objects.count() == 0


def test_round_is_published_once_with_a_window_that_is_not_over(world: World) -> None:
    by = world.user("province")
    bare = hold(world, {"county": days("", "2026-05-25")}, name="bare", publish=False)
    with pytest.raises(MoveError, match="Set the window for enterprises first"):
        holding.publish(bare, by=by)
    past = hold(world, {"company": days("", "2026-05-01")}, name="past", publish=False)
    with pytest.raises(MoveError, match="is over already"):
        holding.publish(past, by=by)
    round_ = hold(world)
    with pytest.raises(MoveError, match="published already"):
        holding.publish(round_, by=by)
    twice = hold(world, {"company": days("", "2026-06-20")}, name="twice", publish=False)
    with pytest.raises(MoveError, match="Round “first” takes the same applications"):
        holding.publish(twice, by=by)
    holding.discard(twice, by=by)
    with pytest.raises(MoveError, match="A round that was published stays"):
        holding.discard(round_, by=by)


def test_round_in_force_keeps_who_may_apply(world: World) -> None:
    round_, by = hold(world), world.user("province")
    with pytest.raises(MoveError) as caught:
        holding.change(
            round_, Terms("innovative", ("recheck",), 2026, "first"), MAY, by=by, reason="x"
        )
    assert caught.value.field == "kinds"
    renamed = Terms("innovative", ("recognition", "recheck"), 2026, "renamed")
    with pytest.raises(MoveError, match="say why it changes"):
        holding.change(round_, renamed, MAY, by=by)
    holding.change(round_, renamed, MAY, by=by, reason="a slip of the pen")
    round_.refresh_from_db()
    assert round_.name == "renamed"
    record = AuditRecord.objects.get(action="round.change")
    assert (record.before, record.after) == ({"name": "first"}, {"name": "renamed"})
    with pytest.raises(MovedMeanwhileError):
        holding.close(round_, by=by, reason="x", version=round_.version - 1)


def test_names_of_a_year_are_taken_once(world: World) -> None:
    hold(world)
    with pytest.raises(MoveError, match="There is a round of this name in 2026 already"):
        hold(world, {"company": days("2026-08-01", "2026-08-20")})


def test_round_names_the_edition_that_judges(world: World) -> None:
    edition = applications.checklist.edition_of(world.firm, "innovative", kind="recognition")
    hold(world, edition=edition)
    application = world.draft()
    world.step(application, "submit", "owner")
    assert application.submission.edition == edition


def test_what_must_hold_is_held_by_the_database(world: World) -> None:
    round_ = hold(world)
    window = round_.windows.get()
    for change in (
        {"closes": window.opens},
        {"grace_seconds": 8 * 24 * 3600},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoundWindow.objects.filter(pk=window.pk).update(**change)
    for change in ({"published_at": None}, {"state": "closed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Round.objects.filter(pk=round_.pk).update(**change)


def test_rounds_are_seen_by_whom_they_reach(world: World) -> None:
    hold(world, name="draft", publish=False)
    hold(world, name="unit")
    hold(world, tier="little_giant", unit="000000", who="nation", name="nation")
    hold(world, tier="srdi", unit="000000", who="nation", name="national draft", publish=False)
    for who, draft, unit, nation in [
        ("nation", True, True, True),
        ("auditor", True, True, True),
        ("province", True, True, True),
        ("clerk", True, True, True),
        ("city", False, True, True),
        ("county", False, True, True),
        ("owner", False, True, True),
        ("jiangsu", False, False, True),
        ("ningbo_county", False, False, True),
        ("other_owner", False, False, True),
        ("expert", False, False, True),
        ("nobody", False, False, False),
    ]:
        seen = set(Round.objects.visible_to(world.user(who)).values_list("name", flat=True))
        expected = {"draft": draft, "unit": unit, "nation": nation}
        whole = {"national draft"} if who in {"nation", "auditor"} else set()
        assert seen == {name for name, has in expected.items() if has} | whole
