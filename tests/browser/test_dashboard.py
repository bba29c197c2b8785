"""From the page of the country to what one firm lacks, by links and keys (总览)."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone, translation

from cultivation.digital import beside, coverage, index, maturity
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

NAME = "一步之遥数字化测试有限公司（虚构）"
WORDS = """() => [...document.querySelectorAll("main svg[aria-labelledby]")].map(
    svg => svg.getAttribute("aria-labelledby").split(" ").map(
        id => document.getElementById(id).textContent.trim().length))"""


def _lacking() -> Enterprise:
    """Make a little giant of Jiangsu, assessed on site: every scenario at level 1."""
    region = Region.objects.get(code="320583")
    firm = Enterprise.objects.create(
        credit_code="91320583TESTDASH01",
        name=NAME,
        name_key=NAME,
        fictional=True,
        region=region,
        region_path=region.path,
    )
    today = timezone.localdate()
    Title.objects.create(
        enterprise=firm,
        tier=Tier.LITTLE_GIANT,
        number="DASH-1",
        year=today.year,
        granted_on=today - dt.timedelta(days=100),
        valid_to=today + dt.timedelta(days=900),
    )
    best = {str(one.no): [one.options[-1].code] for one in index.questions()}
    answers = {"questions": best, "scenarios": {str(one.no): 1 for one in index.scenarios()}}
    given = {"index_version": 2024, "way": "on_site", "answers": answers, "assessor": "测试机构"}
    maturity.record_many([{"enterprise_id": firm.pk, "assessed_on": today, **given}])
    return firm


def test_four_clicks_lead_from_the_country_to_a_missing_scenario(
    visitor: Callable[..., Visitor], registry: dict[str, str]
) -> None:
    firm = _lacking()
    coverage.take_snapshot(timezone.localdate())
    beside.take(timezone.localdate())
    nation = visitor()
    nation.sign_in("nation", registry["nation"])
    nation.go("/coverage/dashboard/")
    said = nation.page.evaluate(WORDS)
    assert len(said) >= 5
    assert all(len(lengths) == 2 and min(lengths) > 0 for lengths in said)

    nation.page.locator(".pic--tiles a[href*='region=320000']").focus()
    nation.page.keyboard.press("Enter")  # the province
    nation.page.wait_for_url(re.compile("region=320000"))
    nation.page.locator("#main a[href*='group=not_transformed']").first.click()  # its firms
    nation.page.wait_for_load_state()
    nation.follow(NAME)
    assert nation.page.url.endswith(f"/enterprises/{firm.pk}/digital/")
    with translation.override("zh-hans"):
        scenarios = [str(one) for one in index.scenarios()]
    text = nation.text()
    assert [name for name in scenarios if name in text] != []
