"""A whole round through the real pages: two provinces, and everybody who has a part (整个批次)."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from config.fiction import papers, people
from cultivation.pipeline import applications
from cultivation.pipeline.models import (
    Application,
    Notice,
    NoticeEntry,
    Objection,
    Panel,
    PanelTask,
    PublishedList,
    Round,
    Status,
)
from cultivation.pipeline.panels import experts
from cultivation.pipeline.panels.experts import Tie
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.titles import import_title
from enterprises.accounts.models import User
from enterprises.places.models import Industry, ProductDomain, Region
from enterprises.registry import credit_code, money, records
from enterprises.registry.models import MONEY, Enterprise, IntellectualProperty, Tier, Title
from tests.browser.steps import (
    button,
    decide,
    judge_and_put_on_notice,
    recommend,
    wait_for,
    zh,
)
from tests.browser.test_journey import STATEMENTS, YEARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

ROUND = "虚构：两省试点批次"
EXPERTS = ("expert", "expert2", "expert3", "expert4")
SCALED = {"market_share": 10_000, "quality_score": 100}  # of a per cent, of a point
PROOF = {"name": "虚构证据.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 fictional"}


@dataclass(frozen=True, slots=True)
class Side:
    """One province with its firm and its offices (一省)."""

    firm: Enterprise
    owner: User
    county: User
    city: User
    province: User


@pytest.fixture
def sides(registry: dict[str, str]) -> tuple[Side, Side]:
    """Give a firm in each of two provinces that could be a little giant, and who decides on it."""
    return (
        _side("320583", "A", "昆山隅岚精密传感有限公司（虚构）"),
        _side("330108", "B", "杭州滨岑智能传动有限公司（虚构）"),
    )


@pytest.fixture
def alone(registry: dict[str, str]) -> Iterator[None]:
    """Let other rounds of little giants take nothing from the two units, until the test is over."""
    others = Round.objects.filter(tier=Tier.LITTLE_GIANT, state=Round.State.OPEN, units=[])
    kept = list(others.values_list("pk", flat=True))
    others.update(units=["11"])
    yield
    Round.objects.filter(pk__in=kept).update(units=[])


def _side(code: str, letter: str, name: str) -> Side:
    county = Region.objects.select_related("parent__parent").get(code=code)
    city = county.parent
    assert city is not None
    assert city.parent is not None
    province = people.officer_of(city.parent, "province")
    firm = _firm(county, letter, name, province)
    return Side(
        firm,
        people.seat_somebody(
            f"round-owner-{letter}", f"演示·负责人{letter}", "owner", enterprise=firm
        ),
        people.officer_of(county, "county"),
        people.officer_of(city, "city"),
        province,
    )


def _firm(county: Region, letter: str, name: str, province: User) -> Enterprise:
    """Register a firm with three good years, rights and the title that a little giant builds on."""
    firm = records.register(
        by=None, credit_code=_code(county, letter), name=name, region=county, fictional=True,
        established_on=dt.date(2012, 4, 1), registered_capital=money.parse("3000万").fen,
        industry=Industry.objects.get(name_zh__startswith="计算机、通信"), industry_class="3983",
        product_domain=ProductDomain.objects.get(code="six_2"),
        strategic_field=ProductDomain.objects.get(code="sei_1"),
        niche="敏感元件与传感器", niche_since=dt.date(2014, 1, 1), leading_product="压力传感器",
        chain_role="为本环节提供微机电压力传感器（虚构说明）", **STATEMENTS,
    )  # fmt: skip
    for year, figures in YEARS.items():
        records.save_report(firm, year, _figures(figures), by=None, reason="虚构：新产线投产")
    for number in range(1, 6):
        right = IntellectualProperty(
            kind="invention", number=f"FIC-{letter}-{number}", obtained="own", ip_class=1,
            granted_on=dt.date(2020 + number, 3, 1), related=True, applied=True, benefit=True,
        )  # fmt: skip
        records.add_fact(firm, right, by=None)
    granted = timezone.localdate() - dt.timedelta(days=200)
    import_title(firm, Tier.SRDI, granted_on=granted, by=province, reason="虚构名单")
    return Enterprise.objects.get(pk=firm.pk)


def _code(county: Region, letter: str) -> str:
    front = f"91{county.code}FCT9Y10{letter}"
    front += credit_code.organisation_character(front[8:16])
    return front + credit_code.check_character(front)


def _figures(typed: dict[str, str]) -> dict[str, int]:
    """Return figures typed in 10,000 yuan, per cent and points as the registry keeps them."""
    found = {}
    for name, text in typed.items():
        if name in MONEY:
            found[name] = money.parse(text, unit="万元").fen or 0
        else:
            found[name] = round(float(text) * SCALED.get(name, 1))
    return found


@dataclass
class Cast:
    """Who sits at a browser, by name (各方)."""

    open: Callable[..., Visitor]
    seated: dict[str, Visitor]

    def __call__(self, user: User | str) -> Visitor:
        """Return somebody's browser, opened and signed in when first asked for."""
        name = user if isinstance(user, str) else user.username
        if name not in self.seated:
            self.seated[name] = self.open()
            self.seated[name].come_in(User.objects.get(username=name))
        return self.seated[name]


