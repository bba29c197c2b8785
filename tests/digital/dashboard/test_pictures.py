from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from cultivation.digital import coverage, seeds
from cultivation.digital.dashboard import axes, funnel, lines, pictures, stages, tiles
from cultivation.digital.overview import Overview
from cultivation.digital.path import Figure, Line
from tests.digital.conftest import TODAY, assess

LINE = Line(dt.date(2024, 7, 5), 0, dt.date(2027, 12, 31), 1_000_000)


def figure(total: int, transformed: int, required: int) -> Figure:
    return Figure(TODAY, total, transformed, total - transformed, 0, required, LINE)


@pytest.mark.parametrize(
    ("total", "transformed", "required", "tone"),
    [
        (0, 0, 500_000, "none"),
        (10, 5, 500_000, "ahead"),
        (10, 5, 500_001, "b1"),
        (10, 5, 600_000, "b1"),
        (10, 5, 600_001, "b2"),
        (10, 5, 750_000, "b2"),
        (10, 5, 750_001, "b3"),
        (10, 5, 950_000, "b3"),
        (10, 5, 950_001, "b4"),
    ],
)
def test_a_tile_is_as_dark_as_its_gap(total, transformed, required, tone) -> None:
    assert tiles.tone(figure(total, transformed, required)) == tone


def test_the_fan_opens_from_the_last_day_and_stays_within_the_frame(places, firm) -> None:
    assess(firm(), 2)
    firm()
    coverage.take_snapshot(TODAY)
    view = Overview(places["000000"], tier="little_giant")
    ahead = [
        (TODAY, 500_000, 500_000, 500_000),
        (dt.date(2027, 1, 1), 550_000, 600_000, 700_000),
        (dt.date(2027, 12, 31), 600_000, 800_000, 1_100_000),
        (dt.date(2028, 6, 30), 1, 1, 1),
    ]
    found = lines.lines(view, ahead)
    assert found is not None
    assert found.fan is not None
    assert found.fan.table == tuple(ahead[1:3])
    frame = found.frame
    assert (found.fan.end.x, found.fan.end.y) == (frame.right, frame.up(800_000))
    today = f"{frame.across(TODAY)},{frame.up(500_000)}"
    assert found.fan.middle.split(" ")[0] == today
    assert f"{frame.right},{frame.top}" in found.fan.area.split(" ")
    bare = lines.lines(view)
    assert bare is not None
    assert bare.fan is None


def test_every_province_and_unit_has_a_place_of_its_own() -> None:
    rows = [row for row in seeds.rows("regions.csv") if row["level"] == "province"]
    units = {row["path"] for row in seeds.rows("regions.csv") if row["is_unit"] == "1"}
    assert set(tiles.COUNTRY) == units | {row["path"] for row in rows}
    places = Counter((column, row) for column, row, *_names in tiles.COUNTRY.values())
    assert set(places.values()) == {1}


@pytest.mark.parametrize(("most", "round_number"), [(0, 4), (4, 4), (5, 8), (41, 80), (1200, 1200)])
def test_an_axis_ends_at_a_round_number(most, round_number) -> None:
    assert axes.ceiling(most) == round_number


def test_the_colours_of_a_file_are_written_out() -> None:
    text = pictures.colours()
    assert "var(" not in text
    assert "light-dark(" not in text
    assert "currentColor" not in text
    assert ".pic .tile--b4 rect { fill: #b4472f; }" in text


def test_shares_leave_cut_off_with_their_sign() -> None:
    assert [pictures.percent(ppm) for ppm in (None, 0, 999_999, -1_050, 1_000_000)] == [
        "", "0.00%", "99.99%", "-0.10%", "100.00%",
    ]  # fmt: skip


def test_published_totals_are_those_of_the_sources_alone() -> None:
    found = funnel.published()
    assert [(total.day, total.count, total.verified) for total in found.totals] == [
        ("2022-11", 8997, True),
        ("2024-06-30", 12000, True),
        ("2025-04-18", 14600, False),
        ("2026-01-17", 17600, True),
    ]


def test_the_median_is_the_lower_middle() -> None:
    assert stages._median(Counter()) is None
    assert stages._median(Counter({5: 1})) == 5
    assert stages._median(Counter({1: 1, 3: 1})) == 1
    assert stages._median(Counter({1: 1, 3: 2, 9: 2})) == 3
