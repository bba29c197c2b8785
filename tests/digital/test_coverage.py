from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cultivation.digital import coverage, definitions
from cultivation.digital.models import (
    CoverageDefinition,
    CoverageSnapshot,
    CubeDay,
    MaturityAssessment,
    RequiredPath,
    TransformationProject,
)
from enterprises.registry.models import Enterprise, Title
from tests.digital.conftest import TODAY, assess, entitle

PAST = dt.date(2025, 11, 15)
CODES = ("L2_ONSITE", "L2_SELF", "ACCEPTED", "L1_ANY", "STARTED")


def stored(code: str, on: dt.date = TODAY, *, tier: str = "little_giant") -> dict[str, tuple]:
    """Return the snapshot of a definition: total, transformed, not, not assessed by region."""
    rows = CoverageSnapshot.objects.filter(definition__code=code, on=on, tier=tier)
    return {
        row.region.code: (row.total, row.transformed, row.not_transformed, row.not_assessed)
        for row in rows.select_related("region")
    }


def nation(code: str, on: dt.date = TODAY) -> tuple:
    return stored(code, on)["000000"]


def by_hand(places, tier: str, on: dt.date) -> dict[tuple[str, str], tuple]:
    """Count again firm by firm in plain Python, from the definitions' words alone."""
    found: dict[tuple[str, str], list[str]] = {}
    for firm in Enterprise.objects.all():
        titles = [
            t
            for t in Title.objects.filter(enterprise=firm, tier=tier)
            if t.granted_on <= on <= t.valid_to and (t.ended_on is None or t.ended_on > on)
        ]
        if not titles:
            continue
        valid = [
            a
            for a in MaturityAssessment.objects.filter(enterprise=firm)
            if a.assessed_on <= on and (a.valid_to is None or on <= a.valid_to)
        ]
        # the later counts; on one day the one on site, then the one entered last
        valid.sort(key=lambda a: (a.assessed_on, a.way == "on_site", a.pk))
        projects = [
            p for p in TransformationProject.objects.filter(enterprise=firm) if p.started_on <= on
        ]
        of_2024 = [a for a in valid if a.index_version == 2024]
        on_site = [a.level for a in of_2024 if a.way == "on_site"]
        own = [a.level for a in of_2024 if a.way == "self_declared"]
        accepted = [p for p in projects if p.accepted_on and p.accepted_on <= on]
        known = bool(projects or valid)
        groups = {
            "L2_ONSITE": ("yes" if on_site[-1] >= 2 else "no") if on_site else "unknown",
            "L2_SELF": ("yes" if own[-1] >= 2 else "no") if own else "unknown",
            "ACCEPTED": "yes" if accepted else "no" if known else "unknown",
            "L1_ANY": ("yes" if valid[-1].level >= 1 else "no") if valid else "unknown",
            "STARTED": "yes" if projects else "no" if known else "unknown",
        }
        for code, region in places.items():
            if firm.region_path.startswith(region.path):
                for definition, group in groups.items():
                    found.setdefault((definition, code), []).append(group)
    return {
        key: (len(groups), groups.count("yes"), groups.count("no"), groups.count("unknown"))
        for key, groups in found.items()
    }


@pytest.mark.parametrize("tier", ["little_giant", "srdi"])
@pytest.mark.parametrize("on", [TODAY, PAST, dt.date(2024, 12, 1)])
def test_every_figure_equals_a_count_by_hand(places, registry, tier, on) -> None:
    coverage.take_snapshot(on)
    expected = by_hand(places, tier, on)
    assert expected["L2_ONSITE", "000000"][0] > 20  # the lot gave something to count
    for code in CODES:
        found = {key: row for key, row in stored(code, on, tier=tier).items() if row[0]}
        assert found == {key: row for (name, key), row in expected.items() if name == code}


def test_the_parts_of_every_figure_add_up(places, registry) -> None:
    coverage.take_snapshot(TODAY)
    rows = list(CoverageSnapshot.objects.select_related("region"))
    assert all(r.total == r.transformed + r.not_transformed + r.not_assessed for r in rows)
    for code in CODES:
        figures = stored(code)
        units = ("110000", "440000", "440300", "810000")
        assert nation(code) == tuple(map(sum, zip(*(figures[u] for u in units), strict=True)))