@pytest.mark.usefixtures("alone")
def test_a_round_runs_from_its_opening_to_the_published_list(
    sides: tuple[Side, Side], visitor: Callable[..., Visitor]
) -> None:
    cast, public = Cast(visitor, {}), visitor()
    nation = people.officer_of(Region.objects.get(level=Region.Level.NATION), "nation")
    third = people.seat_somebody(
        "nation3", "演示·国家主管三", "nation", region=Region.objects.get(level="nation")
    )
    round_ = _open_round(cast(nation))
    first, second = (_apply(cast(side.owner), side, round_) for side in sides)

    _send_back_and_mend(cast(sides[0].county), cast(sides[0].owner), first)
    for side, case in zip(sides, (first, second), strict=True):
        recommend(cast(side.county), case)
        recommend(cast(side.city), case)
        judge_and_put_on_notice(cast(side.province), case)
        _let_notice_pass(case)
        recommend(cast(side.province), case)
    _is_hidden(cast(sides[1].province), first)

    panel = _draw_panel(cast(nation), round_, barred=sides[0].firm)
    _score_blind(cast, panel, sides)
    for case in (first, second):
        judge_and_put_on_notice(cast(nation), case)

    idle, true = (_object(public, case) for case in (first, second))
    _answer(cast(third), idle, outcome="rejected", material="no")
    _answer(cast(third), true, outcome="upheld", material="yes")
    _reads_outcomes(public, (first, second))
    _let_notice_pass(second)
    _is_held(cast(nation), second, true)
    decide(second, "refuse", cast(nation), cast("nation2"), reason="虚构：异议属实")

    _let_notice_pass(first)
    decide(first, "recognise", cast(nation), cast("nation2"))
    _publish_and_verify(cast(nation), public, sides)


def _open_round(nation: Visitor) -> Round:
    """Let the nation make a round for both units, publish it and owe a panel."""
    today = timezone.localdate()
    day = [f"{today + dt.timedelta(days=n)} 23:59:59" for n in (0, 20, 30, 40, 60, 90)]
    nation.go("/rounds/new/?region=000000&tier=little_giant")
    nation.fill(
        name=ROUND, year=str(today.year), kinds="recognition",
        opens_company=f"{today - dt.timedelta(days=1)} 00:00:00", closes_company=day[1],
        closes_county=day[2], closes_city=day[3], closes_province=day[4], closes_nation=day[5],
    )  # fmt: skip
    nation.page.locator("#main details:has([name='units']) summary").click()
    for unit in ("32", "33"):
        nation.page.locator(f"#main [name='units'][value='{unit}']").check()
    nation.press(zh("Keep as a draft"))
    nation.press(zh("Publish"))
    nation.page.wait_for_url(re.compile(r"/rounds/\d+/$"))
    round_ = Round.objects.get(name=ROUND)
    assert round_.state == Round.State.OPEN
    nation.go("/panels/")
    owed = nation.page.locator(
        f"#main form:has(input[name='round'][value='{round_.pk}'])"
        ":has(input[name='level'][value='nation'])"
    )
    owed.get_by_role("button").click()
    nation.reads(zh("a panel is owed"))
    return round_


