"""Registering, reading and changing a record: what is said, and that nothing typed is lost."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises.places.models import Chain, ChainLink
from enterprises.registry import records
from enterprises.registry.models import (
    AnnualReport,
    Award,
    Change,
    Enterprise,
    EquityRound,
    IntellectualProperty,
    NameRecord,
    Title,
)
from tests.registry.page_world import World, build, sign_in, sound_code

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def officer(world: World) -> Client:
    return sign_in("county", world, "320506")


def errors(answer: Any) -> dict[str, list[str]]:
    """Return the messages of the form, by field."""
    return {name: list(map(str, found)) for name, found in answer.context["form"].errors.items()}


def inputs(answer: Any) -> dict[str, str]:
    """Return what the form of a page would send if nothing was touched."""
    form = answer.context["form"]
    return {
        **{k: "" if v == "False" else v for k, v in form.shown().items() if v != "False"},
        "seen": form.seen_field,
    }


# Registering


def test_register_reads_full_width_and_loose_writing(world: World, officer: Client) -> None:
    code = sound_code(77)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    answer = officer.post(
        "/enterprises/new/",
        {
            "credit_code": f" {wide[:9]} {wide[9:]}",
            "name": "示例  新材料有限公司",
            "region": "320506 吴中区",
            "registered_capital": "１，２００万",
            "established_on": "2015年3月1日",
        },
    )
    made = Enterprise.objects.get(credit_code=code)
    assert answer["Location"] == f"/enterprises/{made.pk}/"
    assert (made.name, made.region.code) == ("示例 新材料有限公司", "320506")
    assert made.registered_capital == 1_200_000_000
    assert made.established_on == dt.date(2015, 3, 1)
    assert Change.objects.get(enterprise=made).subject == "registered"


def test_register_says_field_value_and_what_mends_it(world: World, officer: Client) -> None:
    answer = officer.post(
        "/enterprises/new/",
        {
            "credit_code": "91320506M00O0013X1",
            "name": "",
            "region": "火星",
            "registered_capital": "百来万",
            "established_on": "昨天",
        },
    )
    assert answer.status_code == 200
    found = errors(answer)
    assert found["name"] == ["This field is required."]
    assert found["credit_code"] == [
        "O at place 12 never occurs in a credit code (no I, O, S, V, Z); perhaps 0 is meant"
    ]
    assert found["region"][0].startswith("“火星” is no region that you register for")
    assert found["registered_capital"] == [
        "“百来万” is not an amount; write it like 1200万元 or 12000000"
    ]
    assert found["established_on"] == ["“昨天” is not a date. Write it like 2026-03-01."]
    text = answer.content.decode()
    for typed in ("91320506M00O0013X1", "火星", "百来万", "昨天"):
        assert f'value="{typed}"' in text
    assert Enterprise.objects.count() == 2


def test_register_wants_a_reason_for_a_wrong_check_character(world: World, officer: Client) -> None:
    code = sound_code(78)
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    data = {"credit_code": wrong, "name": "示例厂", "region": "320506"}
    refused = officer.post("/enterprises/new/", data)
    assert errors(refused) == {
        "credit_code": [f"the check character should be {code[-1]}, not {wrong[-1]}"]
    }
    officer.post("/enterprises/new/", {**data, "code_override_reason": "营业执照即如此"})
    made = Enterprise.objects.get(credit_code=wrong)
    assert made.code_override_reason == "营业执照即如此"


def test_register_twice_makes_one_and_says_so(world: World, officer: Client) -> None:
    data = {"credit_code": sound_code(79), "name": "示例厂", "region": "320506"}
    officer.post("/enterprises/new/", data)
    again = officer.post("/enterprises/new/", data)
    assert errors(again) == {
        "credit_code": [f"the registry already has {sound_code(79)}; open that record instead"]
    }
    assert Enterprise.objects.filter(credit_code=sound_code(79)).count() == 1


def test_register_elsewhere_is_refused(world: World, officer: Client) -> None:
    data = {"credit_code": sound_code(80), "name": "示例厂", "region": "330106"}
    assert list(errors(officer.post("/enterprises/new/", data))) == ["region"]


# Reading


def test_record_shows_names_titles_and_warnings(world: World, officer: Client) -> None:
    NameRecord.objects.create(enterprise=world.firm, name="示例旧名", name_key="示例旧名")
    Title.objects.create(
        enterprise=world.firm,
        tier="srdi",
        number="JS-1",
        year=2024,
        granted_on=dt.date(2024, 1, 1),
        valid_to=dt.date(2026, 12, 31),
    )
    AnnualReport.objects.create(
        enterprise=world.firm,
        year=2024,
        revenue=0,
        warnings=[{"code": "x", "figure": "revenue", "message": "odd", "reason": "why", "by": ""}],
    )
    answer = officer.get(f"/enterprises/{world.firm.pk}/")
    assert [one.name for one in answer.context["names"]] == ["示例旧名"]
    assert [one.number for one in answer.context["titles"]] == ["JS-1"]
    assert [(w.year, w.message, w.reason) for w in answer.context["warnings"]] == [
        (2024, "odd", "why")
    ]
    assert "This enterprise is fictional." in answer.content.decode()


def test_pages_of_a_record_take_a_constant_number_of_queries(world: World, officer: Client) -> None:
    def grow(number: int) -> None:
        AnnualReport.objects.create(enterprise=world.firm, year=2020 + number)
        records.note(world.firm, "profile", {"niche": ""}, {"niche": "x"}, None, "")
        Award.objects.create(
            enterprise=world.firm, kind="quality", level="city", awarded_on=dt.date(2024, 1, number)
        )

    grow(1)
    pages = [f"/enterprises/{world.firm.pk}/{p}" for p in ("", "reports/", "facts/", "history/")]
    for page in pages:
        officer.get(page)
        with CaptureQueriesContext(connection) as one:
            officer.get(page)
        grow(2 + 2 * pages.index(page))
        grow(3 + 2 * pages.index(page))
        with CaptureQueriesContext(connection) as three:
            officer.get(page)
        assert (page, len(three)) == (page, len(one))


# Changing the profile


def test_edit_saves_only_what_was_changed_with_the_reason(world: World, officer: Client) -> None:
    address = f"/enterprises/{world.firm.pk}/edit/"
    data = inputs(officer.get(address))
    officer.post(address, {**data, "niche": "精密轴承", "own_brand": "true", "reason": "核实"})
    stored = Enterprise.objects.get(pk=world.firm.pk)
    assert (stored.niche, stored.own_brand, stored.version) == ("精密轴承", True, 2)
    change = Change.objects.get()
    assert (change.before, change.after, change.reason) == (
        {"niche": "", "own_brand": None},
        {"niche": "精密轴承", "own_brand": True},
        "核实",
    )


def test_edit_by_an_officer_needs_a_reason_and_keeps_what_was_typed(
    world: World, officer: Client
) -> None:
    address = f"/enterprises/{world.firm.pk}/edit/"
    answer = officer.post(address, {**inputs(officer.get(address)), "niche": "轴承"})
    assert errors(answer) == {"reason": ["This field is required."]}
    assert answer.context["form"]["niche"].value() == "轴承"
    assert Enterprise.objects.get(pk=world.firm.pk).niche == ""


def test_edit_with_nothing_changed_writes_nothing(world: World) -> None:
    owner = sign_in("owner", world, "firm")
    address = f"/enterprises/{world.firm.pk}/edit/"
    answer = owner.post(address, inputs(owner.get(address)), follow=True)
    assert [str(m) for m in answer.context["messages"]] == ["Nothing was changed, nothing saved."]
    assert Change.objects.count() == 0


def test_own_staff_have_no_field_for_name_and_region(world: World) -> None:
    owner = sign_in("owner", world, "firm")
    address = f"/enterprises/{world.firm.pk}/edit/"
    data = inputs(owner.get(address))
    assert {"name", "region"} & set(data) == set()
    owner.post(address, {**data, "name": "别名", "region": "330106"})
    stored = Enterprise.objects.get(pk=world.firm.pk)
    assert (stored.name, stored.region.code) == (world.firm.name, "320506")


def test_two_editors_see_each_other_and_lose_nothing(world: World, officer: Client) -> None:
    owner = sign_in("owner", world, "firm")
    address = f"/enterprises/{world.firm.pk}/edit/"
    first = {**inputs(officer.get(address)), "niche": "甲", "address": "某路1号", "reason": "核实"}
    second = {**inputs(owner.get(address)), "niche": "乙", "leading_product": "轴承"}
    officer.post(address, first)
    clash = owner.post(address, second)
    assert clash.status_code == 409
    assert [(c.name, c.was, c.now, c.typed, c.overlaps) for c in clash.context["clashes"]] == [
        ("address", "", "某路1号", "", False),
        ("niche", "", "甲", "乙", True),
    ]
    assert Enterprise.objects.get(pk=world.firm.pk).niche == "甲"
    form = clash.context["form"]
    assert (form["niche"].value(), form["address"].value()) == ("乙", "某路1号")
    assert form["leading_product"].value() == "轴承"
    again = {name: form[name].value() or "" for name in form.fields} | {"seen": form.seen_field}
    assert owner.post(address, again).status_code == 302
    stored = Enterprise.objects.get(pk=world.firm.pk)
    assert (stored.niche, stored.address, stored.leading_product) == ("乙", "某路1号", "轴承")


def test_changes_of_different_fields_do_not_get_in_each_others_way(
    world: World, officer: Client
) -> None:
    address = f"/enterprises/{world.firm.pk}/edit/"
    data = inputs(officer.get(address))
    Award.objects.create(
        enterprise=world.firm, kind="quality", level="city", awarded_on=dt.date(2024, 1, 1)
    )
    Enterprise.objects.filter(pk=world.firm.pk).update(version=9)
    answer = officer.post(address, {**data, "niche": "甲", "reason": "核实"})
    assert answer.status_code == 302


def test_a_link_of_another_chain_is_refused(world: World, officer: Client) -> None:
    chain, other = (Chain.objects.create(code=c, name_zh=c) for c in ("甲链", "乙链"))
    link = ChainLink.objects.create(chain=other, position=1, name_zh="上游")
    address = f"/enterprises/{world.firm.pk}/edit/"
    data = {**inputs(officer.get(address)), "reason": "核实"}
    answer = officer.post(address, {**data, "chain": str(chain.pk), "chain_link": str(link.pk)})
    assert errors(answer) == {
        "chain_link": ["“上游” is a link of “乙链”. Choose that chain or another link."]
    }


def test_region_suggestions_stay_in_sight(world: World) -> None:
    client = sign_in("city", world, "320500")

    def offered(text: str) -> list[str]:
        answer = client.get("/enterprises/regions/", {"region": text})
        return [region.code for region in answer.context["regions"]]

    assert offered("") == ["320500", "320506", "320507"]
    assert offered("相城") == ["320507"]
    assert offered("33") == []


# Facts


def test_fact_is_added_changed_and_deleted_with_a_history(world: World, officer: Client) -> None:
    base = f"/enterprises/{world.firm.pk}/facts/"
    right = {
        "kind": "invention",
        "number": "ZL-示例-1",
        "obtained": "own",
        "granted_on": "２０２３-０５-０１",
        "holder_rank": "１",
        "related": "true",
    }
    assert officer.post(f"{base}ip/new/", right).status_code == 302
    stored = IntellectualProperty.objects.get()
    assert (stored.ip_class, stored.related, stored.applied) == (1, True, None)
    assert stored.granted_on == dt.date(2023, 5, 1)
    officer.post(f"{base}ip/{stored.pk}/", {**right, "kind": "software"})
    stored.refresh_from_db()
    assert (stored.kind, stored.ip_class) == ("software", 2)
    unsaid = officer.post(f"{base}ip/{stored.pk}/delete/", {})
    assert unsaid.context["error"] == "Write a reason."
    officer.post(f"{base}ip/{stored.pk}/delete/", {"reason": "重复"})
    assert IntellectualProperty.objects.count() == 0
    kept = [(c.subject.split(":")[0], c.reason) for c in Change.objects.order_by("pk")]
    assert kept == [
        ("intellectualproperty", ""),
        ("intellectualproperty", ""),
        ("intellectualproperty", "重复"),
    ]
    assert Enterprise.objects.get(pk=world.firm.pk).version == 4


def test_a_double_click_adds_one_fact(world: World, officer: Client) -> None:
    address = f"/enterprises/{world.firm.pk}/facts/award/new/"
    data = {"kind": "science", "level": "national", "name": "某奖", "awarded_on": "2024-05-01"}
    officer.post(address, data)
    again = officer.post(address, data)
    assert errors(again) == {"__all__": ["An entry with exactly these values is already listed."]}
    assert Award.objects.count() == 1


def test_facts_refuse_what_cannot_be(world: World, officer: Client) -> None:
    base = f"/enterprises/{world.firm.pk}/facts/"
    ends = officer.post(
        f"{base}honour/new/",
        {"kind": "green", "level": "city", "granted_on": "2024-05-01", "valid_to": "2023-05-01"},
    )
    assert errors(ends) == {
        "valid_to": ["2023-05-01 lies before 2024-05-01. Put the last valid day here."]
    }
    undated = officer.post(
        f"{base}ip/new/",
        {
            "kind": "utility",
            "number": "1",
            "obtained": "transferred",
            "granted_on": "2024-05-01",
            "holder_rank": "0",
        },
    )
    assert errors(undated) == {
        "holder_rank": ["“0” is outside 1 to 9,999. Check the figure."],
        "transferred_on": ["A right transferred in needs the date of the transfer."],
    }
    assert officer.get(f"{base}nothing/new/").status_code == 404


def test_equity_round_is_kept_in_fen_and_ppm(world: World, officer: Client) -> None:
    officer.post(
        f"/enterprises/{world.firm.pk}/facts/equity/new/",
        {"paid_on": "2024-05-01", "amount": "2,000", "qualified": "on", "shares_given": "12.5%"},
    )
    stored = EquityRound.objects.get()
    assert (stored.amount, stored.shares_given, stored.qualified) == (2_000_000_000, 125_000, True)


# History


def test_history_says_who_what_and_why_a_page_at_a_time(world: World, officer: Client) -> None:
    for number in range(31):
        records.change(world.firm, {"niche": f"第{number}"}, by=None, reason=f"r{number}")
    address = f"/enterprises/{world.firm.pk}/history/"
    first = officer.get(address).context
    entry = first["entries"][0]
    assert (entry.heading, entry.who, entry.reason) == ("Profile", "the system", "r30")
    assert [(line.label, line.before, line.after) for line in entry.lines] == [
        ("Niche market", "第29", "第30")
    ]
    assert len(first["entries"]) == 30
    second = officer.get(address + first["following_url"]).context
    assert [e.reason for e in second["entries"]] == ["r0"]
