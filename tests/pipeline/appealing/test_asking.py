"""Asking for a reconsideration: in time, once, by the enterprise, with evidence (申请复核)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cultivation.pipeline import tasks
from cultivation.pipeline.appealing import asking, limits, sweeping
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Move, Reconsideration
from cultivation.pipeline.telling import REFUSED
from enterprises.audit.models import AuditRecord
from enterprises.jobs.models import JobRun
from enterprises.notifications.models import Batch, Notification
from enterprises.places.models import Holiday

from .conftest import SAID, asked, code, draft, proof

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
LAST = dt.datetime(2026, 5, 20, 15, 59, 59, tzinfo=dt.UTC)  # ten working days after 6 May, Beijing


def last_refusal(application: Application) -> Move:
    found = limits.last_refusal(application)
    assert found is not None
    return found


def test_last_day_counts_whole_and_the_next_is_too_late(
    world: World, application: Application
) -> None:
    limit = limits.of(last_refusal(application))
    assert (limit.told_on, limit.ask_by) == (dt.date(2026, 5, 6), dt.date(2026, 5, 20))
    kept = draft(world, application)
    world.clock.move_to(LAST + dt.timedelta(seconds=1), tick=False)
    said = (
        "A reconsideration could be asked for until the end of May 20, 2026: 10 working days after "
        "May 6, 2026, the day on which the enterprise was told."
    )
    with pytest.raises(MoveError) as late:
        asking.send(kept, by=world.user("owner"))
    assert str(late.value) == said
    with pytest.raises(MoveError) as late:
        draft(world, application)
    assert str(late.value) == said
    world.clock.move_to(LAST, tick=False)
    sent = asking.send(kept, by=world.user("owner"))
    assert (sent.asked_at, sent.reply_due) == (LAST, dt.date(2026, 6, 10))


def test_holidays_and_the_setting_move_the_last_day(
    application: Application, settings: Any
) -> None:
    Holiday.objects.create(day="2026-05-20", is_workday=False)
    assert limits.of(last_refusal(application)).ask_by == dt.date(2026, 5, 21)
    settings.RECONSIDERATION_WORKING_DAYS = 1
    assert limits.of(last_refusal(application)).ask_by == dt.date(2026, 5, 7)


def test_time_begins_when_a_notification_held_back_is_shown(
    world: World, application: Application
) -> None:
    refusal = last_refusal(application)
    told = Notification.objects.filter(key=f"move:{refusal.pk}:{REFUSED}")
    batch = Batch.objects.create(kind=REFUSED, key="many")
    assert told.update(shown=False, batch=batch) == 2  # owner and editor
    assert limits.of(refusal) == limits.Limit(None, None)
    world.wait(30)
    draft(world, application)
    assert sweeping.sweep()["drafts_lapsed"] == 0
    told.update(shown=True, made_at=world.now())
    assert limits.of(refusal).told_on == dt.date(2026, 6, 5)
    told.delete()  # nobody was there to be told
    assert limits.of(refusal).told_on == dt.date(2026, 5, 6)


def test_draft_is_kept_changed_and_thrown_away(world: World, application: Application) -> None:
    owner, editor = world.user("owner"), world.user("editor")
    kept = asking.save(application, {}, by=editor, words="to begin with", files=[proof()])
    assert (kept.version, kept.status, kept.number) == (1, "draft", "")
    second = draft(world, application, version=1, without=[kept.documents.get().pk])
    assert second.pk == kept.pk
    assert [(p.subject, p.words) for p in second.points.all()] == [
        (f"criterion:{code(application, 2)}", SAID)
    ]
    assert second.documents.count() == 0
    with pytest.raises(MovedMeanwhileError):
        draft(world, application, version=1)
    asking.discard(second, by=owner)
    assert Reconsideration.objects.count() == 0
    actions = AuditRecord.objects.filter(action__startswith="reconsideration.")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "reconsideration.saved", "reconsideration.saved", "reconsideration.discarded",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("points", "more", "said"),
    [
        ({"criterion:X-9": "no"}, {}, "“criterion:X-9” is nothing of this refusal."),
        ({"words": "x" * 5001}, {}, "A statement has 5,001 characters; 5,000 are the most."),
        ({}, {"files": [proof("a.exe")]}, "“a.exe” is not of a kind that is kept"),
        ({}, {"files": [proof("a.pdf", b"PK")]}, "the content of “a.pdf” is not that of a .pdf"),
        ({}, {"files": [proof()] * 11}, "At most 10 files are taken."),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_half_saved(
    world: World, application: Application, points: dict[str, str], more: Any, said: str
) -> None:
    with pytest.raises(MoveError) as caught, transaction.atomic():
        asking.save(application, points, by=world.user("owner"), **more)
    assert str(caught.value).startswith(said)
    assert Reconsideration.objects.count() == 0


def test_request_says_why_for_each_point(world: World, application: Application) -> None:
    owner = world.user("owner")
    with pytest.raises(MoveError, match="which points"):
        asking.send(asking.save(application, {}, by=owner), by=owner)
    kept = asking.save(application, {"words": " "}, by=owner)
    with pytest.raises(MoveError, match="Say why you contest it: In the words of the office"):
        asking.send(kept, by=owner)


def test_refusal_is_reconsidered_once(world: World, application: Application) -> None:
    case = asked(world, application)
    with pytest.raises(MoveError, match="asked for once"):
        draft(world, application)
    with pytest.raises(MoveError, match="asked for once"):
        asking.send(case, by=world.user("owner"))
    asking.withdraw(case, by=world.user("owner"))
    with pytest.raises(MoveError, match="asked for once"):
        draft(world, application)
    case.pk, case.number = None, "FH-TWICE"
    with pytest.raises(IntegrityError), transaction.atomic():
        case.save(force_insert=True)


@pytest.mark.parametrize("who", ["other_owner", "county", "province", "third", "nation", "auditor"])
def test_nobody_else_asks(world: World, application: Application, who: str) -> None:
    kept = draft(world, application)
    user = world.user(who)
    for attempt in (
        lambda: asking.save(application, {}, by=user),
        lambda: asking.send(kept, by=user),
        lambda: asking.discard(kept, by=user),
        lambda: asking.withdraw(kept, by=user),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


def test_draft_is_seen_by_its_enterprise_alone_and_the_rest_by_line(
    world: World, application: Application
) -> None:
    def seeing() -> list[str]:
        return [
            name
            for name in sorted(world.users)
            if Reconsideration.objects.visible_to(world.user(name)).exists()
        ]

    case = draft(world, application)
    assert seeing() == ["editor", "owner"]
    asking.send(case, by=world.user("owner"))
    assert seeing() == [
        "auditor", "clerk", "editor", "fourth", "nation", "owner", "province", "province2", "third",
    ]  # fmt: skip


def test_sweep_runs_once_a_day_as_a_job(world: World, application: Application) -> None:
    draft(world, application)
    world.clock.move_to(LAST + dt.timedelta(seconds=1), tick=False)
    run = JobRun.objects.get(pk=tasks.sweep_reconsiderations_today())
    assert tasks.sweep_reconsiderations_today() == run.pk
    tasks.sweep_reconsiderations(run.pk)
    run.refresh_from_db()
    assert (run.status, run.result["drafts_lapsed"]) == ("done", 1)


def test_sweep_reminds_lets_drafts_lapse_and_does_nothing_twice(
    world: World, application: Application
) -> None:
    case = draft(world, application)
    assert sweeping.sweep() == {
        "drafts_lapsed": 0, "answers_reminded": 0, "escalated": 0, "requests_closed": 0,
    }  # fmt: skip
    world.clock.move_to(LAST, tick=False)
    assert sweeping.sweep()["answers_reminded"] == 2
    assert sweeping.sweep()["answers_reminded"] == 0
    world.wait(1)
    assert [sweeping.sweep()["drafts_lapsed"] for _ in range(2)] == [1, 0]
    case.refresh_from_db()
    assert case.status == "lapsed"
    with pytest.raises(MoveError, match="could be asked for until the end of May 20, 2026"):
        draft(world, application)
    told = Notification.objects.filter(recipient=world.user("owner"), kind="reconsideration_lapsed")
    assert told.get().params["day"] == "2026-05-20"
