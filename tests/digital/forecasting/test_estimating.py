from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from cultivation.digital.forecasting import fitting, panel, quarters, shrinking, tree
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
