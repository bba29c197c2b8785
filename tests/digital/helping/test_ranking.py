from __future__ import annotations

import datetime as dt

import pytest

from cultivation.digital.assessing import rules
from cultivation.digital.helping import needs, ranking, wording
from cultivation.digital.models import (
    CoverageDefinition,
    Forecast,
    HelpTask,
    ProviderScenario,
    ServiceProvider,
    TransformationProject,
)
from enterprises.registry.models import Enterprise
from tests.digital.conftest import TODAY, answers, assess, entitle


def listed(places, code: str = "L2_ONSITE", **asked) -> list[ranking.Candidate]:
    definition = CoverageDefinition.objects.get(code=code)
    return ranking.next_firms(places["440000"], tier="little_giant", definition=definition, **asked)


def test_firms_come_by_what_is_missing_least_first(places, named) -> None:
    _nothing, begun, far, one_level, known, expiring, self_only, there = (
        named(name)
        for name in ("nothing", "begun", "far", "one", "known", "expiring", "self", "there")
    )
    TransformationProject.objects.create(enterprise=begun, name="x", started_on=dt.date(2026, 1, 1))
    assess(far, 0, score=1500)
    assess(one_level, 1, score=2500)
    assess(known, 1, score=3800)
    assess(expiring, 2, valid_to=TODAY + dt.timedelta(days=60))
    assess(self_only, 3, way="self_declared")
    assess(there, 2, valid_to=TODAY + dt.timedelta(days=61))
    found = listed(places)
    assert [(row.enterprise.name, row.step) for row in found] == [
        ("self", ranking.ASSESSMENT),
        ("expiring", ranking.RENEWAL),
        ("known", ranking.LEVEL),
        ("one", ranking.LEVEL),
        ("far", ranking.LEVELS),
        ("begun", ranking.BEGUN),
        ("nothing", ranking.NOTHING),
    ]
    assert [(row.levels_missing, row.points_missing) for row in found] == [
        (0, None), (0, None), (1, 200), (1, 1500), (2, 2500), (None, None), (None, None),
    ]  # fmt: skip
    assert [row.kind for row in found] == [
        "on_site", "on_site", "scenario", "scenario", "scenario", "diagnosis", "diagnosis",
    ]  # fmt: skip
    assert [row.enterprise.name for row in listed(places, limit=2)] == ["self", "expiring"]
    assert wording.reasons(found[0])[0] == "level 3, by an assessment that does not count here"


def test_projects_are_ranked_by_how_far_they_got(places, named) -> None:
    rows = {
        "waits": (dt.date(2025, 1, 1), dt.date(2026, 1, 1), None),
        "under way": (dt.date(2025, 1, 1), None, None),
        "accepted": (dt.date(2024, 1, 1), dt.date(2025, 1, 1), dt.date(2025, 3, 1)),
    }
    for name, (started, finished, accepted) in rows.items():
        TransformationProject.objects.create(
            enterprise=named(name), name="x", started_on=started, finished_on=finished,
            accepted_on=accepted,
        )  # fmt: skip
    assess(named("assessed"), 4)
    named("nothing")
    found = listed(places, "ACCEPTED")
    assert [(row.enterprise.name, row.step, row.kind) for row in found] == [
        ("waits", ranking.ACCEPTANCE, "acceptance"),
        ("under way", ranking.PROJECT, "acceptance"),
        ("assessed", ranking.BEGUN, "diagnosis"),
        ("nothing", ranking.NOTHING, "diagnosis"),
    ]
    assert wording.reasons(found[0])[0] == "project finished on 2026-01-01, not accepted"


def test_a_self_assessment_is_asked_for_where_only_that_counts(places, firm) -> None:
    assess(firm(), 2)
    (found,) = listed(places, "L2_SELF")
    assert (found.step, found.kind) == (ranking.ASSESSMENT, "self")


def test_points_are_those_of_the_way_that_counts_under_the_thresholds_of_the_day(
    places, named, seated
) -> None:
    assess(named("on site"), 1, score=2500)
    both = named("both")
    assess(both, 1, score=2600)
    assess(both, 1, score=3900, way="self_declared", assessed_on=dt.date(2026, 1, 1))
    older = named("of 2022")
    assess(older, 3, score=7000, index_version=2022)
    assert [(row.enterprise.name, row.step, row.points_missing) for row in listed(places)] == [
        ("both", ranking.LEVEL, 1400),
        ("on site", ranking.LEVEL, 1500),
        ("of 2022", ranking.BEGUN, None),
    ]
    assert wording.reasons(listed(places)[2])[0] == (
        "assessed, but not in a way or under an index that counts here"
    )
    levels = rules.levels_of(rules.in_force(2024, TODAY), 2024)
    asked = {
        one.no: {"points": one.points, "scenarios": one.scenarios, "binding": one.binding}
        for one in levels
    }
    asked[2]["points"] = 50_000
    rules.issue(
        2024, asked, in_force_from=TODAY, source="x", verified=False,
        by=seated("nation", code="000000", may_decide=True),
    )  # fmt: skip
    assert [row.points_missing for row in listed(places)] == [2400, 2500, None]


