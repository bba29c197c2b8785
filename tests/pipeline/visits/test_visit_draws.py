"""A sample of an office: sealed, listed, drawn, and drawn again with the same outcome (抽样)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Visit, VisitDraw, VisitListed
from cultivation.pipeline.visits import draws, planning, sampling, using
from cultivation.pipeline.visits.draws import Sample
from cultivation.pipeline.visits.guards import visited
from enterprises.registry.models import IntellectualProperty

from ..conftest import enterprise  # noqa: TID252

if TYPE_CHECKING:
    from .conftest import Site

pytestmark = pytest.mark.django_db


def sealed(site: Site, **wanted: object) -> VisitDraw:
    """Seal a sample of the innovative SMEs with the province; a moment passes."""
    said = {"name": "spring", "tier": "innovative", "number": 3, "strata": "county"} | wanted
    by = site.world.user("province")
    made = draws.seal(site.world.places["330000"], Sample(**said), by=by)  # type: ignore[arg-type]
    site.world.clock.shift(dt.timedelta(seconds=2))
    return made


def drawn(site: Site, **wanted: object) -> VisitDraw:
    """Seal, close and draw."""
    by = site.world.user("province")
    listed = draws.close_lists(sealed(site, **wanted), by=by)
    return draws.draw(listed, by=by, word="seven")


def test_a_sample_is_drawn_by_region_and_begins_its_visits(site: Site) -> None:
    draw = drawn(site)

    by_county = VisitListed.objects.filter(drawn=True).values_list("region__code", flat=True)
    assert sorted(by_county) == ["330108", "330110", "330110"]  # of 3 and 4
    visits = Visit.objects.all()
    assert {one.application for one in visits} == {
        one.application for one in VisitListed.objects.filter(drawn=True)
    }
    assert {(one.level, one.rule, one.state) for one in visits} == {("province", "", "open")}
    assert draws.differences(draw) == []
    held = [case for case in site.pool if visited(case)]
    assert len(held) == 3


def test_the_seed_is_secret_until_the_draw_and_opens_its_commitment_after(site: Site) -> None:
    by = site.world.user("province")
    made = sealed(site)
    assert (made.seed, len(made.commitment)) == ("", 64)
    listed = draws.close_lists(made, by=by)
    assert listed.seed == ""
    done = draws.draw(listed, by=by)

    again = sampling.draw(sampling.read(done.lists), bytes.fromhex(done.seed), word=done.word)
    assert sampling.outcome(again) == done.outcome
    assert site.case.enterprise.name not in done.lists


def test_what_is_owed_anyway_is_listed_and_visited_but_not_drawn(site: Site) -> None:
    by = site.world.user("province")
    for case in site.pool:
        case.tier = "technology"
        case.save()
        if case != site.pool[0]:
            IntellectualProperty.objects.create(
                enterprise=case.enterprise, kind="invention", ip_class=1, number=f"{case.pk}",
                obtained="own", granted_on="2025-01-01",
            )  # fmt: skip
            site.world.holds("technology", firm=case.enterprise)
    using.use(site.world.places["330000"], "technology_each", by=by, wanted=True)
    draw = drawn(site, tier="technology", number=None, share=200_000, strata="")

    said = sampling.read(draw.lists)
    assert (len(said.owed), said.size, len(said.parts)) == (1, 2, 1)  # a fifth of 7, rounded up
    owed = draw.listed.get(application=site.pool[0])
    assert (owed.rule, owed.drawn) == ("technology_each", False)
    visits = Visit.objects.all()
    assert sorted((one.rule, one.listed is not None) for one in visits) == [
        ("", True), ("", True), ("technology_each", False),
    ]  # fmt: skip


def test_a_share_counts_the_owed_ones_and_never_falls_under_its_rule(site: Site) -> None:
    by = site.world.user("province")
    listed = draws.close_lists(sealed(site, number=None, share=300_000), by=by)

    assert sampling.read(listed.lists).size == 3  # 2.1 of 7, rounded up
    with pytest.raises(MoveError, match="At least 5 per cent"):
        sealed(site, tier="technology", number=None, share=40_000)
    for bad in ({"share": 5}, {"number": None}, {"name": " "}):
        with pytest.raises(MoveError):
            sealed(site, **bad)


def test_a_number_draws_no_less_than_the_rule_of_its_tier(site: Site) -> None:
    by, like = site.world.user("province"), site.pool[0]
    for number in range(40, 61):
        firm = enterprise(site.world.places, "330108", number)
        Application.objects.create(
            enterprise=firm, tier="technology", kind="recognition", year=2026,
            edition=like.edition, status="at_province", region_path=firm.region_path,
            route=["county", "city", "province"], submitted_at=timezone.now(),
            held_since=timezone.now(), submission=like.submission,
        )  # fmt: skip
    with pytest.raises(MoveError, match="At least 2 of 21 cases"):
        draws.close_lists(sealed(site, tier="technology", number=1), by=by)
    listed = draws.close_lists(sealed(site, tier="technology", number=2), by=by)
    assert sampling.read(listed.lists).size == 2


def test_only_who_decides_in_the_office_draws(site: Site) -> None:
    made = sealed(site)
    for name in ("clerk", "jiangsu", "city", "nation", "owner", "auditor"):
        with pytest.raises(PermissionDenied):
            draws.close_lists(made, by=site.world.user(name))
    for name in ("clerk", "jiangsu"):
        with pytest.raises(PermissionDenied):
            draws.seal(
                site.world.places["330000"], Sample("x", "srdi", number=1),
                by=site.world.user(name),
            )  # fmt: skip


def test_a_case_is_on_one_open_list_and_a_cancelled_one_lets_it_go(site: Site) -> None:
    by = site.world.user("province")
    first = draws.close_lists(sealed(site), by=by)
    with pytest.raises(MoveError, match="No case"):
        draws.close_lists(sealed(site), by=by)
    draws.cancel(first, by=by, reason="a slip")

    assert draws.close_lists(sealed(site), by=by).listed.count() == 7
    with pytest.raises(MoveError, match="cancelled"):
        draws.draw(first, by=by)


def test_a_drawn_case_that_was_seen_by_wish_is_no_longer_called_off(site: Site) -> None:
    by = site.world.user("province")
    listed = draws.close_lists(sealed(site, number=7), by=by)
    visit = planning.begin(site.pool[0], by=by)
    draws.draw(listed, by=by)

    visit.refresh_from_db()
    assert visit.listed is not None
    with pytest.raises(MoveError, match="owed or was drawn"):
        planning.call_off(visit, by=by, reason="no")


def test_a_level_can_wait_for_the_draw_before_it_decides(site: Site) -> None:
    by = site.world.user("province")
    using.use(site.world.places["330000"], "innovative_2022", by=by, wanted=True)
    assert str(visited(site.pool[0])).startswith("The office waits for the draw")
    drawn(site)

    free = [case for case in site.pool if visited(case) is None]
    assert len(free) == 4


def test_a_change_behind_a_published_draw_is_named(site: Site) -> None:
    draw = drawn(site)
    VisitListed.objects.filter(drawn=True).update(drawn=False)
    draw.outcome = draw.outcome.replace("c", "d", 1)

    assert draws.differences(draw) == [
        "The draw comes out otherwise than it was published.",
        "The visits are not those that were drawn.",
    ]
    draw.seed, draw.lists = "00" * 32, draw.lists.replace("spring", "x").replace("3", "2")
    assert len(draws.differences(draw)) == 4


@pytest.mark.parametrize(
    "wrong", [{"share": 1}, {"number": None}, {"seed": "a"}, {"listed_at": "2020-01-01T00:00Z"}]
)
def test_the_database_keeps_the_order_of_a_draw(site: Site, wrong: dict[str, object]) -> None:
    made = sealed(site)

    with pytest.raises(IntegrityError), transaction.atomic():
        VisitDraw.objects.filter(pk=made.pk).update(**wrong)