def _apply(owner: Visitor, side: Side, round_: Round) -> Application:
    """Let the owner begin, check and submit; texts and papers are filled in behind the page."""
    owner.go(f"/enterprises/{side.firm.pk}/applications/")
    offer = owner.page.locator("#main form:has(input[name='tier'][value='little_giant'])")
    offer.get_by_role("button").click()
    owner.page.wait_for_url(re.compile(r"/applications/\d+/"))
    case = Application.objects.get(enterprise=side.firm)
    answers = {
        one.name: True if one.section == "statements" else f"{side.firm.name}：{one.name}"
        for one in questions_of(Tier.LITTLE_GIANT)
    }
    applications.save_answers(case, answers, by=side.owner)
    papers.hand_in(case, by=side.owner)
    owner.go(f"/applications/{case.pk}/form/check/")
    owner.press(button("submit"))
    case.refresh_from_db()
    assert (case.status, case.round) == (Status.AT_COUNTY, round_)
    owner.reads(case.receipt)
    return case


def _send_back_and_mend(county: Visitor, owner: Visitor, case: Application) -> None:
    """Let the county name one field, and the owner mend it and come again."""
    county.go(f"/review/{case.pk}/return/")
    product = county.page.locator("#main .ask:has(input[value='answer:product'])")
    group = county.page.locator("#main details:has(input[value='answer:product'])")
    if group.get_attribute("open") is None:
        group.locator("summary").first.click()
    product.locator("input[type='checkbox']").check()
    product.locator("textarea").fill("虚构：请补充技术指标")
    county.press(re.compile(zh("Return to the enterprise")))
    wait_for(case, Status.RETURNED)
    owner.go(f"/applications/{case.pk}/correction/")
    owner.reads("虚构：请补充技术指标")
    owner.page.locator("#main .fixes a").first.click()
    owner.fill(product="虚构：量程0至10兆帕，精度0.1%")
    owner.press(re.compile(f"^{zh('Save')}$"))
    owner.go(f"/applications/{case.pk}/correction/")
    owner.press(button("resubmit"))
    wait_for(case, Status.AT_COUNTY)
    county.go(f"/review/{case.pk}/")
    county.reads("虚构：量程0至10兆帕，精度0.1%")


def _let_notice_pass(case: Application) -> None:
    """Let the days of a public notice pass."""
    today = timezone.localdate()
    days = {"first_day": today - dt.timedelta(days=9), "last_day": today - dt.timedelta(days=1)}
    entry = NoticeEntry.objects.filter(application=case).latest("pk")
    Notice.objects.filter(pk=entry.notice_id).update(**days)
    Application.objects.filter(pk=case.pk).update(
        notice_from=days["first_day"], notice_to=days["last_day"]
    )
    case.refresh_from_db()


def _is_hidden(stranger: Visitor, case: Application) -> None:
    """Fail where an officer of the other province finds the case."""
    stranger.go("/review/?show=all")
    assert case.enterprise.name not in stranger.text()
    found = stranger.page.request.get(f"{stranger.site}/review/{case.pk}/")
    assert found.status == 404


