"""What days change by themselves, and snapshots refreshed from day to day by nothing but marks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from polars.testing import assert_frame_equal

from cultivation.standards import facts, manifests, snapshots
from cultivation.standards.due import due
from enterprises.registry import touches
from enterprises.registry.models import (
    Award,
    Certificate,
    Honour,
    IntellectualProperty,
    RdInstitution,
    Title,
)
from tests.standards.random_registry import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from enterprises.registry.models import Enterprise

FIRST, LAST = dt.date(2026, 5, 6), dt.date(2026, 5, 9)
DAY = dt.timedelta(1)
pytestmark = pytest.mark.usefixtures("loaded")


def differing(first: dt.date, last: dt.date) -> set[int]:
    """Return the enterprises whose rows of the frame are not the same on both days."""
    one, other = (facts.frame(None, as_of=day) for day in (first, last))
    names = one.columns
    return {
        enterprise
        for here, there in ((one, other), (other, one))
        for enterprise in here.join(there, on=names, how="anti", nulls_equal=True)["enterprise"]
    }


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.SNAPSHOT_DIR = tmp_path


RIGHT = {
    "kind": "invention", "ip_class": 1, "number": "1", "obtained": "own", "related": True,
    "applied": True, "benefit": True, "granted_on": dt.date(2020, 1, 1),
}  # fmt: skip
UTILITY = {**RIGHT, "kind": "utility", "ip_class": 2}
TITLE = {"tier": "srdi", "number": "1", "year": 2024, "granted_on": dt.date(2024, 1, 1)}
LONG = dt.date(2030, 1, 1)


@pytest.mark.parametrize(
    ("model", "values", "name", "turns_on"),
    [
        # `turns_on` is the day of the fact by which it counts otherwise on LAST than the day before
        (IntellectualProperty, RIGHT, "valid_to", LAST - DAY),
        (IntellectualProperty, RIGHT, "granted_on", LAST),
        (
            IntellectualProperty,
            {**RIGHT, "obtained": "transferred"},
            "transferred_on",
            dt.date(2025, 5, 9),
        ),
        (IntellectualProperty, UTILITY, "granted_on", dt.date(2024, 5, 8)),
        (Title, {**TITLE, "valid_to": LONG}, "ended_on", LAST),
        (Title, TITLE, "valid_to", LAST - DAY),
        (Title, {**TITLE, "valid_to": LONG}, "granted_on", LAST),
        (Certificate, {"kind": "system", "issued_on": dt.date(2020, 1, 1)}, "valid_to", LAST - DAY),
        (Honour, {"kind": "high_tech", "granted_on": dt.date(2020, 1, 1)}, "valid_to", LAST - DAY),
        (
            RdInstitution,
            {"level": "national", "recognised_on": dt.date(2020, 1, 1)},
            "valid_to",
            LAST - DAY,
        ),
        (Award, {"kind": "science", "level": "national", "unit_rank": 1}, "awarded_on", LAST),
    ],
)
def test_a_day_on_which_something_turns(
    firm: Callable[..., Enterprise],
    model: type[Any],
    values: dict[str, Any],
    name: str,
    turns_on: dt.date,
) -> None:
    """Two enterprises, one whose fact turns on the last day and one whose turns the day after."""
    turning, later = firm(), firm()
    for number, (enterprise, day) in enumerate([(turning, turns_on), (later, turns_on + DAY)]):
        own = {**values, **({"number": str(number)} if "number" in values else {}), name: day}
        model.objects.create(enterprise=enterprise, **own)
    assert due(LAST - DAY, LAST) == {turning.pk} == differing(LAST - DAY, LAST)
    assert due(LAST, LAST - DAY) == {turning.pk}
    assert due(LAST, LAST + DAY) == {later.pk}
    assert due(LAST, LAST) == set()


def test_what_counts_nowhere_and_what_makes_up_for_another_is_not_due(
    firm: Callable[..., Enterprise],
) -> None:
    enterprise = firm()
    rights = IntellectualProperty.objects
    rights.create(enterprise=enterprise, **{**RIGHT, "related": False, "valid_to": FIRST})
    titles = {**TITLE, "valid_to": LONG}
    Title.objects.create(enterprise=enterprise, **titles, ended_on=LAST)
    Title.objects.create(enterprise=enterprise, **{**titles, "number": "2", "granted_on": LAST})
    assert due(FIRST, LAST) == differing(FIRST, LAST) == set()


def test_days_of_two_years_are_refused() -> None:
    with pytest.raises(ValueError, match="two years; take a whole snapshot"):
        due(dt.date(2025, 12, 31), dt.date(2026, 1, 1))


@pytest.mark.parametrize(
    ("seed", "days"),
    [
        (1, (dt.date(2026, 1, 1), dt.date(2026, 5, 6), dt.date(2026, 12, 31))),
        (2, (dt.date(2024, 2, 28), dt.date(2024, 2, 29), dt.date(2024, 3, 1))),
    ],
)
def test_due_names_all_that_differ_and_hardly_more(seed: int, days: tuple[dt.date, ...]) -> None:
    world = World(seed, days)
    for _ in range(80):
        world.firm()
    found, named = 0, 0
    for _ in range(6):
        first, last = (
            min(max(day, dt.date(day.year, 1, 1)), dt.date(day.year, 12, 31))
            for day in (world.dice.choice(days), world.dice.choice(days))
        )
        first += dt.timedelta(world.dice.randint(0, 2)) if first < days[-1] else dt.timedelta(0)
        differ, said = differing(first, last), due(first, last)
        assert differ <= said
        found, named = found + len(differ), named + len(said)
    assert found > 20
    assert named <= 1.1 * found


@pytest.mark.parametrize("seed", [1, 2])
def test_refreshed_by_marks_and_days_a_snapshot_is_as_if_taken_whole(
    seed: int,
) -> None:
    days = [dt.date(2026, 5, 6) + n * DAY for n in range(4)]
    world = World(seed, days)
    for _ in range(30):
        world.firm()
    touches.claim(0)
    snapshot = snapshots.take(days[0])
    touches.settle(0)
    few = 0
    for run, as_of in enumerate([days[0], days[1], days[3], days[2], days[2]], 1):
        for _ in range(world.dice.randint(0, 6)):
            world.change()
        ids = touches.claim(run) | due(snapshot.as_of, as_of)
        few += len(ids) < snapshot.rows
        snapshot = snapshots.refresh(snapshot, as_of, ids)
        touches.settle(run)
        whole = facts.frame(None, as_of=as_of).sort(manifests.UNIT, "enterprise")
        assert_frame_equal(snapshots.scan(snapshot).collect(), whole)
        assert dict(snapshots.units(snapshot)) == dict(
            whole.group_by(manifests.UNIT).len().iter_rows()
        )
        assert snapshot.rows == whole.height
        assert touches.waiting() == 0
    assert few > 2
