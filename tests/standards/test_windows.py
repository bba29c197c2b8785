"""Rounds and their windows: what is announced, and nothing made up."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from cultivation.standards import windows
from cultivation.standards.models import Window

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
LG = ("little_giant", "recognition")


@pytest.fixture
def seeded() -> list[Window]:
    return windows.load()


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    ("on", "path", "state", "year", "closes", "last"),
    [
        ("2026-04-24", "32", "announced", 2026, "2026-05-25", 2023),
        ("2026-04-25", "32", "open", 2026, "2026-05-25", 2023),
        ("2026-05-25", "SZ", "open", 2026, "2026-05-25", 2024),
        ("2026-05-26", "32", "unknown", 2027, None, 2026),
        ("2027-02-01", "32", "unknown", 2027, None, 2026),
        ("2024-05-01", "32", "unknown", 2024, None, 2023),
        ("2024-05-01", "SZ", "open", 2024, "2024-05-19", 2023),
        ("2025-05-01", "4601", "announced", 2025, "2025-06-05", 2023),
        ("2022-06-01", "32", "announced", 2023, "2023-04-10", None),
    ],
)
def test_the_round_of_a_day(
    on: str, path: str, state: str, year: int, closes: str | None, last: int | None
) -> None:
    found = windows.window_for(*LG, dt.date.fromisoformat(on), path)
    assert (found.state, found.year) == (state, year)
    assert found.closes == (dt.date.fromisoformat(closes) if closes else None)
    assert (found.last.year if found.last else None) == last


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    ("tier", "kind", "path", "state"),
    [
        ("innovative", "recognition", "4401", "announced"),
        ("innovative", "recognition", "3205", "unknown"),
        ("srdi", "recognition", "1404", "unknown"),
        ("srdi", "recheck", "1404", "announced"),
        ("technology", "recognition", "", "announced"),
    ],
)
def test_a_window_reaches_its_own_tier_kind_and_unit(
    tier: str, kind: str, path: str, state: str
) -> None:
    assert windows.window_for(tier, kind, dt.date(2026, 3, 1), path).state == state


@pytest.mark.usefixtures("seeded")
def test_a_year_whose_window_closed_is_over_and_one_to_come_is_assumed_for_planning() -> None:
    on = dt.date(2026, 11, 23)
    over = windows.round_of(*LG, 2026, on=on, path="32")
    assert (over.state, over.day, over.assumed) == ("over", dt.date(2026, 5, 25), False)
    following = windows.round_of(*LG, 2027, on=on, path="32")
    assert (following.state, following.closes) == ("unknown", None)
    assert (following.day, following.assumed) == (dt.date(2027, 5, 25), True)
    never = windows.round_of("srdi", "recognition", 2027, on=on, path="32")
    assert (never.state, never.last, never.day) == ("unknown", None, dt.date(2027, 6, 30))


def test_loading_twice_changes_nothing_and_what_left_the_file_goes(tmp_path: Path) -> None:
    first = {window.pk for window in windows.load()}
    assert {window.pk for window in windows.load()} == first
    short = tmp_path / "windows.toml"
    text = '[[window]]\ntier = "srdi"\nkinds = ["recheck"]\nyear = 2026\ncloses = 2026-03-16\n'
    short.write_text(text + 'confidence = "H"\n', encoding="utf-8")
    (left,) = windows.load(short)
    assert list(Window.objects.all()) == [left]
    assert (left.verified, left.opens) == (True, None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('tier = "dwarf"', "unknown tier"),
        ("kinds = []", "name at least one of recognition, recheck"),
        ("closes = 2025-03-16", "no day of that year"),
        ("opens = 2026-05-01", "it closes before it opens; swap the days"),
        ('confidence = "M"', "state verified = false"),
        ('confidence = "sure"', "use H, M or L"),
        ("starts = 2026-03-01", "unknown key 'starts'"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused_and_nothing_kept(
    tmp_path: Path, wrong: str, said: str
) -> None:
    good = {"tier": '"srdi"', "kinds": '["recheck"]', "year": "2026", "closes": "2026-03-16"}
    name, _, value = wrong.partition(" = ")
    lines = {**good, "confidence": '"H"', name: value}
    path = tmp_path / "windows.toml"
    block = "[[window]]\n" + "".join(f"{key} = {text}\n" for key, text in good.items())
    bad = "[[window]]\n" + "".join(f"{key} = {text}\n" for key, text in lines.items())
    path.write_text(f'{block}confidence = "H"\n{bad}', encoding="utf-8")
    with pytest.raises(windows.WindowError, match=said):
        windows.load(path)
    assert not Window.objects.exists()
