"""The cube kept by differences equals one built anew, for years (增量与重建一致)."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from cultivation.digital import checking, coverage, definitions
from cultivation.digital.cube import cells, keeping, marks, reading, states
from cultivation.digital.models import (
    CoverageDefinition,
    CoverageSnapshot,
    CubeCell,
    CubeDay,
    CubeFirm,
    CubeLevel,
)
from enterprises.accounts.models import Seat, User
from enterprises.jobs.models import JobRun
from enterprises.notifications.models import Notification
from enterprises.places.models import Chain, Industry
from enterprises.registry import records
from enterprises.registry.models import Enterprise
from tests.digital.conftest import TODAY, assess
from tests.digital.cube import country, deeds
from tests.digital.cube.conftest import of_code, region

DAY = dt.timedelta(days=1)
ENGLISH = {"accept-language": "en"}
FIRST = dt.date(2026, 7, 1)


def kept() -> dict[str, set[tuple]]:
    """Return all that the cube holds."""
    return {
        "firms": set(CubeFirm.objects.values_list(*states.STORED)),
        "cells": set(CubeCell.objects.values_list(*cells.CELL, *cells.SUMS)),
        "levels": set(CubeLevel.objects.values_list(*cells.LEVEL, "firms")),
    }


def test_a_walk_of_changes_never_parts_the_kept_cube_from_a_rebuilt_one(
    firms: list[int],
) -> None:
    lot, on, changed = random.Random(1), FIRST, 0
    assert keeping.keep(on).whole
    for _night in range(12):
        for _ in range(lot.choice((0, 1, 2, 6))):
            lot.choice(deeds.DEEDS)(lot.choice(firms), lot, on)
        on += lot.choice((1, 1, 1, 9, 60)) * DAY
        found = keeping.keep(on)
        assert not found.whole
        changed += found.changed
        by_differences = kept()
        keeping.rebuild(on)
        assert kept() == by_differences
    assert changed > 20


@pytest.mark.django_db
def test_ten_years_of_nights_do_not_drift() -> None:
    """Each of 3,653 nights is kept. Thinned are the firms, of which there are 12, the nights with
    changes by hand, 20 with four each, and the comparisons with a cube built anew, one a year.
    """
    firms = country.populated(12, seed=3)
    lot, on = random.Random(10), FIRST
    keeping.keep(on)
    nights = compared = looked_at = 0
    while on < dt.date(2036, 7, 1):
        on += DAY
        nights += 1
        if nights % 180 == 7:
            for _ in range(4):
                lot.choice(deeds.DEEDS)(lot.choice(firms), lot, on)
        looked_at += keeping.keep(on).looked_at
        if nights % 365 == 0:
            assert keeping.compare(on).apart == 0
            compared += 1
    assert (nights, compared, looked_at > 80) == (3653, 10, True)


def test_what_somebody_spoilt_is_found_told_and_mended(
    firms: list[int], django_capture_on_commit_callbacks
) -> None:
    nation = User.objects.create_user("nation")
    Seat.objects.create(user=nation, role="nation", region=region("000000"))
    keeping.keep(TODAY)
    right = kept()
    with django_capture_on_commit_callbacks(execute=True):
        run, _new = checking.begin_comparison()
    run.refresh_from_db()
    assert (run.status, run.result["apart"]) == ("done", 0)
    CubeCell.objects.filter(by="", path="").update(total=9, transformed=9, not_transformed=0,
                                                   not_assessed=0)  # fmt: skip
    CubeFirm.objects.filter(enterprise_id=firms[0]).delete()
    CubeLevel.objects.filter(path="44", way="").delete()
    with django_capture_on_commit_callbacks(execute=True):
        run, _new = checking.begin_comparison()
    run.refresh_from_db()
    assert run.result["firms_apart"] == 1
    assert run.result["cells_apart"] == 10
    assert "Apart and mended: 1 firms, 10 sums" in run.log
    assert kept() == right
    assert Notification.objects.get(kind="cube_apart").recipient == nation
    assert JobRun.objects.filter(kind="compare_cube").count() == 2


def test_a_night_without_changes_writes_no_row(firms: list[int]) -> None:
    keeping.keep(TODAY)
    ids = set(CubeCell.objects.values_list("pk", flat=True))
    found = keeping.keep(TODAY)
    assert (found.looked_at, found.changed, found.whole) == (0, 0, False)
    Enterprise.objects.filter(pk=firms[0]).update(name="虚构")  # no mark
    Enterprise.objects.filter(pk=firms[1]).update(size_class="large")
    Enterprise.objects.filter(pk=firms[1]).update(size_class="unknown")
    assert keeping.keep(TODAY).looked_at == 1
    assert marks.waiting() == set()
    assert ids - set(CubeCell.objects.values_list("pk", flat=True)) <= ids


def test_an_industry_that_changes_its_section_moves_its_firms(firms: list[int]) -> None:
    keeping.keep(TODAY)
    assert not keeping.keep(TODAY).whole
    industry = Industry.objects.filter(is_section=False).first()
    Industry.objects.filter(pk=industry.pk).update(section="I")
    assert keeping.keep(TODAY).whole
    moved = Enterprise.objects.filter(industry=industry).values_list("pk", flat=True)
    rows = CubeFirm.objects.filter(section="I")
    assert set(rows.values_list("enterprise_id", flat=True)) <= set(moved)
    assert rows.exists()


def test_a_firm_that_is_gone_counts_no_more(firm) -> None:
    one = firm()
    assess(one, 3)
    keeping.keep(TODAY)
    assert CubeFirm.objects.count() == 1
    one.delete()
    keeping.keep(TODAY)
    assert kept() == {"firms": set(), "cells": set(), "levels": set()}


def test_a_firm_counts_where_it_stood_on_a_past_day(firm, places) -> None:
    one = firm("440106")
    assess(one, 2)
    coverage.take_snapshot(TODAY)
    later = TODAY + 10 * DAY
    with time_machine.travel(dt.datetime.combine(later, dt.time(4), dt.UTC), tick=False):
        records.change(one, {"region": places["440305"]}, by=None, reason="迁址")
        coverage.take_snapshot(later)
        coverage.take_snapshot(TODAY)  # again, as a past day

        def here(code: str, on: dt.date, **asked: Any) -> tuple[int, int, list[str]]:
            rule, place = of_code("L2_ONSITE"), region(code)
            (row,) = reading.figures(place, tier="little_giant", definition=rule, on=on)
            stored = CoverageSnapshot.objects.filter(
                on=on, region=place, tier="little_giant", definition=rule
            ).first()
            listed = reading.counted(
                Enterprise.objects.all(), rule, tier="little_giant", on=on, region=place
            )
            below = reading.figures(place, tier="little_giant", definition=rule, on=on, by="region")
            names = [row.member for row in below]
            assert row.total == listed.count() == (stored.total if stored else 0)
            return row.total, row.transformed, names

        assert here("440000", TODAY) == (1, 1, ["440100"])
        assert here("440300", TODAY) == (0, 0, [])
        assert here("440000", later) == (0, 0, [])
        assert here("440300", later) == (1, 1, ["440305"])
        CoverageSnapshot.objects.filter(on=TODAY).delete()  # counted from the rows instead
        rule = of_code("L2_ONSITE")
        rows = reading.figures(
            region("440000"), tier="little_giant", definition=rule, on=TODAY, by="region"
        )
        assert [(row.member, row.total) for row in rows] == [("440100", 1)]
        assert reading.caveats(TODAY, by="size_class") == [
            "Firms are counted in the region where they stood on the day, as far as noted.",
            "No history of the size class is kept: the present one is taken.",
        ]
        assert reading.caveats(later) == []


@pytest.mark.parametrize("by", ["chain", "industry", "section"])
def test_a_firm_counts_in_the_chain_and_industry_of_a_past_day(firm, places, by) -> None:
    one, other = firm("440106"), firm("440106")
    old, new = Chain.objects.create(code="C1", name_zh="甲"), Chain.objects.create(code="C2")
    was, became = (
        Industry.objects.create(code="35", section="C", name_zh="甲"),
        Industry.objects.create(code="65", section="I", name_zh="乙"),
    )
    Enterprise.objects.update(chain=old, industry=was)
    other.chain, other.industry = new, became
    other.save()
    rule = of_code("L2_ONSITE")
    members = {
        "chain": (old.pk, new.pk), "industry": (was.pk, became.pk), "section": ("C", "I"),
    }[by]  # fmt: skip
    one.refresh_from_db()
    later = TODAY + 10 * DAY
    with time_machine.travel(dt.datetime.combine(later, dt.time(4), dt.UTC), tick=False):
        records.change(one, {"chain": new, "industry": became}, by=None, reason="转型")
        coverage.take_snapshot(later)

        def found(on: dt.date, code: str) -> list[tuple[str, int, int]]:
            place = region(code)
            asked = {"tier": "little_giant", "on": on, "by": by}
            rows = reading.figures(place, definition=rule, **asked)
            firms = Enterprise.objects.all()
            return [
                (row.member, row.total, reading.counted(
                    firms, rule, member=row.member, region=place, **asked).count())
                for row in rows
            ]  # fmt: skip

        for code in ("000000", "440106"):
            assert found(TODAY, code) == [(str(member), 1, 1) for member in members]
            assert found(later, code) == [(str(members[1]), 2, 2)]


def test_a_change_of_definition_rewrites_no_past_figure(firm, seated, client) -> None:
    one, rule = firm(), of_code("L2_ONSITE")
    assess(one, 2)
    coverage.take_snapshot(TODAY)
    before = set(CoverageSnapshot.objects.values_list("region", "tier", *cells.SUMS))
    later = TODAY + DAY
    with time_machine.travel(dt.datetime.combine(later, dt.time(4), dt.UTC), tick=False):
        assert definitions.revise(rule, {**rule.count, "at_least": 3})
        assert not definitions.revise(rule, {**rule.count, "at_least": 3})
        coverage.take_snapshot(later)
        coverage.take_snapshot(TODAY)  # again: under the rules of that day

        def of(on: dt.date) -> list[tuple]:
            rows = CoverageSnapshot.objects.filter(
                on=on, definition=rule, region__code="000000", tier="little_giant"
            )
            return list(rows.values_list("definition_version", "transformed", "not_transformed"))

        assert of(TODAY) == [(1, 1, 0)]
        assert of(later) == [(2, 0, 1)]
        now = CoverageSnapshot.objects.filter(on=TODAY)
        assert set(now.values_list("region", "tier", *cells.SUMS)) == before
        listed = {
            on: reading.counted(
                Enterprise.objects.all(), rule, tier="little_giant", on=on
            ).get().group
            for on in (TODAY, later)
        }  # fmt: skip
        assert listed == {TODAY: 2, later: 1}
        assert CubeDay.objects.get().rules[0] == [rule.pk, 2]
        client.force_login(seated("nation", code="000000"))
        for page in ("digital:coverage", "digital:dashboard"):
            url = reverse(page)
            asked = {"definition": "L2_ONSITE", "on": TODAY.isoformat()}
            assert (
                "counted under version 1 of the definition"
                in client.get(url, asked, headers=ENGLISH).text
            )
            asked["on"] = later.isoformat()
            assert "changed on the way to version 2" in client.get(url, asked, headers=ENGLISH).text
            asked["definition"] = "L2_SELF"
            assert "version 2" not in client.get(url, asked, headers=ENGLISH).text
        definitions.load()  # the seeds say otherwise: a third version
        assert CoverageDefinition.objects.get(pk=rule.pk).version == 3
        assert definitions.load() == 5
        assert CoverageDefinition.objects.get(pk=rule.pk).version == 3
