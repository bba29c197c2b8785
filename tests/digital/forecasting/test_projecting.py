from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from cultivation.digital.forecasting import (
    backtest,
    baselines,
    calibrating,
    panel,
    projecting,
    quarters,
    running,
    states,
)
from tests.digital.forecasting import country
from tests.digital.forecasting.country import ON, READING

YEAR_ON = dt.date(2027, 6, 30)
GIANT = "little_giant"


def ahead(facts, firms, *, until=YEAR_ON, reading=READING, **asked) -> running.Outlook:
    return running.look_ahead(
        facts, reading, country.grown(firms), tier=GIANT, on=ON, until=until, **asked
    )


@pytest.mark.parametrize(
    ("wander", "stray"), [(0.0, 0.0), (0.2, 0.4)], ids=["steady quarters", "quarters that differ"]
)
def test_what_came_lies_within_the_range_as_often_as_promised(wander, stray) -> None:
    firms = {n: f"1{n % 8}{n % 6:02}" for n in range(1400)}
    place, inside = country.grown(firms), {"four fifths": [], "half": []}
    for seed in (0, 1, 2):
        whole = country.simulated(firms, ahead=4, spread=0.3, wander=wander, stray=stray, seed=seed)
        said = ahead(country.known(whole), firms).projection.quantiles[-1]
        total, there = panel.rates(whole, READING, place, tier=GIANT, on=YEAR_ON)
        came = there / total
        assert (said.shape, np.isnan(said).any()) == ((5, 33), False)
        inside["four fifths"].append((came >= said[0] - 1e-9) & (came <= said[4] + 1e-9))
        inside["half"].append((came >= said[1] - 1e-9) & (came <= said[3] + 1e-9))
    assert 0.7 <= np.mean(inside["four fifths"]) <= 0.92
    assert 0.4 <= np.mean(inside["half"]) <= 0.72


def test_a_range_is_widened_by_squares_and_stays_a_share() -> None:
    quantiles = np.array([[0.4, 0.9], [0.5, 0.95], [0.6, 1], [0.65, 1], [0.64 + 0.04, 1]])
    found = projecting._widened(quantiles, 0.15)
    assert found[:, 0] == pytest.approx([0.35, 0.4726, 0.6, 0.6934, 0.77], abs=1e-4)
    assert found[[0, 2, 4], 1] == pytest.approx([1 - np.hypot(0.1, 0.15), 1, 1])
    assert np.array_equal(projecting._widened(quantiles, 0.0), quantiles)


def test_ranges_are_widened_by_what_earlier_days_would_have_needed() -> None:
    # of four and of nine cases with the one to come, four fifths are four and eight
    assert calibrating.enough_for(np.array([0.0, 0, 0.1, 0.2])) == 0.2
    assert calibrating.enough_for(np.array([0.3, 0, 0, 0, 0, 0.1, 0.2, 0, 0])) == 0.2
    firms = {n: f"1{n % 4}01" for n in range(240)}
    place = country.grown(firms)

    def slack(late: int) -> calibrating.Slack | None:
        """Return it where half of all were suddenly assessed so many quarters ago."""
        facts = country.simulated(firms, behind=12)
        day = quarters.back_from(ON, late + 1)[0] + dt.timedelta(days=20)
        rush = country.assessed([(firm, day, 4) for firm in range(0, 240, 2)])
        rows = pl.concat([facts.assessed, rush.with_columns(pl.col("row") + 100_000)])
        return calibrating.measure(country.facts(firms, rows), READING, place, tier=GIANT, on=ON)

    calm = calibrating.measure(
        country.simulated(firms, behind=12), READING, place, tier=GIANT, on=ON
    )
    assert (calm.origins, calm.cases, calm.a_year < 0.08) == (5, 45, True)
    assert slack(2).a_year > 0.2
    assert slack(0) == calm  # hidden: it came after the day


def test_a_young_definition_borrows_its_slack_from_the_others() -> None:
    firms = {n: f"1{n % 4}01" for n in range(120)}
    facts = country.simulated(firms, behind=5)
    young = {"L2": READING}
    assert calibrating.of_tier(facts, young, country.grown(firms), tier=GIANT, on=ON) == {
        "L2": calibrating.NONE
    }
    facts = country.simulated(firms, behind=12)
    facts = states.Facts(
        facts.titles,
        facts.assessed.with_columns(
            pl.when(pl.col("day") < dt.date(2025, 3, 1)).then(2022).otherwise(2024).alias("version")
        ),
        facts.projects,
        facts.firms,
    )
    both = {"any": READING.of_any_index, "L2": READING}
    found = calibrating.of_tier(facts, both, country.grown(firms), tier=GIANT, on=ON)
    assert (found["any"].origins, found["L2"].origins) == (5, 0)
    assert found["L2"].a_year == found["any"].a_year


