"""What went in: the receipt, its hash, the application on paper, and what changed since (回执)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from cultivation.pipeline import applications, moves
from cultivation.pipeline.correcting import returning
from cultivation.pipeline.correcting.returning import Ask
from cultivation.pipeline.filling import evidence, printing, reminding, since, submitted
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Application
from cultivation.pipeline.questions import questions_of
from cultivation.standards.indicators import FIGURE_UNITS
from cultivation.standards.models import Window
from enterprises.registry import records
from enterprises.registry.models import AnnualReport, IntellectualProperty

from .conftest import at, signed, text

if TYPE_CHECKING:
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
WAN = 1_000_000
REVENUE = "report:2025:revenue"


def fill(world: World, draft: Application) -> Application:
    """Fill in everything: figures that are not round, texts, a right, papers passed over."""
    by, firm = world.user("owner"), world.firm
    said = {"own_brand": True, "events_declared": True, "niche_since": "2019-05-01"}
    type(firm).objects.filter(pk=firm.pk).update(**said)
    records.save_report(firm, 2024, {"revenue": 5_500_123_456, "market_share": 123_456}, by=by)
    figures = {"revenue": 6_000_000_001, "main_business_revenue": 5_500_000_009, "employees": 97,
               "market_share": 120_001, "domestic_rank": 3}  # fmt: skip
    records.save_report(firm, 2025, figures, by=by)
    IntellectualProperty.objects.create(
        enterprise=firm, kind="invention", ip_class=1, number="ZL-1", obtained="own", related=True,
        granted_on="2024-01-01",
    )  # fmt: skip
    answers = {
        q.name: True if q.section == "statements" else f"words <on> {q.name} & more"
        for q in questions_of("srdi")
    }
    draft = applications.save_answers(draft, answers, by=by)
    for subject, paper in Sheet(draft).papers.items():
        if paper.missing:
            evidence.say_why(draft, subject, f"why no {subject}", by=by)
    return draft


@pytest.fixture
def sent(world: World, draft: Application) -> Application:
    """Give an application that went in."""
    moves.advance(fill(world, draft), "submit", by=world.user("owner"))
    draft.refresh_from_db()
    return draft


def test_the_receipt_says_number_second_zone_and_hash(
    client: Client, world: World, sent: Application
) -> None:
    owner = signed(client, world, "owner")
    said = text(owner.get(at("receipt", sent)))
    assert sent.receipt in said
    assert "2026-05-06 10:00:00 (UTC+08:00)" in said
    assert sent.submitted_hash in said
    assert "what is stored is what was submitted" in said
    kept = owner.get(at("receipt_text", sent))
    assert hashlib.sha256(kept.content).hexdigest() == sent.submitted_hash
    whole = json.loads(kept.content)
    assert (whole["receipt"], whole["submitted_at"]) == (sent.receipt, "2026-05-06T10:00:00+08:00")
    assert whole["answers"] == sent.answers
    assert whole["facts"]["revenue_y1"] == 6_000_000_001
    assert whole["form"]["fields"][REVENUE] == {"value": 6_000_000_001}
    assert "contact" not in kept.content.decode()


def test_what_was_altered_afterwards_is_said(
    client: Client, world: World, sent: Application
) -> None:
    AnnualReport.objects.update(revenue=1)  # the record goes on; what went in does not
    assert submitted.is_whole(Application.objects.get(pk=sent.pk))
    Application.objects.update(submitted_answers={**sent.submitted_answers, "niche": "else"})
    said = text(signed(client, world, "owner").get(at("receipt", sent)))
    assert "what is stored is not what was submitted" in said


def test_every_answer_and_figure_of_the_snapshot_is_on_paper(
    client: Client, world: World, sent: Application
) -> None:
    AnnualReport.objects.update(revenue=1, market_share=2)
    Application.objects.update(answers={})
    said = text(signed(client, world, "province").get(at("print", sent)))
    for answer in sent.submitted_answers.values():
        assert answer is True or answer in said
    assert said.count("yes") >= 3
    facts = sent.submitted_facts
    written = {
        name: printing.exactly(name.rpartition("_y")[0], value)
        for name, value in facts.items()
        if value is not None and name.rpartition("_y")[0] in FIGURE_UNITS
    }
    assert written == {
        "revenue_y1": "6,000.000001 万元", "revenue_y2": "5,500.123456 万元",
        "main_business_revenue_y1": "5,500.000009 万元", "rd_expense_y1": "300 万元",
        "employees_y1": "97", "market_share_y1": "12.0001%", "market_share_y2": "12.3456%",
        "domestic_rank_y1": "3",
    }  # fmt: skip
    assert [name for name, words in written.items() if words not in said] == []
    for one in ("ZL-1", "why no paper:licence", "2019-05-01", sent.submitted_hash, sent.receipt):
        assert one in said
    assert "Class I rights 1" in said


def test_paper_and_receipt_are_for_those_who_see_the_application(
    client: Client, world: World, sent: Application
) -> None:
    for who, status in (
        ("owner", 200), ("editor", 200), ("county", 200), ("auditor", 200), ("jiangsu", 404),
        ("other_owner", 404), ("nobody", 404),
    ):  # fmt: skip
        signed(client, world, who)
        for name in ("receipt", "receipt_text", "print"):
            assert client.get(at(name, sent)).status_code == status, (who, name)


def test_what_was_sent_back_alone_is_open(client: Client, world: World, sent: Application) -> None:
    asks = [Ask(REVENUE, words="not that of the audit report"), Ask("answer:niche", words="vague")]
    returning.send_back(sent, asks, by=world.user("county"))
    owner = signed(client, world, "owner")
    tasks = owner.get(at("form", sent)).content.decode()
    assert tasks.count(">sent back<") == 3  # figures, texts, and papers that prove the figure
    page = owner.get(at("form_criteria", sent, "F-2")).content.decode()
    assert re.findall(r'data-field="([^"]+)"', page) == [REVENUE]
    assert "5,500.000009 万元" in page  # closed, and to be read
    data = {f"seen:{name}": Sheet(sent).mark(name) for name in Sheet(sent).figures}
    data |= {REVENUE: "6,200", "report:2025:main_business_revenue": "1", "unit": "万元"}
    said = text(owner.post(at("form_criteria", sent, "F-2"), data))
    assert "“2025 · main-business revenue” is not open in this application." in said
    report = AnnualReport.objects.get(enterprise=world.firm, year=2025)
    assert (report.revenue, report.main_business_revenue) == (6_200 * WAN, 5_500_000_009)
    before = sent.submitted_hash
    sent.refresh_from_db()
    sent = applications.save_answers(sent, {"niche": "sensors"}, by=world.user("owner"))
    moves.advance(sent, "resubmit", by=world.user("owner"))
    sent.refresh_from_db()
    assert sent.submitted_hash != before
    assert submitted.is_whole(sent)


def test_the_warnings_go_to_the_reviewer_with_their_sentences(
    client: Client, world: World, sent: Application
) -> None:
    page = text(signed(client, world, "county").get(at("review", sent)))
    assert "not handed in: Business licence why no paper:licence" in page


def test_what_is_submitted_is_what_was_checked(
    client: Client, world: World, draft: Application
) -> None:
    fill(world, draft)
    owner = signed(client, world, "owner")
    page = owner.get(at("check", draft)).content.decode()
    facts = page.partition('name="facts" value="')[2][:64]
    AnnualReport.objects.filter(year=2025).update(revenue=6_100_000_000)
    to = at("move", draft, "submit")
    data = {"version": draft.version, "facts": facts}
    assert owner.post(to, data)["Location"] == at("check", draft)
    assert "The record changed since you checked it" in text(owner.get(at("check", draft)))
    AnnualReport.objects.filter(year=2025).update(revenue=6_000_000_001)
    assert owner.post(to, data)["Location"] == at("receipt", draft)


def test_a_second_hand_during_the_last_look_is_noticed(
    client: Client, world: World, draft: Application
) -> None:
    fill(world, draft)
    owner, version = signed(client, world, "owner"), Application.objects.get().version
    evidence.say_why(draft, "paper:licence", "another reason", by=world.user("editor"))
    answer = owner.post(at("move", draft, "submit"), {"version": version})
    assert answer.status_code == 409
    assert Application.objects.get().status == "draft"


def test_the_next_application_begins_with_the_last_and_says_what_changed(
    client: Client, world: World, sent: Application
) -> None:
    by = world.user("owner")
    moves.advance(sent, "withdraw", by=by)
    again = applications.begin(world.firm, "srdi", kind="recognition", by=by)
    texts = {q.name: sent.submitted_answers[q.name] for q in questions_of("srdi", "texts")}
    assert again.answers == texts  # and no promise is carried over
    owner = signed(client, world, "owner")
    assert "Changed since" not in text(owner.get(at("form_section", again, "texts")))
    records.save_report(world.firm, 2025, {"revenue": 6_200 * WAN}, by=by)
    applications.save_answers(again, {"niche": "another"}, by=by)
    page = text(owner.get(at("form_criteria", again, "F-2")))
    assert "Changed since the application of May 6, 2026: it was 6,000.000001 万元" in page
    assert "2024: 5,500.123456 万元 (+12.7%)" in page
    said = text(owner.get(at("check", again)))
    assert "it was words <on> niche & more" in said
    assert said.count("Changed since the application") == 2
    before = since.last(again)
    assert before is not None
    assert before.value("report:2024:revenue") == 5_500_123_456


def test_an_application_of_before_is_read_from_its_facts(world: World, sent: Application) -> None:
    Application.objects.update(submitted_form={})
    sent.refresh_from_db()
    old = since.Before(sent)
    assert (old.value(REVENUE), old.value("statement:own_brand")) == (6_000_000_001, True)
    assert old.value("answer:niche") == "words <on> niche & more"
    assert old.value("statement:niche_since") is since.UNKNOWN
    assert printing.of(sent).figures.rows[0][2] == "6,000.000001 万元"


def test_complete_but_not_submitted_is_said_near_the_last_day(
    world: World, draft: Application
) -> None:
    def told() -> list[tuple[Any, int]]:
        return [(one.closes, one.left) for one in reminding.unsent(Application.objects.all())]

    assert told() == []  # not complete
    fill(world, draft)
    assert told() == [(None, 0)]
    window = Window.objects.create(
        tier="srdi", kinds=["recognition"], year=2026, opens="2026-05-01", closes="2026-05-25",
        document="x", confidence="H", verified=True,
    )  # fmt: skip
    assert told() == []  # nineteen days are left
    Window.objects.filter(pk=window.pk).update(closes="2026-05-20")
    ((_day, left),) = told()
    assert left == 14
    client = signed(Client(), world, "editor")
    said = text(client.get("/"))
    assert "Complete, but not submitted: SRDI SME, new application." in said
    assert "The last day is 2026-05-20 (14 days left)." in said
    moves.advance(
        draft, "submit", by=world.user("owner"), version=Application.objects.get().version
    )
    assert told() == []
