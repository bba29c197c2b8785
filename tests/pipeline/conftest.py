"""A small country, its offices, two enterprises, and short standards of four tiers (测试数据)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from cultivation.pipeline import applications, moves, opinions, routes, titles
from cultivation.pipeline.correcting import mending, opened, returning
from cultivation.pipeline.correcting.returning import Ask
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.opinions import Word
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.releasing import endings, proposing, releasing
from cultivation.pipeline.visits import officers, planning, recording, rules
from cultivation.standards import editions
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import AnnualReport, Enterprise, Title
from tests.grounds import ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cultivation.pipeline.models import Application, Visit

TODAY = dt.datetime(2026, 5, 6, 2, 0, tzinfo=dt.UTC)  # a Wednesday, ten in the morning in Beijing
PLACES = (
    ("000000", "", "nation", "全国", None, False),
    ("110000", "11", "province", "北京市", "000000", True),
    ("110101", "110101", "county", "东城区", "110000", False),
    ("320000", "32", "province", "江苏省", "000000", True),
    ("320500", "3205", "city", "苏州市", "320000", False),
    ("320583", "320583", "county", "昆山市", "320500", False),
    ("330000", "33", "province", "浙江省", "000000", True),
    ("330100", "3301", "city", "杭州市", "330000", False),
    ("330108", "330108", "county", "滨江区", "330100", False),
    ("330110", "330110", "county", "余杭区", "330100", False),
    ("330200", "NB", "city", "宁波市", "000000", True),
    ("330203", "NB03", "county", "海曙区", "330200", False),
    ("429004", "429004", "county", "仙桃市", "420000", False),
    ("660000", "BT", "province", "新疆生产建设兵团", "000000", True),
)
OFFICERS = {  # name: (role, region)
    "county": ("county", "330108"),
    "city": ("city", "330100"),
    "province": ("province", "330000"),
    "nation": ("nation", "000000"),
    "other_county": ("county", "330110"),
    "jiangsu": ("province", "320000"),
    "jiangsu_city": ("city", "320500"),
    "ningbo": ("province", "330200"),
    "ningbo_county": ("county", "330203"),
    "auditor": ("auditor", "000000"),
}
FIGURES = {"revenue": 60_000_000_00, "rd_expense": 3_000_000_00}  # fen


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stand on a fixed day; `clock.shift(days)` moves on."""
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


@ground
def places() -> dict[str, Region]:
    """Give the regions by code."""
    rows: dict[str, Region] = {}
    rows["420000"] = Region.objects.create(
        code="420000", path="42", level="province", name_zh="湖北省", is_unit=True
    )
    for code, path, level, name, parent, is_unit in PLACES:
        rows[code] = Region.objects.create(
            code=code,
            path=path,
            level=level,
            name_zh=name,
            parent=rows.get(parent or ""),
            is_unit=is_unit,
        )
    return rows


@ground
def standards() -> list[Any]:
    """Load the short standards."""
    return editions.load_all(Path(__file__).parent / "editions")


