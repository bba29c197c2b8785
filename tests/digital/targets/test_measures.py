from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError

from cultivation.digital.models import (
    ParkItem,
    PilotBatch,
    PilotCity,
    Target,
    TargetFigure,
    TransformationProject,
)
from cultivation.digital.targets import loading, measures, measuring, parks, reading
from cultivation.digital.targets.measuring import Tally
from cultivation.digital.targets.scale import scaled, threshold
from enterprises.places.models import Industry
from enterprises.registry.models import AnnualReport, Change, Enterprise
from tests.digital.conftest import TODAY, assess, entitle
from tests.digital.targets.conftest import SCALE


def tally(region, name: str, on: dt.date = TODAY) -> tuple[int, int, int]:
    found = measuring.of_region(region, on)[name]
    return found.done, found.total, found.unknown


def test_a_second_load_changes_nothing_and_keeps_a_start_that_an_office_set(goals) -> None:
    Target.objects.filter(code="CLOUD").update(start_value=250_000, start_verified=True)
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Target, ParkItem, PilotBatch, PilotCity)
    ]
    assert loading.load() == 15
    assert before == [
        list(model.objects.order_by("pk").values())
        for model in (Target, ParkItem, PilotBatch, PilotCity)
    ]


def test_what_is_not_sure_is_marked_and_every_start_is_assumed(goals) -> None:
    unsure = [one.code for one in Target.objects.all() if not one.verified]
    assert unsure == ["CNC", "PILOT1_L2"]
    assert not Target.objects.filter(start_verified=True).exists()


def test_every_measure_named_by_a_goal_is_there(goals) -> None:
    known = {*measures.FIRMS, *measures.PARKS, *measures.NATION_ONLY, ""}
    assert {one.measure for one in Target.objects.all()} <= known
    assert {item for item in measures.PARKS.values() if item} <= {
        item.code for item in ParkItem.objects.all()
    }


@pytest.mark.parametrize(
    ("revenue", "scale"), [(SCALE, 2), (SCALE - 1, 1), (SCALE + 1, 2), (0, 1), (None, 0)]
)
def test_above_scale_begins_at_the_threshold(goals, maker, revenue, scale) -> None:
    maker(revenue=revenue)
    assert scaled(Enterprise.objects.all(), TODAY).get().scale == scale


def test_scale_takes_the_newest_closed_year_and_industry_alone(goals, maker, firm) -> None:
    one = maker(revenue=SCALE - 1)
    AnnualReport.objects.create(enterprise=one, year=2026, main_business_revenue=SCALE)
    shop = Industry.objects.create(code="52", section="F", name_zh="零售业")
    maker(revenue=SCALE, industry=shop)
    firm()
    found = scaled(Enterprise.objects.order_by("pk"), TODAY)
    assert [row.scale for row in found] == [1, 1, 0]
    later = scaled(Enterprise.objects.order_by("pk"), dt.date(2027, 1, 1))
    assert [row.scale for row in later] == [2, 1, 0]


def test_pilot_firms_are_counted_by_hand(goals, maker) -> None:
    assess(maker("440106"), 2)
    assess(maker("440103"), 1)
    maker("440106")
    maker("440106", revenue=None)
    maker("440106", revenue=1)
    assess(maker("440305"), 4)  # no pilot city
    assert tally(goals["000000"], "pilot_level2") == (1, 3, 1)
    assert tally(goals["440106"], "pilot_level2") == (1, 2, 1)


def test_srdi_of_pilot_cities_and_accepted_projects_are_counted_by_hand(goals, maker) -> None:
    srdi, small, large = maker(title="srdi"), maker(title=None), maker(title=None)
    Enterprise.objects.filter(pk=large.pk).update(size_class="large")
    away = maker("440305", title="srdi")
    assess(srdi, 2)
    for one, accepted in ((srdi, TODAY), (small, TODAY), (large, TODAY), (away, TODAY)):
        TransformationProject.objects.create(
            enterprise=one,
            name="改造",
            started_on=dt.date(2025, 1, 1),
            finished_on=dt.date(2025, 9, 1),
            accepted_on=accepted,
        )
    nation = goals["000000"]
    assert tally(nation, "srdi_level2") == (1, 1, 0)
    assert tally(nation, "smes_in_pilots") == (2, 2, 0)
    assert tally(nation, "srdi_in_pilots") == (1, 1, 0)
    assert tally(nation, "smes_in_pilots", TODAY - dt.timedelta(days=1)) == (0, 0, 0)


