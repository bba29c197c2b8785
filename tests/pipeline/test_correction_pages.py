"""The pages of a correction: who sees what, what is typed stays, what opens (补正页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import translation

from cultivation.pipeline import opinions
from cultivation.pipeline.correcting import mending, reasons, returning
from cultivation.pipeline.correcting.returning import Ask
from cultivation.pipeline.models import Application, Correction, CorrectionItem, CriterionReview
from cultivation.pipeline.opinions import Word
from enterprises.registry.models import AnnualReport, Document, Proof

from .test_pages import EVERYBODY, SEES, post_move, signed, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db
REVENUE = "report:2025:revenue"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def sent_back(world: World, *subjects: str) -> Application:
    application = world.at_province()
    asks = [Ask(subject, words=f"why {subject}") for subject in subjects or (REVENUE,)]
    returning.send_back(application, asks, by=world.user("province"))
    return application


@pytest.mark.parametrize("who", EVERYBODY)
def test_pages_of_a_correction_are_for_who_sees_the_application(
    client: Client, world: World, who: str
) -> None:
    application = sent_back(world)
    signed(client, world, who)
    sees = who in SEES["application"]
    page = client.get(reverse("pipeline:correction", args=[application.pk]))
    assert page.status_code == (200 if sees else 404)
    back = client.get(reverse("pipeline:return", args=[application.pk]))
    allowed = who in {"province", "clerk"}
    assert back.status_code == (200 if allowed else 403 if sees else 404)
    answers = client.post(reverse("pipeline:correction", args=[application.pk]), {"version": 1})
    own = who in {"owner", "editor"}
    assert answers.status_code == (302 if own else 403 if sees else 404)
    time = client.post(
        reverse("pipeline:more_time", args=[application.pk]),
        {"version": "99", "due_on": "2026-06-01", "reason": "x"},
    )
    assert time.status_code == (302 if allowed else 403 if sees else 404)
    assert Correction.objects.get().due_on.isoformat() == "2026-05-20"


def test_return_page_begins_with_the_objections_and_keeps_what_is_typed(
    client: Client, world: World
) -> None:
    reasons.load()
    application = world.at_province()
    word = Word("I-2", "objected", "no audit", grounds="evidence-lacking")
    opinions.record(application, [word], by=world.user("province"))
    to = reverse("pipeline:return", args=[application.pk])
    page = signed(client, world, "province").get(to)
    (ticked,) = [r for g in page.context["groups"] for r in g["rows"] if r.ticked]
    assert (ticked.subject, ticked.grounds) == ("criterion:I-2", "evidence-lacking")
    assert 'value="2026-05-20"' in page.content.decode()
    data = {
        "version": application.version,
        "due_on": "2026-05-20",
        "subject": ["answer:product", "criterion:I-2", "nonsense"],
        "words:criterion:I-2": "typed\x00 before",
    }
    answer = client.post(to, data)
    assert answer.status_code == 400
    said = text(answer)
    assert "“Leading product and its field” needs a reason" in said
    assert "“nonsense” is nothing of this application" in said
    assert "typed before" in answer.content.decode()
    assert CorrectionItem.objects.count() == 0
    for day, why in (("", 400), ("2020-01-01", 409), ("0000-00-00", 400), ("x" * 500, 400)):
        wrong = data | {"subject": "answer:product", "words:answer:product": "x", "due_on": day}
        assert client.post(to, wrong).status_code == why, day
    assert client.post(to, {"due_on": "2026-05-20"}).status_code == 400
    world.step(application, "withdraw", "owner")
    late = data | {"subject": "answer:product", "words:answer:product": "mine"}
    told = client.post(to, late)
    assert told.status_code == 409
    assert "already took" in text(told)
    assert "mine" in told.content.decode()


def test_bare_return_is_refused_in_words(client: Client, world: World) -> None:
    application = world.at_province()
    answer = post_move(signed(client, world, "province"), application, "return", reason="so")
    assert answer.status_code == 409
    assert "Name what is to be mended" in text(answer)
    link = reverse("pipeline:return", args=[application.pk])
    page = client.get(reverse("pipeline:review", args=[application.pk]))
    assert f'href="{link}"' in page.content.decode()


def test_fix_list_links_to_the_fields_and_takes_answers(client: Client, world: World) -> None:
    application = sent_back(world, REVENUE, "criterion:I-2", "answer:product", "fact:ip")
    to = reverse("pipeline:correction", args=[application.pk])
    page = signed(client, world, "editor").get(to)
    said, bare = text(page), page.content.decode()
    assert "0 of 4 done" in said
    assert "Only an owner of the enterprise submits" not in said
    for name in (REVENUE, "report:2025:rd_expense", "fact:ip"):
        assert f'href="{reverse("pipeline:form_field", args=[application.pk, name])}"' in bare
    assert '#answer-product"' in bare
    data = {"version": "1", f"answer:{REVENUE}": "it is right", "answer:fact:ip": "a\x00b"}
    assert client.post(to, data)["Location"] == to
    assert dict(CorrectionItem.objects.values_list("subject", "answer"))["fact:ip"] == "ab"
    late = client.post(to, {"version": "1", f"answer:{REVENUE}": "second"})
    assert late.status_code == 409
    assert "Somebody else answered meanwhile" in text(late)
    assert "second" in late.content.decode()
    for wrong in ({"version": "x"}, {}):
        assert client.post(to, wrong).status_code == 400
    unknown = client.post(to, {"version": "2", "answer:answer:niche": "x"})
    assert unknown.status_code == 409
    world.settle(application)
    assert "Only an owner of the enterprise submits" in text(client.get(to))
    owner = signed(client, world, "owner").get(to)
    send = reverse("pipeline:move", args=[application.pk, "resubmit"])
    assert f'action="{send}"' in owner.content.decode()
    application.refresh_from_db()
    seen = {"version": application.version, "facts": owner.context["progress"].facts_hash}
    AnnualReport.objects.update(tax_paid=1)
    stopped = client.post(send, seen)
    assert stopped["Location"] == reverse("pipeline:check", args=[application.pk])
    AnnualReport.objects.update(tax_paid=None)
    assert client.post(send, seen)["Location"] == reverse("pipeline:receipt", args=[application.pk])


def test_office_reads_answers_and_changes_only_once_they_came(client: Client, world: World) -> None:
    application = sent_back(world, "answer:product")
    mending.answer(
        application, {"answer:product": "a secret so far"}, by=world.user("owner"), version=1
    )
    to = reverse("pipeline:correction", args=[application.pk])
    signed(client, world, "province")
    assert "a secret so far" not in text(client.get(to))
    world.step(application, "resubmit", "owner")
    assert "looked at again" in text(client.get(to))
    assert to in client.get(reverse("pipeline:application", args=[application.pk])).content.decode()


def test_review_shows_what_differs_and_what_was_laid_aside(client: Client, world: World) -> None:
    application = world.at_province()
    province = world.user("province")
    opinions.record(application, [Word("I-1", "objected", "the audit says less")], by=province)
    returning.send_back(application, [Ask(REVENUE, words="x")], by=province)
    AnnualReport.objects.update(revenue=70_000_000_00, rd_expense=4_000_000_00)
    world.step(application, "resubmit", "owner")
    page = signed(client, world, "province").get(reverse("pipeline:review", args=[application.pk]))
    said = text(page)
    assert "Changed since you went through it." in said
    assert "Changed beyond what was asked 2025 · R&D expense" in said
    assert "The enterprise says: brought up to date" in said
    assert "objected before the correction: the audit says less" in said
    colleague = text(
        signed(client, world, "clerk").get(reverse("pipeline:review", args=[application.pk]))
    )
    assert "Changed since you went through it." not in colleague


def test_review_sets_value_doubt_evidence_and_last_year_side_by_side(
    client: Client, world: World
) -> None:
    AnnualReport.objects.create(enterprise=world.firm, year=2024, revenue=50_000_000_00)
    AnnualReport.objects.filter(year=2025).update(
        warnings=[{"code": "x", "figure": "revenue", "message": "a jump", "reason": "new plant"}]
    )
    application = world.at_province()
    document = Document.objects.create(
        enterprise=world.firm, file="a.pdf", name="audit.pdf", media_type="application/pdf", size=1
    )
    Proof.objects.create(document=document, subject="report:2025", page="p. 3")
    page = signed(client, world, "province").get(reverse("pipeline:review", args=[application.pk]))
    lines = {row["line"].finding.code: row["line"] for row in page.context["rows"]}
    first = lines["I-1"]
    assert first.last_year == "CNY 50 million"
    assert [(one.message, one.reason) for one in first.doubts] == [("a jump", "new plant")]
    assert [(one.document.name, one.page) for one in first.seen] == [("audit.pdf", "p. 3")]
    assert lines["I-2"].last_year == ""
    assert lines["I-3"].doubts == []


def test_opinion_takes_a_reason_of_the_library_and_a_document(client: Client, world: World) -> None:
    reasons.load()
    application = world.at_province()
    document = Document.objects.create(
        enterprise=world.firm, file="a.pdf", name="note.pdf", media_type="application/pdf", size=1
    )
    Proof.objects.create(document=document, subject="criterion:test_innovative:I-3")
    to = reverse("pipeline:review", args=[application.pk])
    signed(client, world, "province")
    data = {
        "version": application.version,
        "c0-opinion": "objected",
        "c0-grounds": "evidence-lacking",
        "c2-opinion": "agreed",
        "c2-grounds": "evidence-lacking",
        "c2-document": str(document.pk),
        "c2-page": "2",
    }
    assert client.post(to, data)["Location"] == to
    rows = CriterionReview.objects.order_by("criterion")
    assert [(one.criterion, one.grounds.code) for one in rows if one.grounds] == [
        ("I-1", "evidence-lacking"),
        ("I-3", "evidence-lacking"),
    ]
    assert "Evidence is lacking" in text(client.get(to))
    assert (rows[1].document, rows[1].page) == (document, "2")
    for wrong in ({"c0-grounds": "nonsense"}, {"c2-document": "999999999999999999999999"}):
        assert client.post(to, data | wrong).status_code == 400