def test_equal_records_give_equal_figures() -> None:
    firms = {n: f"1{n % 3}01" for n in range(120)}
    facts = country.simulated(firms)
    one, other = ahead(facts, firms).projection, ahead(facts, firms).projection
    assert np.array_equal(one.quantiles, other.quantiles)
    assert np.array_equal(one.chance, other.chance)
    turned = states.Facts(
        facts.titles, facts.assessed.reverse(), facts.projects, dict(reversed(facts.firms.items()))
    )
    assert turned.digest() == facts.digest()
    assert np.array_equal(ahead(turned, firms).projection.quantiles, one.quantiles)


def test_a_country_without_holders_is_not_forecast() -> None:
    firms = dict.fromkeys(range(1, 50), "1101")
    none = country.facts(
        firms, country.assessed([]), country.titled(firms, until=dt.date(2025, 1, 1))
    )
    found = ahead(none, firms)
    assert (found.projection, found.total.sum()) == (None, 0)


def test_without_history_nothing_is_said() -> None:
    firms = dict.fromkeys(range(1, 50), "1101")
    found = ahead(country.facts(firms, country.assessed([(1, ON, 2)])), firms)
    assert (found.projection, found.total[0], found.there[0]) == (None, 49, 1)


def test_where_all_are_transformed_all_stay_so() -> None:
    firms = {n: f"1{n % 3}01" for n in range(90)}
    long_ago = [(firm, dt.date(2024, 6, 30), 4) for firm in firms]
    found = ahead(country.facts(firms, country.assessed(long_ago)), firms).projection
    assert found.quantiles[-1][2].tolist() == [1] * 7
    assert found.quantiles[-1][0][0] > 0.97
    assert found.chance[1] > 0.9


def test_a_title_that_runs_out_and_is_never_renewed_leaves_the_holders() -> None:
    firms = dict.fromkeys(range(200), "1101")
    runs_out = pl.concat(
        [
            country.titled(dict.fromkeys(range(100), "1101"), until=dt.date(2026, 11, 1)),
            country.titled(dict.fromkeys(range(100, 200), "1101")),
            country.titled(dict.fromkeys(range(200, 400), "1101"), until=dt.date(2026, 3, 1)),
        ]
    )
    rows = country.assessed([(n, dt.date(2024, 6, 30), 3) for n in range(0, 200, 2)])
    found = ahead(country.facts(firms, rows, runs_out), firms).projection
    assert found.holders[:, 0] == pytest.approx([200, 100, 100, 100], abs=2)
    assert found.quantiles[-1][2][0] == pytest.approx(0.5, abs=0.03)


def test_an_assessment_that_runs_out_is_a_firm_not_assessed_unless_it_is_renewed() -> None:
    firms = dict.fromkeys(range(200), "1101")
    lasting = [(n, dt.date(2024, 6, 30), 3) for n in range(100)]
    rows = pl.concat(
        [
            country.assessed(lasting),
            country.assessed([(n, dt.date(2024, 6, 30), 3) for n in range(100, 150)],
                             until=dt.date(2026, 11, 1)),
            # others ran out before, none of them was renewed
            country.assessed([(n, dt.date(2024, 6, 30), 3) for n in range(150, 200)],
                             until=dt.date(2025, 11, 1)),
        ]
    )  # fmt: skip
    found = ahead(country.facts(firms, rows), firms).projection.quantiles[:, 2, 0]
    assert found == pytest.approx([0.75, 0.5, 0.5, 0.5], abs=0.03)


def test_the_chance_of_a_goal_below_the_whole_is_how_often_it_is_reached() -> None:
    firms = dict.fromkeys(range(300), "1101")
    facts = country.simulated(firms)
    middle = ahead(facts, firms).projection.quantiles[-1][2][0]
    chances = [
        ahead(facts, firms, due=round((middle + off) * 1_000_000)).projection.chance[0]
        for off in (-0.15, 0, 0.15)
    ]
    assert chances[0] > 0.95
    assert 0.3 < chances[1] < 0.7
    assert chances[2] < 0.05
    assert ahead(facts, firms).projection.chance[0] < 0.001