def test_benchmarks_are_smes_whose_latest_assessment_gives_level_3_or_4(goals, maker) -> None:
    up, down, large = maker(), maker(), maker(size_class="large")
    assess(up, 3)
    assess(down, 4, assessed_on=dt.date(2025, 1, 1))
    assess(down, 2)
    assess(large, 4)
    assert tally(goals["000000"], "benchmarks") == (1, 1, 0)


def test_park_firms_count_only_parks_whose_check_list_was_begun(goals, maker, park, seated) -> None:
    assess(maker(park=park), 2)
    maker(park=park, revenue=None)
    maker()
    assert tally(goals["000000"], "park_firms") == (0, 0, 0)
    officer = seated("city", code="440100")
    item = ParkItem.objects.get(code="4.2")
    parks.find(park, item, state="met", evidence="现场", on=TODAY, by=officer)
    assert tally(goals["000000"], "park_firms") == (1, 1, 1)
    assert tally(goals["440305"], "park_firms") == (0, 0, 0)
    assert tally(goals["000000"], "parks_complete") == (0, 1, 0)
    for one in ParkItem.objects.all():
        value = 1_000_000 if one.share else None
        parks.find(park, one, state="met", evidence="现场", on=TODAY, by=officer, value=value)
    assert tally(goals["000000"], "parks_complete") == (1, 1, 0)
    assert tally(goals["000000"], "park_network") == (1, 1, 0)
    assert tally(goals["000000"], "parks_complete", TODAY - dt.timedelta(days=1)) == (0, 0, 0)


def test_what_is_stored_at_night_equals_what_is_counted_at_once(goals, registry) -> None:
    stored = measuring.measure(TODAY)
    assert measuring.measure(TODAY) == stored == TargetFigure.objects.count()
    for code in ("000000", "440000", "440300", "110000"):
        at_once = measuring.of_region(goals[code], TODAY)
        rows = TargetFigure.objects.filter(region=goals[code]).select_related("target")
        assert {
            row.target.measure: (row.done, row.total, row.unknown)
            for row in rows
            if row.target.measure != "pilot_cities"
        } == {
            name: (found.done, found.total, found.unknown)
            for name, found in at_once.items()
            if name != "pilot_cities"
        }


def test_a_day_to_come_is_not_measured(goals) -> None:
    with pytest.raises(ValidationError):
        measuring.measure(TODAY + dt.timedelta(days=1))
    assert not TargetFigure.objects.exists()


def test_measuring_again_leaves_reported_values(goals) -> None:
    target = Target.objects.get(code="CLOUD")
    TargetFigure.objects.create(
        target=target, region=goals["000000"], on=TODAY, reported=True, value=1, source="文件"
    )
    measuring.measure(TODAY)
    assert TargetFigure.objects.filter(reported=True).count() == 1


