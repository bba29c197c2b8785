"""Finding regions by code and by what people write."""

from __future__ import annotations

from collections import Counter

import pytest

from enterprises.places import regions, seeds
from enterprises.places.models import Industry, Region
from tests.grounds import ground

UNITS = 37


@ground
def loaded():
    """Load places, industries and holidays."""
    seeds.load()


@pytest.mark.django_db
def test_counts_of_divisions_and_industries(loaded):
    levels = Counter(Region.objects.filter(in_use=True).values_list("level", flat=True))
    assert levels == {"nation": 1, "province": 35, "city": 333, "county": 2847}
    assert Region.objects.filter(is_unit=True).count() == UNITS
    assert Industry.objects.filter(is_section=True).count() == 20
    assert Industry.objects.filter(is_section=False).count() == 97


@pytest.mark.django_db
def test_every_path_is_its_own_and_lies_in_that_of_its_parent(loaded):
    rows = list(Region.objects.filter(in_use=True).select_related("parent"))
    assert len({row.path for row in rows}) == len(rows)
    strays = [r.code for r in rows if r.parent and not r.path.startswith(r.parent.path)]
    assert strays == []


@pytest.mark.django_db
def test_every_replacement_is_in_use_and_every_path_is_what_the_code_says(loaded):
    old = Region.objects.filter(in_use=False, replaced_by__isnull=False)
    assert old.exclude(replaced_by__in_use=True).count() == 0
    rows = Region.objects.values_list("code", "path")
    assert [code for code, path in rows if regions.path_of(code) != path] == []


@pytest.mark.django_db
def test_loading_twice_changes_nothing(loaded):
    assert [(done.new, done.changed) for done in seeds.load()] == [(0, 0)] * 8


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("内蒙古", "15"),
        ("内蒙古自治区", "15"),
        ("广西", "45"),
        ("110108", "110108"),
        ("大连", "DL"),
        ("210200", "DL"),
        ("辽宁省大连市中山区", "DL02"),
        ("广东深圳", "SZ"),
        ("兵团", "BT"),
        ("石河子市", "BT9001"),
        ("延边州", "2224"),
        ("江苏省苏州市昆山市", "320583"),
        ("江苏 苏州", "3205"),
        ("浙江省杭州市西湖区文三路 1 号", "330106"),
        ("吉林", "22"),
        ("吉林市", "2202"),
        ("襄樊市", "4206"),  # a name borne until 2010
        ("310119", "310115"),  # Nanhui, now Pudong
        ("南汇区", "310115"),
        ("鄞县", "NB12"),
    ],
)
def test_find_understands_codes_names_and_addresses(loaded, text, path):
    found = regions.find(text)
    assert found is not None
    assert (found.path, found.in_use) == (path, True)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "朝阳区", "鼓楼区", "不存在", "999999", "Springfield"])
def test_find_leaves_open_what_is_unknown_or_borne_by_several(loaded, text):
    assert regions.find(text) is None


@pytest.mark.django_db
def test_find_below_a_path_tells_namesakes_apart(loaded):
    codes = [regions.find("鼓楼区", within=path).code for path in ("3201", "3501", "4102")]
    assert codes == ["320106", "350102", "410204"]
    assert regions.find("大连", within="21") is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("914403001922038216", "440300"),
        ("91330227XXXXXXXXXX", "330212"),  # a county of before 2002
        ("91320594XXXXXXXXXX", "320500"),  # a zone that GB/T 2260 has not
        ("91100000100003962T", "000000"),  # the national registrar
    ],
)
def test_of_code_gives_the_region_in_use(loaded, code, region):
    assert regions.of_code(code).code == region


@pytest.mark.django_db
def test_of_code_knows_nothing_of_an_impossible_area(loaded):
    assert regions.of_code("91990000XXXXXXXXXX") is None


@pytest.mark.django_db
def test_a_planned_city_lies_in_its_province_on_the_map_alone(loaded):
    dalian, liaoning = regions.find("大连"), regions.find("辽宁")
    assert regions.covers(liaoning, dalian)
    assert not dalian.path.startswith(liaoning.path)
    assert regions.full_name(regions.find("210202")) == "辽宁省大连市中山区"