def test_projects_have_three_states() -> None:
    firms = {n: f"1{n % 2}01" for n in range(60)}
    done = [
        (n, dt.date(2024, 1, 1), None, dt.date(2024 + n % 2, 1 + n % 12, 28)) for n in range(40)
    ]
    facts = states.Facts(
        {GIANT: country.titled(firms)},
        country.assessed([(59, dt.date(2025, 1, 1), 1)]),
        pl.DataFrame(done, schema=states.PROJECTS, orient="row"),
        {"1001": 30, "1101": 30},
    )
    found = ahead(facts, firms, reading=states.Reading(country.ACCEPTED))
    assert (found.total[0], found.there[0]) == (60, 40)
    assert found.projection.climbs.shape == (5, 3)
    assert found.projection.climbs[0][2] > 0.99
    seen = states.on_day(facts, states.Reading(country.ACCEPTED), dt.date(2025, 1, 31))
    assert sorted(seen["state"]) == [1] * 20 + [1] + [2] * 20


def test_a_line_and_a_curve_go_on_as_they_should() -> None:
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=90 * n) for n in range(6)]
    last = days[-1] + dt.timedelta(days=90)
    assert baselines.line(days, np.arange(6) * 0.1, last) == pytest.approx(0.6)
    assert baselines.line(days, np.arange(6) * 0.19, last) == 1
    x = np.array([(day - last).days / 365.25 for day in days])
    curve = 0.7 / (1 + np.exp(-2 * (x + 0.6)))
    at_last = 0.7 / (1 + np.exp(-2 * 0.6))
    assert baselines.logistic(days, curve, last) == pytest.approx(at_last, abs=1e-4)
    few = np.array([0.1, 0.2, 0.3, np.nan, np.nan, np.nan])
    assert (baselines.line(days, few, last), baselines.logistic(days, few, last)) == (None, None)


def test_errors_and_ranges_of_the_back_test_are_those_worked_out_by_hand() -> None:
    tried = backtest.Tried(
        since=dt.date(2025, 6, 30),
        on=ON,
        actual=np.array([0.50, 0.20, 0.90, np.nan]),
        quantiles=np.array(
            [[0.40, 0.1, 0.1, 0], [0.45, 0.1, 0.2, 0], [0.5, 0.1, 0.3, 0], [0.55, 0.2, 0.4, 0],
             [0.6, 0.3, 0.5, 0]]
        ),
        ways={
            "forecast": np.array([0.50, 0.10, 0.30, 0]),
            "line": np.array([0.40, 0.20, 0.90, 0]),
            "logistic": np.array([0.80, np.nan, 0.60, 0]),
        },
        counted=np.array([True, False, True, False]),
    )  # fmt: skip
    assert tried.summary() == {
        "since": "2025-06-30", "on": "2026-06-30", "regions": 2,
        # the means of 0 and 60, of 10 and none, of 30 and 30 points
        "forecast": 3000, "line": 500, "logistic": 3000,
        "inside80": 500_000, "inside50": 500_000,
    }  # fmt: skip
    assert tried.of(1) == {
        "actual": 200_000, "forecast": 100_000, "line": 200_000, "logistic": None,
        "low": 100_000, "high": 300_000, "inside": True,
    }  # fmt: skip
    assert tried.of(3) == {}


def test_the_back_test_hides_what_came_after() -> None:
    firms = {n: f"1{n % 3}01" for n in range(90)}
    long_ago = [(firm, dt.date(2023, 6, 30), 3 if firm % 2 else 0) for firm in firms]
    place = country.grown(firms)

    def tried(rows: list) -> dict:
        facts = country.facts(firms, country.assessed(rows))
        found = backtest.try_out(facts, READING, place, tier=GIANT, on=ON)
        return found.of(0)

    quiet = tried(long_ago)
    assert (quiet["actual"], quiet["line"], quiet["inside"]) == (500_000, 500_000, True)
    assert quiet["forecast"] == pytest.approx(500_000, abs=15_000)
    # half a year ago the others rose: nobody could know
    rose = tried([*long_ago, *((firm, dt.date(2026, 1, 5), 3) for firm in firms)])
    assert rose["actual"] == 1_000_000
    assert {**rose, "actual": 0, "inside": 0} == {**quiet, "actual": 0, "inside": 0}
    assert rose["inside"] is False


def test_nothing_is_tried_out_where_there_was_too_little_a_year_ago() -> None:
    firms = dict.fromkeys(range(60), "1101")
    facts = country.simulated(firms, behind=6)
    place = country.grown(firms)
    assert backtest.try_out(facts, READING, place, tier=GIANT, on=ON) is None
