"""Enterprises are told of a round they may apply to, once an officer saw it (批次告知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cultivation.pipeline.rounds import announcing, holding
from enterprises.accounts.models import Seat
from enterprises.jobs.models import JobRun
from enterprises.notifications import holding as outbox
from enterprises.notifications.models import Batch, Notification
from tests.pipeline.conftest import enterprise
from tests.pipeline.test_rounds import hold

if TYPE_CHECKING:
    from cultivation.pipeline.models import Round
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db


def firms(round_: Round) -> list[int]:
    return list(announcing.fitting(round_).order_by("pk").values_list("pk", flat=True))


def test_publication_begins_one_run(world: World) -> None:
    round_ = hold(world)
    run = JobRun.objects.get(kind="tell_of_round")
    assert (run.params, run.started_by) == ({"round": round_.pk}, world.users["province"])


def test_told_are_those_of_the_unit_whose_titles_fit(world: World) -> None:
    unseated = enterprise(world.places, "330108", 5)
    round_ = hold(world, tier="srdi")
    assert firms(round_) == []  # nobody holds what it builds on
    world.holds("innovative")
    world.holds("innovative", firm=unseated)
    assert firms(round_) == [world.firm.pk]
    world.holds("srdi")
    assert firms(round_) == []  # holds it; its re-check is far
    round_.kinds = ["recheck"]
    assert firms(round_) == []
    world.firm.titles.filter(tier="srdi").update(valid_to="2027-05-01")
    assert firms(round_) == [world.firm.pk]


def test_other_units_and_those_above_the_tier_are_not_told(world: World) -> None:
    round_ = hold(world, tier="innovative")
    assert firms(round_) == [world.firm.pk]  # the other one stands in Jiangsu
    world.holds("srdi")
    assert firms(round_) == []
    nation = hold(world, tier="little_giant", unit="000000", who="nation")
    assert firms(nation) == [world.firm.pk]
    nation.units = ["32"]
    assert firms(nation) == []


def test_it_waits_for_an_officer_and_is_told_once(world: World) -> None:
    second = enterprise(world.places, "330108", 6)
    Seat.objects.create(user=world.users["owner"], role="owner", enterprise=second)
    round_ = hold(world)
    assert [announcing.tell(round_.pk) for _ in range(2)] == [2, 0]  # owner and editor
    batch = Batch.objects.get(kind=announcing.OPENS)
    assert (batch.people, batch.region_path, batch.state) == (2, "33", "held")
    rows = Notification.objects.filter(kind=announcing.OPENS)
    assert list(rows.values_list("shown", flat=True)) == [False, False]
    outbox.release(batch, by=world.user("province"))
    assert list(rows.values_list("shown", flat=True)) == [True, True]
    assert rows.get(recipient=world.users["owner"]).params == {
        "round": round_.name, "until": "2026-05-20 23:59:59 (UTC+08:00)",
    }  # fmt: skip


def test_round_that_closed_meanwhile_is_told_nobody(world: World) -> None:
    round_ = hold(world)
    holding.close(round_, by=world.user("province"), reason="a mistake")
    assert announcing.tell(round_.pk) == 0
    assert Notification.objects.filter(kind=announcing.OPENS).count() == 0
