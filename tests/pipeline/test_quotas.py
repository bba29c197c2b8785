"""Quotas: places are taken by recommendations, kept, given back, and never exceeded (名额)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import translation

from cultivation.pipeline import applications
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Quota, QuotaPlace, Status
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.rounds import quotas, rationing
from cultivation.pipeline.rounds.rationing import Share
from cultivation.pipeline.routing import rules
from enterprises.accounts.models import Seat
from enterprises.audit.models import AuditRecord

from .conftest import enterprise
from .test_rounds import days, hold

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application, Round
    from enterprises.registry.models import Enterprise

    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def share(world: World, round_: Round, places: int, *, code: str = "330100") -> Quota:
    """Give a region of Zhejiang some places."""
    office = world.places["330100" if code == "330108" else "330000"]
    who = "city" if code == "330108" else "province"
    rationing.set_quotas(
        round_, office, {code: Share(places)}, by=world.user(who), reason="shared out"
    )
    return Quota.objects.get(round=round_, region__code=code)


def second_firm(world: World, number: int = 3) -> Enterprise:
    """Add another enterprise of Binjiang for the owner."""
    firm = enterprise(world.places, "330108", number)
    Seat.objects.create(user=world.users["owner"], role="owner", enterprise=firm)
    return firm


def at_city(world: World, firm: Enterprise) -> Application:
    owner = world.user("owner")
    found = applications.begin(firm, "innovative", kind="recognition", by=owner)
    answers = {
        q.name: True if q.section == "statements" else "about" for q in questions_of("innovative")
    }
    found = applications.save_answers(found, answers, by=owner)
    world.step(found, "submit", "owner")
    world.step(found, "recommend", "county")
    return found


def test_last_place_is_given_once(world: World) -> None:
    quota = share(world, hold(world), 1)
    first, second = at_city(world, world.firm), at_city(world, second_firm(world))
    world.step(first, "recommend", "city")
    assert first.moves.last().note["places"] == [{"region": "330100", "places": 1, "used": 1}]
    said = (
        "杭州市 has no place left in this round: 1 of 1 are taken. "
        "The office that set the quota may raise it."
    )
    with pytest.raises(MoveError) as caught:
        world.step(second, "recommend", "city")
    assert str(caught.value) == said
    quota.refresh_from_db()
    assert (quota.used, quota.left, QuotaPlace.objects.count()) == (1, 0, 1)
    assert second.status == Status.AT_CITY
    world.step(second, "return", "city", "no place")  # the way back stays open


def test_place_stays_taken_by_a_return_and_a_refusal_and_comes_back_by_withdrawal(
    world: World,
) -> None:
    quota = share(world, hold(world), 2)
    first, second = at_city(world, world.firm), at_city(world, second_firm(world))
    for one in (first, second):
        world.step(one, "recommend", "city")
    world.step(first, "return", "province", "mend it")
    world.step(first, "resubmit", "owner")
    world.step(first, "refuse", "province", "does not hold")
    quota.refresh_from_db()
    assert quota.left == 0
    world.step(second, "withdraw", "owner")
    quota.refresh_from_db()
    assert (quota.used, QuotaPlace.objects.count()) == (1, 1)


def test_quota_of_a_level_left_out_counts_where_the_level_below_recommends_past_it(
    world: World,
) -> None:
    rules.set_route(
        world.places["330000"], "innovative", by_county=True, by_city=False,
        by=world.user("province"), reason="shorter",
    )  # fmt: skip
    quota = share(world, hold(world), 1)
    at_city(world, world.firm)  # recommended by the county to the province
    quota.refresh_from_db()
    assert quota.used == 1
    with pytest.raises(MoveError, match="has no place left"):
        at_city(world, second_firm(world))


def test_quotas_of_county_and_city_bind_each_at_its_own_step(world: World) -> None:
    round_ = hold(world)
    of_city, of_county = share(world, round_, 5), share(world, round_, 1, code="330108")
    first = at_city(world, world.firm)
    for quota, used in ((of_city, 0), (of_county, 1)):
        quota.refresh_from_db()
        assert quota.used == used
    with pytest.raises(MoveError, match="滨江区 has no place left"):
        at_city(world, second_firm(world))
    world.step(first, "recommend", "city")
    of_city.refresh_from_db()
    assert of_city.used == 1


def test_units_recommend_to_the_nation_within_their_quota(world: World) -> None:
    world.holds("srdi")
    round_ = hold(world, tier="little_giant", unit="000000", who="nation")
    rationing.set_quotas(
        round_, world.places["000000"], {"330000": Share(0, 150)}, by=world.user("nation"),
        reason="none this year",
    )  # fmt: skip
    application = world.on_notice("little_giant")
    world.wait()
    with pytest.raises(MoveError, match="浙江省 has no place left in this round: 0 of 0"):
        world.step(application, "recommend", "province")


def test_applications_of_no_round_know_no_quota(world: World) -> None:
    application = at_city(world, world.firm)
    share(world, hold(world), 0)
    world.step(application, "recommend", "city")
    assert application.status == Status.AT_PROVINCE


def test_quotas_are_set_by_the_office_above(world: World) -> None:
    round_ = hold(world)
    for who, office, code in [
        ("city", "330000", "330100"),
        ("city", "330100", "330100"),
        ("county", "330108", "330108"),
        ("clerk", "330000", "330100"),
        ("jiangsu", "330000", "330100"),
        ("jiangsu", "320000", "320500"),
        ("nation", "330000", "330100"),
        ("ningbo", "330200", "330203"),
        ("auditor", "330000", "330100"),
        ("owner", "330000", "330100"),
    ]:
        with pytest.raises((PermissionDenied, MoveError)):
            rationing.set_quotas(
                round_, world.places[office], {code: Share(1)}, by=world.user(who), reason="x"
            )
        assert Quota.objects.count() == 0


def test_quota_is_changed_with_a_reason_and_never_below_what_is_taken(world: World) -> None:
    round_ = hold(world)
    quota = share(world, round_, 2)
    world.step(at_city(world, world.firm), "recommend", "city")
    by, office = world.user("province"), world.places["330000"]
    for wanted, said in (
        ({"330100": Share(0)}, "has taken 1 places already; 0 are too few"),
        ({"330100": None}, "the quota cannot be lifted"),
        ({"330100": Share(10**7)}, "name a whole number from 0 to 1000000"),
        ({"330100": Share(5, -1)}, "name a whole number from 0 to 1000000"),
        ({"320500": Share(5)}, "320500 is no region below your office"),
        ({"330108": Share(5)}, "330108 is no region below your office"),
    ):
        with pytest.raises(MoveError, match=said):
            rationing.set_quotas(round_, office, wanted, by=by, reason="x")
    with pytest.raises(MoveError, match="say why its quotas change"):
        rationing.set_quotas(round_, office, {"330100": Share(3)}, by=by)
    assert rationing.set_quotas(round_, office, {"330100": Share(2)}, by=by) == 0
    assert (
        rationing.set_quotas(round_, office, {"330100": Share(3, 120)}, by=by, reason="more") == 1
    )
    quota.refresh_from_db()
    assert (quota.places, quota.ratio, quota.used) == (3, 120, 1)
    record = AuditRecord.objects.filter(action="round.quotas").first()
    assert record is not None
    assert (record.before, record.after, record.reason) == (
        {"330100": {"places": 2, "ratio": None}},
        {"330100": {"places": 3, "ratio": 120}},
        "more",
    )


def test_database_keeps_a_quota_from_being_exceeded(world: World) -> None:
    quota = share(world, hold(world), 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quota.objects.filter(pk=quota.pk).update(used=2)


def test_quotas_are_seen_along_the_line_of_an_office(world: World) -> None:
    round_ = hold(world)
    share(world, round_, 2)
    share(world, round_, 1, code="330108")
    for who, seen in [
        ("nation", {"330100", "330108"}),
        ("province", {"330100", "330108"}),
        ("city", {"330100", "330108"}),
        ("county", {"330100", "330108"}),
        ("other_county", {"330100"}),
        ("jiangsu", set()),
        ("ningbo", set()),
        ("owner", set()),
        ("expert", set()),
    ]:
        rows = Quota.objects.visible_to(world.user(who))
        assert set(rows.values_list("region__code", flat=True)) == seen


def test_queue_tells_an_office_its_own_places(world: World) -> None:
    share(world, hold(world), 2)
    assert [q.left for q in quotas.of_offices(world.user("city"))] == [2]
    for who in ("county", "province", "nation", "owner", "jiangsu_city"):
        assert quotas.of_offices(world.user(who)) == []


def test_round_of_other_days_is_untouched(world: World) -> None:
    share(world, hold(world), 0)
    later = hold(world, {"company": days("2026-06-01", "2026-06-20")}, name="later")
    world.clock.move_to(world.now().replace(month=6, day=5), tick=False)
    application = at_city(world, world.firm)
    assert application.round == later
    world.step(application, "recommend", "city")