def test_missing_points_of_answers_are_those_of_the_day(places, firm, seated) -> None:
    given = answers({}, [2, 1, 2, 0, 0, 2, 1, 1, *[0] * 8])
    assess(firm(), 1, answers=given, score=2500)
    (before,) = listed(places)
    levels = rules.levels_of(rules.in_force(2024, TODAY), 2024)
    asked = {
        one.no: {"points": one.points + 10, "scenarios": one.scenarios, "binding": one.binding}
        for one in levels
    }
    rules.issue(
        2024, asked, in_force_from=TODAY, source="x", verified=False,
        by=seated("nation", code="000000", may_decide=True),
    )  # fmt: skip
    (after,) = listed(places)
    assert after.needs.points == before.needs.points + 1


def test_only_holders_in_sight_of_the_region_are_listed(places, firm) -> None:
    firm("440106", title="srdi")
    firm("440305")
    lapsed = firm("440106", title=None)
    entitle(lapsed, "little_giant", valid_to=dt.date(2025, 1, 1))
    inside = firm("440103")
    seen = Enterprise.objects.exclude(pk=inside.pk)
    assert [row.enterprise.pk for row in listed(places)] == [inside.pk]
    assert listed(places, among=seen) == []


def test_missing_scenarios_are_named_with_the_binding_ones(places, firm) -> None:
    given = answers({}, [2, 1, 2, 0, 0, 2, 1, 1, *[0] * 8])
    wanted = needs.of_answers(given, 2)
    assert (wanted.more, wanted.binding) == (3, 0)
    assert [(one.no, own) for one, own in wanted.nearest] == [(7, 1), (8, 1), (2, 1)]
    assert wanted.points > 0
    assert [name for name, _room in wanted.dimensions] != []
    assess(firm(), 1, answers=given, score=2500)
    (found,) = listed(places)
    assert found.needs == wanted
    assert "3 scenarios must reach level 2, 0 of them binding" in wording.reasons(found)


def test_providers_of_the_region_that_serve_most_of_what_is_missing_are_named(places, firm) -> None:
    one = firm("440106")
    assess(one, 1, answers=answers({}, [2, 1, 2, 0, 0, 2, 1, 1, *[0] * 8]), score=2500)
    served = {"most": ("440000", (7, 8)), "one": ("440106", (2,)), "elsewhere": ("440300", (7,)),
              "other": ("440000", (16,)), "given up": ("440000", (7, 8, 2))}  # fmt: skip
    for name, (code, scenarios) in served.items():
        row = ServiceProvider.objects.create(
            name=name, kept_by=places["440000"], active=name != "given up"
        )
        row.regions.add(places[code])
        row.scenarios.bulk_create(
            ProviderScenario(provider=row, scenario=number) for number in scenarios
        )
    (found,) = listed(places)
    assert found.providers == ("most", "one")


def test_each_component_is_said_in_words(places, firm) -> None:
    one = firm()
    assess(one, 1, score=2500)
    definition = CoverageDefinition.objects.get(code="L2_ONSITE")
    Forecast.objects.create(
        made_on=TODAY, until=dt.date(2027, 12, 31), region=places["440000"], tier="little_giant",
        definition=definition, method="too_little", total=1, transformed=0, due=1_000_000,
        run_rate=0, quarters=8, climbs=[100_000, 200_000, 345_678, 900_000], seed="1",
    )  # fmt: skip
    (found,) = listed(places)
    assert found.chance == 345_678
    assert wording.reasons(found) == [
        "level 1 now",
        "1 below the level that counts",
        "15.00 points missing",
        "title valid to 2027-06-30",
        "of firms in this state 35% count within a year",
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_one_firm_and_three(
    places, firm, django_assert_num_queries, number
) -> None:
    for _ in range(number):
        assess(firm(), 1, score=2500)
    definition = CoverageDefinition.objects.get(code="L2_ONSITE")
    with django_assert_num_queries(7):  # thresholds of every version, and those in force
        found = ranking.next_firms(places["440000"], tier="little_giant", definition=definition)
    assert len(found) == number
    assert HelpTask.objects.count() == 0