def test_goals_stand_against_their_straight_path(goals, maker) -> None:
    assess(maker(), 2)
    maker()
    measuring.measure(TODAY)
    found = {one.target.code: one for one in reading.standings(goals["000000"], TODAY)}
    cover = found["LG_COVER"]
    passed, span = (TODAY - dt.date(2024, 7, 5)).days, 1274
    assert (cover.value, cover.required) == (500_000, 1_000_000 * passed // span)
    assert cover.behind
    assert found["CITIES"].value == 100
    assert not found["CITIES"].behind
    assert (found["BENCH"].required, found["SRDI_ALL"].required) == (None, None)
    assert (found["CLOUD"].value, found["CLOUD"].required) == (None, 202_872)


def test_a_number_owed_by_the_country_has_no_path_in_a_region(goals, maker) -> None:
    measuring.measure(TODAY)
    found = {one.target.code: one for one in reading.standings(goals["440000"], TODAY)}
    assert (found["SME40K"].value, found["SME40K"].goal) == (0, None)
    assert found["CITIES"].measured is None
    assert found["LG_COVER"].goal == 1_000_000


def test_a_tally_of_nothing_has_no_share() -> None:
    assert Tally().value("share") is None
    assert Tally(unknown=3).value("count") == 0


def test_the_firms_behind_a_goal_are_those_counted(goals, maker) -> None:
    assess(maker(), 2)
    maker(revenue=None)
    entitle(maker(title=None), "srdi")
    found = measures.grounds(TODAY)
    assert found is not None
    counted = measuring.of_region(goals["000000"], TODAY)
    for name, firms in measures.FIRMS.items():
        rows = list(firms(Enterprise.objects.all(), found))
        assert sum(row.group == 2 for row in rows) == counted[name].done
        assert sum(row.group >= 0 for row in rows) == counted[name].total
        assert sum(row.group < 0 for row in rows) == counted[name].unknown


def test_a_past_day_run_again_counts_firms_where_they_stood(goals, maker) -> None:
    one = maker("440305")
    assess(one, 2)
    Enterprise.objects.filter(pk=one.pk).update(region=goals["110101"], region_path="110101")
    Change.objects.create(
        enterprise=one, subject="profile", before={"region": "440305"}, after={"region": "110101"}
    )
    past = TODAY - dt.timedelta(days=1)
    measuring.measure(past)
    measuring.measure(TODAY)
    rows = TargetFigure.objects.filter(
        target__code="LG_COVER", region__code__in=("440300", "110000")
    )
    assert sorted(rows.values_list("on", "region__code", "total")) == [
        (past, "110000", 0), (past, "440300", 1), (TODAY, "110000", 1), (TODAY, "440300", 0),
    ]  # fmt: skip
    assert tally(goals["440305"], "cover_little_giant", past) == (1, 1, 0)
    assert tally(goals["110101"], "cover_little_giant", past) == (0, 0, 0)


def test_pilot_firms_of_a_past_day_are_those_that_stood_there(goals, maker) -> None:
    one = maker("440106")
    assess(one, 2)
    Enterprise.objects.filter(pk=one.pk).update(region=goals["440305"], region_path="SZ05")
    Change.objects.create(
        enterprise=one, subject="profile", before={"region_path": "440106"}, after={}
    )
    past = TODAY - dt.timedelta(days=1)
    assert tally(goals["000000"], "pilot_level2", past) == (1, 1, 0)
    assert tally(goals["000000"], "pilot_level2") == (0, 0, 0)


def test_firms_of_a_past_day_are_counted_in_the_park_and_industry_of_the_day(
    goals, maker, park, seated
) -> None:
    item, officer = ParkItem.objects.get(code="4.2"), seated("city", code="440100")
    past = TODAY - dt.timedelta(days=1)
    parks.find(park, item, state="met", evidence="x", on=past, by=officer)
    left, came, turned = (maker(park=one) for one in (None, park, park))
    service = Industry.objects.create(code="65", section="I", name_zh="软件业")
    Enterprise.objects.filter(pk=turned.pk).update(industry=service)
    for one, before in (
        (left, {"park": "p1"}),
        (came, {"park_id": None}),
        (turned, {"industry": "35"}),
    ):
        Change.objects.create(enterprise=one, subject="profile", before=before, after={})
    assert tally(goals["000000"], "park_firms", past) == (0, 2, 0)
    assert tally(goals["000000"], "park_firms") == (0, 1, 0)


def test_what_has_no_history_stays_as_it_was_counted_on_the_day_or_is_marked(goals, maker) -> None:
    one = maker(size_class="small")
    assess(one, 3)
    past = TODAY - dt.timedelta(days=1)
    with time_machine.travel(dt.datetime.combine(past, dt.time(4), dt.UTC), tick=False):
        measuring.measure(past)
    Enterprise.objects.filter(pk=one.pk).update(size_class="large")
    for on in (past, past - dt.timedelta(days=1)):
        stored = measuring.measure(on)
        assert measuring.measure(on) == stored
    rows = TargetFigure.objects.filter(
        region__code="000000", target__code__in=("BENCH", "LG_COVER")
    )
    assert sorted(rows.values_list("on", "target__code", "value", "hindsight")) == [
        (past - dt.timedelta(days=1), "BENCH", 0, True),
        (past - dt.timedelta(days=1), "LG_COVER", 1_000_000, False),
        (past, "BENCH", 1, False),
        (past, "LG_COVER", 1_000_000, False),
    ]


def test_cities_of_a_batch_count_from_its_year(goals) -> None:
    for day, number in ((dt.date(2023, 12, 31), 30), (dt.date(2024, 12, 31), 66), (TODAY, 100)):
        measuring.measure(day)
        row = TargetFigure.objects.get(on=day, target__code="CITIES")
        assert (row.value, row.region.code) == (number, "000000")


def test_the_threshold_of_scale_says_where_it_was_read() -> None:
    limit = threshold()
    assert (limit.revenue, limit.since, limit.verified) == (SCALE, dt.date(2011, 1, 1), True)
    assert "National Bureau of Statistics" in limit.source