def _state_profile(username: str, officer: User, worked_for: Enterprise | None) -> None:
    """Let an expert state field, home and ties, and an officer check them."""
    user = User.objects.get(username=username)
    profile = experts.own(user)
    home = Region.objects.get(code="340104")
    sections = Industry.objects.filter(is_section=True).values_list("code", flat=True)
    facts = experts.Facts(tuple(sections), (), home, available=True)
    experts.keep(profile, facts, by=user, version=profile.version)
    experts.add_tie(profile, Tie("employer", f"演示大学（虚构）{username}", "", 2012), by=user)
    if worked_for is not None:
        year = timezone.localdate().year
        tie = Tie("work", worked_for.name, worked_for.credit_code, year - 1, year)
        experts.add_tie(profile, tie, by=user)
    profile.refresh_from_db()
    kept = experts.submit(profile, by=user, declared=True)
    experts.check(kept, by=officer, approve=True, version=kept.version)


def _draw_panel(nation: Visitor, round_: Round, *, barred: Enterprise) -> Panel:
    """Let the nation set a panel up and draw it; one expert once worked for one of the firms."""
    officer = people.officer_of(round_.region, "nation")
    for username in EXPERTS:
        _state_profile(username, officer, barred if username == EXPERTS[0] else None)
    nation.go(f"/panels/new/{round_.pk}/")
    nation.fill(
        name="虚构：两省评审组",
        rubric=re.compile("小巨人"),
        seats="4",
        each="2",
        most="2",
        least="2",
    )
    nation.page.locator("#main form.form button").first.click()
    nation.page.wait_for_url(re.compile(r"/phases/$"))
    now = timezone.localtime()
    opens, closes = (now + dt.timedelta(hours=n) for n in (-1, 48))
    nation.fill(
        score_opens_at=f"{opens:%Y-%m-%dT%H:%M}", score_closes_at=f"{closes:%Y-%m-%dT%H:%M}"
    )
    nation.page.locator("#main form.form button").first.click()
    nation.page.wait_for_url(re.compile(r"/panels/\d+/$"))
    for step in ("Seal the seed", "Close the lists", "Draw"):
        nation.press(zh(step))
    panel = Panel.objects.get(round=round_)
    assert panel.state == Panel.State.DRAWN
    return panel


def _score_blind(cast: Cast, panel: Panel, sides: tuple[Side, Side]) -> None:
    """Let every expert declare and score without learning whose case it is; one steps back."""
    tasks = PanelTask.objects.filter(case__panel=panel).exclude(state="replaced")
    people_of = dict(tasks.values_list("pk", "member__profile__user__username"))
    on_first = tasks.filter(case__application__enterprise=sides[0].firm)
    assert EXPERTS[0] not in {people_of[pk] for pk in on_first.values_list("pk", flat=True)}
    stepping = on_first.order_by("token").first()
    assert stepping is not None
    told = [side.firm.name for side in sides] + [side.firm.credit_code for side in sides]

    expert = cast(people_of[stepping.pk])
    expert.go(f"/reviews/{stepping.token}/")
    assert [word for word in told if word in expert.page.content()] == []
    expert.page.locator("#main [name='conflict'][value='yes']").check()
    expert.fill(reason="虚构：曾为同事", true=True)
    expert.press(zh("Declare"))
    assert stepping.token not in expert.page.content()

    for task in tasks.all():
        expert = cast(task.member.profile.user.username)
        expert.go(f"/reviews/{task.token}/")
        expert.page.locator("#main [name='conflict'][value='no']").check()
        expert.fill(true=True)
        expert.press(zh("Declare"))
        for line in panel.rubric.lines.all():
            box = expert.page.locator(f"#main [name='v{line.key}']")
            if box.first.get_attribute("type") == "radio":
                expert.page.locator(f"#main .scale:has([name='v{line.key}']) label").nth(-2).click()
            else:
                box.fill(str(line.high - 1))
            expert.page.locator(f"#main [name='c{line.key}']").fill("虚构评语")
        assert [word for word in told if word in expert.page.content()] == []
        expert.page.locator("#main button[name='do'][value='submit']").click()
        expert.page.wait_for_load_state()
        task.refresh_from_db()
        assert task.state == PanelTask.State.FINAL, expert.text()


