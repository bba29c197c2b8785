"""Figures of the cube held against plain SQL that knows nothing of it (独立复核)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from cultivation.digital import coverage
from cultivation.digital.cube import keeping, reading
from cultivation.digital.models import CoverageDefinition, CoverageSnapshot
from enterprises.registry.models import Enterprise
from tests.digital.conftest import TODAY
from tests.digital.cube.conftest import of_code, region
from tests.digital.cube.recount import by_sql

PAST = dt.date(2025, 11, 15)
REGIONS = ("000000", "440000", "440100")


def numbers(row: reading.CubeRow | CoverageSnapshot) -> tuple[int, ...]:
    return row.total, row.transformed, row.not_transformed, row.not_assessed


@pytest.mark.parametrize("on", [TODAY, PAST])
def test_three_regions_equal_plain_sql_under_every_definition(firms: list[int], on) -> None:
    coverage.take_snapshot(on)
    for definition in CoverageDefinition.objects.all():
        for code in REGIONS:
            place = region(code)
            for tier in ("little_giant", "srdi"):
                true = by_sql(definition.code, place.path, tier, on)
                (row,) = reading.figures(place, tier=tier, definition=definition, on=on)
                stored = CoverageSnapshot.objects.get(
                    on=on, region=place, tier=tier, definition=definition
                )
                assert numbers(row) == numbers(stored) == true
                assert true[0] > 5
                listed = reading.counted(
                    Enterprise.objects.all(), definition, tier=tier, on=on, region=place
                )
                groups = dict(listed.values_list("group").annotate(Count("pk")).order_by())
                assert true == (sum(groups.values()), *(groups.get(g, 0) for g in (2, 1, 0)))


DIMENSIONS = {
    "chain": "COALESCE(CAST(e.chain_id AS TEXT), '') = '{}'",
    "park": "COALESCE(CAST(e.park_id AS TEXT), '') = '{}'",
    "cluster": "COALESCE(CAST(e.cluster_id AS TEXT), '') = '{}'",
    "industry": "COALESCE(CAST(e.industry_id AS TEXT), '') = '{}'",
    "size_class": "e.size_class = '{}'",
}


@pytest.mark.parametrize(
    ("on", "code"), [(TODAY, "000000"), (TODAY, "440106"), (PAST, "000000"), (PAST, "440100")]
)
def test_every_member_of_a_dimension_equals_plain_sql_and_its_list(
    firms: list[int], on, code
) -> None:
    keeping.keep(TODAY)
    place, definition = region(code), of_code("L2_ONSITE")
    asked = {"tier": "little_giant", "definition": definition, "on": on}
    (whole,) = reading.figures(place, **asked)
    for by in (*DIMENSIONS, "section", "batch"):
        rows = reading.figures(place, **asked, by=by)
        assert sum(row.total for row in rows) == whole.total
        assert sum(row.transformed for row in rows) == whole.transformed
        for row in rows:
            listed = reading.counted(
                Enterprise.objects.all(), definition, tier="little_giant", on=on,
                by=by, member=row.member, region=place,
            )  # fmt: skip
            assert (row.total, row.transformed) == (
                listed.count(),
                listed.filter(group=coverage.TRANSFORMED).count(),
            ), (by, row)
            if by in DIMENSIONS:
                where = DIMENSIONS[by].format(row.member)
                assert numbers(row) == by_sql("L2_ONSITE", place.path, "little_giant", on, where)


def test_the_regions_below_and_the_levels_add_up(firms: list[int]) -> None:
    keeping.keep(TODAY)
    asked = {"tier": "little_giant", "definition": of_code("L1_ANY"), "on": TODAY}
    nation = region("000000")
    (whole,) = reading.figures(nation, **asked)
    below = reading.figures(nation, **asked, by="region")
    assert [row.member for row in below] == ["110000", "440000", "440300"]
    assert sum(row.not_transformed for row in below) == whole.not_transformed
    levels = reading.levels(nation, tier="little_giant", on=TODAY)
    assert sum(row.firms for row in levels) == whole.total
    assert levels[0] == reading.LevelRow(None, whole.not_assessed)
    assert levels[1] == reading.LevelRow(0, whole.not_transformed)
    for way in ("", "on_site", "self_declared"):
        keeping.keep(TODAY)
        kept = reading.levels(nation, tier="srdi", on=TODAY, way=way)
        keeping.keep(TODAY + dt.timedelta(1))  # today is a past day now, and counted anew
        assert reading.levels(nation, tier="srdi", on=TODAY, way=way) == kept


def test_a_list_names_what_decides(firms: list[int]) -> None:
    for code in ("L2_ONSITE", "ACCEPTED"):
        page = list(
            reading.counted(Enterprise.objects.all(), of_code(code), tier="srdi", on=TODAY)[:40]
        )
        found = reading.deciding(page)
        for firm in page:
            assessment, project = found[firm.pk]
            if code == "L2_ONSITE":
                assert (assessment is None) == (firm.group == coverage.NOT_ASSESSED)
                assert assessment is None or (assessment.level >= 2) == (firm.group == 2)
                assert project is None
            else:
                done = project is not None and (project.accepted_on or TODAY) < TODAY
                assert done == (firm.group == coverage.TRANSFORMED)


def test_reading_takes_the_same_queries_at_any_size(firms: list[int]) -> None:
    definition, nation = of_code("L2_SELF"), region("000000")
    sizes = []
    for left in (100, 30):
        Enterprise.objects.filter(pk__in=firms[left:]).delete()
        keeping.keep(TODAY)
        with CaptureQueriesContext(connection) as queries:
            for by in (None, *reading.DIMENSIONS):
                reading.figures(nation, tier="srdi", definition=definition, on=TODAY, by=by)
            reading.levels(nation, tier="srdi", on=TODAY)
        sizes.append(len(queries))
    assert sizes[0] == sizes[1]
