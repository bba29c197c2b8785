from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from cultivation.digital import coverage
from cultivation.digital.dashboard import levels
from cultivation.digital.models import LevelSnapshot
from tests.digital.conftest import TODAY, assess, entitle

FIRMS = reverse("digital:firms")
NUMBERS = ("none", "level_0", "level_1", "level_2", "level_3", "level_4")


def stored(on: dt.date = TODAY, tier: str = "little_giant") -> dict[str, tuple[int, ...]]:
    rows = LevelSnapshot.objects.filter(on=on, tier=tier)
    return {code: tuple(rest) for code, *rest in rows.values_list("region__code", *NUMBERS)}


@pytest.fixture
def firms(firm):
    """Give four holders: level 3 since this year and 1 before, level 0, lapsed, never assessed."""
    rising, low, lapsed, none = firm("440106"), firm("440103"), firm("440305"), firm("440106")
    assess(rising, 1, assessed_on=dt.date(2025, 1, 1), way="self_declared", index_version=2022)
    assess(rising, 3, assessed_on=dt.date(2026, 1, 1))
    assess(low, 0)
    assess(lapsed, 4, valid_to=TODAY - dt.timedelta(days=30))
    entitle(none, "srdi")
    return rising, low, lapsed, none


def test_holders_are_counted_by_level_for_every_region_where_they_stand(firms) -> None:
    coverage.take_snapshot(TODAY)
    assert levels.take(TODAY) == LevelSnapshot.objects.count()
    assert stored() == {
        "000000": (2, 1, 0, 0, 1, 0),
        "440000": (1, 1, 0, 0, 1, 0),
        "440100": (1, 1, 0, 0, 1, 0),
        "440106": (1, 0, 0, 0, 1, 0),
        "440103": (0, 1, 0, 0, 0, 0),
        "440300": (1, 0, 0, 0, 0, 0),
        "440305": (1, 0, 0, 0, 0, 0),
    }
    assert stored(tier="srdi")["000000"] == (1, 0, 0, 0, 0, 0)


def test_kept_sums_and_dated_rows_give_the_same(firms) -> None:
    levels.take(TODAY)  # there is no cube yet
    before = stored()
    coverage.take_snapshot(TODAY)
    levels.take(TODAY)
    assert stored() == before


def test_a_past_day_counts_the_levels_of_then_and_can_be_taken_again(firms) -> None:
    then = dt.date(2025, 10, 1)
    assert levels.take(then) == levels.take(then) == LevelSnapshot.objects.count()
    assert stored(then)["000000"] == (1, 1, 1, 0, 0, 1)
    with pytest.raises(ValidationError):
        levels.take(TODAY + dt.timedelta(days=1))


def test_bands_lie_on_each_other_and_add_up() -> None:
    one, other = dt.date(2026, 1, 1), TODAY
    found = levels.levels([(one, (0, 0, 0, 0, 0, 4)), (other, (1, 2, 0, 0, 1, 4))], TODAY)
    frame = found.frame
    assert (found.total, found.on, frame.most) == (8, TODAY, 8)
    assert [band.last for band in found.bands] == [1, 2, 0, 0, 1, 4]
    lowest, highest = found.bands[0].points.split(), found.bands[-1].points.split()
    left, right = frame.left, frame.right
    assert lowest == [
        f"{left},{frame.bottom}", f"{right},{frame.up(1)}",
        f"{right},{frame.bottom}", f"{left},{frame.bottom}",
    ]  # fmt: skip
    assert highest == [
        f"{left},{frame.up(4)}", f"{right},{frame.top}",
        f"{right},{frame.up(4)}", f"{left},{frame.bottom}",
    ]  # fmt: skip
    assert [band.middle is not None for band in found.bands] == [
        True, True, False, False, True, True,
    ]  # fmt: skip
    assert found.table[-1] == (TODAY, (1, 2, 0, 0, 1, 4), 8)


def test_only_days_up_to_the_one_shown_are_drawn_and_a_single_one_is_as_wide() -> None:
    past = [(TODAY, (0, 0, 0, 0, 0, 4)), (TODAY + dt.timedelta(days=9), (4, 0, 0, 0, 0, 0))]
    found = levels.levels(past, TODAY)
    assert [band.last for band in found.bands] == [0, 0, 0, 0, 0, 4]
    assert found.bands[-1].points.split()[0] == f"{found.frame.left},{found.frame.top}"
    assert found.bands[-1].points.split()[1] == f"{found.frame.right},{found.frame.top}"
    assert levels.levels(past, TODAY - dt.timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("level", "place"), [("3", [0]), ("0", [1]), ("none", [2, 3]), ("2", []), ("9", [0, 1, 2, 3])]
)
def test_each_band_leads_to_its_firms(firms, client, seated, level, place) -> None:
    coverage.take_snapshot(TODAY)
    client.force_login(seated("nation", code="000000"))
    page = client.get(FIRMS, {"region": "000000", "tier": "little_giant", "level": level})
    assert {row.pk for row in page.context["page"].rows} == {firms[n].pk for n in place}


def test_the_day_before_made_anew_knows_what_was_entered_since(firm) -> None:
    one, day = firm("440106"), dt.timedelta(days=1)
    coverage.take_snapshot(TODAY)
    levels.take(TODAY)
    with time_machine.travel(dt.datetime.combine(TODAY + day, dt.time(1), dt.UTC), tick=False):
        assess(one, 2, assessed_on=TODAY)
        coverage.take_snapshot(TODAY)
        levels.take(TODAY)
    assert stored()["000000"] == (0, 0, 0, 1, 0, 0)
