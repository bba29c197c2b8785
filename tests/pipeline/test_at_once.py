"""Two hands at the same moment, on a database that locks rows (并发)."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from cultivation.pipeline import applications, invitations, moves, titles
from cultivation.pipeline.correcting import assigning, returning
from cultivation.pipeline.correcting.returning import Ask
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Application,
    CorrectionItem,
    Invitation,
    Move,
    Proposal,
    QuotaPlace,
    Release,
    StageChange,
)
from cultivation.pipeline.releasing import proposing, releasing, sets
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment
from enterprises.accounts.models import Seat, User
from enterprises.registry.models import Title

from .test_quotas import at_city, second_firm, share
from .test_rounds import at, hold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(world: World, application: Application, *hands: tuple[str, str]) -> list[str]:
    """Take moves in threads of their own, all from the same state; return what became of each."""
    barrier = Barrier(len(hands))

    def take(hand: tuple[str, str]) -> str:
        name, who = hand
        try:
            seen = Application.objects.get(pk=application.pk)
            by = world.user(who)
            barrier.wait(timeout=20)
            moves.advance(seen, name, by=by, reason="at once")
        except MovedMeanwhileError:
            return "told"
        except PermissionDenied:
            return "not allowed"
        finally:
            connection.close()
        return "taken"

    with ThreadPoolExecutor(len(hands)) as pool:
        return sorted(pool.map(take, hands))


def test_double_click_on_submit_moves_once(world: World) -> None:
    application = world.draft()
    assert at_once(world, application, *[("submit", "owner")] * 4) == ["taken", *["told"] * 3]
    assert Move.objects.count() == 1


def test_recognition_and_refusal_at_once_give_one_decision(world: World) -> None:
    application = world.on_notice()
    world.wait()
    first = proposing.propose(application, "recognise", by=world.user("province"))
    world.user("province2")
    barrier = Barrier(4)

    def hand(work: Callable[[], object]) -> bool:
        try:
            barrier.wait(timeout=20)
            return bool(work())
        except (MoveError, PermissionDenied):
            return False
        finally:
            connection.close()

    def let_go() -> list[Move]:
        return releasing.release([first], by=world.user("province2")).taken

    def otherwise() -> object:
        return proposing.propose(application, "refuse", by=world.user("province2"), reason="no")

    def send_back() -> Move:
        return moves.advance(application, "return", by=world.user("province"), reason="at once")

    with ThreadPoolExecutor(4) as pool:
        released, again, proposed, returned = pool.map(hand, (let_go, let_go, otherwise, send_back))
    application.refresh_from_db()
    assert released + again + returned == (application.status != "on_notice")
    assert application.status in {"recognised", "returned", "on_notice"}
    assert Title.objects.count() == (1 if application.status == "recognised" else 0)
    decided = Move.objects.filter(name__in=["recognise", "return"])
    assert [move.target for move in decided] == [application.status] * len(decided)
    still_open = Proposal.objects.open().count()
    assert still_open == (1 if application.status == "on_notice" else 0)
    assert proposed or application.status != "on_notice"


def at_the_same_moment(*works: Callable[[], str]) -> list[str]:
    """Do works in threads of their own at once; return what each said, or was told."""
    barrier = Barrier(len(works))

    def hand(work: Callable[[], str]) -> str:
        try:
            barrier.wait(timeout=20)
            return work()
        except (MoveError, PermissionDenied) as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(hand, works))


def third_officer(world: World) -> User:
    user = User.objects.create_user("third", password="a-long-password")
    Seat.objects.create(user=user, role="province", region=world.places["330000"])
    return user


def test_two_officers_release_one_decision_at_once_and_one_is_told(world: World) -> None:
    application = world.on_notice()
    world.wait()
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    officers = (world.user("province2"), third_officer(world))

    def let_go(by: User) -> Callable[[], str]:
        def work() -> str:
            done = releasing.release([proposal], by=by)
            return "taken" if done.taken else done.hindered[proposal.pk]

        return work

    said = at_the_same_moment(*map(let_go, officers))
    assert said.count("taken") == 1
    assert all(said)  # the other in words
    assert (Title.objects.count(), Move.objects.filter(name="recognise").count()) == (1, 1)


def test_two_officers_confirm_releases_of_one_decision_at_once_and_one_is_told(
    world: World,
) -> None:
    application = world.on_notice()
    world.wait()
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    officers = (world.user("province2"), third_officer(world))

    def confirm(by: User) -> Callable[[], str]:
        def work() -> str:
            made, _left = sets.prepare([proposal.pk], by=by)
            sets.confirm(made, by=by, count=1, due_at=timezone.now() + dt.timedelta(days=1))
            return "confirmed"

        return work

    said = at_the_same_moment(*map(confirm, officers))
    assert said.count("confirmed") == 1
    assert all(said)
    proposal.refresh_from_db()
    assert (proposal.state, Release.objects.filter(state="scheduled").count()) == ("held", 1)
    assert proposal.release == Release.objects.get(state="scheduled")


def test_two_returns_and_an_assignment_at_once_give_one_return(world: World) -> None:
    application = world.at_province()
    barrier = Barrier(3)

    def act(hand: tuple[str, str]) -> str:
        what, who = hand
        try:
            seen, by = Application.objects.get(pk=application.pk), world.user(who)
            barrier.wait(timeout=20)
            if what == "take":
                assigning.assign(seen, by, by=by, seen=0)
            else:
                returning.send_back(seen, [Ask(what, words=who)], by=by)
        except MovedMeanwhileError:
            return "told"
        except PermissionDenied:
            return "not allowed"
        finally:
            connection.close()
        return what

    hands = (("answer:product", "province"), ("report:2025:revenue", "clerk"), ("take", "clerk"))
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(act, hands))
    assert done[:2].count("told") == 1
    (item,) = CorrectionItem.objects.filter(correction__opened_at__isnull=False)
    assert item.subject in done
    assert Move.objects.filter(name="return").count() == 1
    assert done[2] in {"take", "not allowed"}


def test_last_place_recommended_twice_at_once_is_taken_once(world: World) -> None:
    quota = share(world, hold(world), 1)
    waiting = [at_city(world, firm) for firm in (world.firm, second_firm(world))]
    barrier = Barrier(2)

    def recommend(application: Application) -> str:
        try:
            by = world.user("city")
            barrier.wait(timeout=20)
            moves.advance(application, "recommend", by=by)
        except MoveError as error:
            return str(error)
        finally:
            connection.close()
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(recommend, waiting))
    quota.refresh_from_db()
    assert (done.count("taken"), quota.used, QuotaPlace.objects.count()) == (1, 1, 1)


def test_submission_that_waits_for_another_counts_by_when_it_came(world: World) -> None:
    """Came in at 23:59:58, taken up after the deadline: in time, and the record says so."""
    hold(world)
    application = world.draft()
    world.clock.move_to(at("2026-05-20 23:59:58"), tick=False)
    came = Event()

    def submit() -> None:
        try:
            seen, by = Application.objects.get(pk=application.pk), world.user("owner")
            came.set()
            moves.advance(seen, "submit", by=by)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Application.objects.select_for_update().get(pk=application.pk)
            waiting = pool.submit(submit)
            came.wait(timeout=20)
            _until_somebody_waits()
            world.clock.move_to(at("2026-05-21 00:00:30"), tick=False)
        waiting.result(timeout=20)
    application.refresh_from_db()
    assert application.submitted_at == at("2026-05-20 23:59:58")
    assert application.moves.get().note["received_at"] == "2026-05-20T23:59:58+08:00"


def _until_somebody_waits() -> None:
    """Return once another connection waits for a lock of this one."""
    with connection.cursor() as cursor:
        for _attempt in range(2000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody came to wait")


def test_two_sweeps_at_once_end_a_title_once(world: World) -> None:
    world.holds("srdi", day="2023-05-07")
    world.wait(1)

    def sweep(_number: int) -> int:
        try:
            return titles.expire()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(sweep, range(3)))
    assert sum(ended) == 1
    assert StageChange.objects.filter(tier_after="").count() == 1


def test_two_offices_invite_at_once_and_one_invitation_stands(
    world: World, settings: Any, tmp_path: Path
) -> None:
    settings.SNAPSHOT_DIR = tmp_path
    judge_registry(timezone.localdate())
    found = Assessment.objects.get(
        enterprise=world.firm, edition__tier="innovative", kind="recognition"
    )
    barrier = Barrier(4)

    def ask(who: str) -> int:
        try:
            by = world.user(who)
            barrier.wait(timeout=20)
            return len(invitations.invite([found.pk], by=by, text=invitations.Text()).made)
        except MovedMeanwhileError:
            return 0
        finally:
            connection.close()

    def begin() -> str:
        try:
            by = world.user("owner")
            barrier.wait(timeout=20)
            begun = applications.begin(world.firm, "innovative", kind="recognition", by=by)
            return str(begun.intake)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        intake = pool.submit(begin)
        made = sum(pool.map(ask, ("county", "city", "province")))
    assert made == Invitation.objects.count() <= 1
    assert intake.result() == ("discovered" if made else "self_applied")
    assert Invitation.objects.filter(application__isnull=True).count() == 0
