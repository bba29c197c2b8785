from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cultivation.digital.path import Figure, Line, firms_for

LINE = Line(dt.date(2024, 7, 5), 0, dt.date(2027, 12, 31), 1_000_000)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (dt.date(2020, 1, 1), 0),
        (dt.date(2024, 7, 5), 0),
        (dt.date(2024, 7, 6), 784),  # 1 of 1,274 days
        (dt.date(2026, 4, 3), 500_000),  # 637 of 1,274
        (dt.date(2027, 12, 30), 999_215),
        (dt.date(2027, 12, 31), 1_000_000),
        (dt.date(2030, 1, 1), 1_000_000),
    ],
)
def test_the_path_is_straight_and_whole_on_the_last_day_of_2027(day, rate) -> None:
    assert LINE.required(day) == rate


@given(
    st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 30)),
    st.integers(0, 1_000_000),
    st.dates(dt.date(2023, 1, 1), dt.date(2028, 12, 31)),
)
def test_the_path_never_falls_and_ends_at_the_whole(start, rate, day) -> None:
    line = Line(start, rate, dt.date(2027, 12, 31), 1_000_000)
    assert line.required(dt.date(2027, 12, 31)) == 1_000_000
    assert line.required(start) == rate
    assert rate <= line.required(day) <= line.required(day + dt.timedelta(days=1)) <= 1_000_000
    if start <= day <= line.due_on:
        exact = rate + Fraction((1_000_000 - rate) * (day - start).days, (line.due_on - start).days)
        assert 0 <= exact - line.required(day) < 1


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (dt.date(2027, 12, 31), 1),
        (dt.date(2027, 12, 1), 1),
        (dt.date(2027, 11, 30), 2),
        (dt.date(2026, 12, 31), 13),
        (dt.date(2028, 1, 1), 0),
    ],
)
def test_months_left_count_the_begun_one(day, months) -> None:
    assert LINE.months_left(day) == months


def figure(transformed: int, total: int, *, on: dt.date, required: int | None = None) -> Figure:
    return Figure(
        on=on,
        total=total,
        transformed=transformed,
        not_transformed=total - transformed,
        not_assessed=0,
        required=LINE.required(on) if required is None else required,
        line=LINE,
    )


def test_a_figure_behind_its_path_says_by_how_much_and_what_is_needed() -> None:
    found = figure(30, 101, on=dt.date(2026, 4, 3))
    assert (found.rate, found.required, found.gap) == (297_029, 500_000, -202_971)
    assert (found.gap_points, found.behind_points) == (-2030, 2030)
    assert found.behind
    assert found.gap_firms == 30 - 51  # half of 101 firms is 51
    assert found.remaining == 71
    assert found.monthly_firms == 4  # 71 over 21 months
    assert found.monthly_rate == 33_475


def test_a_figure_exactly_on_its_path_is_not_behind() -> None:
    found = figure(50, 100, on=dt.date(2026, 4, 3))
    assert (found.behind, found.gap, found.gap_firms, found.behind_points) == (False, 0, 0, 0)


def test_after_the_last_day_nothing_is_spread_over_months() -> None:
    found = figure(99, 100, on=dt.date(2028, 1, 1))
    assert (found.behind, found.remaining, found.monthly_firms) == (True, 1, None)
    assert found.monthly_rate is None


def test_no_firms_have_no_rate() -> None:
    found = figure(0, 0, on=dt.date(2026, 4, 3))
    assert (found.rate, found.gap, found.behind, found.gap_firms) == (None, None, False, 0)
    assert (found.gap_points, found.monthly_rate, found.monthly_firms) == (None, None, 0)


def test_firms_are_rounded_up() -> None:
    assert [firms_for(rate, 3) for rate in (0, 1, 333_333, 333_334, 1_000_000)] == [0, 1, 1, 2, 3]
