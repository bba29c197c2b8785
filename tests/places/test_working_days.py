"""Working days by the table of holidays."""

from __future__ import annotations

import datetime as dt

import pytest

from enterprises.places import seeds, working_days

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _table(db: None) -> None:
    seeds.load_holidays()


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday worked for the Spring Festival
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-02-24", -1, "2026-02-14"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-10-01", 0, "2026-10-08"),
        ("2027-01-01", 3, "2027-01-06"),  # nothing announced: weekends alone
    ],
)
def test_add_counts_working_days(day, n, expected):
    assert working_days.add(dt.date.fromisoformat(day), n) == dt.date.fromisoformat(expected)


def test_add_counts_the_same_as_day_by_day():
    start, day, left = dt.date(2025, 12, 20), dt.date(2025, 12, 20), 90
    while left:
        day += dt.timedelta(days=1)
        left -= working_days.is_workday(day)
    assert working_days.add(start, 90) == day
    assert working_days.between(start, day) == 90


def test_a_year_without_announcement_is_provisional():
    assert not working_days.is_provisional(dt.date(2026, 5, 1))
    assert working_days.is_provisional(dt.date(2027, 5, 1))


def test_add_asks_the_database_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        working_days.add(dt.date(2026, 1, 1), 100)
