"""A round at the nation with six firms, eight experts and a panel between them (测试数据)."""

from __future__ import annotations

import datetime as dt
import random
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from cultivation.pipeline.models import (
    Application,
    ExpertProfile,
    ExpertTie,
    Panel,
    PanelTask,
    Round,
    Rubric,
)
from cultivation.pipeline.panels import draws, rubrics, scoring, setting_up
from cultivation.standards import editions
from cultivation.standards.models import Judgement
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Industry, Region
from enterprises.registry.models import Enterprise

from ..conftest import PLACES  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

MORNING = dt.datetime(2026, 5, 6, 2, 0, tzinfo=dt.UTC)  # a Wednesday, ten in Beijing
DAY = dt.timedelta(days=1)
FIRMS = {  # name: (county, who invested)
    "苏州晶衡精密传动股份有限公司": ("320583", ""),
    "昆山砺锋刀具有限公司": ("320583", ""),
    "杭州澜桥仪表有限公司": ("330108", "江海创业投资有限公司"),
    "滨江拓维减速器有限公司": ("330108", ""),
    "余杭沐川阀门有限公司": ("330110", ""),
    "海曙启岳轴承有限公司": ("330203", ""),
}
OFFICERS = {
    "nation": ("nation", "000000"), "nation2": ("nation", "000000"),
    "province": ("province", "330000"), "jiangsu": ("province", "320000"),
    "city": ("city", "330100"), "county": ("county", "330108"),
    "auditor": ("auditor", "000000"), "zhejiang_auditor": ("auditor", "330000"),
}  # fmt: skip
EXPERTS = ("ada", "bo", "cai", "dan", "eli", "fan", "gao", "hui")
RESULT = {
    "code": "L", "label_zh": "全部条件", "label_en": "All conditions", "verdict": 2, "need": "all",
    "parts": [
        {"code": "L-1", "label_zh": "营业收入", "label_en": "Revenue", "verdict": 3,
         "value_zh": "6,000 万元", "value_en": "CNY 60 million", "threshold_zh": "不少于 5 千元",
         "threshold_en": "at least 5", "clause": "一"},
        {"code": "L-3", "label_zh": "市场地位", "label_en": "Market position", "verdict": 2,
         "clause": "三"},
    ],
}  # fmt: skip


@dataclass
class Bench:
    """The round, its people and its panel (测试世界)."""

    clock: time_machine.Traveller
    places: dict[str, Region]
    firms: dict[str, Enterprise]
    round: Round
    rubric: Rubric
    applications: list[Application]
    panel: Panel | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def user(self, name: str) -> User:
        """Return a user as a new request sees it."""
        return User.objects.get(username=name)

    def profile(self, name: str) -> ExpertProfile:
        return ExpertProfile.objects.get(user__username=name)

    def settings(self, **given: Any) -> setting_up.Settings:
        said = {
            "name": "第一组", "rubric": self.rubric, "seats": 8, "each": 3, "most": 6, "least": 2,
            "line": 6000,
        }  # fmt: skip
        return setting_up.Settings(**(said | given))

    def phases(self, **given: Any) -> list[setting_up.Phase]:
        start = timezone.now() + dt.timedelta(hours=1)
        return [
            setting_up.Phase("declare", start, start + DAY, **given),
            setting_up.Phase("score", start + DAY, start + 5 * DAY, **given),
            setting_up.Phase(
                "discuss", start + 5 * DAY, start + 7 * DAY, **(given | {"others": "after_mine"})
            ),
        ]

    def opened(self, **given: Any) -> Panel:
        """Set up the nation's panel with its phases."""
        nation = self.user("nation")
        settings = self.settings(**given)
        panel = setting_up.open_panel(self.round, self.places["000000"], settings, by=nation)
        return setting_up.set_phases(panel, self.phases(), by=nation, version=panel.version)

    def drawn(self, *, word: str = "", **given: Any) -> Panel:
        """Bring a panel to its draw."""
        nation, panel = self.user("nation"), self.opened(**given)
        draws.commit(panel, by=nation)
        self.clock.shift(60)
        draws.close_lists(panel, by=nation)
        draws.draw(panel, by=nation, word=word)
        panel.refresh_from_db()
        self.panel = panel
        return panel

    def at(self, kind: str) -> None:
        """Go to the middle of a phase of the panel."""
        assert self.panel is not None
        phase = self.panel.phases.get(kind=kind)
        self.clock.move_to(phase.opens_at + (phase.closes_at - phase.opens_at) / 2)

    def tasks_of(self, name: str) -> list[PanelTask]:
        return list(PanelTask.objects.before(self.user(name)))

    def seated(self) -> list[str]:
        """Return the usernames of those seated who have a case."""
        assert self.panel is not None
        rows = self.panel.members.filter(seated=True, tasks__isnull=False).distinct()
        return [one.profile.user.username for one in rows.order_by("place")]

    def clear(self, task: PanelTask) -> PanelTask:
        """Declare that no conflict is known."""
        by = self.user(task.member.profile.user.username)
        return scoring.declare(task, by=by, conflict=False, true=True, version=task.version)

    def score(self, task: PanelTask, *values: int) -> PanelTask:
        """Declare where owed, and submit."""
        by = self.user(task.member.profile.user.username)
        if not task.declared:
            task = self.clear(task)
        given = dict(enumerate(values or (6, 7, 5), start=1))
        sheet = scoring.Sheet({str(n): {"value": v, "comment": "so"} for n, v in given.items()})
        return scoring.submit(task, sheet, by=by, version=task.version)


