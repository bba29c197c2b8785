"""A small country with firms whose titles, assessments and projects are drawn by lot (测试数据)."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import translation

from cultivation.digital import definitions, index
from cultivation.digital.models import MaturityAssessment, TransformationProject
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TODAY = dt.date(2026, 6, 30)
PLACES = (
    ("000000", "", "nation", "全国", None, False),
    ("110000", "11", "province", "北京市", "000000", True),
    ("110101", "110101", "county", "东城区", "110000", False),
    ("440000", "44", "province", "广东省", "000000", True),
    ("440100", "4401", "city", "广州市", "440000", False),
    ("440103", "440103", "county", "荔湾区", "440100", False),
    ("440106", "440106", "county", "天河区", "440100", False),
    ("440200", "4402", "city", "韶关市", "440000", False),
    ("440204", "440204", "county", "浈江区", "440200", False),
    ("440300", "SZ", "city", "深圳市", "000000", True),
    ("440305", "SZ05", "county", "南山区", "440300", False),
    ("810000", "81", "province", "香港特别行政区", "000000", False),
)
HOMES = ("110101", "440103", "440106", "440200", "440204", "440305")
ROLES = {"000000": "nation", "440000": "province", "440100": "city", "440106": "county"}


@pytest.fixture(autouse=True)
def _on_a_fixed_day() -> Iterator[None]:
    """Let today be the last of June 2026, and messages those that stand in the code."""
    noon = dt.datetime.combine(TODAY, dt.time(4), dt.UTC)
    with time_machine.travel(noon, tick=False), translation.override("en"):
        yield


@pytest.fixture
def places(db: None) -> dict[str, Region]:
    """Give the regions by code, with the definitions loaded."""
    rows: dict[str, Region] = {}
    for code, path, level, name, parent, is_unit in PLACES:
        rows[code] = Region.objects.create(
            code=code,
            path=path,
            level=level,
            name_zh=name,
            name_en=code,
            parent=rows.get(parent or ""),
            is_unit=is_unit,
        )
    definitions.load()
    return rows


@pytest.fixture
def firm(places: dict[str, Region]) -> Callable[..., Enterprise]:
    """Give a function that makes a firm, with a little-giant title unless told otherwise."""
    made = iter(range(10_000))

    def make(code: str = "440106", *, title: Any = "little_giant", **fields: Any) -> Enterprise:
        number = next(made)
        enterprise = Enterprise.objects.create(
            credit_code=f"91440106TEST{number:06}",
            name=f"测试{number:04}（虚构）有限公司",
            name_key=f"测试{number:04}",
            fictional=True,
            region=places[code],
            region_path=places[code].path,
            **fields,
        )
        if title:
            entitle(enterprise, title)
        return enterprise

    return make


def entitle(enterprise: Enterprise, tier: str, **fields: Any) -> Title:
    """Give a title that is valid today unless told otherwise."""
    return Title.objects.create(
        **{
            "enterprise": enterprise,
            "tier": tier,
            "number": f"{tier}-{enterprise.pk}-{fields.get('granted_on', '')}",
            "year": 2024,
            "granted_on": dt.date(2024, 7, 1),
            "valid_to": dt.date(2027, 6, 30),
            **fields,
        }
    )


def assess(enterprise: Enterprise, level: int, **fields: Any) -> MaturityAssessment:
    """Store an on-site assessment under the 2024 index unless told otherwise."""
    return MaturityAssessment.objects.create(
        **{
            "enterprise": enterprise,
            "level": level,
            "way": "on_site",
            "index_version": 2024,
            "assessed_on": dt.date(2025, 9, 1),
            **fields,
        }
    )


@pytest.fixture
def seated(places: dict[str, Region]) -> Callable[..., User]:
    """Give a function that makes a user with a seat: an office, the audit, or an enterprise."""

    def make(
        role: str, *, code: str | None = None, of: Enterprise | None = None, **may: bool
    ) -> User:
        user = User.objects.create_user(f"{role}-{code or (of and of.pk)}", password="x")
        region = places[code] if code else None
        Seat.objects.create(user=user, role=role, region=region, enterprise=of, **may)
        return user

    return make


@pytest.fixture
def registry(places: dict[str, Region], firm: Callable[..., Enterprise]) -> list[Enterprise]:
    """Give 150 firms with titles, assessments and projects by lot, the same ones every time."""
    lot = random.Random(20271231)

    def day(first: int = 2023, last: int = 2026) -> dt.date:
        return dt.date(lot.randint(first, last), lot.randint(1, 12), lot.randint(1, 28))

    firms = [firm(lot.choice(HOMES), title=None) for _ in range(150)]
    for one in firms:
        for tier in ("little_giant", "srdi"):
            _titles(one, tier, lot, day)
        for _ in range(lot.choice((0, 0, 1, 1, 2, 4))):
            on = day(2024)
            assess(
                one,
                lot.randint(0, 4),
                way=lot.choice(("on_site", "self_declared")),
                index_version=lot.choice((2022, 2024, 2024)),
                assessed_on=on,
                valid_to=lot.choice((None, on + dt.timedelta(days=lot.randint(0, 900)))),
            )
        for _ in range(lot.choice((0, 0, 1, 2))):
            started = day(2024)
            ends = sorted(started + dt.timedelta(days=lot.randint(0, 500)) for _ in range(2))
            finished = lot.choice((None, ends[0]))
            TransformationProject.objects.create(
                enterprise=one,
                name="改造",
                started_on=started,
                finished_on=finished,
                accepted_on=lot.choice((None, ends[1])) if finished else None,
            )
    return firms


def _titles(one: Enterprise, tier: str, lot: random.Random, day: Callable[[], dt.date]) -> None:
    if lot.random() < 0.2:
        return
    granted = day()
    until = granted + dt.timedelta(days=lot.choice((200, 700, 1095)))
    ended = lot.choice((None, granted + dt.timedelta(days=lot.randint(0, 600))))
    entitle(one, tier, granted_on=granted, valid_to=until, ended_on=ended)
    if ended and lot.random() < 0.5:  # a new one, at times while the old still seems to run
        entitle(one, tier, granted_on=ended, valid_to=ended + dt.timedelta(days=1095))


def answers(points: dict[int, str], scenarios: list[int]) -> dict[str, Any]:
    """Return answers: the options of some questions as letters, else the lowest; 16 levels."""
    return {
        "questions": {
            str(question.no): list(points.get(question.no, question.options[0].code))
            for question in index.questions()
        },
        "scenarios": {str(number): level for number, level in enumerate(scenarios, start=1)},
    }
