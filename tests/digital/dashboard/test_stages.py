from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cultivation.digital.dashboard import stages
from cultivation.digital.models import StageSnapshot
from enterprises.registry.models import Change, Enterprise
from tests.digital.conftest import TODAY, entitle


def told(region, on: dt.date = TODAY) -> dict[str, tuple[int, int | None]]:
    _day, steps = stages.steps(region, on)
    return {step.name: (step.firms, step.median_days) for step in steps if step.firms}


def entered(one: Enterprise, day: dt.date) -> None:
    moment = dt.datetime.combine(day, dt.time(12), timezone.get_current_timezone())
    Enterprise.objects.filter(pk=one.pk).update(created_at=moment)


@pytest.fixture
def firms(places, firm) -> list[Enterprise]:
    """Give a seed, an innovative SME, an SRDI SME that is also innovative, a little giant."""
    found = [firm("440106", title=None) for _ in range(3)] + [firm("440103", title=None)]
    for one in found:
        entered(one, dt.date(2024, 1, 1))
    entitle(found[1], "innovative", granted_on=TODAY - dt.timedelta(days=10))
    entitle(found[2], "innovative", granted_on=TODAY - dt.timedelta(days=400))
    entitle(found[2], "srdi", granted_on=TODAY - dt.timedelta(days=30))
    entitle(found[3], "srdi", granted_on=TODAY - dt.timedelta(days=500))
    entitle(found[3], "little_giant", granted_on=TODAY - dt.timedelta(days=100))
    return found


def test_each_enterprise_stands_once_with_the_time_since_it_got_there(firms, places) -> None:
    stages.take(TODAY)
    assert told(places["000000"]) == {
        "seed": (1, (TODAY - dt.date(2024, 1, 1)).days),
        "seedling": (1, 10),
        "optimisation": (2, 30),
        "innovative": (1, 10),
        "srdi": (1, 30),
        "little_giant": (1, 100),
    }


def test_a_county_is_counted_at_once_and_equals_what_would_be_stored(firms, places) -> None:
    stages.take(TODAY)
    assert told(places["440103"]) == {"optimisation": (1, 500), "little_giant": (1, 100)}
    assert not StageSnapshot.objects.filter(region=places["440103"]).exists()
    assert told(places["440100"]) == told(places["000000"])


def test_a_past_day_counts_who_was_there_then(firms, places, firm) -> None:
    late = firm("440106", title=None)
    entitle(late, "srdi", granted_on=dt.date(2025, 1, 1))
    stages.take(TODAY - dt.timedelta(days=50))
    assert told(places["000000"], TODAY - dt.timedelta(days=50)) == {
        "seed": (2, 861),
        "seedling": (1, 350),
        "optimisation": (2, 450),
        "innovative": (1, 350),
        "srdi": (1, 495),
        "little_giant": (1, 50),
    }


def test_a_day_can_be_taken_again_and_a_later_one_is_shown_from_its_day(firms, places) -> None:
    stored = stages.take(TODAY)
    assert stages.take(TODAY) == stored == StageSnapshot.objects.count()
    stages.take(TODAY - dt.timedelta(days=5))
    assert stages.steps(places["000000"], TODAY)[0] == TODAY
    assert stages.steps(places["000000"], TODAY - dt.timedelta(days=1))[0] == (
        TODAY - dt.timedelta(days=5)
    )
    assert list(stages.series(places["000000"])) == [TODAY - dt.timedelta(days=5), TODAY]


def test_an_empty_country_has_a_row_of_noughts(places) -> None:
    stages.take(TODAY)
    assert set(StageSnapshot.objects.values_list("region__code", "firms", "median_days")) == {
        ("000000", 0, None)
    }


def test_a_day_to_come_is_not_counted(places) -> None:
    with pytest.raises(ValidationError):
        stages.take(TODAY + dt.timedelta(days=1))


def test_a_past_day_counts_firms_where_they_stood_then(firms, places) -> None:
    """Two moved to Shenzhen since: a little giant, and one that holds nothing."""
    then = TODAY - dt.timedelta(days=20)
    before = {code: told(places[code], then) for code in ("440106", "440305")}
    stages.take(then)
    stored = told(places["440300"], then), told(places["440100"], then)
    for one, old in ((firms[3], "440103"), (firms[0], "440106")):
        Change.objects.create(enterprise=one, before={"region": old}, after={"region": "440305"})
        Enterprise.objects.filter(pk=one.pk).update(
            region=places["440305"], region_path=places["440305"].path
        )
    stages.take(then)
    assert (told(places["440300"], then), told(places["440100"], then)) == stored
    assert {code: told(places[code], then) for code in before} == before
    assert told(places["440305"]) == {
        "seed": (1, 911),
        "optimisation": (1, 500),
        "little_giant": (1, 100),
    }
