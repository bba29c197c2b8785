"""From registration to little giant through the real pages, by everybody it takes (全程)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cultivation.digital.models import CoverageSnapshot
from cultivation.pipeline.filling import evidence
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Application, Status
from enterprises.jobs.models import JobRun
from enterprises.registry import credit_code
from enterprises.registry.models import Enterprise, Tier
from tests.browser.steps import button, decide, put_on_notice, recommend, zh

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

NAME = "昆山霁砚沄传感技术有限公司（虚构）"
FRONT = "91320583FCT9J0Y1"
YEARS = {
    2023: {
        "revenue": "8000", "main_business_revenue": "7600", "leading_product_revenue": "6000",
        "sales_revenue": "8000", "total_assets": "9000", "total_liabilities": "3000",
        "net_profit": "900", "rd_expense": "600", "cost_and_expense": "7000", "tax_paid": "300",
        "employees": "80", "rd_staff": "22", "tech_staff": "28", "insured_staff": "78",
    },
    2024: {
        "revenue": "9500", "main_business_revenue": "9025", "leading_product_revenue": "7200",
        "sales_revenue": "9500", "total_assets": "10000", "total_liabilities": "3600",
        "net_profit": "1100", "rd_expense": "720", "cost_and_expense": "8300", "tax_paid": "360",
        "employees": "95", "rd_staff": "26", "tech_staff": "34", "insured_staff": "92",
        "market_share": "11.5", "domestic_rank": "3", "quality_score": "66",
    },
    2025: {
        "revenue": "1.15亿", "main_business_revenue": "10925", "leading_product_revenue": "9000",
        "sales_revenue": "1.15亿", "total_assets": "12000", "total_liabilities": "4800",
        "net_profit": "1300", "rd_expense": "900", "cost_and_expense": "10000", "tax_paid": "420",
        "employees": "110", "rd_staff": "32", "tech_staff": "41", "insured_staff": "106",
        "market_share": "12.5", "domestic_rank": "2", "quality_score": "68.5",
    },
    2026: {"quality_score": "68.5"},  # the year that runs: the platform's score alone
}  # fmt: skip
STATEMENTS = {
    "mainland_entity": True, "obeys_laws": True, "on_abnormal_list": False,
    "on_dishonest_list": False, "prohibited_product": False, "events_declared": True,
    "own_brand": True, "core_business_system": True, "champion_title": False,
    "controls_little_giant": False, "group_similar_product": False, "truth_declared": True,
}  # fmt: skip
TEXTS = ("product", "niche", "market_position", "ip_benefit", "chain_role")
PROMISES = ("declares_truth", "promises_compliance", "applies_itself")


def _code() -> str:
    front = FRONT + credit_code.organisation_character(FRONT[8:16])
    return front + credit_code.check_character(front)


@pytest.fixture
def people(visitor: Callable[..., Visitor], registry: dict[str, str]) -> dict[str, Visitor]:
    """Give the officers of the way from the county to the nation, signed in."""
    found = {}
    for username in ("county", "city", "province", "province2", "nation", "nation2"):
        found[username] = visitor()
        found[username].page.on("dialog", lambda dialog: dialog.accept())
        found[username].sign_in(username, registry[username])
    return found


def test_an_enterprise_rises_from_registration_to_little_giant(
    people: dict[str, Visitor], visitor: Callable[..., Visitor]
) -> None:
    owner = visitor()
    owner.page.on("dialog", lambda dialog: dialog.accept())

    firm = _register(people["county"])
    _claim(owner, people["county"])
    _fill_in(owner, firm)
    _read_explanation(owner, firm, "innovative_2022", "I22-2")

    _rise(firm, Tier.INNOVATIVE, owner, people)
    _read_explanation(owner, firm, "srdi_2026", "S26-2a")
    _rise(firm, Tier.SRDI, owner, people)
    _read_explanation(owner, firm, "little_giant_2026", "L26-3a")
    _rise(firm, Tier.LITTLE_GIANT, owner, people)

    enterprise = Enterprise.objects.get(pk=firm)
    assert (enterprise.stage, enterprise.tier) == ("optimisation", "little_giant")
    owner.go(f"/enterprises/{firm}/applications/")
    owner.reads(zh("little giant"))
    _count_coverage(people["nation"])


def _register(county: Visitor) -> int:
    """Let the county officer register the enterprise, and return its id."""
    county.go("/enterprises/new/")
    county.fill(
        credit_code=_code(),
        name=NAME,
        region="320583",
        established_on="2014-05-20",
        registered_capital="3000",
        niche="敏感元件与传感器",
        leading_product="微机电压力传感器",
    )
    county.press(zh("Register"))
    county.reads(NAME)
    return Enterprise.objects.get(name=NAME).pk


def _claim(owner: Visitor, county: Visitor) -> None:
    """Let somebody sign up and claim the enterprise, and the officer approve."""
    owner.go("/accounts/signup/")
    owner.fill(
        username="gongjia", email="gongjia@example.invalid",
        password1="yan-yun-2026-cs", password2="yan-yun-2026-cs",
    )  # fmt: skip
    owner.press(zh("Sign up"))
    owner.go("/claim/")
    owner.fill(code=" ".join(_code()), statement="虚构：法定代表人，办公电话见营业执照。")
    owner.press(zh("Send the claim"))
    owner.reads(NAME)

    county.go("/claims/")
    county.page.locator("#main a[href^='/claims/']").first.click()
    county.reads(NAME)
    county.fill(decision="owner")
    county.press(zh("Answer the claim"))


def _fill_in(owner: Visitor, firm: int) -> None:
    """Let the owner fill in profile, three annual reports and what criteria count."""
    owner.go(f"/enterprises/{firm}/edit/")
    owner.fill(
        industry_class="3983",
        niche_since="2016-01-01",
        product_domain=re.compile("核心基础元器件"),
        strategic_field=re.compile("新一代信息技术"),
        industry=re.compile("计算机、通信"),
        chain_role="为本环节提供微机电压力传感器（虚构说明）",
        **{name: str(said).lower() for name, said in STATEMENTS.items()},
    )
    owner.press(zh("Save"))
    owner.reads("2016-01-01")
    for year, figures in YEARS.items():
        owner.go(f"/enterprises/{firm}/reports/{year}/")
        owner.fill(unit="万元", audited=year < 2026, **figures)
        owner.press(zh("Save"))
        _answer_doubts(owner)
        owner.page.wait_for_url(re.compile(rf"/enterprises/{firm}/reports/$"))
    for number in range(1, 6):
        owner.go(f"/enterprises/{firm}/facts/ip/new/")
        owner.fill(
            kind="invention",
            number=f"FIC-ZL-{number}",
            obtained="own",
            granted_on=f"202{number}-03-01",
            holder_rank="1",
            related="true",
            applied="true",
            benefit="true",
        )
        owner.press(zh("Save"))
    owner.go(f"/enterprises/{firm}/facts/")
    owner.reads("FIC-ZL-5")


def _answer_doubts(owner: Visitor) -> None:
    """Give a reason for every figure that the page doubts, and save again."""
    boxes = owner.page.locator("#main section[role='alert'] input")
    if not boxes.count():
        return
    for place in range(boxes.count()):
        boxes.nth(place).fill("虚构：新产线投产")
    owner.press(zh("Save"))


def _read_explanation(owner: Visitor, firm: int, edition: str, criterion: str) -> None:
    """Open the explanation of a standard and find a criterion on it, met."""
    owner.go(f"/enterprises/{firm}/standards/")
    owner.page.locator(f"#main a[href*='/standards/{edition}/']").first.click()
    row = owner.page.locator("#main tr").filter(has_text=re.compile(rf"\b{criterion}\b")).first
    row.get_by_text(zh("met"), exact=True).first.wait_for()


def _rise(firm: int, tier: Tier, owner: Visitor, people: dict[str, Visitor]) -> None:
    """Take the enterprise through an application to the recognition by the pages."""
    application = _apply(owner, firm, tier)
    recommend(people["county"], application)
    recommend(people["city"], application)
    put_on_notice(people["province"], application)
    last = people["province"]
    if tier == Tier.LITTLE_GIANT:
        recommend(last, application)
        last = people["nation"]
        put_on_notice(last, application)
    second = people["nation2" if tier == Tier.LITTLE_GIANT else "province2"]
    decide(application, "recognise", last, second)
    move = application.moves.last()
    names = ("nation", "nation2") if tier == Tier.LITTLE_GIANT else ("province", "province2")
    assert (move.proposed_by.username, move.made_by.username) == names


def _apply(owner: Visitor, firm: int, tier: Tier) -> Application:
    """Let the owner begin, fill in, check and submit an application."""
    owner.go(f"/enterprises/{firm}/applications/")
    offer = owner.page.locator(f"#main form:has(input[name='tier'][value='{tier}'])")
    offer.get_by_role("button").click()
    owner.page.wait_for_url(re.compile(r"/applications/\d+/"))
    application = Application.objects.get(enterprise=firm, tier=tier)
    if tier == Tier.INNOVATIVE:
        _lose_and_find_again(owner, application)
    for section, names in (("texts", TEXTS), ("statements", PROMISES)):
        owner.go(f"/applications/{application.pk}/form/{section}/")
        for name in names:
            if owner.page.locator(f"#main [name='{name}']").count():
                owner.fill(**{name: True if section == "statements" else f"{name}：虚构文字"})
        owner.press(re.compile(f"^{zh('Save')}$"))
    _hand_in_papers(owner, application)
    owner.go(f"/applications/{application.pk}/form/")
    owner.go(f"/applications/{application.pk}/form/check/")
    owner.press(button("submit"))
    application.refresh_from_db()
    assert application.status == Status.AT_COUNTY
    owner.reads(application.receipt)
    return application


def _lose_and_find_again(owner: Visitor, application: Application) -> None:
    """Type into a form that saves itself, lose the line and the window, and type it twice."""
    path = f"{owner.site}/applications/{application.pk}/form/texts/"
    saved = re.compile(zh("saved at %(time)s").replace("%(time)s", "[0-9:]+"))
    field = "[data-field='answer:product']"

    def opened() -> Page:
        page = owner.context.new_page()
        page.goto(path)
        return page

    def write(page: Page, text: str) -> None:
        page.locator("[name='product']").fill(text)
        page.locator("[name='product']").blur()

    def is_kept(page: Page, text: str) -> None:
        page.locator(f"{field} [data-state]").filter(has_text=saved).wait_for()
        application.refresh_from_db()
        assert application.answers["product"] == text
        assert page.evaluate("localStorage.length") == 0

    page = opened()
    write(page, "自动保存")
    is_kept(page, "自动保存")
    owner.context.set_offline(offline=True)
    write(page, "断网时所写")
    page.wait_for_function("localStorage.length == 1")
    page.close(run_before_unload=False)
    owner.context.set_offline(offline=False)
    first, second = opened(), opened()
    first.locator("[data-put-back]").click()
    is_kept(first, "断网时所写")
    second.locator("[data-forget]").click()
    write(second, "另一窗口所写")
    second.locator(f"{field} [data-keep-mine]").click()
    is_kept(second, "另一窗口所写")
    first.close()
    second.close()


def _hand_in_papers(owner: Visitor, application: Application) -> None:
    """Let the owner hand in one file for the first paper missing, and use it again for the rest."""
    owner.go(f"/applications/{application.pk}/form/documents/")
    open_slot = owner.page.locator("#main .slot:has(details[open] input[type='file'])").first
    open_slot.locator("input[type='file']").set_input_files(
        {"name": "虚构.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 fictional"}
    )
    open_slot.get_by_role("button", name=zh("Upload")).click()
    owner.reads("虚构.pdf")
    kept = application.evidence.get()
    by = application.made_by
    for paper in Sheet(application).papers.values():
        if paper.missing:
            evidence.use_again(application, paper.subject, kept.document, by=by)


def _count_coverage(nation: Visitor) -> None:
    """Let the national officer run the coverage job, and see the new little giant counted."""
    figures = CoverageSnapshot.objects.filter(
        region__level="nation", tier="little_giant", definition__headline=True
    )
    before = figures.order_by("-on")[0].total
    nation.go("/coverage/")
    nation.press(zh("Run now"))
    run = JobRun.objects.get(kind="check_coverage")
    nation.go(f"/runs/{run.pk}/")
    nation.page.locator("#main").get_by_text(zh("done"), exact=True).first.wait_for(timeout=60_000)
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("done", 1)
    assert figures.order_by("-on")[0].total == before + 1
    nation.go("/coverage/")
    shown = nation.page.locator("#main td:visible")
    assert str(before + 1) in shown.all_inner_texts()
