"""An application on its whole way, and every way it must not go (流转)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import translation

from cultivation.pipeline import moves, opinions, titles
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, Move, StageChange, Status
from cultivation.pipeline.opinions import Word
from enterprises.registry import models as registry

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


def names(application: Application) -> list[tuple[str, str, str]]:
    return list(application.moves.values_list("name", "source", "target"))


def test_innovative_goes_from_county_over_city_to_the_province(world: World) -> None:
    application = world.recognised("innovative")
    assert names(application) == [
        ("submit", "draft", "at_county"),
        ("recommend", "at_county", "at_city"),
        ("recommend", "at_city", "at_province"),
        ("put_on_notice", "at_province", "on_notice"),
        ("recognise", "on_notice", "recognised"),
    ]
    application.refresh_from_db()
    title = application.title
    assert title is not None
    assert (title.granted_on, title.valid_to) == (dt.date(2026, 5, 14), dt.date(2029, 5, 13))
    assert title.granting_region == world.places["330000"]
    world.firm.refresh_from_db()
    assert (world.firm.stage, world.firm.tier) == ("seedling", "innovative")
    change = StageChange.objects.get()
    assert (change.stage_before, change.stage_after) == ("seed", "seedling")
    assert (change.application, change.effective_on) == (application, dt.date(2026, 5, 14))


def test_little_giant_has_a_notice_at_the_province_and_one_at_the_nation(world: World) -> None:
    world.holds("srdi")
    application = world.on_notice("little_giant")
    assert application.route == ["county", "city", "province", "nation"]
    with pytest.raises(MoveError, match="recognised by the level above"):
        world.step(application, "recognise", "province")
    with pytest.raises(MoveError, match="public notice runs until"):
        world.step(application, "recommend", "province")
    world.wait()
    world.step(application, "recommend", "province")
    assert application.status == Status.AT_NATION
    world.judge(application, "nation")
    world.step(application, "put_on_notice", "nation")
    assert application.notice_level == "nation"
    world.wait()
    world.step(application, "recognise", "nation")
    world.firm.refresh_from_db()
    assert (world.firm.stage, world.firm.tier) == ("optimisation", "little_giant")
    assert application.title.granting_region == world.places["000000"]


def test_technology_is_valid_one_year(world: World) -> None:
    application = world.draft("technology")
    world.step(application, "submit", "owner")
    world.step(application, "recommend", "county")
    world.step(application, "recommend", "city")
    world.step(application, "put_on_notice", "province")
    world.wait()
    world.step(application, "recognise", "province")
    assert application.title.valid_to == dt.date(2027, 5, 13)


@pytest.mark.parametrize(
    ("code", "tier", "route"),
    [
        ("330108", "srdi", ["county", "city", "province"]),
        ("330100", "srdi", ["city", "province"]),
        ("330000", "srdi", ["province"]),
        ("110101", "srdi", ["county", "province"]),
        ("330203", "srdi", ["county", "province"]),
        ("330200", "little_giant", ["province", "nation"]),
        ("429004", "innovative", ["county", "province"]),
        ("660000", "little_giant", ["province", "nation"]),
    ],
)
def test_route_follows_the_tree_of_competence(
    world: World, code: str, tier: str, route: list[str]
) -> None:
    from cultivation.pipeline.routes import route_of

    assert route_of(world.places[code], tier) == route


def test_route_of_the_nation_itself_is_refused(world: World) -> None:
    from cultivation.pipeline.routes import route_of

    with pytest.raises(MoveError, match="no recommending unit"):
        route_of(world.places["000000"], "srdi")


def test_separately_planned_city_decides_in_place_of_the_province(world: World) -> None:
    firm = world.firm
    firm.region, firm.region_path = world.places["330203"], "NB03"
    firm.save()
    application = world.draft("technology")
    world.step(application, "submit", "owner")
    with pytest.raises(PermissionDenied):
        world.step(application, "recommend", "county")
    world.step(application, "recommend", "ningbo_county")
    assert application.status == Status.AT_PROVINCE
    with pytest.raises(PermissionDenied):
        world.step(application, "put_on_notice", "province")
    world.step(application, "put_on_notice", "ningbo")
    world.wait()
    world.step(application, "recognise", "ningbo")
    assert application.title.granting_region == world.places["330200"]


def test_return_and_resubmit_comes_back_to_the_same_level(world: World) -> None:
    application = world.at_province()
    with pytest.raises(MoveError, match="Name what is to be mended"):
        world.step(application, "return", "province")
    world.step(application, "return", "province", "the market note is thin")
    assert application.status == Status.RETURNED
    report = registry.AnnualReport.objects.get(enterprise=world.firm)
    report.revenue += 1
    report.save()
    before = application.submission_id
    world.step(application, "resubmit", "owner")
    assert application.status == Status.AT_PROVINCE
    assert application.submission_id != before
    last = application.moves.last()
    assert last.note["changed_criteria"] == ["I-1"]


def test_resubmission_lays_aside_opinions_on_what_changed(world: World) -> None:
    application = world.at_province()
    words = [Word("I-1", "objected", "doubtful"), Word("I-3", "agreed", "well known")]
    opinions.record(application, words, by=world.user("province"))
    world.step(application, "return", "province", "mend the revenue")
    registry.AnnualReport.objects.update(revenue=70_000_000_00)
    world.step(application, "resubmit", "owner")
    left = application.criterion_reviews.values_list("criterion", "opinion")
    assert list(left) == [("I-3", "agreed")]
    (aside,) = application.moves.last().note["opinions_laid_aside"]
    assert (aside["level"], aside["criterion"]) == ("province", "I-1")
    assert (aside["opinion"], aside["reason"]) == ("objected", "doubtful")
    assert aside["by"] == world.user("province").pk


def test_return_from_a_notice_ends_the_notice(world: World) -> None:
    application = world.on_notice()
    world.step(application, "return", "province", "an objection came in")
    assert (application.notice_level, application.notice_to) == ("", None)
    world.step(application, "resubmit", "owner")
    assert application.status == Status.AT_PROVINCE


def test_refusal_is_final_and_owes_a_reason(world: World) -> None:
    application = world.at_province()
    with pytest.raises(MoveError, match="needs a reason"):
        world.step(application, "refuse", "province", "   ")
    world.step(application, "refuse", "province", "figures do not hold")
    assert application.status == Status.REFUSED
    for name, who in (("resubmit", "owner"), ("withdraw", "owner"), ("return", "province")):
        with pytest.raises(MoveError, match="refused cannot take"):
            world.step(application, name, who, "x")
    assert world.draft().status == Status.DRAFT  # a new one may begin


def test_withdrawal_is_the_owners_alone(world: World) -> None:
    application = world.at_province()
    for who in ("editor", "county", "province", "nation", "auditor", "other_owner", "nobody"):
        with pytest.raises(PermissionDenied):
            world.step(application, "withdraw", who)
    world.step(application, "withdraw", "owner")
    assert application.status == Status.WITHDRAWN


WRONG = [
    ("submit", "editor"), ("submit", "county"), ("submit", "other_owner"), ("submit", "nation"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "who"), WRONG)
def test_only_the_owner_submits(world: World, name: str, who: str) -> None:
    application = world.draft()
    with pytest.raises(PermissionDenied):
        world.step(application, name, who)
    assert Move.objects.count() == 0


STRANGERS = [
    "owner", "editor", "other_owner", "city", "province", "nation", "other_county", "jiangsu",
    "ningbo", "ningbo_county", "auditor", "expert", "nobody",
]  # fmt: skip


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_but_the_county_moves_what_is_with_the_county(world: World, who: str) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    for name in ("recommend", "return", "refuse"):
        with pytest.raises(PermissionDenied):
            world.step(application, name, who, "because")
    assert application.moves.count() == 1


def test_clerk_without_the_right_to_decide_reviews_only(world: World) -> None:
    application = world.at_province()
    world.judge(application, "clerk")
    for name in ("put_on_notice", "refuse"):
        with pytest.raises(PermissionDenied):
            world.step(application, name, "clerk", "because")
    world.step(application, "return", "clerk", "a page is missing")
    assert application.status == Status.RETURNED


def test_officer_with_a_seat_in_the_firm_does_not_review_it(world: World) -> None:
    from enterprises.accounts.models import Seat

    Seat.objects.create(user=world.users["county"], role="editor", enterprise=world.firm)
    application = world.draft()
    world.step(application, "submit", "owner")
    with pytest.raises(PermissionDenied):
        world.step(application, "recommend", "county")
    assert list(Application.objects.waiting_for(world.user("county"))) == []


def test_seat_taken_away_takes_the_right_away(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    world.users["county"].seats.update(active=False)
    with pytest.raises(PermissionDenied):
        world.step(application, "recommend", "county")


def test_impossible_move_says_what_is_possible(world: World) -> None:
    application = world.at_province()
    world.judge(application, "province")
    with pytest.raises(MoveError) as caught:
        world.step(application, "recognise", "province")
    assert str(caught.value) == (
        "An application that is with the province cannot take “recognise”. "
        "Possible for you now: put on public notice, return for correction, propose: refuse."
    )


def test_second_click_gives_one_move_and_is_told(world: World) -> None:
    application = world.draft()
    first = Application.objects.get(pk=application.pk)
    second = Application.objects.get(pk=application.pk)
    moves.advance(first, "submit", by=world.user("owner"))
    with pytest.raises(MovedMeanwhileError, match="owner already took “submit”"):
        moves.advance(second, "submit", by=world.user("owner"))
    assert Move.objects.count() == 1


def test_second_click_on_what_left_the_office_is_told_and_no_trespass(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    second = Application.objects.get(pk=application.pk)
    world.step(application, "recommend", "county")
    with pytest.raises(MovedMeanwhileError, match="county already took “recommend”"):
        moves.advance(second, "recommend", by=world.user("county"))
    with pytest.raises(PermissionDenied):
        moves.advance(second, "recommend", by=world.user("other_county"))
    with pytest.raises(PermissionDenied):
        moves.advance(application, "recommend", by=world.user("county"))
    assert Move.objects.count() == 2


def test_two_officers_at_once_give_one_decision(world: World) -> None:
    application = world.on_notice()
    world.wait()
    first = Application.objects.get(pk=application.pk)
    second = Application.objects.get(pk=application.pk)
    world.step(first, "recognise", "province")
    with pytest.raises(MovedMeanwhileError):
        moves.advance(second, "return", by=world.user("province"), reason="no")
    assert registry.Title.objects.count() == 1
    assert Move.objects.filter(name__in=["recognise", "refuse"]).count() == 1


def test_failed_move_leaves_no_trace(world: World) -> None:
    application = world.on_notice()
    world.wait()
    registry.Title.objects.create(
        enterprise=world.other,
        tier="innovative",
        number=f"CX20260514A{application.pk}",
        year=2026,
        granted_on=dt.date(2026, 1, 1),
        valid_to=dt.date(2028, 1, 1),
    )
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        world.step(application, "recognise", "province")
    application.refresh_from_db()
    assert application.status == Status.ON_NOTICE
    assert application.moves.count() == 4


def test_moved_is_told_once_the_move_is_committed(
    world: World, django_capture_on_commit_callbacks: object
) -> None:
    told: list[str] = []

    def hear(move: Move, **_kwargs: object) -> None:
        told.append(move.name)

    moves.moved.connect(hear)
    try:
        application = world.draft()
        with django_capture_on_commit_callbacks(execute=True):
            world.step(application, "submit", "owner")
            assert told == []
        assert told == ["submit"]
    finally:
        moves.moved.disconnect(hear)


def test_submission_keeps_facts_result_and_hashes(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    assert application.receipt.startswith(f"2026-33-{application.pk:08d}-")
    assert application.submitted_facts["revenue_y1"] == 60_000_000_00
    assert application.submitted_result["verdict"] == 2
    kept = application.submission
    assert kept is not None
    assert kept.rules_hash == application.edition.sha256
    move = application.moves.get()
    assert move.judgement == kept
    assert move.note["edition"] == "test_innovative"
    assert move.note["result_hash"] == kept.result_hash


def test_decision_rests_on_the_facts_as_submitted(world: World) -> None:
    application = world.on_notice()
    registry.AnnualReport.objects.update(revenue=1)
    world.wait()
    world.step(application, "recognise", "province")
    move = application.moves.last()
    assert move.judgement.facts["revenue_y1"] == 60_000_000_00
    (said,) = move.note["opinions"]
    assert (said["criterion"], said["opinion"], said["reason"]) == ("I-3", "agreed", "seen on site")
    assert said["by"] == world.user("province").pk
    assert (move.note["verdict"], move.note["standing"]) == (2, 3)


def test_unmet_criterion_refuses_the_submission(world: World) -> None:
    application = world.draft()
    registry.AnnualReport.objects.update(revenue=1)
    with pytest.raises(MoveError, match="not met: I-1 Revenue"):
        world.step(application, "submit", "owner")


def test_missing_figure_refuses_the_submission(world: World) -> None:
    application = world.draft()
    registry.AnnualReport.objects.update(rd_expense=None, revenue=1)
    with pytest.raises(MoveError) as caught:
        world.step(application, "submit", "owner")
    assert "figure missing for I-2 R&D expense; not met: I-1 Revenue" in str(caught.value)


def test_figures_on_the_threshold_are_enough(world: World) -> None:
    application = world.draft()
    registry.AnnualReport.objects.update(revenue=100_0000_00, rd_expense=100_0000_00)
    world.step(application, "submit", "owner")
    assert application.status == Status.AT_COUNTY


def test_manual_criterion_needs_a_word_at_the_province_not_below(world: World) -> None:
    application = world.at_province()  # county and city recommended without
    with pytest.raises(MoveError, match="Give your opinion first on: I-3 Market position"):
        world.step(application, "put_on_notice", "province")
    world.judge(application, "province")
    world.step(application, "put_on_notice", "province")
    assert application.status == Status.ON_NOTICE


def test_objection_blocks_until_it_is_settled(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    county = world.user("county")
    opinions.record(application, [Word("I-1", "objected", "the audit says less")], by=county)
    with pytest.raises(MoveError, match="Objections stand to I-1"):
        world.step(application, "recommend", "county")
    opinions.record(application, [Word("I-1", "agreed")], by=county)
    world.step(application, "recommend", "county")
    assert application.status == Status.AT_CITY


def test_objection_during_the_notice_blocks_the_recognition(world: World) -> None:
    application = world.on_notice()
    opinions.record(
        application, [Word("I-2", "objected", "a letter came in")], by=world.user("province")
    )
    world.wait()
    with pytest.raises(MoveError, match="Objections stand to I-2"):
        world.step(application, "recognise", "province")


def test_words_owe_reasons_and_name_known_criteria(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    county = world.user("county")
    for word, said in (
        (Word("I-1", "objected"), "An objection to I-1 needs a reason."),
        (Word("I-3", "agreed", " "), "I-3 is judged by a person: say why."),
        (Word("X-9", "agreed", "x"), "X-9 is no criterion of this application."),
        (Word("I-1", "perhaps"), "Choose agreed or objected."),
    ):
        with pytest.raises(MoveError) as caught:
            opinions.record(application, [word], by=county)
        assert str(caught.value) == said
    assert application.criterion_reviews.count() == 0


@pytest.mark.parametrize("who", [who for who in STRANGERS if who != "county"])
def test_words_come_from_the_office_that_has_the_application(world: World, who: str) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    with pytest.raises(PermissionDenied):
        opinions.record(application, [Word("I-1", "agreed")], by=world.user(who))


def test_notice_runs_working_days_and_its_last_day_is_included(world: World) -> None:
    application = world.on_notice()
    assert (application.notice_from, application.notice_to) == (
        dt.date(2026, 5, 6),
        dt.date(2026, 5, 13),
    )
    world.wait(7)
    with pytest.raises(MoveError, match="public notice runs until the end of May 13, 2026"):
        world.step(application, "recognise", "province")
    world.wait(1)
    world.step(application, "recognise", "province")


def test_revocation_during_review_bars_the_recognition(world: World) -> None:
    world.holds("innovative")
    application = world.on_notice("srdi")
    held = registry.Title.objects.get(tier="innovative")
    world.end(held, "province", "figures made up")
    world.wait()
    with pytest.raises(MoveError, match="revoked for cause"):
        world.step(application, "recognise", "province")


def test_cancelled_prerequisite_stops_the_recognition(world: World) -> None:
    world.holds("innovative")
    application = world.on_notice("srdi")
    held = registry.Title.objects.get(tier="innovative")
    world.end(held, "province", "not updated twice", "cancelled")
    world.wait()
    with pytest.raises(MoveError, match="ended meanwhile"):
        world.step(application, "recognise", "province")


def test_prerequisite_that_ran_out_after_submission_is_no_hindrance(world: World) -> None:
    world.holds("technology", day="2025-05-10")  # valid to 9 May 2026
    application = world.on_notice("srdi")
    world.wait()
    assert titles.expire() == 1
    world.step(application, "recognise", "province")
    assert application.status == Status.RECOGNISED