@dataclass
class World:
    """What the tests act in (测试世界)."""

    clock: time_machine.Traveller
    places: dict[str, Region]
    users: dict[str, User]
    firm: Enterprise
    other: Enterprise

    def now(self) -> dt.datetime:
        """Return the moment the test stands at."""
        return timezone.now()

    def user(self, name: str) -> User:
        """Return a user as a new request sees it: without a scope worked out before.

        "province2" is the second officer of the office of "province", seated when first asked for.
        """
        found = User.objects.filter(username=name).first()
        if found is None and name.removesuffix("2") in OFFICERS:
            role, code = OFFICERS[name.removesuffix("2")]
            found = User.objects.create_user(name, password="a-long-password")
            Seat.objects.create(user=found, role=role, region=self.places[code])
            found = User.objects.get(username=name)
        assert found is not None, name
        self.users.setdefault(name, found)
        return found

    def draft(self, tier: str = "innovative", *, firm: Enterprise | None = None) -> Application:
        """Begin an application and answer everything."""
        firm = firm or self.firm
        owner = self.user("owner" if firm == self.firm else "other_owner")
        kind = applications.kind_for(firm, tier)
        found = applications.begin(firm, tier, kind=kind, by=owner)
        answers = {
            q.name: True if q.section == "statements" else f"about {q.name}"
            for q in questions_of(tier)
        }
        return applications.save_answers(found, answers, by=owner)

    def step(self, application: Application, name: str, who: str, reason: str = "") -> None:
        """Take a move as a user, on the state as it is.

        What is returned is the product text, for the reason given; to resubmit, all is answered.
        What takes two is released by the second officer of the office.
        """
        application.refresh_from_db()
        user = self.user(who)
        if name == "return":
            asks = [Ask("answer:product", words=reason)] if reason.strip() else []
            returning.send_back(application, asks, by=user, reason=reason)
            return
        if name == "resubmit" and application.enterprise_id in user.scope.enterprises:
            self.settle(application, who)
        if name in ("put_on_notice", "recommend", "recognise"):
            self.see(application, who)
        step = moves.STEPS[name]
        if application.status in step.sources and step.two_persons(application):
            self.decide(application, name, who, reason)
        else:
            moves.advance(application, name, by=user, reason=reason)

    def see(self, application: Application, who: str) -> None:
        """Let two officers of an office check on site where that is owed and nobody did."""
        level = routes.holding_level(application)
        user = self.user(who)
        if not officers.may_visit(user, application, level) or not rules.owed(application, level):
            return
        if not application.visits.filter(level=level).exists():
            visit = planning.begin(application, by=user)
            agree(visit, user, self.user(f"{who.removesuffix('2')}2"))

    def settle(self, application: Application, who: str = "owner") -> None:
        """Answer all that was sent back, and what changed beyond it."""
        correction = opened.open_correction(application)
        if correction is not None:
            texts = {item.subject: "looked at again" for item in correction.items.all()}
            mending.answer(application, texts, by=self.user(who), beyond="brought up to date")

    def decide(self, application: Application, name: str, who: str, reason: str = "") -> None:
        """Decide as two officers: `who` proposes, the second of the same office releases."""
        proposal = proposing.propose(application, name, by=self.user(who), reason=reason)
        done = releasing.release([proposal], by=self.user(f"{who}2"))
        application.refresh_from_db()
        if done.hindered:
            raise MoveError(done.hindered[proposal.pk])

    def judge(self, application: Application, who: str) -> None:
        """Agree to the matter for a person."""
        application.refresh_from_db()
        code = f"{application.submitted_result['code']}-3"
        word = Word(code, "agreed", "seen on site")
        opinions.record(application, [word], by=self.user(who))

    def at_province(self, tier: str = "innovative") -> Application:
        """Bring a new application to the province."""
        application = self.draft(tier)
        self.step(application, "submit", "owner")
        self.step(application, "recommend", "county")
        self.step(application, "recommend", "city")
        return application

    def on_notice(self, tier: str = "innovative") -> Application:
        """Bring a new application onto the province's notice."""
        application = self.at_province(tier)
        self.judge(application, "province")
        self.step(application, "put_on_notice", "province")
        return application

    def recognised(self, tier: str = "innovative") -> Application:
        """Bring a new application to recognition by the province."""
        application = self.on_notice(tier)
        self.wait()
        self.step(application, "recognise", "province")
        return application

    def end(
        self, title: Title, who: str, reason: str = "made up", kind: str = "revoked"
    ) -> list[Title]:
        """Revoke or cancel a title as two officers."""
        proposed = endings.propose(title, kind, by=self.user(who), reason=reason)
        return endings.release(proposed, by=self.user(f"{who}2"))

    def wait(self, days: int = 8) -> None:
        """Let days pass; eight are more than five working days from a Wednesday."""
        self.clock.shift(dt.timedelta(days=days))

    def holds(self, tier: str, *, firm: Enterprise | None = None, day: str = "2026-01-05") -> None:
        """Enter a title from an existing list."""
        rank = "nation" if tier == "little_giant" else "province"
        titles.import_title(
            firm or self.firm,
            tier,
            granted_on=dt.date.fromisoformat(day),
            by=self.user(rank),
            reason="list of the test",
        )


def agree(visit: Visit, first: User, second: User) -> Visit:
    """Plan a visit for today, find everything as declared, sign."""
    wanted = planning.Plan(timezone.localdate(), first.pk, second.pk)
    visit = planning.plan(visit, wanted, by=first)
    values = {"visited_on": timezone.localdate().isoformat(), "told": "all as declared"}
    for code in recording.codes_of(recording.current(visit, by=first)):
        values |= {f"outcome:{code}": "agrees", f"found:{code}": "as declared"}
    recording.save(visit, values, by=first)
    recording.hand_in(visit, by=first)
    recording.sign(visit, by=second)
    visit.refresh_from_db()
    return visit


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    """Give a function that makes somebody without a seat."""

    return somebody


def somebody(name: str) -> User:
    """Make somebody without a seat."""
    return User.objects.create_user(name, password="a-long-password")


def enterprise(places: dict[str, Region], code: str, number: int) -> Enterprise:
    """Make an enterprise with last year's report in a region."""
    firm = Enterprise.objects.create(
        credit_code=f"91330108MA2TEST{number:03d}",
        name=f"测试传动{number}（虚构）有限公司",
        name_key=f"测试传动{number}(虚构)有限公司",
        fictional=True,
        region=places[code],
        region_path=places[code].path,
        leading_product="减速器",
    )
    AnnualReport.objects.create(enterprise=firm, year=2025, **FIGURES)
    return firm


@ground
def country(places: dict[str, Region], standards: list[Any]) -> dict[str, Any]:
    """Give the country with offices and two enterprises: one in Binjiang, one in Kunshan."""
    with time_machine.travel(TODAY, tick=False):
        firm = enterprise(places, "330108", 1)
        other = enterprise(places, "320583", 2)
        users = {}
        for name, (role, code) in OFFICERS.items():
            users[name] = somebody(name)
            Seat.objects.create(user=users[name], role=role, region=places[code])
        for name, role, seat in (
            ("owner", "owner", firm),
            ("editor", "editor", firm),
            ("other_owner", "owner", other),
        ):
            users[name] = somebody(name)
            Seat.objects.create(user=users[name], role=role, enterprise=seat)
        users["clerk"] = somebody("clerk")  # of the province: reviews, does not decide
        Seat.objects.create(
            user=users["clerk"], role="province", region=places["330000"], may_decide=False
        )
        users["expert"] = somebody("expert")
        Seat.objects.create(user=users["expert"], role="expert")
        users["nobody"] = somebody("nobody")
    return {"places": places, "users": users, "firm": firm, "other": other}


@pytest.fixture
def world(clock: time_machine.Traveller, country: dict[str, Any]) -> World:
    """Give the country as it is on a fixed day."""
    return World(clock, **country)
