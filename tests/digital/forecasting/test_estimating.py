from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from cultivation.digital.forecasting import fitting, panel, quarters, shrinking, states, tree
from tests.digital.forecasting import country
from tests.digital.forecasting.country import ON, RATES, READING

TREE = tree.grow(["11", "12", "13", "14"], ["11", "12", "13", "14"])


@pytest.mark.parametrize(
    ("day", "end", "before"),
    [
        ("2026-06-30", "2026-06-30", "2026-06-30"),
        ("2026-07-01", "2026-09-30", "2026-06-30"),
        ("2026-12-31", "2026-12-31", "2026-12-31"),
        ("2028-02-29", "2028-03-31", "2027-12-31"),
    ],
)
def test_quarters_end_with_the_calendar(day, end, before) -> None:
    day = dt.date.fromisoformat(day)
    assert (quarters.end_of(day), quarters.before(day)) == (
        dt.date.fromisoformat(end),
        dt.date.fromisoformat(before),
    )


def test_the_way_to_a_horizon_is_whole_quarters_and_parts_at_its_ends() -> None:
    steps = quarters.steps(dt.date(2026, 8, 15), dt.date(2027, 2, 14))
    assert [(str(step.until), round(step.part * 92)) for step in steps] == [
        ("2026-09-30", 46),
        ("2026-12-31", 92),
        ("2027-02-14", 46),
    ]
    assert steps[1].part == 1
    assert quarters.steps(ON, ON) == []


def test_known_moves_are_found_again() -> None:
    firms = {n: f"1{n % 4}0{n % 3}" for n in range(1500)}
    place = country.grown(firms)
    seen = panel.look_back(country.simulated(firms), READING, place, tier="little_giant", on=ON)
    assert seen.quarters == 8
    counts = seen.moves[:, 0, 0].sum(axis=0)
    found = fitting.fit(seen, place, np.ones(6))
    for state in range(5):
        mean = found.moves[0][state].mean[0]
        held = counts[state].sum()
        real = np.array([0, *RATES[state], 1 - RATES[state].sum()])
        # half a life of four quarters leaves weights that count for fewer cases
        room = 3.3 * np.sqrt(real * (1 - real) / (held * 0.6)) + 1 / held
        assert (np.abs(mean - real) <= room).all(), (state, mean, real)


def test_a_part_without_anything_to_go_by_gets_the_shares_of_the_whole() -> None:
    counts = np.array([[90.0, 210], [30, 70], [28, 72], [32, 68], [0, 0]])
    found = shrinking.shares(counts, TREE, np.array([0.0, 0.0]))
    assert found.mean[4] == pytest.approx([0.3, 0.7])
    assert found.own[4] == 0


def test_a_part_with_much_to_go_by_keeps_its_own() -> None:
    counts = np.array([[10_090.0, 90_210], [30, 70], [28, 72], [32, 68], [10_000, 90_000]])
    found = shrinking.shares(counts, TREE, np.array([0.5, 0.5]))
    assert found.mean[4] == pytest.approx([0.1, 0.9], abs=0.001)
    assert found.own[4] > 0.99


def test_how_far_parts_stray_is_estimated() -> None:
    rng = np.random.default_rng(5)
    around = np.broadcast_to([0.2, 0.3, 0.5], (400, 3))
    shares = rng.dirichlet(30 * around[0], size=400)
    counts = np.array([rng.multinomial(40, share) for share in shares]).astype(float)
    assert shrinking.concentration(counts, around) == pytest.approx(30, rel=0.25)
    alike = np.array([rng.multinomial(40, around[0]) for _ in range(400)]).astype(float)
    assert shrinking.concentration(alike, around) > 500
    assert shrinking.concentration(counts[:2], around[:2]) == shrinking.USUAL


def test_how_often_something_happens_is_drawn_to_the_whole() -> None:
    counts, exposure = np.array([40.0, 10, 12, 18, 0]), np.array([430.0, 100, 110, 200, 20])
    found = shrinking.pace(counts, exposure, TREE)
    assert found.mean[0] == pytest.approx(40.5 / 430)
    assert 0.05 < found.mean[4] < 40.5 / 410  # twenty quiet cases, drawn to the others
    much = np.array([5040.0, 10, 12, 18, 5000]), np.array([50_430.0, 100, 110, 200, 50_000])
    assert shrinking.pace(*much, TREE).mean[4] == pytest.approx(0.1, rel=0.02)


def test_lumps_are_told_from_an_even_flow() -> None:
    rng = np.random.default_rng(2)
    mean = np.full(300, 20.0)
    assert shrinking.dispersion(rng.poisson(mean).astype(float), mean) > 100
    lumpy = rng.poisson(mean * rng.gamma(2, 0.5, 300)).astype(float)
    assert shrinking.dispersion(lumpy, mean) == pytest.approx(2, rel=0.25)


def test_too_little_history_is_enough_for_nothing() -> None:
    firms = dict.fromkeys(range(1, 40), "1101")
    place = country.grown(firms)

    def seen(behind: int) -> panel.Panel:
        found = country.simulated(firms, behind=behind)
        return panel.look_back(found, READING, place, tier="little_giant", on=ON)

    assert (seen(3).quarters, fitting.enough(seen(3))) == (3, False)
    assert (seen(4).quarters, fitting.enough(seen(4))) == (4, True)


