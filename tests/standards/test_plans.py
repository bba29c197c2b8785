"""What-if and plans: what the page judges, who sees it, what is kept and for whom."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from cultivation.standards import plans, windows
from cultivation.standards.models import Plan, Verdict
from cultivation.standards.whatif import earliest, outlook
from enterprises.registry.ledger import StaleError
from enterprises.registry.models import AnnualReport, Enterprise, Title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from cultivation.standards.whatif import Outlook
    from enterprises.accounts.models import User

WAN = 1_000_000
NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
STATED = {
    **dict.fromkeys(("mainland_entity", "obeys_laws", "truth_declared", "events_declared"), True),
    **dict.fromkeys(("on_abnormal_list", "on_dishonest_list", "prohibited_product"), False),
    **dict.fromkeys(("champion_title", "controls_little_giant", "group_similar_product"), False),
    "own_brand": True,
}
YEAR = {
    "revenue": 4000 * WAN, "main_business_revenue": 3900 * WAN, "total_assets": 9000 * WAN,
    "leading_product_revenue": 3000 * WAN, "total_liabilities": 3000 * WAN,
    "rd_expense": 500 * WAN, "employees": 80, "market_share": 200_000, "quality_score": 7000,
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(autouse=True)
def _autumn(db: None) -> Iterator[None]:
    windows.load()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def candidate(firm: Callable[..., Enterprise]) -> Enterprise:
    """An SRDI SME whose figures of 2025 and 2024 are known and too low in revenue and R&D."""
    made = firm(
        reports={2025: YEAR, 2024: YEAR}, **STATED, niche_since=dt.date(2015, 1, 1),
        size_class="small", industry_class="3511",
    )  # fmt: skip
    Title.objects.create(
        enterprise=made, tier="srdi", number="1", year=2025, granted_on=dt.date(2025, 9, 1),
        valid_to=dt.date(2028, 8, 31),
    )  # fmt: skip
    Enterprise.objects.filter(pk=made.pk).update(tier="srdi")
    made.refresh_from_db()
    return made


def page(enterprise: Enterprise, name: str = "what_if", *more: int) -> str:
    return reverse(f"standards:{name}", args=[enterprise.pk, *more])


def seen(enterprise: Enterprise, year: int = 2027, tier: str = "little_giant") -> Outlook:
    today = timezone.localdate()
    return outlook(enterprise, tier, kind="recognition", year=year, today=today)


# ---- what can change, and what is judged ---------------------------------------------------------
def test_the_next_round_plans_the_running_year_and_leaves_the_closed_ones(
    candidate: Enterprise,
) -> None:
    found = seen(candidate)
    assert (found.stage.day, found.edition.code) == (dt.date(2027, 5, 25), "little_giant_2026")
    assert found.facts["revenue_y1"] is None
    assert {"revenue_y2", "rd_expense_y2", "title_srdi", "niche_years"} <= set(found.fixed)
    assert not {"revenue_y1", "rd_expense_y1", "class_one_own_rank3_low"} & set(found.fixed)
    assert found.assumed["revenue_y1"] == (4000 * WAN, 2)
    assert found.bygone == ()
    AnnualReport.objects.filter(enterprise=candidate, year=2024).delete()
    assert seen(candidate).bygone == ("revenue_y3",)


def test_a_round_that_is_over_has_nothing_left_to_plan(candidate: Enterprise) -> None:
    found = seen(candidate, 2026)
    assert found.stage.over
    assert set(found.fixed) == set(found.columns)
    proposal = found.proposed({})
    assert (proposal.qualifies, proposal.changes) == (False, ())
    assert {"L26-2a", "L26-3a"} <= set(proposal.blocked)


def test_the_proposal_holds_and_leaves_closed_figures_alone(candidate: Enterprise) -> None:
    found = seen(candidate)
    proposal = found.proposed({"quality_score_y0": 5900})
    changes = {c.column: c.after for c in proposal.changes}
    assert changes == {
        "class_one_own_rank3_low": 4,
        "domain_scheme": "six_bases",
        "main_business_revenue_y1": 4500 * WAN,
        "quality_score_y0": 6000,
        "rd_expense_y1": 700 * WAN,
        "revenue_y1": 5000 * WAN,
    }
    values = {**found.assumption(changes), **changes}
    today, then = found.judged(values)
    assert (today.verdict, then.verdict) == (Verdict.UNMET, Verdict.MANUAL)
    assert not set(changes) & set(found.fixed)


def test_a_title_owed_first_does_not_hide_the_other_changes(candidate: Enterprise) -> None:
    Title.objects.filter(enterprise=candidate).delete()
    found = seen(candidate)
    assert found.proposed({}).blocked == ("L26-1a",)
    proposal, owed = found.advised({})
    assert (proposal.qualifies, owed) == (True, ("L26-1a",))
    assert "title_srdi" not in {change.column for change in proposal.changes}
    assert {"revenue_y1", "rd_expense_y1"} < {change.column for change in proposal.changes}


def test_growing_beyond_the_size_standard_is_seen(candidate: Enterprise) -> None:
    found = seen(candidate)
    small = found.planned({"revenue_y1": 9000 * WAN, "employees_y1": 80})
    large = found.planned({"revenue_y1": 50_000 * WAN, "employees_y1": 1200})
    assert (small["is_sme"], large["is_sme"]) == (True, False)


def test_the_earliest_round_is_one_that_time_brings(firm: Callable[..., Enterprise]) -> None:
    made = firm(reports={2025: YEAR}, **STATED, niche_since=dt.date(2026, 3, 1), size_class="small")
    Title.objects.create(
        enterprise=made, tier="technology", number="t", year=2026, granted_on=dt.date(2026, 8, 1),
        valid_to=dt.date(2031, 12, 31),
    )  # fmt: skip
    found = seen(made, tier="srdi")
    assert found.proposed({}).blocked == ("S26-1b",)
    later = earliest(found)
    assert later is not None
    assert (later[0].stage.round.year, later[1].qualifies) == (2030, True)


# ---- the page -----------------------------------------------------------------------------------
def test_the_page_judges_what_is_typed_and_stores_nothing(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    english.force_login(user("owner", enterprise=candidate))
    before = english.get(page(candidate))
    assert before.context["result"].told.count(Verdict.UNKNOWN) > 5
    typed = {"v-revenue_y1": "1.2亿", "v-main_business_revenue_y1": "11,000"}
    after = english.post(page(candidate), {**typed, "v-class_one_own_rank3_low": "4"})
    verdicts = {line.node.code: line.node.verdict for line in after.context["result"].lines}
    assert verdicts["L26-2a"] == verdicts["L26-2b"] == verdicts["L26-4g"] == Verdict.MET
    assert after.context["form"].values() == {
        "revenue_y1": 12_000 * WAN,
        "main_business_revenue_y1": 11_000 * WAN,
        "class_one_own_rank3_low": 4,
    }
    assert not Plan.objects.exists()
    assert not AnnualReport.objects.filter(year=2026).exists()


def test_unmet_stands_first_and_what_turned_is_marked(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    english.force_login(user("owner", enterprise=candidate))
    answer = english.post(page(candidate), {"v-revenue_y1": "6000", "v-total_liabilities_y1": "1"})
    lines = answer.context["result"].lines
    verdicts = [line.node.verdict for line in lines]
    assert verdicts == sorted(verdicts)
    flipped = {line.node.code: line.flipped for line in lines}
    assert (flipped["L26-2a"], flipped["L26-2d"], flipped["L26-1a"]) == ("good", "open", "")


def test_htmx_gets_the_verdicts_alone_and_says_what_cannot_be_read(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    english.force_login(user("owner", enterprise=candidate))
    typed = {"v-revenue_y1": "much", "v-rd_expense_y1": "800万元", "v-market_share_y1": "12.5%"}
    answer = english.post(page(candidate), typed, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert 'id="verdict-said" hx-swap-oob="innerHTML"' in answer.text
    assert "“much” is not an amount" in answer.text
    assert answer.context["form"].values() == {
        "rd_expense_y1": 800 * WAN,
        "market_share_y1": 125_000,
    }


def test_the_least_changes_can_be_taken_over_without_a_script(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    AnnualReport.objects.create(enterprise=candidate, year=2023, **YEAR)
    Enterprise.objects.filter(pk=candidate.pk).update(chain_link=None)
    english.force_login(user("owner", enterprise=candidate))
    proposed = english.post(page(candidate), {"action": "propose"})
    advice = proposed.context["advice"]
    assert advice.qualifies
    assert {step.after for step in advice.steps} >= {"at least CNY 50 million", "4 more"}
    taken = english.post(page(candidate), {"action": "take"})
    assert taken.context["result"].qualifies
    shown = re.search(r'name="v-revenue_y1" value="([^"]*)"', taken.text)
    assert shown is not None
    assert shown[1] == "5,000"


def test_proposals_are_rationed_and_verdicts_are_not(
    candidate: Enterprise, english: Client, user: Callable[..., User], settings: Any
) -> None:
    english.force_login(user("owner", enterprise=candidate))
    settings.ACCOUNT_RATE_LIMITS = {"propose": "1/m/user"}
    said = "Many proposals were asked for in a short time"
    allowed = english.post(page(candidate), {"action": "propose"})
    assert (allowed.context["advice"] is None, said in allowed.text) == (False, False)
    for action in ("propose", "take"):
        refused = english.post(page(candidate), {"action": action})
        assert (refused.status_code, refused.context["advice"]) == (429, None)
        assert said in refused.text
        assert "As planned" in refused.text
    partial = english.post(page(candidate), {"action": "propose"}, headers={"hx-request": "true"})
    assert (partial.status_code, said in partial.text) == (200, True)
    typed = english.post(page(candidate), {"v-revenue_y1": "1"})
    assert (typed.status_code, said in typed.text) == (200, False)


def test_choosing_asks_for_the_next_tier_and_round_and_refuses_others(
    english: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    candidate: Enterprise,
) -> None:
    english.force_login(user("nation"))
    first = english.get(page(candidate)).context["choice"].cleaned_data
    assert first == {"tier": "little_giant", "kind": "recognition", "year": 2027}
    beginner = english.get(page(firm())).context["choice"].cleaned_data
    assert beginner == {"tier": "srdi", "kind": "recognition", "year": 2027}
    for wrong in ({"tier": "dwarf"}, {"year": "1999"}, {"kind": "raffle"}, {"year": "x"}):
        assert english.get(page(candidate), wrong).status_code == 400
    assert english.get(page(candidate), {"plan": "x"}).status_code == 404


# ---- who sees what ------------------------------------------------------------------------------
def test_who_sees_a_firm_may_try_and_its_own_seats_alone_keep_plans(
    english: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    candidate: Enterprise,
) -> None:
    owner = user("owner", enterprise=candidate)
    kept = plans.save(seen(candidate), {"revenue_y1": 1}, name="稳健", by=owner)
    numbered = [page(candidate, "plan", kept.pk), f"{page(candidate)}?plan={kept.pk}"]
    posts = [page(candidate, f"plan_{name}", kept.pk) for name in ("rename", "delete")]
    readers = [
        (owner, 200, 200),
        (user("editor", enterprise=candidate), 200, 200),
        (user("county", "320500"), 200, 404),
        (user("nation"), 200, 404),
        (user("auditor", ""), 200, 404),
        (user("county", "320600"), 404, 404),
        (user("expert"), 404, 404),
        (user("owner", enterprise=firm("320500")), 404, 404),
    ]
    for reader, tries, plan_pages in readers:
        english.force_login(reader)
        assert english.get(page(candidate)).status_code == tries, reader
        assert english.post(page(candidate), {}).status_code == tries, reader
        for address in (page(candidate, "plans"), *numbered):
            assert english.get(address).status_code == plan_pages, (reader, address)
        if plan_pages == 404:
            for address in (page(candidate, "plan_save"), *posts):
                data = {"name": "x", "version": "1"}
                assert english.post(address, data).status_code == 404, (reader, address)
    assert list(Plan.objects.values_list("name", "version")) == [("稳健", 1)]
    english.logout()
    assert english.get(page(candidate)).status_code == 302
    english.force_login(readers[3][0])
    assert "Save as a plan" not in english.get(page(candidate)).text
    with pytest.raises(PermissionDenied):
        plans.save(seen(candidate), {}, name="x", by=readers[3][0])


def test_a_plan_of_another_firm_is_not_opened_under_ones_own(
    english: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    candidate: Enterprise,
) -> None:
    other = firm(reports={2025: YEAR})
    kept = plans.save(seen(other), {}, name="a", by=user("owner", enterprise=other))
    english.force_login(user("owner", enterprise=candidate))
    assert english.get(page(candidate, "plan", kept.pk)).status_code == 404
    assert english.get(page(candidate), {"plan": kept.pk}).status_code == 404
    data = {"name": "a", "version": 1, "plan": kept.pk, "over": 1}
    assert english.post(page(candidate, "plan_save"), data).status_code == 404


# ---- plans --------------------------------------------------------------------------------------
def test_a_plan_is_kept_opened_renamed_compared_and_deleted(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    english.force_login(user("owner", enterprise=candidate))
    typed = {"v-revenue_y1": "6000", "v-total_liabilities_y1": "2000", "v-quality_score_y0": "75"}
    answer = english.post(page(candidate, "plan_save"), {**typed, "name": " 稳健  增长 "})
    kept = Plan.objects.get()
    assert answer["Location"] == page(candidate, "plan", kept.pk)
    assert (kept.name, kept.as_of, kept.version) == ("稳健 增长", dt.date(2027, 5, 25), 1)
    assert kept.changes == {
        "revenue_y1": 6000 * WAN, "total_liabilities_y1": 2000 * WAN, "quality_score_y0": 7500
    }  # fmt: skip
    opened = english.get(page(candidate), {"plan": kept.pk})
    assert opened.context["form"].values() == kept.changes
    figures = {"revenue": 6500 * WAN, "total_liabilities": 2100 * WAN}
    AnnualReport.objects.create(enterprise=candidate, year=2026, **figures)
    lines = english.get(page(candidate, "plan", kept.pk)).context["lines"]
    assert [(line.difference, line.reached) for line in lines] == [
        ("", None),
        ("+CNY 5 million", True),
        ("+CNY 1 million", False),
    ]
    data = {"name": "稳", "note": "n", "version": 1}
    assert english.post(page(candidate, "plan_rename", kept.pk), data).status_code == 302
    assert english.post(page(candidate, "plan_delete", kept.pk), {"version": 2}).status_code == 302
    assert not Plan.objects.exists()


def test_a_name_is_owed_and_taken_once(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    owner = user("owner", enterprise=candidate)
    english.force_login(owner)
    plans.save(seen(candidate), {}, name="A", by=owner)
    typed = {"v-revenue_y1": "6000"}
    for name, said in (("", "A plan needs a name"), ("A", "already"), ("x" * 81, "longer than 80")):
        answer = english.post(page(candidate, "plan_save"), {**typed, "name": name})
        assert answer.status_code == 400
        assert said in str(answer.context["name_form"].errors)
        assert 'value="6000"' in answer.text
    answer = english.post(page(candidate, "plan_save"), {"name": "B", "v-revenue_y1": "x"})
    assert answer.status_code == 400
    assert [plan.name for plan in Plan.objects.all()] == ["A"]


def test_of_two_editors_the_second_is_told(
    english: Client, user: Callable[..., User], candidate: Enterprise
) -> None:
    owner = user("owner", enterprise=candidate)
    kept = plans.save(seen(candidate), {"revenue_y1": 1}, name="A", by=owner)
    plans.save(seen(candidate), {"revenue_y1": 2}, name="A", by=owner, plan=kept, version=1)
    with pytest.raises(StaleError):
        plans.save(seen(candidate), {"revenue_y1": 3}, name="A", by=owner, plan=kept, version=1)
    english.force_login(owner)
    data: dict[str, Any] = {"plan": kept.pk, "version": 1, "over": 1, "v-revenue_y1": "7"}
    answer = english.post(page(candidate, "plan_save"), data)
    assert answer.status_code == 409
    assert "Somebody changed this record" in answer.text
    rename = {"name": "B", "version": 1}
    assert english.post(page(candidate, "plan_rename", kept.pk), rename).status_code == 409
    english.post(page(candidate, "plan_delete", kept.pk), {"version": 1})
    kept.refresh_from_db()
    assert (kept.name, kept.version, kept.changes) == ("A", 2, {"revenue_y1": 2})
    with pytest.raises(ValidationError):
        plans.rename(kept, name=" ", note="", by=owner, version=2)
    english.post(page(candidate, "plan_save"), {**data, "version": 2})
    kept.refresh_from_db()
    assert (kept.version, kept.changes) == (3, {"revenue_y1": 7 * WAN})


def test_queries_of_the_list_do_not_grow(
    client: Client,
    user: Callable[..., User],
    candidate: Enterprise,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    owner = user("owner", enterprise=candidate)
    client.force_login(owner)
    found = seen(candidate)
    for names in ("A", "BC"):
        for name in names:
            plans.save(found, {}, name=name, by=owner)
        with django_assert_max_num_queries(8):
            assert client.get(page(candidate, "plans")).status_code == 200
