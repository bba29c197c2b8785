"""Decisions of two persons: proposed, changed, withdrawn, released, each once (两人决定)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from cultivation.pipeline import moves, opinions, tasks
from cultivation.pipeline.correcting import reasons as library
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    Move,
    Proposal,
    Reason,
    Release,
    StageChange,
    Status,
)
from cultivation.pipeline.opinions import Word
from cultivation.pipeline.releasing import endings, looking, proposing, releasing, sets
from cultivation.pipeline.releasing.grounds import Ground
from cultivation.pipeline.titles import TitleError
from enterprises.accounts.models import Seat
from enterprises.audit.models import AuditRecord
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise, Title

from .conftest import enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


def ready(world: World) -> Application:
    """Bring an application to where the province decides: its notice over."""
    application = world.on_notice()
    world.wait()
    return application


def many(world: World, like: Application, number: int) -> list[Application]:
    """Copy an application on notice, with its first steps and words, for firms of its own."""
    found = [like]
    for place in range(number - 1):
        firm = enterprise(world.places, "330108", 100 + place)
        copy = Application.objects.get(pk=like.pk)
        copy.pk, copy.enterprise, copy.receipt = None, firm, f"copy {place}"
        copy.save(force_insert=True)
        for row in (*like.moves.all(), *like.criterion_reviews.all()):
            row.pk, row.application = None, copy
            row.save(force_insert=True)
        found.append(copy)
    return found


def test_one_person_alone_recognises_and_refuses_nothing(world: World) -> None:
    application = ready(world)
    for name in ("recognise", "refuse"):
        with pytest.raises(MoveError, match="takes two persons here: one proposes it, another"):
            moves.advance(application, name, by=world.user("province"), reason="because")
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    with pytest.raises(PermissionDenied, match="Who proposes does not release"):
        releasing.release([proposal], by=world.user("province"))
    assert (Title.objects.count(), Proposal.objects.get().state) == (0, "pending")


def test_a_second_officer_releases_and_both_are_named(world: World) -> None:
    application = ready(world)
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    done = releasing.release([proposal], by=world.user("province2"))
    (move,) = done.taken
    application.refresh_from_db()
    proposal.refresh_from_db()
    assert application.status == Status.RECOGNISED
    assert (move.decides, move.alone) == (True, False)
    assert (move.proposed_by, move.made_by) == (world.users["province"], world.users["province2"])
    assert (proposal.state, proposal.move, proposal.released_by) == (
        "released", move, world.users["province2"],
    )  # fmt: skip
    assert done.hindered == {}
    assert releasing.release([proposal], by=world.user("province2")).taken == []
    assert Title.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"proposed_by": None},
        {"proposed_by": "same"},
        {"decides": False},
    ],
)
def test_the_database_holds_a_recognition_to_two_persons(
    world: World, change: dict[str, Any]
) -> None:
    application = ready(world)
    world.decide(application, "recognise", "province")
    if change.get("proposed_by") == "same":
        change = {"proposed_by": world.users["province2"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        Move.objects.filter(name="recognise").update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(proposed_by=world.users["province2"])


def test_below_the_level_that_decides_one_officer_refuses(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    moves.advance(application, "refuse", by=world.user("county"), reason="not of this county")
    move = application.moves.last()
    assert (application.status, move.decides, move.proposed_by) == ("refused", False, None)
    with pytest.raises(PermissionDenied):
        proposing.propose(world.draft(), "refuse", by=world.user("county"), reason="x")


def test_a_province_that_recommends_may_stage_its_recommendations(world: World) -> None:
    world.holds("srdi")
    application = world.on_notice("little_giant")
    assert proposing.verdicts_for(application) == ["recommend", "refuse"]
    with pytest.raises(MoveError, match="recognised by the level above"):
        proposing.propose(application, "recognise", by=world.user("province"))
    world.wait()
    world.decide(application, "recommend", "province")
    move = application.moves.last()
    assert (application.status, move.decides) == ("at_nation", False)
    assert (move.proposed_by, move.made_by) == (world.users["province"], world.users["province2"])
    with pytest.raises(PermissionDenied):
        proposing.propose(application, "refuse", by=world.user("province"), reason="late")


STRANGERS = (
    "owner", "editor", "county", "city", "nation", "clerk", "jiangsu", "ningbo", "auditor",
    "expert", "nobody", "other_owner",
)  # fmt: skip


def test_only_who_decides_there_proposes_withdraws_and_releases(world: World) -> None:
    application = ready(world)
    for who in STRANGERS:
        with pytest.raises(PermissionDenied):
            proposing.propose(application, "recognise", by=world.user(who))
        done = proposing.propose_many([application.pk], "recognise", by=world.user(who))
        assert done.left_out == {application.pk: "not with your office"}
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    seen = {who for who in STRANGERS if Proposal.objects.visible_to(world.user(who)).exists()}
    assert seen == {"clerk", "auditor"}
    for who in STRANGERS:
        with pytest.raises(PermissionDenied):
            proposing.withdraw(proposal, by=world.user(who))
        with pytest.raises(PermissionDenied):
            releasing.release([proposal], by=world.user(who))
        with pytest.raises(MoveError, match="None of these is yours"):
            sets.prepare([proposal.pk], by=world.user(who))
    assert Application.objects.get().status == Status.ON_NOTICE


def test_officer_with_a_seat_in_the_firm_neither_sees_nor_decides(world: World) -> None:
    application = ready(world)
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    Seat.objects.create(user=world.user("province2"), role="editor", enterprise=world.firm)
    own = world.user("province2")
    assert list(Proposal.objects.visible_to(own)) == []
    assert list(Application.objects.to_decide_by(own)) == []
    with pytest.raises(PermissionDenied):
        releasing.release([proposal], by=own)


def test_a_proposal_is_changed_and_withdrawn_until_it_is_released(world: World) -> None:
    application = ready(world)
    first = proposing.propose(application, "recognise", by=world.user("province"))
    second = proposing.propose(
        application, "refuse", by=world.user("province2"), reason="a letter came in"
    )
    first.refresh_from_db()
    assert (first.state, second.state, second.reason) == ("replaced", "pending", "a letter came in")
    with pytest.raises(PermissionDenied, match="Who proposes"):
        releasing.release([second], by=world.user("province2"))
    proposing.withdraw(second, by=world.user("province"))
    with pytest.raises(MoveError, match="The proposal is withdrawn already"):
        proposing.withdraw(second, by=world.user("province"))
    assert releasing.release([first, second], by=world.user("province2")).taken == []
    assert application.moves.last().name == "put_on_notice"


def test_what_overtakes_a_proposal_lets_it_lapse(world: World) -> None:
    application = ready(world)
    stale = Application.objects.get()
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    world.step(application, "withdraw", "owner")
    proposal.refresh_from_db()
    assert proposal.state == "lapsed"
    with pytest.raises((MovedMeanwhileError, PermissionDenied)):
        proposing.propose(stale, "recognise", by=world.user("province"))


def test_a_hindered_proposal_stays_pending_and_says_why(world: World) -> None:
    application = world.on_notice()  # the notice runs
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    assert looking.hindrances([proposal]) == {
        proposal.pk: "The public notice runs until the end of May 13, 2026."
    }
    done = releasing.release([proposal], by=world.user("province2"))
    assert done.hindered[proposal.pk].startswith("The public notice runs")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.hindrance) == ("pending", done.hindered[proposal.pk])
    world.wait()
    opinions.record(application, [Word("I-2", "objected", "late")], by=world.user("province"))
    assert "Objections stand to I-2" in looking.hindrances([proposal])[proposal.pk]


def test_reasons_come_from_the_library_and_in_own_words(world: World) -> None:
    library.load()
    Reason.objects.create(
        code="test-line", uses=["refuse"], criteria=["I-1"], text_zh="收入不足。", text_en="Low."
    )
    application = ready(world)
    for wrong in (Ground("test-line", "I-2"), Ground("no-such"), Ground("figure-not-as-audited")):
        with pytest.raises(MoveError, match="does not fit here"):
            proposing.propose(application, "refuse", by=world.user("province"), reasons=[wrong])
    with pytest.raises(MoveError, match="needs a reason"):
        proposing.propose(application, "refuse", by=world.user("province"), reason=" ")
    proposal = proposing.propose(
        application,
        "refuse",
        by=world.user("province"),
        reason="see page 4",
        reasons=[Ground("test-line", "I-1")],
    )
    assert proposal.reason == "I-1 收入不足。\nsee page 4"
    (move,) = releasing.release([proposal], by=world.user("province2")).taken
    assert move.reason == "I-1 收入不足。\nsee page 4"
    assert move.note["reasons"] == [
        {"code": "test-line", "criterion": "I-1", "text_zh": "收入不足。", "text_en": "Low."}
    ]


def test_many_are_proposed_at_once_and_the_rest_is_named(world: World) -> None:
    application = ready(world)
    others = many(world, application, 3)
    proposing.propose(application, "recognise", by=world.user("province"))
    Application.objects.filter(pk=others[2].pk).update(status="withdrawn")
    pks = [one.pk for one in others]
    done = proposing.propose_many(pks, "recognise", by=world.user("province2"))
    assert [one.application_id for one in done.made] == [pks[1]]
    assert done.left_out == {
        pks[0]: "has a proposal already",
        pks[2]: "not with your office",
    }
    with pytest.raises(MoveError, match="needs a reason"):
        proposing.propose_many(pks, "refuse", by=world.user("province"))
    with pytest.raises(MoveError, match="Choose what to propose"):
        proposing.propose_many(pks, "submit", by=world.user("province"))


def rows_of(firm: Enterprise) -> Any:
    """Return all that a recognition leaves behind for a firm, without keys and moments."""
    firm.refresh_from_db()
    application = Application.objects.get(enterprise=firm)
    leave = {"id", "enterprise_id", "receipt", "made_at", "created_at", "updated_at", "title_id"}
    move = {k: v for k, v in vars(application.moves.last()).items() if not k.startswith("_")}
    title = Title.objects.get(enterprise=firm)
    number = title.number
    found = [
        {k: v for k, v in vars(row).items() if k not in leave and not k.startswith("_")}
        for row in (application, title, StageChange.objects.get(enterprise=firm))
    ]
    note = move.pop("note")
    for key in ("id", "application_id", "made_at"):
        move.pop(key)
    note.pop("proposal")
    assert [said.pop("at") > "2026-05" for said in note["opinions"]] == [True]
    assert note.pop("title") == number == f"CX{timezone.localdate():%Y%m%d}A{application.pk}"
    assert number in found[2].pop("cause")
    assert found[2].pop("application_id") == application.pk
    assert found[1].pop("number") == number
    assert application.title == title
    return found, move, note, (firm.stage, firm.tier)


def test_many_at_once_leave_the_same_rows_as_one(world: World) -> None:
    application = ready(world)
    one, *rest = many(world, application, 4)
    world.decide(one, "recognise", "province")
    done = proposing.propose_many([o.pk for o in rest], "recognise", by=world.user("province"))
    assert len(releasing.release(done.made, by=world.user("province2")).taken) == 3
    single = rows_of(one.enterprise)
    assert [rows_of(o.enterprise) for o in rest] == [single] * 3
    assert single[3] == ("seedling", "innovative")


def test_refusals_at_once_leave_the_same_rows_as_one(world: World) -> None:
    world.holds("innovative", day="2023-05-08")  # a re-check: the title lapses with its refusal
    application = world.on_notice()
    world.wait(10)
    one, *rest = many(world, application, 3)
    for other in rest:
        held = Title.objects.get(enterprise=world.firm)
        held.pk, held.enterprise, held.number = None, other.enterprise, f"N{other.pk}"
        held.save(force_insert=True)
        Enterprise.objects.filter(pk=other.enterprise_id).update(
            stage="seedling", tier="innovative"
        )
    world.decide(one, "refuse", "province", "no")
    done = proposing.propose_many([o.pk for o in rest], "refuse", by=world.user("province"),
                                  reason="no")  # fmt: skip
    releasing.release(done.made, by=world.user("province2"))
    left = []
    for each in (one, *rest):
        each.refresh_from_db()
        each.enterprise.refresh_from_db()
        title = Title.objects.get(enterprise=each.enterprise)
        change = StageChange.objects.filter(enterprise=each.enterprise).first()
        left.append(
            (each.status, each.version, title.ended_on, title.end_kind, each.enterprise.stage,
             change and (change.stage_after, change.effective_on, change.cause),
             each.moves.last().reason)
        )  # fmt: skip
    assert left == [left[0]] * 3
    assert left[0][0] == "refused"
    assert left[0][4] == "seed"


def test_release_takes_the_same_queries_for_three_as_for_one(world: World) -> None:
    application = ready(world)
    one, *rest = many(world, application, 4)
    by = world.user("province2")
    assert by.scope.decide_paths
    counts = []
    for some in ([one], rest):
        done = proposing.propose_many([o.pk for o in some], "recognise", by=world.user("province"))
        with CaptureQueriesContext(connection) as seen:
            releasing.release(done.made, by=by)
        counts.append(len(seen))
    assert Title.objects.count() == 4
    # one application is saved by itself, many by one statement; the rest is the same
    assert counts[1] <= counts[0] + 3
    assert counts[0] <= 48


def test_two_titles_of_a_firm_in_one_release_raise_it_step_by_step(world: World) -> None:
    first = world.draft("technology")
    for name, who in (("submit", "owner"), ("recommend", "county"), ("recommend", "city"),
                      ("put_on_notice", "province")):  # fmt: skip
        world.step(first, name, who)
    second = world.on_notice("innovative")
    world.wait()
    pks = [first.pk, second.pk]
    done = proposing.propose_many(pks, "recognise", by=world.user("province"))
    assert len(releasing.release(done.made, by=world.user("province2")).taken) == 2
    changes = StageChange.objects.order_by("pk").values_list("tier_before", "tier_after")
    assert list(changes) == [("", "technology"), ("technology", "innovative")]


# --- Sets: prepared, confirmed, scheduled, called off ------------------------------------------


def staged(world: World, number: int = 3) -> list[Proposal]:
    """Give pending proposals of the province."""
    some = many(world, ready(world), number)
    done = proposing.propose_many([o.pk for o in some], "recognise", by=world.user("province"))
    return done.made


def test_release_is_confirmed_by_its_number_and_runs_as_a_job(
    world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    proposals = staged(world)
    by = world.user("province2")
    made, left_out = sets.prepare([one.pk for one in proposals], by=by)
    assert (left_out, made.level, made.region_path) == (0, "province", "33")
    with pytest.raises(MoveError, match="holds 3 decisions now; you typed 4") as caught:
        sets.confirm(made, by=by, count=4)
    assert caught.value.field == "count"
    with pytest.raises(PermissionDenied):
        sets.confirm(made, by=world.user("province"), count=3)
    with django_capture_on_commit_callbacks(execute=True):
        sets.confirm(made, by=by, count=3)
    made.refresh_from_db()
    run = JobRun.objects.get(kind="release")
    assert (run.status, run.result) == ("done", {"decided": 3, "hindered": 0})
    assert (made.state, made.taken, made.run) == ("done", 3, run)
    assert set(Application.objects.values_list("status", flat=True)) == {"recognised"}
    tasks.release_decisions(run.pk)  # a second delivery finds nothing to do
    with pytest.raises(MoveError, match="The release is done"):
        sets.confirm(made, by=by, count=3)
    assert Title.objects.count() == 3
    actions = AuditRecord.objects.order_by("pk").values_list("action", flat=True)
    assert [one for one in actions if one.startswith("release.")] == ["release.confirmed"]


def test_own_proposals_are_left_out_of_a_release(world: World) -> None:
    proposals = staged(world)
    own = proposing.propose(
        proposals[0].application, "refuse", by=world.user("province2"), reason="no"
    )
    pks = [own.pk, *[one.pk for one in proposals]]
    made, left_out = sets.prepare(pks, by=world.user("province2"))
    assert (made.proposals.count(), left_out) == (2, 2)  # the replaced one too
    with pytest.raises(MoveError, match="None of these is yours"):
        sets.prepare([own.pk], by=world.user("province2"))


def test_a_scheduled_release_holds_its_decisions_until_it_is_called_off(world: World) -> None:
    proposals = staged(world)
    by = world.user("province2")
    made, _ = sets.prepare([one.pk for one in proposals], by=by)
    now = timezone.now()
    for moment in (now, now - dt.timedelta(days=1), now + dt.timedelta(days=400)):
        with pytest.raises(MoveError, match="Name a moment within the next year"):
            sets.confirm(made, by=by, count=3, due_at=moment)
    sets.confirm(made, by=by, count=3, due_at=now + dt.timedelta(hours=3))
    assert sets.start_due() == 0
    held = proposals[0]
    with pytest.raises(MoveError, match="in a release"):
        proposing.propose(held.application, "refuse", by=world.user("province"), reason="no")
    with pytest.raises(MoveError, match="in a release"):
        proposing.withdraw(held, by=world.user("province"))
    assert releasing.release([held], by=by).taken == []
    with pytest.raises(PermissionDenied):
        sets.cancel(made, by=world.user("county"))
    sets.cancel(made, by=world.user("province"))  # the proposer may, until it starts
    assert set(Proposal.objects.values_list("state", flat=True)) == {"pending"}
    world.clock.shift(dt.timedelta(hours=4))
    assert sets.start_due() == 0
    with pytest.raises(MoveError, match="called off"):
        sets.cancel(made, by=by)
    assert Move.objects.filter(name="recognise").count() == 0


def test_a_scheduled_release_starts_once_when_its_moment_has_come(
    world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    proposals = staged(world, 1)
    by = world.user("province2")
    made, _ = sets.prepare([proposals[0].pk], by=by)
    sets.confirm(made, by=by, count=1, due_at=timezone.now() + dt.timedelta(hours=3))
    world.clock.shift(dt.timedelta(hours=4))
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.start_due_releases() == 1
    assert tasks.start_due_releases() == 0
    made.refresh_from_db()
    assert (made.state, made.taken) == ("done", 1)
    with pytest.raises(MoveError, match="The release is done"):
        sets.cancel(made, by=by)


def test_a_release_stopped_midway_goes_on_or_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "CHUNK", 1)
    proposals = staged(world)
    by = world.user("province2")
    made, _ = sets.prepare([one.pk for one in proposals], by=by)
    sets.confirm(made, by=by, count=3)
    run = JobRun.objects.get(kind="release")
    JobRun.objects.filter(pk=run.pk).update(cancel_wanted=True)
    tasks.release_decisions(run.pk)  # stops after the first chunk
    made.refresh_from_db()
    run.refresh_from_db()
    assert (run.status, made.state) == ("cancelled", "running")
    assert Title.objects.count() == 1
    assert Proposal.objects.filter(state="held").count() == 2
    assert sets.start_due() == 0
    made = Release.objects.get()
    assert sets.stopped(made)
    with pytest.raises(MoveError, match="under way"):
        sets.cancel(made, by=by)
    sets.resume(made, by=world.user("province"))
    JobRun.objects.filter(status="waiting").update(status="failed")
    sets.give_up(Release.objects.get(), by=by)
    made.refresh_from_db()
    assert (made.state, made.taken) == ("done", 1)
    assert Proposal.objects.filter(state="pending").count() == 2


def test_rights_lost_before_the_release_leave_all_pending(world: World) -> None:
    proposals = staged(world, 2)
    by = world.user("province2")
    made, _ = sets.prepare([one.pk for one in proposals], by=by)
    sets.confirm(made, by=by, count=2)
    Seat.objects.filter(user=by).update(active=False)
    tasks.release_decisions(JobRun.objects.get(kind="release").pk)
    assert {one.state for one in Proposal.objects.all()} == {"pending"}
    assert {one.hindrance for one in Proposal.objects.all()} != {""}
    assert Title.objects.count() == 0


def test_looking_notes_what_stands_in_the_way(world: World) -> None:
    proposals = staged(world)
    opinions.record(
        proposals[0].application, [Word("I-2", "objected", "late")], by=world.user("province")
    )
    made, _ = sets.prepare([one.pk for one in proposals], by=world.user("province2"))
    assert sets.look(made, by=world.user("province2")) is None
    assert looking.state_of(made.proposals.all()) == {"all": 3, "looked_at": 3, "hindered": 1}
    lines, verdicts = looking.counted(made.proposals.all(), level="province")
    assert (verdicts, [(one.region, one.counts) for one in lines]) == (
        ["recognise"], [("杭州市", [3])],
    )  # fmt: skip


# --- Titles ended by two ----------------------------------------------------------------------


def test_a_title_is_ended_by_two_officers(world: World) -> None:
    world.holds("srdi")
    title = Title.objects.get()
    by, second = world.user("province"), world.user("province2")
    made = endings.propose(title, "revoked", by=by, reason="figures made up")
    title.refresh_from_db()
    assert title.ended_on is None
    with pytest.raises(TitleError, match="is proposed already"):
        endings.propose(title, "cancelled", by=second, reason="x")
    with pytest.raises(PermissionDenied, match="Who proposes does not release"):
        endings.release(made, by=by)
    for who in ("county", "nation", "jiangsu", "clerk", "owner"):
        with pytest.raises(PermissionDenied):
            endings.release(made, by=world.user(who))
        with pytest.raises(PermissionDenied):
            endings.withdraw(made, by=world.user(who))
    assert [one.pk for one in endings.release(made, by=second)] == [title.pk]
    with pytest.raises(TitleError, match="is released already"):
        endings.release(made, by=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(made).objects.update(released_by=by)


def test_a_proposal_to_end_a_title_is_withdrawn_and_made_again(world: World) -> None:
    world.holds("srdi")
    title = Title.objects.get()
    made = endings.propose(title, "cancelled", by=world.user("province"), reason="two missed")
    endings.withdraw(made, by=world.user("province2"))
    again = endings.propose(title, "cancelled", by=world.user("province2"), reason="two missed")
    assert [one.end_kind for one in endings.release(again, by=world.user("province"))] == [
        "cancelled"
    ]
    title.refresh_from_db()
    assert title.end_kind == "cancelled"