def _people(places: dict[str, Region]) -> None:
    for name, (role, code) in OFFICERS.items():
        user = User.objects.create_user(name)
        Seat.objects.create(user=user, role=role, region=places[code])
    for name in EXPERTS:
        user = User.objects.create_user(name)
        Seat.objects.create(user=user, role="expert")
        county = {"ada": "320583", "bo": "330108"}.get(name, "110101")
        profile = ExpertProfile.objects.create(
            user=user, industries=["34"], county=places[county], state="approved",
            declared_at=timezone.now(), checked_by=User.objects.get(username="nation"),
        )  # fmt: skip
        ExpertTie.objects.create(
            profile=profile, kind="employer", name=f"某大学{name}", name_key=f"某大学{name}".upper()
        )
    ExpertTie.objects.create(
        profile=ExpertProfile.objects.get(user__username="cai"), kind="shares",
        name="江海创业投资有限公司", name_key="江海创业投资有限公司",
    )  # fmt: skip
    for name in ("owner", "nobody"):
        User.objects.create_user(name)


def _firms(places: dict[str, Region]) -> dict[str, Enterprise]:
    from enterprises.registry.models import EquityRound

    found = {}
    for number, (name, (county, investor)) in enumerate(FIRMS.items()):
        firm = Enterprise.objects.create(
            credit_code=f"91330108MA2PANEL{number:02d}", name=name, name_key=name, fictional=True,
            region=places[county], region_path=places[county].path,
            address=f"虚构大道{number}88号", contact_name="虚构联系人", contact_phone="13900000000",
            contact_email=f"someone@firm{number}.example", leading_product=f"{name[2:4]}牌减速器",
            industry=Industry.objects.get(code="34"),
        )  # fmt: skip
        if investor:
            EquityRound.objects.create(
                enterprise=firm, paid_on="2025-01-01", amount=1, investor=investor,
                qualified=True, shares_given=1,
            )  # fmt: skip
        found[name] = firm
    Seat.objects.create(
        user=User.objects.get(username="owner"), role="owner", enterprise=next(iter(found.values()))
    )
    return found


def _applications(firms: dict[str, Enterprise], round_: Round) -> list[Application]:
    edition = editions.edition_for("little_giant", kind="recognition", on=MORNING.date(), path="")
    made = []
    for firm in firms.values():
        submission = Judgement.objects.create(
            enterprise=firm, edition=edition, rules_hash="0" * 64, kind="recognition",
            as_of=MORNING.date(), facts={}, facts_hash="0" * 64, result=RESULT,
            result_hash="0" * 64, verdict=2, engine="test",
        )  # fmt: skip
        place, product = firm.region.name_zh, firm.leading_product
        texts = {"product": f"{firm.name}（{firm.credit_code}）在{place}生产{product}。"}
        made.append(
            Application.objects.create(
                enterprise=firm,
                tier="little_giant",
                year=2026,
                edition=edition,
                round=round_,
                status="at_nation",
                region_path=firm.region_path,
                answers=texts,
                submitted_answers=texts,
                submission=submission,
                submitted_at=MORNING,
                route=["county", "city", "province", "nation"],
                receipt=f"2026-R-{firm.pk:08d}",
            )
        )
    return made


def _rubric() -> Rubric:
    lines = [
        rubrics.Line("专业化", "Specialisation", 5000, ("L-1",), anchors=((0, "差", "poor"),)),
        rubrics.Line("创新", "Innovation", 3000, ("L-*",), comment="always"),
        rubrics.Line("链条", "Chain", 2000, (), low=1, high=7, comment="never"),
    ]
    made = rubrics.write(None, lines, by=None, code="panel", title_zh="评分表", title_en="Form")
    return rubrics.publish(made, by=None)


def built() -> Bench:
    """Build the world; the clock must stand on the morning."""
    places: dict[str, Region] = {}
    rows = [("420000", "42", "province", "湖北省", None, True), *PLACES]
    for code, path, level, name, parent, is_unit in rows:
        places[code] = Region.objects.create(
            code=code, path=path, level=level, name_zh=name, parent=places.get(parent or ""),
            is_unit=is_unit,
        )  # fmt: skip
    Industry.objects.create(code="C", section="C", is_section=True, name_zh="制造业")
    Industry.objects.create(code="34", section="C", name_zh="通用设备")
    editions.load_all(Path(__file__).parent.parent / "editions")
    _people(places)
    firms = _firms(places)
    nation = User.objects.get(username="nation")
    round_ = Round.objects.create(
        tier="little_giant", kinds=["recognition"], year=2026, name="第八批",
        region=places["000000"], state="open", published_at=MORNING, made_by=nation,
    )  # fmt: skip
    return Bench(None, places, firms, round_, _rubric(), _applications(firms, round_))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(autouse=True)
def _same_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chance be the same in every run: what a test finds does not hang on the day."""
    dice = random.Random(8)
    monkeypatch.setattr(secrets, "token_bytes", lambda many=32: dice.randbytes(many))


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Bench]:
    """Build the world once for all tests of a file."""
    with (
        django_db_blocker.unblock(),
        time_machine.travel(MORNING, tick=False),
        transaction.atomic(),
    ):
        yield built()
        transaction.set_rollback(True)


@pytest.fixture
def bench(ground: Bench, db: None) -> Iterator[Bench]:
    """Give the world on its first morning; what a test does is undone."""
    with time_machine.travel(MORNING, tick=False) as clock:
        yield Bench(
            clock, ground.places, ground.firms, ground.round, ground.rubric, ground.applications
        )
