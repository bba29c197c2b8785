"""Changing records: checked, written whole, noted, by those who may."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from enterprises.accounts.models import Seat, User
from enterprises.places.models import Industry, Region
from enterprises.registry import records
from enterprises.registry.models import (
    AnnualReport,
    Award,
    Change,
    Enterprise,
    IntellectualProperty,
    NameRecord,
)
from tests.registry.page_world import build, sound_code

if TYPE_CHECKING:
    from tests.registry.page_world import World

pytestmark = pytest.mark.django_db
WAN = 1_000_000


@pytest.fixture
def world() -> World:
    return build()


def officer(region: str, role: str = "county", **rights: bool) -> User:
    user = User.objects.create_user(f"{role}{region}", password="a long pass phrase")
    Seat.objects.create(user=user, role=role, region=Region.objects.get(code=region), **rights)
    return user


def editor(enterprise: Enterprise) -> User:
    user = User.objects.create_user(f"editor{enterprise.pk}", password="a long pass phrase")
    Seat.objects.create(user=user, role="editor", enterprise=enterprise)
    return user


def test_registering_normalises_places_and_notes(world):
    by = officer("320500", "city")
    made = records.register(
        credit_code=sound_code(7).lower(), name=" 示例 （七）有限公司 ", region="吴中区", by=by
    )
    made.refresh_from_db()
    assert (made.credit_code, made.name) == (sound_code(7), "示例 （七）有限公司")
    assert (made.name_key, made.region_path) == ("示例(七)有限公司", "320506")
    (note,) = Change.objects.filter(enterprise=made)
    assert (note.subject, note.made_by, note.after["region"]) == ("registered", by, "320506")


def test_registering_says_all_that_is_wrong_at_once(world):
    with pytest.raises(ValidationError) as refused:
        records.register(
            credit_code="914403001922038217", name=" ", region="示例市", tier="srdi", by=None
        )
    assert sorted(refused.value.message_dict) == ["credit_code", "name", "region", "tier"]
    assert Enterprise.objects.count() == 2


def test_a_code_that_is_there_is_refused_by_name(world):
    with pytest.raises(ValidationError) as refused:
        records.register(credit_code=world.firm.credit_code, name="别的", region="320506", by=None)
    assert world.firm.credit_code in refused.value.message_dict["credit_code"][0]


def test_a_wrong_check_character_needs_a_reason_and_keeps_it(world):
    code = sound_code(8)
    wrong = code[:17] + ("A" if code[17] != "A" else "B")
    values = {"credit_code": wrong, "name": "示例", "region": "320506"}
    with pytest.raises(ValidationError):
        records.register(**values, by=None)
    made = records.register(**values, code_override_reason="as on the licence", by=None)
    assert made.code_override_reason == "as on the licence"
    sound = records.register(
        credit_code=code, name="示例", region="320506", code_override_reason="x", by=None
    )
    assert sound.code_override_reason == ""


@pytest.mark.parametrize(
    ("seat", "allowed"),
    [("320506", True), ("320500", True), ("320507", False), ("330000", False)],
)
def test_an_office_registers_in_its_subtree_alone(world, seat, allowed):
    by = officer(seat, "city")
    values = {"credit_code": sound_code(9), "name": "示例九", "region": "320506"}
    if allowed:
        assert records.register(**values, by=by).pk
    else:
        with pytest.raises(PermissionDenied):
            records.register(**values, by=by)


def test_an_office_without_the_right_to_register_registers_nothing(world):
    by = officer("320506", may_register=False)
    with pytest.raises(PermissionDenied):
        records.register(credit_code=sound_code(9), name="示例", region="320506", by=by)


def test_a_change_is_noted_and_moves_version_and_time(world):
    firm, by = world.firm, officer("320506")
    before = Enterprise.objects.get(pk=firm.pk)
    records.change(firm, {"niche": "轴承", "address": ""}, by=by, reason="visited")
    assert firm.version == before.version + 1
    stored = Enterprise.objects.get(pk=firm.pk)
    assert (stored.niche, stored.version) == ("轴承", firm.version)
    assert stored.facts_at > before.facts_at
    (note,) = Change.objects.filter(enterprise=firm)
    assert (note.before, note.after, note.reason) == ({"niche": ""}, {"niche": "轴承"}, "visited")


def test_a_change_of_nothing_writes_nothing(world):
    before = Enterprise.objects.get(pk=world.firm.pk)
    records.change(world.firm, {"name": before.name, "niche": ""}, by=None)
    after = Enterprise.objects.get(pk=world.firm.pk)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert Change.objects.count() == 0


def test_a_stale_version_is_refused_and_nothing_is_lost(world):
    seen = world.firm.version
    records.change(Enterprise.objects.get(pk=world.firm.pk), {"niche": "甲"}, by=None)
    with pytest.raises(records.StaleError):
        records.change(world.firm, {"niche": "乙"}, by=None, version=seen)
    assert Enterprise.objects.get(pk=world.firm.pk).niche == "甲"


def test_a_rename_keeps_the_names_borne(world):
    old = world.firm.name
    records.change(world.firm, {"name": "示例新名一"}, by=None, reason="renamed")
    records.change(world.firm, {"name": "示例新名二"}, by=None)
    rows = NameRecord.objects.filter(enterprise=world.firm).order_by("pk")
    assert [(r.name, r.until is not None) for r in rows] == [
        (old, True),
        ("示例新名一", True),
        ("示例新名二", False),
    ]
    assert Enterprise.objects.get(pk=world.firm.pk).name_key == "示例新名二"


def test_staff_change_their_own_profile_but_not_what_the_office_keeps(world):
    by = editor(world.firm)
    records.change(world.firm, {"niche": "轴承"}, by=by)
    for field, value in (("name", "别名"), ("region", "330106"), ("credit_code", sound_code(5))):
        with pytest.raises(PermissionDenied):
            records.change(world.firm, {field: value}, by=by)
    with pytest.raises(PermissionDenied):
        records.change(world.other, {"niche": "光电"}, by=by)
    assert Change.objects.count() == 1


def test_an_office_does_not_move_an_enterprise_out_of_its_area(world):
    with pytest.raises(PermissionDenied):
        records.change(world.firm, {"region": "330106"}, by=officer("320500", "city"))
    records.change(world.firm, {"region": "320507"}, by=officer("320000", "province"))
    assert Enterprise.objects.get(pk=world.firm.pk).region_path == "320507"


def test_personal_data_are_not_kept_in_the_history(world):
    records.change(world.firm, {"contact_phone": "010-5550100"}, by=None)
    (note,) = Change.objects.filter(enterprise=world.firm)
    assert list(note.after) == ["contact_phone"]
    assert "5550100" not in str(note.after) + str(note.before)


def test_a_report_sets_the_size_class_and_is_noted(world):
    industry = Industry.objects.create(code="34", section="C", name_zh="通用设备制造业")
    records.change(world.firm, {"industry": industry}, by=None)
    figures = {"revenue": 40_000 * WAN, "employees": 1000}
    records.save_report(world.firm, 2024, figures, by=None)
    assert (world.firm.size_class, world.firm.size_year) == ("large", 2024)
    records.save_report(world.firm, 2024, {"employees": 999}, by=None)
    stored = Enterprise.objects.get(pk=world.firm.pk)
    assert (stored.size_class, stored.version) == ("medium", world.firm.version)
    notes = Change.objects.filter(subject="report:2024").order_by("pk")
    assert notes[1].before == {"employees": 1000}
    assert notes[1].after == {"employees": 999}


def test_a_missing_figure_is_not_nought(world):
    report = records.save_report(world.firm, 2024, {"rd_expense": 0, "revenue": None}, by=None)
    report.refresh_from_db()
    assert (report.rd_expense, report.revenue) == (0, None)


def test_a_doubtful_figure_needs_a_written_reason(world):
    records.save_report(world.firm, 2023, {"total_assets": 5000 * WAN}, by=None)
    slipped = {"total_assets": 5000}
    with pytest.raises(records.UnansweredError) as refused:
        records.save_report(world.firm, 2024, slipped, by=None)
    assert [(d.code, d.figure) for d in refused.value.doubts] == [("unit_jump", "total_assets")]
    assert AnnualReport.objects.filter(year=2024).count() == 0
    by = editor(world.firm)
    report = records.save_report(
        world.firm, 2024, slipped, by=by, answers={"unit_jump:total_assets": "sold the plant"}
    )
    assert [(w["reason"], w["by"]) for w in report.warnings] == [("sold the plant", str(by))]
    again = records.save_report(world.firm, 2024, {"employees": 12}, by=by)
    assert [w["reason"] for w in again.warnings] == ["sold the plant"]


def test_an_impossible_figure_is_refused_with_any_reason(world):
    with pytest.raises(ValidationError) as refused:
        records.save_report(world.firm, 2024, {"revenue": -1}, by=None, reason="so it is")
    assert list(refused.value.message_dict) == ["revenue"]
    with pytest.raises(ValidationError):
        records.save_report(world.firm, 2024, {"revenue": 1.5}, by=None)
    with pytest.raises(ValidationError):
        records.save_report(world.firm, 1949, {"revenue": 1}, by=None)
    assert AnnualReport.objects.count() == 0


def test_facts_come_change_and_go_with_a_history(world):
    right = IntellectualProperty(
        kind="software", number="X1", obtained="own", granted_on=dt.date(2024, 5, 1), ip_class=1
    )
    fact = records.add_fact(world.firm, right, by=None)
    assert fact.ip_class == 2  # from the kind, whatever was said
    records.change_fact(fact, {"kind": "invention"}, by=None)
    fact.refresh_from_db()
    assert fact.ip_class == 1
    records.remove_fact(fact, by=None, reason="expired")
    assert IntellectualProperty.objects.count() == 0
    notes = Change.objects.order_by("pk").values_list("before__kind", "after__kind", "reason")
    assert list(notes) == [
        (None, "software", ""),
        ("software", "invention", ""),
        ("invention", None, "expired"),
    ]
    assert Enterprise.objects.get(pk=world.firm.pk).version == 4


def test_a_fact_of_another_enterprise_is_not_for_its_staff(world):
    by = editor(world.other)
    right = IntellectualProperty(
        kind="design", number="X1", obtained="own", granted_on=dt.date(2024, 5, 1)
    )
    with pytest.raises(PermissionDenied):
        records.add_fact(world.firm, right, by=by)


def test_the_same_right_twice_is_refused(world):
    for number in range(2):
        right = IntellectualProperty(
            kind="design", number="X1", obtained="own", granted_on=dt.date(2024, 5, 1)
        )
        if number == 0:
            records.add_fact(world.firm, right, by=None)
        else:
            with pytest.raises(ValidationError):
                records.add_fact(world.firm, right, by=None)


def test_rank_of_nought_is_none_of_the_first_three(world):
    fact = Award(kind="science", level="national", unit_rank=0, awarded_on=dt.date(2025, 1, 1))
    with pytest.raises(ValidationError) as refused:
        records.add_fact(world.firm, fact, by=None)
    assert list(refused.value.message_dict) == ["unit_rank"]
    with pytest.raises(ValidationError) as refused:
        records.save_report(world.firm, 2025, {"domestic_rank": 0}, by=None)
    assert list(refused.value.message_dict) == ["domestic_rank"]
