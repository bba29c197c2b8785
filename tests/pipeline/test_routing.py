"""Routes by the rules of units; cases that follow their enterprise to another place (路径)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import translation

from cultivation.pipeline import moves, opinions, routes, titles
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Handover, NoticeEntry, Quota, RouteRule, Status
from cultivation.pipeline.opinions import Word
from cultivation.pipeline.releasing import looking, proposing, releasing, sets
from cultivation.pipeline.routing import handing, rules
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification
from enterprises.places.models import Region
from enterprises.registry.models import Tier, Title

from .test_quotas import share
from .test_rounds import at, days, hold

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def move_firm(world: World, code: str) -> None:
    """Let the registry say that the enterprise stands elsewhere."""
    firm = world.firm
    firm.refresh_from_db()
    firm.region, firm.region_path = world.places[code], world.places[code].path
    firm.save()


def hand(world: World, application: Application, who: str) -> None:
    world.step(application, "hand_over", who, "registered elsewhere since May")


def last(application: Application) -> dict[str, Any]:
    move = application.moves.last()
    assert move is not None
    return dict(move.note)


@pytest.mark.usefixtures("seeds")
def test_enterprises_of_every_unit_find_their_way() -> None:
    """All 37 recommending units, from every place in use."""
    units = set(Region.objects.filter(is_unit=True).values_list("path", flat=True))
    rows = Region.objects.filter(in_use=True).select_related("parent__parent")
    regions = [region for region in rows if region.path[:2] in units]
    found: dict[str, set[tuple[str, ...]]] = {}
    for region in regions:
        found.setdefault(region.path[:2], set()).add(
            tuple(routes.route_of(region, Tier.LITTLE_GIANT))
        )
    assert len(found) == 37
    top = ("province", "nation")
    whole = {top, ("city", *top), ("county", "city", *top)}
    direct = {("county", *top)}
    flat = {"11", "12", "31", "50", "DL", "NB", "XM", "QD", "SZ", "BT"}
    for unit, ways in found.items():
        assert ways - (direct | {top} if unit in flat else whole | direct) == set(), unit
        assert top in ways
    by_code = {region.code: region for region in regions}
    assert routes.route_of(by_code["429004"], "srdi") == ["county", "province"]  # 仙桃
    assert routes.route_of(by_code["660000"], "srdi") == ["province"]
    assert routes.route_of(by_code["659001"], "srdi") == ["county", "province"]  # 石河子
    assert routes.route_of(by_code["441900"], "srdi") == ["city", "province"]  # 东莞
    assert routes.route_of(by_code["440304"], "little_giant") == ["county", *top]  # 福田


@pytest.mark.parametrize(
    ("county", "city", "route"),
    [
        (True, True, ["county", "city", "province"]),
        (True, False, ["county", "province"]),
        (False, True, ["city", "province"]),
        (False, False, ["province"]),
    ],
)
def test_unit_says_which_of_its_offices_take_part(
    world: World, county: bool, city: bool, route: list[str]
) -> None:
    before = world.draft("technology")
    world.step(before, "submit", "owner")
    rules.set_route(
        world.places["330000"], "innovative", by_county=county, by_city=city,
        by=world.user("province"), reason="as our annex says",
    )  # fmt: skip
    application = world.draft()
    world.step(application, "submit", "owner")
    assert (application.route, application.status) == (route, f"at_{route[0]}")
    assert routes.route_of(world.places["330108"], "technology") == ["county", "city", "province"]
    assert routes.route_of(world.places["330203"], "innovative") == ["county", "province"]
    record = AuditRecord.objects.get(action="route.set")
    assert record.after == {"tier": "innovative", "county": county, "city": city}


def test_rule_holds_for_submissions_from_then_on(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    rules.set_route(
        world.places["330000"], "innovative", by_county=True, by_city=False,
        by=world.user("province"), reason="x",
    )  # fmt: skip
    world.step(application, "recommend", "county")
    assert application.status == Status.AT_CITY


def test_routes_are_ruled_by_the_unit_alone(world: World) -> None:
    for who in ["nation", "city", "clerk", "jiangsu", "auditor", "owner"]:
        with pytest.raises(PermissionDenied):
            rules.set_route(
                world.places["330000"], "srdi", by_county=False, by_city=False,
                by=world.user(who), reason="x",
            )  # fmt: skip
    with pytest.raises(MoveError, match="Say why"):
        rules.set_route(
            world.places["330000"], "srdi", by_county=False, by_city=False,
            by=world.user("province"), reason=" ",
        )  # fmt: skip
    assert RouteRule.objects.count() == 0


def test_nobody_decides_on_a_case_whose_enterprise_has_moved(world: World) -> None:
    application = world.at_province()
    world.judge(application, "province")
    move_firm(world, "330110")
    for name in ("put_on_notice", "refuse"):
        with pytest.raises(MoveError, match="has moved to 余杭区; hand the case over first"):
            world.step(application, name, "province", "x")
    world.step(application, "return", "province", "tell us where you are")
    with pytest.raises(MoveError, match="hand the case over first"):
        world.step(application, "resubmit", "owner")


def test_handover_is_offered_only_where_the_enterprise_has_moved(world: World) -> None:
    application = world.at_province()
    names = {c.step.name for c in moves.choices_of(application, world.user("province"))}
    assert "hand_over" not in names
    with pytest.raises(MoveError, match="stands where it stood"):
        hand(world, application, "province")
    move_firm(world, "330110")
    application.enterprise.refresh_from_db()
    names = {c.step.name for c in moves.choices_of(application, world.user("province"))}
    assert "hand_over" in names


def test_case_at_the_county_goes_to_the_new_county(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    opinions.record(application, [Word("I-1", "objected", "x")], by=world.user("county"))
    move_firm(world, "330110")
    hand(world, application, "county")
    assert (application.status, application.region_path) == (Status.AT_COUNTY, "330110")
    assert last(application)["opinions_laid_aside"] == [
        {"level": "county", "criterion": "I-1", "opinion": "objected", "reason": "x"}
    ]
    with pytest.raises(PermissionDenied):
        world.step(application, "recommend", "county")
    world.step(application, "recommend", "other_county")
    assert application.status == Status.AT_CITY


def test_case_above_the_move_stays_where_it_is(world: World) -> None:
    application = world.at_province()
    move_firm(world, "330110")
    hand(world, application, "province")
    assert (application.status, application.region_path) == (Status.AT_PROVINCE, "330110")
    assert application.route == ["county", "city", "province"]


def test_case_at_the_city_of_the_same_unit_keeps_its_level(world: World) -> None:
    Region.objects.create(
        code="330300", path="3303", level="city", name_zh="温州市", parent=world.places["330000"]
    )
    world.places["330302"] = Region.objects.create(
        code="330302", path="330302", level="county", name_zh="鹿城区",
        parent=Region.objects.get(code="330300"),
    )  # fmt: skip
    application = world.draft()
    world.step(application, "submit", "owner")
    world.step(application, "recommend", "county")
    move_firm(world, "330302")
    hand(world, application, "city")
    assert (application.status, application.region_path) == (Status.AT_CITY, "330302")
    with pytest.raises(PermissionDenied):
        world.step(application, "recommend", "city")


def test_case_goes_to_another_units_first_level_where_that_takes_it(world: World) -> None:
    quota = share(world, hold(world), 3)
    application = world.at_province()
    assert Quota.objects.get(pk=quota.pk).used == 1
    move_firm(world, "320583")
    hand(world, application, "province")
    assert (application.status, application.region_path) == (Status.AT_COUNTY, "320583")
    assert (application.round, application.route) == (None, ["county", "city", "province"])
    note = last(application)
    assert (note["from"], note["to"], note["places_given_back"]) == ("330108", "320583", 1)
    assert Quota.objects.get(pk=quota.pk).used == 0
    handover = Handover.objects.get()
    assert (handover.from_path, handover.to_path, handover.from_round_id) == (
        "330108", "320583", quota.round_id,
    )  # fmt: skip


def test_case_waits_for_the_round_of_the_new_unit(world: World) -> None:
    hold(world, {"company": days("2026-06-01", "2026-06-20")}, unit="320000", who="jiangsu")
    application = world.at_province()
    move_firm(world, "320583")
    hand(world, application, "province")
    assert (application.status, application.returned_from) == (Status.RETURNED, "at_county")
    assert last(application)["waits_for_round"] is True
    with pytest.raises(MoveError, match="takes no application now: it opens at 2026-06-01"):
        world.step(application, "resubmit", "owner")
    world.clock.move_to(at("2026-06-01 09:00:00"), tick=False)
    world.step(application, "resubmit", "owner")
    assert application.status == Status.AT_COUNTY
    assert application.round is not None
    assert application.round.region_path == "32"
    assert last(application)["round"]["id"] == application.round_id


def test_national_round_goes_on_counting_in_another_unit(world: World) -> None:
    world.holds("srdi")
    round_ = hold(
        world, {"company": days("", "2026-05-10")}, tier="little_giant", unit="000000", who="nation"
    )
    application = world.at_province("little_giant")
    world.clock.move_to(at("2026-05-15 09:00:00"), tick=False)
    move_firm(world, "320583")
    hand(world, application, "nation")  # who stands above may do it too
    assert (application.status, application.round) == (Status.AT_COUNTY, round_)


def test_case_with_the_nation_stays_there(world: World) -> None:
    world.holds("srdi")
    application = world.on_notice("little_giant")
    world.wait()
    world.step(application, "recommend", "province")
    move_firm(world, "320583")
    hand(world, application, "nation")
    assert (application.status, application.region_path) == (Status.AT_NATION, "320583")


def test_notice_ends_with_a_move_to_another_unit_and_stays_within_one(world: World) -> None:
    application = world.on_notice()
    move_firm(world, "330110")
    hand(world, application, "province")
    assert (application.status, application.notice_level) == (Status.ON_NOTICE, "province")
    move_firm(world, "320583")
    hand(world, application, "province")
    assert (application.status, application.notice_level) == (Status.AT_COUNTY, "")
    assert NoticeEntry.objects.get().left_at == world.now()


def test_returned_case_comes_back_to_the_new_office(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    world.step(application, "return", "county", "mend it")
    move_firm(world, "330110")
    hand(world, application, "county")
    assert (application.status, application.returned_from) == (Status.RETURNED, "at_county")
    world.step(application, "resubmit", "owner")
    world.step(application, "recommend", "other_county")


def test_case_is_handed_over_by_who_has_it_or_stands_above(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    move_firm(world, "330110")
    for who in ["other_county", "jiangsu", "ningbo", "auditor", "owner", "other_owner", "expert"]:
        with pytest.raises(PermissionDenied):
            hand(world, application, who)
    with pytest.raises(MoveError, match="needs a reason"):
        world.step(application, "hand_over", "city")
    hand(world, application, "city")


def test_old_office_keeps_reading_what_it_handled_and_no_more(world: World) -> None:
    application = world.at_province()
    move_firm(world, "320583")
    hand(world, application, "province")
    for who, case in (
        ("county", False), ("city", False), ("province", False),
        ("jiangsu", True), ("jiangsu_city", True), ("nation", True), ("owner", True),
    ):  # fmt: skip
        user = world.user(who)
        assert Application.objects.visible_to(user).exists() is case, who
        assert Handover.objects.visible_to(user).exists() is True, who
    for who in ("ningbo", "other_county", "other_owner", "expert", "nobody"):
        assert not Handover.objects.visible_to(world.user(who)).exists(), who


def test_titles_follow_the_enterprise(world: World) -> None:
    world.holds("innovative")
    title = Title.objects.get()
    move_firm(world, "320583")
    firm = title.enterprise
    firm.refresh_from_db()
    assert titles.may_decide(firm, "innovative", world.user("jiangsu"))
    assert not titles.may_decide(firm, "innovative", world.user("province"))
    title.refresh_from_db()
    assert title.granting_region == world.places["330000"]  # who gave it stays written down
    ended = world.end(title, "jiangsu", "x", "cancelled")
    assert ended == [title]


def test_where_a_case_goes_can_be_told_before(world: World) -> None:
    application = world.at_province()
    move_firm(world, "320583")
    application.enterprise.refresh_from_db()
    way = handing.way_of(application)
    assert (way.level, way.anew, way.waits) == ("county", True, False)


# --- Handed over while a decision is pending ---------------------------------------------------


def told(kind: str) -> set[str]:
    rows = Notification.objects.filter(kind=kind)
    return {row.recipient.username for row in rows.select_related("recipient")}


def test_a_case_handed_over_takes_the_old_offices_proposal_out_of_force(world: World) -> None:
    application = world.on_notice()
    world.wait()
    proposal = proposing.propose(application, "recognise", by=world.user("province"))
    held, _left = sets.prepare([proposal.pk], by=world.user("province2"))
    sets.confirm(held, by=world.user("province2"), count=1, due_at=world.now() + dt.timedelta(3))
    move_firm(world, "330203")
    assert "has moved to 海曙区" in looking.hindrances([proposal])[proposal.pk]
    hand(world, application, "province")
    proposal.refresh_from_db()
    assert (application.region_path, application.status) == ("NB03", "at_county")
    assert (proposal.state, proposal.hindrance) == (
        "lapsed", "The case was handed over to 海曙区; decide on it anew there.",
    )  # fmt: skip
    assert told("proposal_laid_aside") == {"province2", "ningbo_county"}  # province handed it over
    assert AuditRecord.objects.filter(action="proposal.laid_aside").count() == 1
    for who in ("province2", "ningbo"):
        assert releasing.release([proposal], by=world.user(who)).taken == []
    held.refresh_from_db()
    assert releasing.work_off(held) == {"decided": 0, "hindered": 0}
    assert Title.objects.count() == 0


def test_a_proposal_is_laid_aside_also_where_its_office_keeps_the_case(world: World) -> None:
    application = world.on_notice()
    world.wait()
    first = proposing.propose(application, "recognise", by=world.user("province"))
    move_firm(world, "330110")
    hand(world, application, "province2")
    first.refresh_from_db()
    assert (application.status, first.state) == ("on_notice", "lapsed")
    assert told("proposal_laid_aside") == {"province"}
    assert releasing.release([first], by=world.user("province2")).taken == []
    again = proposing.propose(application, "recognise", by=world.user("province"))
    assert len(releasing.release([again], by=world.user("province2")).taken) == 1
