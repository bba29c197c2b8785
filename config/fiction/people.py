"""The demo's users, one for each role along one chain of offices, and their password (演示用户)."""

from __future__ import annotations

import os
import secrets
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import make_password

from config.fiction.firms import MODELS
from config.fiction.ground import HOME
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

OWNED = dict(
    zip(("owner", "owner2", "owner3"), MODELS, strict=True)
)  # SRDI SME, innovative SME, none yet


class Person(NamedTuple):
    """Somebody who signs in to the demo: what the seat is, and where."""

    username: str
    display_name: str
    role: str
    label: str


PEOPLE = (
    Person("nation", "演示·国家主管", "nation", "国家审核员 · national officer"),
    Person("nation2", "演示·国家主管二", "nation", "国家审核员二 · second national officer"),
    Person("province", "演示·江苏省主管", "province", "省级审核员 · provincial officer (Jiangsu)"),
    Person(
        "province2",
        "演示·江苏省主管二",
        "province",
        "省级审核员二 · second provincial officer (Jiangsu)",
    ),
    Person("city", "演示·苏州市主管", "city", "市级审核员 · city officer (Suzhou)"),
    Person("county", "演示·昆山市主管", "county", "县级审核员 · county officer (Kunshan)"),
    Person("expert", "演示·专家一", "expert", "专家 · expert, with cases to score"),
    Person("expert2", "演示·专家二", "expert", "专家二 · second expert"),
    Person("expert3", "演示·专家三", "expert", "专家三 · third expert"),
    Person("expert4", "演示·专家四", "expert", "专家四 · fourth expert"),
    Person("owner", "演示·企业负责人一", "owner", "企业负责人 · owner of an SRDI SME"),
    Person("owner2", "演示·企业负责人二", "owner", "企业负责人 · owner of an innovative SME"),
    Person("owner3", "演示·企业负责人三", "owner", "企业负责人 · owner of a firm without a title"),
    Person("editor", "演示·企业填报员", "editor", "企业填报员 · editor of the first owner's firm"),
    Person("auditor", "演示·审计员", "auditor", "审计员 · auditor, reads everything"),
    Person("newcomer", "演示·新用户", "", "无岗位用户 · no seat yet, may claim an enterprise"),
    Person("admin", "演示·管理员", "", "系统管理员 · administrator"),
)


def seat_everybody() -> int:
    """Make the users and their seats where they are missing, and return how many users."""
    hashed = make_password(password())
    offices = _offices()
    for person in PEOPLE:
        user, new = User.objects.get_or_create(
            username=person.username,
            defaults={
                "display_name": person.display_name,
                "email": f"{person.username}@example.invalid",
                "password": hashed,
                "is_staff": person.username == "admin",
                "is_superuser": person.username == "admin",
            },
        )
        if new and person.role:
            _seat(user, person, offices)
    return len(PEOPLE)


def password() -> str:
    """Return the password of all demo users, made once for this installation."""
    path = settings.VAR_DIR / "demo_password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(9))
    return path.read_text(encoding="ascii").strip()


def signins() -> list[tuple[str, str, str]]:
    """Return for every demo user that exists: what it is, username, password."""
    there = set(User.objects.values_list("username", flat=True))
    return [(p.label, p.username, password()) for p in PEOPLE if p.username in there]


def seat_somebody(
    username: str,
    display_name: str,
    role: str,
    *,
    region: Region | None = None,
    enterprise: Enterprise | None = None,
) -> User:
    """Return a user with a seat who cannot sign in: the demo's histories need somebody's name."""
    user, new = User.objects.get_or_create(
        username=username,
        defaults={"display_name": display_name, "password": make_password(None)},
    )
    if new:
        Seat.objects.create(user=user, role=role, region=region, enterprise=enterprise)
    return user


def officer_of(region: Region, level: str, *, second: bool = False) -> User:
    """Return the officer of a region's office, or the second, seating one where there is none."""
    seated = User.objects.filter(seats__region=region, seats__role=level).order_by("pk")
    place = 1 if second else 0
    for found in seated[place : place + 1]:
        return found
    name, number = f"演示·{region.name_zh}主管", ""
    if second:
        officer_of(region, level)
        name, number = f"{name}二", "-2"
    return seat_somebody(f"office-{region.path}{number}", name, level, region=region)


def office_above(region: Region | None, level: str) -> Region | None:
    """Return the region whose office of a level is responsible for a place (主管地区)."""
    if level == "nation":
        return Region.objects.get(level=Region.Level.NATION)
    while region and not (region.is_unit if level == "province" else region.level == level):
        region = region.parent
    return region


def _offices() -> dict[str, Region]:
    county = Region.objects.select_related("parent__parent").get(code=HOME)
    city = county.parent
    province = city.parent if city else None
    nation = Region.objects.get(level=Region.Level.NATION)
    if city is None or province is None:
        raise ValueError(f"{county} stands in no city of a province")
    return {"county": county, "city": city, "province": province, "nation": nation}


def _seat(user: User, person: Person, offices: dict[str, Region]) -> None:
    firm = OWNED.get(person.username, OWNED["owner"])
    if person.role in ("owner", "editor"):
        if Enterprise.objects.filter(pk=firm).exists():
            Seat.objects.create(user=user, role=person.role, enterprise_id=firm)
    else:
        Seat.objects.create(user=user, role=person.role, region=offices.get(person.role))