def test_titles_valid_on_the_day_are_counted_once_in_plain_sql(places, registry) -> None:
    coverage.take_snapshot(PAST)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT COUNT(DISTINCT e.id) FROM registry_enterprise e
               JOIN registry_title t ON t.enterprise_id = e.id
               WHERE t.tier = 'little_giant' AND t.granted_on <= %s AND t.valid_to >= %s
                 AND (t.ended_on IS NULL OR t.ended_on > %s) AND e.region_path LIKE '44%%'""",
            [PAST, PAST, PAST],
        )
        (expected,) = cursor.fetchone()
    assert stored("L1_ANY", PAST)["440000"][0] == expected > 0


def test_a_firm_never_assessed_is_not_assessed_and_not_at_nought(firm) -> None:
    firm()
    coverage.take_snapshot(TODAY)
    assert {code: nation(code) for code in CODES} == dict.fromkeys(CODES, (1, 0, 0, 1))


def test_level_nought_is_assessed_and_not_transformed(firm) -> None:
    assess(firm(), 0)
    coverage.take_snapshot(TODAY)
    assert {code: nation(code) for code in CODES} == {
        "L2_ONSITE": (1, 0, 1, 0),
        "L2_SELF": (1, 0, 0, 1),
        "ACCEPTED": (1, 0, 1, 0),
        "L1_ANY": (1, 0, 1, 0),
        "STARTED": (1, 0, 1, 0),
    }


def test_a_title_counts_from_its_first_to_its_last_day(firm) -> None:
    one = firm(title=None)
    entitle(one, "little_giant", granted_on=dt.date(2025, 1, 10), valid_to=dt.date(2025, 3, 31))
    days = {"2025-01-09": 0, "2025-01-10": 1, "2025-03-31": 1, "2025-04-01": 0}
    for day in days:
        coverage.take_snapshot(dt.date.fromisoformat(day))
    assert {day: nation("STARTED", dt.date.fromisoformat(day))[0] for day in days} == days


def test_a_revoked_title_counts_no_more_from_the_day_it_ended(firm) -> None:
    one = firm(title=None)
    entitle(one, "little_giant", ended_on=dt.date(2026, 2, 1), end_kind="revoked")
    coverage.take_snapshot(dt.date(2026, 1, 31))
    coverage.take_snapshot(dt.date(2026, 2, 1))
    assert nation("STARTED", dt.date(2026, 1, 31))[0] == 1
    assert nation("STARTED", dt.date(2026, 2, 1))[0] == 0


def test_an_expired_assessment_leaves_a_firm_not_assessed(firm) -> None:
    assess(firm(), 3, valid_to=dt.date(2026, 6, 29))
    coverage.take_snapshot(dt.date(2026, 6, 29))
    coverage.take_snapshot(TODAY)
    assert nation("L2_ONSITE", dt.date(2026, 6, 29)) == (1, 1, 0, 0)
    assert nation("L2_ONSITE") == (1, 0, 0, 1)


def test_the_latest_assessment_counts_and_not_the_best(firm) -> None:
    one = firm()
    assess(one, 3)
    assess(one, 1, assessed_on=dt.date(2026, 1, 5))
    coverage.take_snapshot(TODAY)
    coverage.take_snapshot(dt.date(2026, 1, 4))
    assert nation("L2_ONSITE") == (1, 0, 1, 0)
    assert nation("L2_ONSITE", dt.date(2026, 1, 4)) == (1, 1, 0, 0)


def test_self_declared_and_on_site_are_counted_apart(firm) -> None:
    assess(firm(), 2, way="self_declared")
    coverage.take_snapshot(TODAY)
    assert nation("L2_SELF") == (1, 1, 0, 0)
    assert nation("L2_ONSITE") == (1, 0, 0, 1)


def test_the_2022_index_counts_for_level_one_alone(firm) -> None:
    assess(firm(), 4, index_version=2022)
    coverage.take_snapshot(TODAY)
    found = {code: nation(code)[1] for code in CODES}
    assert found == {"L2_ONSITE": 0, "L2_SELF": 0, "ACCEPTED": 0, "L1_ANY": 1, "STARTED": 0}


def test_shenzhen_counts_for_itself_and_the_nation_but_not_for_guangdong(firm) -> None:
    firm("440305")
    firm("440106")
    coverage.take_snapshot(TODAY)
    figures = stored("STARTED")
    assert {code: figures[code][0] for code in ("000000", "440000", "440300", "440305")} == {
        "000000": 2,
        "440000": 1,
        "440300": 1,
        "440305": 1,
    }


def test_units_and_provinces_have_a_row_even_with_nobody_there(places) -> None:
    coverage.take_snapshot(TODAY)
    assert set(stored("STARTED")) == {"000000", "110000", "440000", "440300", "810000"}
    assert nation("STARTED") == (0, 0, 0, 0)


def test_a_rerun_replaces_its_day_and_leaves_the_others(firm) -> None:
    one = firm()
    coverage.take_snapshot(PAST)
    coverage.take_snapshot(TODAY)
    before = list(CoverageSnapshot.objects.filter(on=PAST).values_list("pk", flat=True))
    rows = CoverageSnapshot.objects.count()
    assess(one, 2)
    coverage.take_snapshot(TODAY)
    assert CoverageSnapshot.objects.count() == rows
    assert list(CoverageSnapshot.objects.filter(on=PAST).values_list("pk", flat=True)) == before
    assert nation("L2_ONSITE") == (1, 1, 0, 0)


def test_counting_takes_the_same_queries_however_many_regions(places, firm) -> None:
    numbers = []
    for codes in (["440106"], ["110101", "440103", "440204", "440305"]):
        for code in codes:
            firm(code)
        for day in (TODAY, PAST):
            CubeDay.objects.all().delete()
            with CaptureQueriesContext(connection) as queries:
                coverage.take_snapshot(day)
            numbers.append(len(queries))
    assert numbers[:2] == numbers[2:]


def test_the_list_of_firms_behind_a_figure_agrees_with_it(places, registry) -> None:
    coverage.take_snapshot(PAST)
    for definition in CoverageDefinition.objects.all():
        groups = list(
            coverage.firms(
                Enterprise.objects.all(), definition, tier="little_giant", on=PAST
            ).values_list("group", flat=True)
        )
        counts = (len(groups), groups.count(2), groups.count(1), groups.count(0))
        assert nation(definition.code, PAST) == counts


def test_a_future_day_is_refused_and_nothing_is_stored(places) -> None:
    with pytest.raises(ValidationError) as refusal:
        coverage.take_snapshot(TODAY + dt.timedelta(days=1))
    assert refusal.value.messages == [
        "Coverage on 2026-07-01 cannot be counted yet: the day lies in the future."
    ]
    assert not CoverageSnapshot.objects.exists()


def test_without_definitions_the_check_says_so(db) -> None:
    with pytest.raises(ValidationError) as refusal:
        coverage.take_snapshot(TODAY)
    assert refusal.value.messages == ["No coverage definitions are loaded; run load_seeds first."]


def test_the_required_rate_of_a_day_is_stored_with_it(firm) -> None:
    firm()
    coverage.take_snapshot(dt.date(2026, 4, 3))
    rows = CoverageSnapshot.objects.filter(tier="little_giant")
    assert set(rows.values_list("path_required", flat=True)) == {500_000}


def test_a_path_without_a_start_begins_at_the_first_national_snapshot(firm) -> None:
    RequiredPath.objects.update(start_on=None, start_ppm=0)
    assess(firm(), 2)
    firm()
    coverage.take_snapshot(dt.date(2026, 1, 1))  # half: 729 days before the goal
    coverage.take_snapshot(dt.date(2026, 6, 30))  # 180 days on
    rows = CoverageSnapshot.objects.filter(definition__code="L2_ONSITE", region__code="000000")
    found = dict(rows.filter(tier="little_giant").values_list("on", "path_required"))
    assert found == {
        dt.date(2026, 1, 1): 500_000,
        dt.date(2026, 6, 30): 500_000 + 500_000 * 180 // 729,
    }


def test_a_definition_added_later_has_a_path_from_its_own_first_snapshot(firm) -> None:
    RequiredPath.objects.update(start_on=None, start_ppm=0)
    assess(firm(), 2)
    firm()
    late = CoverageDefinition.objects.get(code="L2_ONSITE")
    coverage.take_snapshot(dt.date(2025, 1, 1))
    CoverageSnapshot.objects.filter(definition=late).delete()  # as if it came later
    coverage.take_snapshot(dt.date(2026, 1, 1))
    coverage.take_snapshot(dt.date(2026, 6, 30))
    row = CoverageSnapshot.objects.get(
        definition=late, region__code="000000", tier="little_giant", on=dt.date(2026, 6, 30)
    )
    assert row.path_required == 500_000 + 500_000 * 180 // 729


def test_loading_definitions_again_changes_nothing_and_keeps_an_own_start(places) -> None:
    RequiredPath.objects.filter(tier="little_giant").update(
        start_on=dt.date(2025, 1, 1), start_ppm=120_000
    )
    before = list(CoverageDefinition.objects.values()), list(RequiredPath.objects.values())
    assert definitions.load() == 5
    assert (
        list(CoverageDefinition.objects.values()),
        list(RequiredPath.objects.values()),
    ) == before
    assert {row.code for row in CoverageDefinition.objects.all() if not row.verified} == {
        "L1_ANY",
        "STARTED",
    }


@pytest.mark.parametrize(
    "count",
    [
        {},
        {"basis": "level", "ways": ["guess"], "index_versions": [2024], "at_least": 2},
        {"basis": "level", "ways": ["on_site"], "index_versions": [2024], "at_least": 0},
        {"basis": "project", "milestone": "dreamt"},
    ],
)
def test_a_definition_that_counts_nothing_known_is_refused(count) -> None:
    with pytest.raises(ValueError, match="counts nothing known"):
        definitions.check_count(count)


def test_the_command_prints_national_coverage_under_each_definition(firm) -> None:
    assess(firm(), 2)
    firm()
    out = io.StringIO()
    call_command("check_coverage", "--on", "2026-04-03", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Coverage on 2026-04-03: 60 figures stored."
    assert lines[3] == (
        "  L2_ONSITE   50.00%  1 of 2, 0 not, 1 not assessed; path 50.00%"
        "  Level 2+, assessed on site"
    )
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [*CODES, *CODES]


def test_the_command_refuses_what_is_no_day_and_a_day_to_come(places) -> None:
    with pytest.raises(CommandError, match="is not a day"):
        call_command("check_coverage", "--on", "yesterday")
    with pytest.raises(CommandError, match="lies in the future"):
        call_command("check_coverage", "--on", "2027-01-01")