def test_a_re_check_passed_before_the_last_day_is_one() -> None:
    """Replaced a month early or run out: each is the re-check of a title, passed or not."""
    firms = dict.fromkeys(range(40), "1101")
    day = dt.date
    rows = [
        # 30 passed, replaced in an earlier quarter than the one they would have run out in
        *[(n, "1101", day(2022, 10, 15), day(2025, 10, 14), day(2025, 9, 15)) for n in range(30)],
        *[(n, "1101", day(2025, 9, 15), day(2028, 9, 14), None) for n in range(30)],
        *[(n, "1101", day(2022, 10, 15), day(2025, 10, 14), None) for n in range(30, 40)],
    ]
    titles = pl.DataFrame(rows, schema=states.TITLES, orient="row")
    facts = country.facts(firms, country.assessed([(0, day(2023, 1, 1), 0)]), titles)
    seen = panel.look_back(facts, READING, country.grown(firms), tier="little_giant", on=ON)
    assert seen.rechecks[:, 0].sum(axis=0).tolist() == [10, 30]
    assert seen.ends[:, 0, 0].sum() == 0


def test_titles_of_one_quarter_share_a_fate() -> None:
    one, none = np.zeros((8, 2)), np.zeros((8, 2))
    one[3] = [20, 0]
    assert fitting._alike(none) == fitting.ALIKE
    alike = fitting._alike(one)
    assert fitting._worth(one, alike)[[0, 3]] == pytest.approx([1, 1 / (1 + 19 * alike)])
    lot = np.array([[10, 90], [90, 10], [15, 85], [80, 20], [50, 50], [20, 80]], float)
    assert fitting._alike(lot) > 0.25 > 0.1 > fitting._alike(np.full((6, 2), [30.0, 70]))


def test_the_pace_begins_where_it_lately_was() -> None:
    steady = np.tile([[[20.0, 80]], [[20, 80]], [[20, 80]], [[20, 80]]], (2, 1, 1))
    assert fitting._lately(steady, 0.2)[0] == pytest.approx(0)
    quicker = steady.copy()
    quicker[-2:] = [[40, 60]]
    level, unsure = fitting._lately(quicker, 0.3)
    assert 0.1 < level < np.log(2)
    assert unsure < fitting.WANDER


def test_how_far_the_quarters_of_regions_stray_is_found_again() -> None:
    rng = np.random.default_rng(3)
    paths = [f"{n}" for n in range(10, 90)]
    place = tree.grow(paths, paths)
    turn = np.exp(rng.normal(0, 0.4, (12, len(paths))))
    left = rng.poisson(12 * turn)
    moves = np.zeros((12, place.number, 1, 2))
    moves[:, 1:, 0, 0], moves[:, 1:, 0, 1] = left, 200 - left
    moves[:, 0] = moves[:, 1:].sum(axis=1)
    assert fitting._stray(moves, place)[1] == pytest.approx(0.43, abs=0.08)
    calm = rng.poisson(12, (12, len(paths)))
    moves[:, 1:, 0, 0], moves[:, 1:, 0, 1] = calm, 200 - calm
    moves[:, 0] = moves[:, 1:].sum(axis=1)
    assert fitting._stray(moves, place)[1] < 0.12


def test_a_young_index_borrows_the_moves_of_the_assessed() -> None:
    """Of two years the part that it lacks, and nothing of those not assessed."""
    firms = {n: f"1{n % 4}01" for n in range(400)}
    whole = country.simulated(firms)
    begins = quarters.back_from(ON, 5)[0]
    version = pl.when(pl.col("day") < begins).then(2022).otherwise(2024).alias("version")
    facts = states.Facts(
        whole.titles, whole.assessed.with_columns(version), whole.projects, whole.firms
    )
    place = country.grown(firms)

    def seen(reading: states.Reading) -> panel.Panel:
        return panel.look_back(facts, reading, place, tier="little_giant", on=ON)

    young, wide = seen(READING), seen(READING.of_any_index)
    assert (young.quarters, wide.quarters) == (4, 8)
    moves, borrowed = fitting._moves(young, wide)
    weighed = fitting._weighed
    assert borrowed[:, 1:] == pytest.approx(weighed(wide.moves)[0, :, 1:] / 2)
    assert borrowed[:, 0].sum() == 0
    assert moves[:, :, 1:] == pytest.approx(weighed(young.moves)[:, :, 1:] / 2)
    assert moves[:, :, 0] == pytest.approx(weighed(young.moves)[:, :, 0])
    assert fitting._moves(wide, None)[1].sum() == 0


def test_what_was_seen_earlier_is_a_part_of_what_is_seen_now() -> None:
    firms = {n: f"1{n % 4}01" for n in range(60)}
    facts, place = country.simulated(firms, behind=12), country.grown(firms)

    def seen(on: dt.date, last: int) -> panel.Panel:
        return panel.look_back(facts, READING, place, tier="little_giant", on=on, last=last)

    then, cut = seen(quarters.back_from(ON, 4)[0], panel.LAST), seen(ON, 11).without(3)
    for name in panel.Panel.__slots__:
        assert np.array_equal(getattr(then, name), getattr(cut, name)), name
