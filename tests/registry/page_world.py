"""Regions, enterprises and signed-in people for the tests of the pages (页面测试场景)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry import credit_code, names
from enterprises.registry.models import Enterprise

AREAS = {
    "000000": ("", "nation", "全国", "China"),
    "320000": ("32", "province", "江苏省", "Jiangsu"),
    "320500": ("3205", "city", "苏州市", "Suzhou"),
    "320506": ("320506", "county", "吴中区", "Wuzhong"),
    "320507": ("320507", "county", "相城区", "Xiangcheng"),
    "330000": ("33", "province", "浙江省", "Zhejiang"),
    "330100": ("3301", "city", "杭州市", "Hangzhou"),
    "330106": ("330106", "county", "西湖区", "Xihu"),
}


@dataclass(frozen=True, slots=True)
class World:
    """What the tests of the pages stand on."""

    regions: dict[str, Region]
    firm: Enterprise
    other: Enterprise


def sound_code(number: int, area: str = "320506") -> str:
    """Return a credit code with right check characters."""
    body = f"M{number:07d}"
    inner = f"91{area}{body}{credit_code.organisation_character(body)}"
    return inner + credit_code.check_character(inner)


def make_enterprise(number: int, region: Region, **values: Any) -> Enterprise:
    """Return a stored fictional enterprise."""
    name = values.pop("name", f"示例智造{number}有限公司")
    return Enterprise.objects.create(
        credit_code=sound_code(number, region.code),
        name=name,
        name_key=names.key(name),
        region=region,
        region_path=region.path,
        fictional=True,
        **values,
    )


def build() -> World:
    """Return a small world: two provinces and an enterprise in each."""
    regions: dict[str, Region] = {}
    for code, (path, level, name_zh, name_en) in AREAS.items():
        parent = None
        if code != "000000":
            above = "000000" if level == "province" else code[: len(path) - 2].ljust(6, "0")
            parent = regions[above]
        regions[code] = Region.objects.create(
            code=code,
            path=path,
            level=level,
            name_zh=name_zh,
            name_en=name_en,
            parent=parent,
            is_unit=level == "province",
        )
    firm = make_enterprise(1, regions["320506"], name="示例精密轴承有限公司")
    other = make_enterprise(2, regions["330106"], name="虚构光电股份有限公司")
    return World(regions, firm, other)


def sign_in(role: str, world: World, where: str = "", **rights: Any) -> Client:
    """Return the client of somebody with one seat: at a region, or for an enterprise.

    `where` is a region code, or "firm" or "other"; without a role nobody has a seat.
    """
    user = User.objects.create_user(f"{role or 'nobody'}-{where or 'none'}-{User.objects.count()}")
    if role:
        target: dict[str, Any] = {}
        if where in {"firm", "other"}:
            target["enterprise"] = getattr(world, where)
        elif where:
            target["region"] = world.regions[where]
        Seat.objects.create(user=user, role=role, **target, **rights)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client
