"""A small country: two provinces, a city and counties, their offices, an enterprise (测试数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CODE = "91320583MA1TEST00D"  # the fictional firm's; stands although its check character is wrong

PLACES = (
    ("000000", "", "nation", "全国", None, False),
    ("320000", "32", "province", "江苏省", "000000", True),
    ("320500", "3205", "city", "苏州市", "320000", False),
    ("320583", "320583", "county", "昆山市", "320500", False),
    ("320582", "320582", "county", "张家港市", "320500", False),
    ("330000", "33", "province", "浙江省", "000000", True),
    ("330100", "3301", "city", "杭州市", "330000", False),
)
SEATS = {
    "nation": "000000",
    "province": "320000",
    "city": "320500",
    "county": "320583",
    "auditor": "000000",
}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Let messages be the ones that stand in the code."""
    with translation.override("en"):
        yield


@pytest.fixture
def places(db: None) -> dict[str, Region]:
    """Give the regions by code."""
    rows: dict[str, Region] = {}
    for code, path, level, name, parent, is_unit in PLACES:
        rows[code] = Region.objects.create(
            code=code,
            path=path,
            level=level,
            name_zh=name,
            name_en=name,
            parent=rows.get(parent or ""),
            is_unit=is_unit,
        )
    return rows


@pytest.fixture
def firm(places: dict[str, Region]) -> Enterprise:
    """Give a fictional enterprise in the county, with a contact."""
    return Enterprise.objects.create(
        credit_code=CODE,
        name="昆山测试传动（虚构）有限公司",
        name_key="昆山测试传动",
        fictional=True,
        region=places["320583"],
        region_path="320583",
        contact_name="张三",
        contact_phone="0512-0000000",
        contact_email="zhang@example.test",
    )


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    """Give a function that makes somebody without a seat."""

    def make(name: str) -> User:
        return User.objects.create_user(name, f"{name}@example.test", "a-long-password")

    return make


@pytest.fixture
def people(
    places: dict[str, Region], firm: Enterprise, person: Callable[[str], User]
) -> dict[str, User]:
    """Give one of each role, by name: the offices of Jiangsu, the firm's staff, a newcomer."""
    found = {}
    for role, code in SEATS.items():
        found[role] = person(role)
        Seat.objects.create(user=found[role], role=role, region=places[code])
    for role in ("owner", "editor"):
        found[role] = person(role)
        Seat.objects.create(user=found[role], role=role, enterprise=firm)
    found["expert"] = person("expert")
    Seat.objects.create(user=found["expert"], role="expert")
    found["newcomer"] = person("newcomer")
    found["zhejiang"] = person("zhejiang")
    Seat.objects.create(user=found["zhejiang"], role="province", region=places["330000"])
    found["root"] = User.objects.create_superuser("root", "root@example.test", "a-long-password")
    return found
