"""Workers killed in the middle of a release: each decision takes effect once (发布中断)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import time_machine

from cultivation.pipeline import tasks, telling
from cultivation.pipeline.models import Application, Move, Proposal, StageChange
from cultivation.pipeline.releasing import proposing, releasing, sets
from enterprises.accounts.models import Seat
from enterprises.audit import sealing
from enterprises.audit.models import AuditRecord
from enterprises.audit.verifying import Walk
from enterprises.jobs.models import JobRun
from enterprises.notifications.addressees import staff_of
from enterprises.notifications.models import Delivery, Notification
from enterprises.registry.models import Title
from tests.killing import Workers, sweep, wait_for

from .test_releasing import many

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import World

DECISIONS = 6


def pending(world: World) -> list[Proposal]:
    """Give pending decisions on firms of one owner with an address, by the clock of the workers."""
    cases = many(world, world.on_notice(), DECISIONS)
    now = time_machine.escape_hatch.datetime.datetime.now(tz=dt.UTC)
    world.clock.move_to(now, tick=True)
    over = now.date() - dt.timedelta(days=9)
    Application.objects.update(notice_from=over - dt.timedelta(days=9), notice_to=over)
    owner = world.user("owner")
    owner.email = "owner@firm.example"
    owner.save()
    for case in cases[1:]:
        Seat.objects.create(user=owner, role="owner", enterprise=case.enterprise)
    made = proposing.propose_many([one.pk for one in cases], "recognise", by=world.user("province"))
    return made.made


def told() -> list[tuple[int, str]]:
    """Return who was told of which recognition."""
    rows = Notification.objects.filter(kind="application_recognised")
    return sorted(rows.values_list("recipient_id", "key"))


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_midway_leaves_each_decision_to_take_effect_once(
    world: World,
    start_worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It dies in the transaction of the second chunk; the sweep hands the rest to another."""
    monkeypatch.setenv("HOLD_AT", str(tmp_path))
    workers = Workers(tmp_path, start_worker)
    workers.hold("release")
    workers.start(2)
    by = world.user("province2")
    release, _ = sets.prepare([one.pk for one in pending(world)], by=by)
    sets.confirm(release, by=by, count=DECISIONS)
    workers.kill_one_at("release")
    run = JobRun.objects.get(kind="release")
    assert (run.status, Title.objects.count()) == ("running", 2)
    workers.let_go("release")
    assert sweep() >= 1  # the other may be telling of the first chunk
    wait_for(run)
    for job in JobRun.objects.filter(kind="tell_moves"):
        wait_for(job)
    release.refresh_from_db()
    assert (run.status, release.state, release.taken) == ("done", "done", DECISIONS)
    assert set(Proposal.objects.values_list("state", flat=True)) == {"released"}
    made = Move.objects.filter(name="recognise")
    assert sorted(one.application_id for one in made) == sorted(
        Application.objects.values_list("pk", flat=True)
    )
    assert Title.objects.count() == StageChange.objects.count() == DECISIONS
    firm = [pair for move in made for pair in staff_told(move)]
    assert (told(), len(firm)) == (sorted(firm), DECISIONS + 1)  # one firm has an editor beside
    assert Delivery.objects.filter(notifications__kind="application_recognised").count() == 6
    assert Delivery.objects.filter(notifications__isnull=True).count() == 0
    assert AuditRecord.objects.filter(action="application.recognise").count() == DECISIONS
    sealing.sweep(everything=True)
    faults = [one.detail for one in Walk().faults() if one.record or "recognise" in one.detail]
    assert faults == []  # steps copied by the test are not in the log


def staff_told(move: Move) -> list[tuple[int, str]]:
    staff = staff_of(move.application.enterprise_id)
    return [(user.pk, f"move:{move.pk}:application_recognised") for user in staff]


@pytest.mark.django_db
def test_telling_cut_off_midway_goes_on_and_tells_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "BATCH", 2)
    monkeypatch.setattr(telling, "AT_ONCE", 1)
    made = releasing.release(pending(world), by=world.user("province2")).taken
    run = JobRun.objects.get(kind="tell_moves")
    JobRun.objects.filter(pk=run.pk).update(cancel_wanted=True)
    tasks.tell_moves(run.pk)  # stops after the first two
    assert len({key for _, key in told()}) == 2
    JobRun.objects.filter(pk=run.pk).update(cancel_wanted=False, status="waiting")
    tasks.tell_moves(run.pk)
    assert told() == sorted(pair for move in made for pair in staff_told(move))
