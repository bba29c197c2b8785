"""An application as of a day: its state, its steps and what it rested on then (时点)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from cultivation.pipeline import past
from cultivation.pipeline.models import Status
from enterprises.registry import records

from .test_pages import signed

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db


def test_each_day_shows_state_steps_and_judgement_of_then(world: World) -> None:
    first = world.now().date()
    case = world.draft()
    world.wait(1)
    world.step(case, "submit", "owner")
    world.wait(1)
    world.step(case, "return", "county", "say more")
    world.wait(1)
    records.save_report(world.firm, 2025, {"revenue": 70_000_000_00}, by=None, reason="corrected")
    world.step(case, "resubmit", "owner")
    case.refresh_from_db()

    found = [past.as_of(case, first + dt.timedelta(days=n)) for n in range(-1, 5)]
    told = [(one.begun, one.status, len(one.moves)) for one in found]
    assert told == [
        (False, Status.DRAFT, 0), (True, Status.DRAFT, 0), (True, Status.AT_COUNTY, 1),
        (True, Status.RETURNED, 2), (True, Status.AT_COUNTY, 3), (True, Status.AT_COUNTY, 3),
    ]  # fmt: skip
    submitted = [one.judgement.pk if one.judgement else None for one in found]
    old, new = case.moves.get(name="submit"), case.moves.get(name="resubmit")
    assert old.judgement_id != new.judgement_id
    assert submitted == [None, None, old.judgement_id, old.judgement_id, *[new.judgement_id] * 2]


def page(client: Client, world: World, who: str, case: Any, on: str) -> Any:
    return signed(client, world, who).get(f"/applications/{case.pk}/as-of/", {"on": on})


def test_page_is_for_those_who_see_the_application(client: Client, world: World) -> None:
    case = world.draft()
    world.step(case, "submit", "owner")
    day = world.now().date().isoformat()
    answers = {who: page(client, world, who, case, day) for who in ("owner", "county", "jiangsu")}
    assert {who: one.status_code for who, one in answers.items()} == {
        "owner": 200, "county": 200, "jiangsu": 404,
    }  # fmt: skip
    body = answers["county"].content.decode()
    assert str(Status.AT_COUNTY.label) in body
    assert page(client, world, "owner", case, "2999-01-01").status_code == 400