def _object(public: Visitor, case: Application) -> Objection:
    """Let somebody from outside object to a case on its public notice, with evidence."""
    entry = NoticeEntry.objects.filter(application=case).latest("pk")
    public.go("/notices/")
    public.page.locator(f"#main a[href='/notices/{entry.notice_id}/']").first.click()
    row = public.page.locator("#main tr").filter(has_text=case.enterprise.name)
    row.get_by_role("link").click()
    public.fill(
        text="虚构：所列专利与他人有争议", name="演示异议人", contact="demo@example.invalid"
    )
    public.page.locator("#main [name='evidence']").set_input_files(PROOF)
    public.fill(real=True)
    public.press(zh("Send the objection"))
    objection = Objection.objects.get(entry=entry)
    public.reads(objection.number)
    return objection


def _answer(handler: Visitor, objection: Objection, *, outcome: str, material: str) -> None:
    """Let an officer without a part in the case take an objection, weigh it and answer."""
    handler.go("/docket/")
    handler.page.locator(f"#main a[href='/docket/{objection.pk}/']").first.click()
    handler.page.wait_for_url(f"**/docket/{objection.pk}/")
    handler.press(zh("Take it in hand"))
    weigh = handler.page.locator("#main form[action$='/weigh/']")
    weigh.locator(f"[name='material'][value='{material}']").check()
    weigh.locator("[name='reason']").fill("虚构：已核对专利登记簿")
    weigh.get_by_role("button").click()
    close = handler.page.locator("#main form[action$='/close/']")
    close.locator(f"[name='outcome'][value='{outcome}']").check()
    close.locator("[name='reply']").fill("虚构：答复内容")
    close.locator("[name='summary']").fill(f"虚构：处理结果（{outcome}）")
    close.get_by_role("button").click()
    handler.reads(zh("Noted."))
    objection.refresh_from_db()
    assert objection.status == outcome


def _is_held(officer: Visitor, case: Application, objection: Objection) -> None:
    """Fail where an objection that was upheld does not stand in the way of a recognition."""
    officer.go(f"/applications/{case.pk}/propose/")
    officer.reads(objection.number)


def _reads_outcomes(public: Visitor, cases: tuple[Application, Application]) -> None:
    """Fail where the public does not read both outcomes, or reads who objected."""
    for case, outcome in zip(cases, ("rejected", "upheld"), strict=True):
        entry = NoticeEntry.objects.filter(application=case).latest("pk")
        public.go(f"/notices/{entry.notice_id}/")
        public.reads(f"虚构：处理结果（{outcome}）")
        assert "演示异议人" not in public.text()


def _publish_and_verify(nation: Visitor, public: Visitor, sides: tuple[Side, Side]) -> None:
    """Let the nation publish the list, and the public check list and title."""
    nation.go("/lists/new/")
    nation.fill(
        tier=Tier.LITTLE_GIANT, kind="recognition", name="虚构：两省小巨人名单",
        document="演示〔虚构〕9号", published_on=str(timezone.localdate()),
    )  # fmt: skip
    nation.page.locator("#main form.form button").first.click()
    published = PublishedList.objects.get(name="虚构：两省小巨人名单")
    public.go(f"/lists/{published.pk}/")
    public.reads(sides[0].firm.name)
    assert sides[1].firm.name not in public.text()
    listed = public.page.request.get(f"{public.site}/lists/{published.pk}/list.json")
    assert sides[0].firm.name in json.dumps(listed.json(), ensure_ascii=False)
    title = Title.objects.get(enterprise=sides[0].firm, tier=Tier.LITTLE_GIANT)
    public.go(f"/verify/?number={title.number}")
    public.reads(sides[0].firm.name)
    held = Title.objects.filter(enterprise=sides[1].firm, tier=Tier.LITTLE_GIANT)
    assert not held.exists()
