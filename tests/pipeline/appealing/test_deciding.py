"""Handling a reconsideration: without a part in it, upheld by one, reopened by two (复核办理)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cultivation.pipeline import applications, moves
from cultivation.pipeline.appealing import asking, deciding, handlers, sweeping
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    Proposal,
    Quota,
    QuotaPlace,
    Reconsideration,
    Status,
)
from cultivation.pipeline.rounds import clock as round_clock
from enterprises.accounts.models import Seat, User
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification
from enterprises.registry.models import Title

from .conftest import answers, asked, code, draft, proposed

if TYPE_CHECKING:
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[str]:
    rows = Notification.objects.filter(kind=kind).order_by("recipient__username")
    return list(rows.values_list("recipient__username", flat=True))


def test_who_had_a_part_does_not_handle_it(world: World, application: Application) -> None:
    case = asked(world, application)
    assert handlers.conflicts(case, world.user("province")) == [
        "took a step on the merits of this application",
        "proposed a decision on this application",
        "gave an opinion on its criteria",
    ]
    assert handlers.conflicts(case, world.user("province2")) == [
        "took a step on the merits of this application"
    ]
    assert handlers.conflicts(case, world.user("third")) == []
    may = [name for name in sorted(world.users) if handlers.may_handle(case, world.user(name))]
    assert may == ["fourth", "nation", "third"]
    assert [one.username for one in handlers.possible(case)] == ["third", "fourth"]
    with pytest.raises(MoveError, match="Somebody without a part in the refusal"):
        deciding.take(case, by=world.user("province"))
    with pytest.raises(PermissionDenied):
        deciding.take(case, by=world.user("city"))


def test_it_is_given_to_who_has_fewest_open_else_waits_to_be_taken(
    world: World, application: Application, settings: Any
) -> None:
    case = asked(world, application)
    assert (case.handler, case.status) == (world.users["third"], "examined")
    assert told("reconsideration_given") == ["third"]
    assert handlers.next_handler(case) == world.users["fourth"]  # the third has one
    deciding.recuse(case, by=world.user("third"), reason="a cousin works there")
    case.refresh_from_db()
    assert case.handler == world.users["fourth"]
    settings.RECONSIDERATION_ASSIGNED = False
    deciding.recuse(case, by=world.user("fourth"), reason="a cousin works there")
    case.refresh_from_db()
    assert (case.handler, case.status) == (None, "asked")
    assert told("reconsideration_asked") == ["nation"]  # the level above, as nobody is left
    deciding.take(case, by=world.user("nation"))
    with pytest.raises(MoveError, match="declared a conflict of interest"):
        deciding.take(case, by=world.user("third"))


def test_seat_in_the_enterprise_and_lack_of_officers_leave_it_to_the_level_above(
    world: World, application: Application
) -> None:
    for name in ("third", "fourth"):
        Seat.objects.create(user=world.users[name], role="editor", enterprise=world.firm)
    case = asked(world, application)
    assert case.handler == world.users["nation"]
    assert handlers.conflicts(case, world.user("third")) == ["holds a seat in the enterprise"]


def test_upheld_it_answers_every_point_and_the_enterprise_is_told(
    world: World, application: Application
) -> None:
    case, third = asked(world, application), world.user("third")
    with pytest.raises(MoveError, match="Give a reason for each point contested: "):
        deciding.uphold(case, {}, by=third, reply="no")
    with pytest.raises(MoveError, match="Write the answer"):
        deciding.uphold(case, answers(case), by=third, reply=" ")
    with pytest.raises(PermissionDenied):
        deciding.uphold(case, answers(case), by=world.user("fourth"), reply="no")
    done = deciding.uphold(case, answers(case), by=third, reply="The figures were compared.")
    point = done.points.get()
    assert (done.status, point.founded, point.answer) == (
        "upheld", False, "compared with the report",
    )  # fmt: skip
    application.refresh_from_db()
    assert application.status == Status.REFUSED
    assert told("reconsideration_upheld") == ["editor", "owner"]
    with pytest.raises(MoveError, match="refusal upheld already"):
        deciding.take(done, by=world.user("fourth"))
    assert list(done.steps.values_list("name", flat=True)) == ["asked", "given", "upheld"]


def test_reopening_takes_a_second_officer_without_a_part(
    world: World, application: Application
) -> None:
    case = proposed(world, application)
    application.refresh_from_db()
    assert (case.status, application.status) == ("proposed", Status.REFUSED)
    assert told("reconsideration_to_confirm") == ["fourth"]
    assert told("reconsideration_reopened") == []
    with pytest.raises(PermissionDenied, match="a second officer has to"):
        deciding.confirm(case, by=world.user("third"))
    with pytest.raises(MoveError, match="without a part"):
        deciding.confirm(case, by=world.user("province2"))
    back = deciding.send_back(case, by=world.user("fourth"), reason="look at page 3")
    assert (back.status, back.decided_by) == ("examined", None)
    assert told("reconsideration_not_confirmed") == ["third"]
    founded = dict.fromkeys(answers(back), True)
    again = deciding.propose(back, founded, answers(back), by=world.user("third"), reply="right")
    with pytest.raises(MovedMeanwhileError):
        deciding.confirm(again, by=world.user("fourth"), version=again.version - 1)
    deciding.confirm(again, by=world.user("fourth"), version=again.version)
    with pytest.raises(MoveError, match="reopened already"):
        deciding.confirm(again, by=world.user("nation"))
    assert told("reconsideration_reopened") == ["editor", "owner"]


def test_reopened_leads_back_to_the_level_with_its_history_complete(
    world: World, application: Application
) -> None:
    world.wait(3)
    case = deciding.confirm(proposed(world, application), by=world.user("fourth"))
    application.refresh_from_db()
    steps = list(application.moves.values_list("name", "source", "target"))
    assert steps == [
        ("submit", "draft", "at_county"),
        ("recommend", "at_county", "at_city"),
        ("recommend", "at_city", "at_province"),
        ("refuse", "at_province", "refused"),
        ("reopen", "refused", "at_province"),
    ]
    refuse, reopen = application.moves.filter(name__in=["refuse", "reopen"])
    assert case.move == reopen
    assert (reopen.proposed_by, reopen.made_by) == (world.users["third"], world.users["fourth"])
    assert (reopen.note["reconsideration"], reopen.note["refusal"]) == (case.number, refuse.pk)
    assert [one["criterion"] for one in reopen.note["opinions_laid_aside"]] == [
        code(application, 2)
    ]
    assert refuse.reason == "does not hold, says SECRET-OFFICE"
    left = application.criterion_reviews.values_list("criterion", flat=True)
    assert list(left) == [code(application, 3)]
    assert AuditRecord.objects.filter(action="application.reopen").count() == 1
    world.step(application, "put_on_notice", "province")
    assert application.moves.last().note["reconsideration"] == case.number
    assert application.status == Status.ON_NOTICE


def test_refused_again_it_may_be_reconsidered_again(world: World, application: Application) -> None:
    case = deciding.confirm(proposed(world, application), by=world.user("fourth"))
    with pytest.raises(MoveError, match="Only a refusal that stands"):
        draft(world, application)
    world.step(application, "refuse", "province", "still not")
    assert application.moves.last().note["reconsideration"] == case.number
    second = asking.send(
        asking.save(application, {"words": "no"}, by=world.user("owner")), by=world.user("owner")
    )
    assert (Reconsideration.objects.count(), second.refusal.reason) == (2, "still not")


def test_place_stays_taken_and_none_is_taken_anew(world: World, application: Application) -> None:
    quota = Quota.objects.get()
    assert (quota.used, quota.left) == (1, 1)  # the city's, kept through the refusal
    case = deciding.confirm(proposed(world, application), by=world.user("fourth"))
    quota.refresh_from_db()
    assert (quota.used, QuotaPlace.objects.count()) == (1, 1)
    assert case.move is not None
    assert case.move.note["places_kept"] == ["330100"]
    application.refresh_from_db()
    world.step(application, "withdraw", "owner")
    quota.refresh_from_db()
    assert (quota.used, QuotaPlace.objects.count()) == (0, 0)


def test_refused_by_the_city_it_takes_its_place_when_recommended(
    world: World, application: Application
) -> None:
    quota = Quota.objects.get()
    Quota.objects.filter(pk=quota.pk).update(used=0)
    QuotaPlace.objects.all().delete()
    Application.objects.filter(pk=application.pk).update(status=Status.AT_CITY)
    world.step(application, "refuse", "city", "no")
    kept = asking.save(application, {"words": "wrong"}, by=world.user("owner"))
    case = asking.send(kept, by=world.user("owner"))
    assert (case.level, case.handler) == ("city", world.users["third"])  # nobody else at the city
    founded = {"words": True}
    deciding.propose(case, founded, {"words": "yes"}, by=world.user("third"), reply="right")
    case.refresh_from_db()
    deciding.confirm(case, by=world.user("fourth"))
    application.refresh_from_db()
    assert application.status == Status.AT_CITY
    world.step(application, "recommend", "city")
    quota.refresh_from_db()
    assert (application.status, quota.used) == (Status.AT_PROVINCE, 1)


def test_refused_on_notice_it_goes_back_to_the_level_and_onto_a_new_notice(world: World) -> None:
    for name in ("third", "fourth"):
        world.users[name] = User.objects.create_user(name)
        Seat.objects.create(user=world.users[name], role="province", region=world.places["330000"])
    found = world.on_notice()
    world.step(found, "refuse", "province", "objected to")
    owner, third = world.user("owner"), world.user("third")
    case = asking.send(asking.save(found, {"words": "wrong"}, by=owner), by=owner)
    deciding.propose(case, {"words": True}, {"words": "yes"}, by=third, reply="right")
    case.refresh_from_db()
    deciding.confirm(case, by=world.user("fourth"))
    found.refresh_from_db()
    assert (found.status, found.notice_level, found.notice_to) == (Status.AT_PROVINCE, "", None)
    world.wait(1)
    world.step(found, "put_on_notice", "province")
    left = [entry.left_at is None for entry in found.notice_entries.order_by("pk")]
    assert left == [False, True]


def test_recheck_whose_title_lapsed_with_the_refusal_gives_a_new_one(world: World) -> None:
    for name in ("third", "fourth"):
        world.users[name] = User.objects.create_user(name)
        Seat.objects.create(user=world.users[name], role="province", region=world.places["330000"])
    world.holds("innovative", day="2023-05-10")
    found = world.at_province()
    assert found.kind == "recheck"
    world.wait(30)  # the title is past its last day, and runs on for the re-check
    world.step(found, "refuse", "province", "does not hold")
    assert Title.objects.get().ended_on is not None
    owner, third = world.user("owner"), world.user("third")
    case = asking.send(asking.save(found, {"words": "wrong"}, by=owner), by=owner)
    deciding.propose(case, {"words": True}, {"words": "yes"}, by=third, reply="right")
    case.refresh_from_db()
    deciding.confirm(case, by=world.user("fourth"))
    found.refresh_from_db()
    world.judge(found, "province")
    world.step(found, "put_on_notice", "province")
    world.wait(20)
    world.step(found, "recognise", "province")
    assert (found.status, Title.objects.filter(ended_on=None).count()) == (Status.RECOGNISED, 1)


def test_time_from_refusal_to_reopening_counts_against_nobody(
    world: World, application: Application
) -> None:
    before = Application.objects.get(pk=application.pk)
    before.status = Status.AT_PROVINCE
    closes = round_clock.office_span(before)
    case = proposed(world, application)
    world.wait(60)
    deciding.confirm(case, by=world.user("fourth"))
    application.refresh_from_db()
    span = round_clock.office_span(application)
    assert span is not None
    assert closes is not None
    assert span.until == closes.closes + dt.timedelta(days=60)
    assert application.due_on == dt.date(2026, 8, 14)
    world.clock.move_to(dt.datetime(2026, 8, 14, 15, 59, 59, tzinfo=dt.UTC), tick=False)
    world.step(application, "put_on_notice", "province")


@pytest.mark.parametrize("meanwhile", ["applied", "holds"])
def test_what_came_meanwhile_hinders_the_reopening(
    world: World, application: Application, meanwhile: str
) -> None:
    case = proposed(world, application)
    if meanwhile == "applied":
        applications.begin(world.firm, "innovative", kind="recognition", by=world.user("owner"))
    else:
        world.holds("innovative")
    with pytest.raises(MoveError) as caught:
        deciding.confirm(case, by=world.user("fourth"))
    words = {"applied": "Another application", "holds": "holds this title by now"}
    assert words[meanwhile] in str(caught.value)
    case.refresh_from_db()
    assert case.status == "proposed"
    application.refresh_from_db()
    assert application.status == Status.REFUSED


@pytest.mark.parametrize("who", ["owner", "third", "province", "nation", "auditor"])
def test_nobody_reopens_by_the_step_itself(
    world: World, application: Application, who: str
) -> None:
    proposed(world, application)
    with pytest.raises(PermissionDenied):
        moves.advance(application, "reopen", by=world.user(who), reason="please")


def test_overdue_it_goes_up_once_and_may_be_taken_over(
    world: World, application: Application
) -> None:
    case = asked(world, application)
    with pytest.raises(MovedMeanwhileError, match="third has this reconsideration in hand already"):
        deciding.take(case, by=world.user("fourth"))
    world.clock.move_to(dt.datetime(2026, 5, 27, 1, tzinfo=dt.UTC), tick=False)  # due that day
    assert (sweeping.sweep()["escalated"], told("reconsideration_due")) == (0, ["third"])
    world.wait(1)
    assert [sweeping.sweep()["escalated"] for _ in range(2)] == [1, 0]
    assert told("reconsideration_late") == ["nation", "third"]
    taken = deciding.take(case, by=world.user("nation"))
    assert (taken.handler, taken.escalated_on) == (world.users["nation"], dt.date(2026, 5, 28))
    with pytest.raises(PermissionDenied):
        deciding.uphold(taken, answers(taken), by=world.user("third"), reply="no")


def test_withdrawn_it_is_answered_no_more(world: World, application: Application) -> None:
    case = proposed(world, application)
    asking.withdraw(case, by=world.user("owner"))
    with pytest.raises(MoveError, match="withdrawn already"):
        deciding.confirm(case, by=world.user("fourth"))
    assert told("reconsideration_withdrawn") == ["third"]


def test_database_wants_a_second_officer_and_an_answer(
    world: World, application: Application
) -> None:
    case = asked(world, application)
    for wrong in (
        {"status": "reopened"},
        {"status": "upheld"},
        {"status": "examined", "handler": None},
        {"decided_by": world.users["third"], "confirmed_by": world.users["third"]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Reconsideration.objects.filter(pk=case.pk).update(**wrong)
    assert Proposal.objects.count() == 1
    assert Title.objects.count() == 0
