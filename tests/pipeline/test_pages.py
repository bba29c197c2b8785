"""The pages: who sees what, what a form does, how many queries a list takes (页面)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from cultivation.pipeline import applications
from cultivation.pipeline.models import Application, Move, Status
from cultivation.pipeline.questions import questions_of
from enterprises.registry.models import AnnualReport, Document, Proof, Title

from .conftest import enterprise

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db
EVERYBODY = (
    "county", "city", "province", "nation", "other_county", "jiangsu", "ningbo", "ningbo_county",
    "auditor", "owner", "editor", "other_owner", "clerk", "expert", "nobody",
)  # fmt: skip


def signed(client: Client, world: World, who: str) -> Client:
    client.force_login(world.users[who])
    client.cookies["django_language"] = "en"
    return client


def text(response: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", bare).replace("&#x27;", "'").replace("&amp;", "&")


def post_move(client: Client, application: Application, name: str, **data: Any) -> Any:
    application.refresh_from_db()
    return client.post(
        reverse("pipeline:move", args=[application.pk, name]),
        {"version": application.version, **data},
    )


SEES = {  # who sees a submitted application of Binjiang: page and review page
    "application": {"county", "city", "province", "nation", "auditor", "owner", "editor", "clerk"},
    "review": {"county", "city", "province", "nation", "auditor", "clerk"},
}


@pytest.mark.parametrize("who", EVERYBODY)
def test_application_of_another_region_is_not_there(client: Client, world: World, who: str) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    signed(client, world, who)
    sees = who in SEES["application"]
    page = client.get(reverse("pipeline:application", args=[application.pk]))
    assert page.status_code == (200 if sees else 404)
    review = client.get(reverse("pipeline:review", args=[application.pk]))
    expected = 200 if who in SEES["review"] else 403 if sees else 404
    assert review.status_code == expected
    of_firm = client.get(reverse("pipeline:of_enterprise", args=[world.firm.pk]))
    assert of_firm.status_code == (200 if sees else 404)
    for name in ("pipeline:form", "pipeline:check"):
        answer = client.get(reverse(name, args=[application.pk]))
        own = who in {"owner", "editor"}
        assert answer.status_code == (302 if own else 403 if sees else 404)
    section = client.get(reverse("pipeline:form_section", args=[application.pk, "texts"]))
    assert section.status_code == (302 if own else 403 if sees else 404)


@pytest.mark.parametrize("who", EVERYBODY)
def test_post_of_a_stranger_changes_nothing(client: Client, world: World, who: str) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    signed(client, world, who)
    sees = who in SEES["application"]
    if who != "county":
        answer = post_move(client, application, "recommend")
        assert answer.status_code == (403 if sees else 404)
    begun = client.post(reverse("pipeline:begin", args=[world.firm.pk]), {"tier": "technology"})
    if who in {"owner", "editor"}:
        assert begun.status_code == 302
    else:
        assert begun.status_code == (403 if sees else 404)
        assert Application.objects.count() == 1
    entered = client.post(
        reverse("pipeline:enter_title", args=[world.firm.pk]),
        {"tier": "innovative", "granted_on": "2026-01-05", "reason": "list"},
    )
    if who in {"province", "nation"}:
        assert entered.status_code == (302 if who == "province" else 200)
    else:
        assert entered.status_code == (403 if sees else 404)
    assert Move.objects.count() == 1
    assert Title.objects.count() == (1 if who == "province" else 0)


@pytest.mark.parametrize("who", EVERYBODY)
def test_draft_is_seen_by_own_staff_alone(client: Client, world: World, who: str) -> None:
    application = world.draft()
    signed(client, world, who)
    page = client.get(reverse("pipeline:application", args=[application.pk]))
    assert page.status_code == (200 if who in {"owner", "editor"} else 404)
    if who in SEES["review"]:
        firm = client.get(reverse("pipeline:of_enterprise", args=[world.firm.pk]))
        assert "A draft for innovative SME was begun on 2026-05-06" in text(firm)
        assert "about product" not in text(firm)


@pytest.mark.parametrize(
    ("who", "status"),
    [("county", 200), ("auditor", 200), ("expert", 200), ("owner", 403), ("nobody", 403)],
)
def test_queue_is_for_offices(client: Client, world: World, who: str, status: int) -> None:
    assert signed(client, world, who).get(reverse("pipeline:queue")).status_code == status


@pytest.mark.parametrize(
    "name", ["pipeline:queue", "pipeline:titles", "pipeline:of_enterprise", "pipeline:application"]
)
def test_pages_ask_strangers_to_sign_in(client: Client, world: World, name: str) -> None:
    args = [1] if name in {"pipeline:of_enterprise", "pipeline:application"} else []
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_moves_are_posted_only(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "owner")
    answer = client.get(reverse("pipeline:move", args=[application.pk, "submit"]))
    assert answer.status_code == 405
    assert post_move(client, application, "promote").status_code == 404


def test_enterprise_fills_in_and_submits_by_the_pages(client: Client, world: World) -> None:
    signed(client, world, "owner")
    firm = client.get(reverse("pipeline:of_enterprise", args=[world.firm.pk]))
    assert "innovative SME · new application" in text(firm)
    begun = client.post(reverse("pipeline:begin", args=[world.firm.pk]), {"tier": "innovative"})
    application = Application.objects.get()
    assert begun["Location"] == reverse("pipeline:form", args=[application.pk])
    tasks = client.get(begun["Location"])
    assert "3 things still to do" in text(tasks)
    assert "I-3 Market position" in text(tasks)
    assert "减速器" in application.answers["product"]
    statements = {q.name: "on" for q in questions_of("innovative", "statements")}
    to = reverse("pipeline:form_section", args=[application.pk, "statements"])
    kept = client.post(to, {"version": application.version, **statements})
    assert kept["Location"] == begun["Location"]
    check = client.get(reverse("pipeline:check", args=[application.pk]))
    assert check.status_code == 200
    assert "The facts, the answers and the verdict are fixed" in text(check)
    sent = post_move(client, application, "submit")
    assert sent["Location"] == reverse("pipeline:receipt", args=[application.pk])
    application.refresh_from_db()
    assert application.status == Status.AT_COUNTY
    page = client.get(sent["Location"])
    assert application.receipt in text(page)
    assert "“submit” is done. The application is with the county now." in text(page)


def test_tasks_name_what_is_missing_with_links(client: Client, world: World) -> None:
    application = world.draft()
    AnnualReport.objects.update(rd_expense=None, revenue=1)
    page = signed(client, world, "owner").get(reverse("pipeline:form", args=[application.pk]))
    said = text(page)
    assert "figure missing for I-2 R&D expense" in said
    assert "not met: I-1 Revenue" in said
    link = reverse("registry:reports", args=[world.firm.pk])
    assert f'href="{link}"' in page.content.decode()


def test_texts_that_are_too_long_stay_in_the_form(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "owner")
    to = reverse("pipeline:form_section", args=[application.pk, "texts"])
    answer = client.post(to, {"version": application.version, "product": "长" * 501})
    assert answer.status_code == 200
    assert "长" * 501 in answer.content.decode()
    application.refresh_from_db()
    assert application.answers["product"] == "about product"


def test_two_editors_do_not_overwrite_each_other(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "editor")
    to = reverse("pipeline:form_section", args=[application.pk, "texts"])
    assert client.post(to, {"version": application.version, "product": "first"}).status_code == 302
    late = client.post(to, {"version": application.version, "product": "second"})
    assert late.status_code == 409
    said = text(late)
    assert "Stored meanwhile by somebody else" in said
    assert "first" in said
    assert "second" in said
    application.refresh_from_db()
    assert application.answers["product"] == "first"
    again = client.post(to, {"version": application.version, "product": "both"})
    assert again.status_code == 302


def test_section_may_be_saved_half_empty(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "owner")
    to = reverse("pipeline:form_section", args=[application.pk, "texts"])
    page = client.get(to).content.decode()
    assert "(optional)" not in page
    assert client.post(to, {"version": application.version, "product": ""}).status_code == 302
    application.refresh_from_db()
    assert application.answers["product"] == ""
    said = text(client.get(reverse("pipeline:check", args=[application.pk])))
    assert "“Leading product and its field” is empty" in said


def test_documents_of_another_enterprise_are_refused(client: Client, world: World) -> None:
    application = world.draft()
    mine, theirs = (
        Document.objects.create(
            enterprise=firm, file="x.pdf", name=f"{n}.pdf", media_type="application/pdf",
            size=1, sha256=str(n) * 64,
        )
        for n, firm in enumerate((world.firm, world.other))
    )  # fmt: skip
    signed(client, world, "owner")
    to = reverse("pipeline:form_section", args=[application.pk, "documents"])
    bad = client.post(to, {"version": application.version, "documents": [theirs.pk]})
    assert bad.status_code == 200
    assert application.documents.count() == 0
    client.post(to, {"version": application.version, "documents": [mine.pk]})
    assert list(application.documents.all()) == [mine]


def test_editor_fills_in_but_does_not_submit(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "editor")
    check = client.get(reverse("pipeline:check", args=[application.pk]))
    assert "Only an owner of the enterprise submits" in text(check)
    assert post_move(client, application, "submit").status_code == 403


def test_double_click_submits_once_and_says_so(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "owner")
    to, data = (
        reverse("pipeline:move", args=[application.pk, "submit"]),
        {"version": application.version},
    )
    assert client.post(to, data).status_code == 302
    second = client.post(to, data)
    assert second.status_code == 409
    assert "owner already took “submit”; the application is with the county now." in text(second)
    assert Move.objects.count() == 1


def test_reason_typed_for_what_left_the_office_is_shown_again(client: Client, world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    data = {"version": application.version, "reason": "the seal is missing", "next": "review"}
    world.step(application, "recommend", "county")
    signed(client, world, "county")
    late = client.post(reverse("pipeline:move", args=[application.pk, "return"]), data)
    assert late.status_code == 409
    assert "county already took “recommend”; the application is with the city now." in text(late)
    assert "the seal is missing" in text(late)


def test_move_without_version_is_a_bad_request(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "owner")
    to = reverse("pipeline:move", args=[application.pk, "submit"])
    assert client.post(to, {}).status_code == 400


def test_officer_reviews_and_decides_by_the_pages(client: Client, world: World) -> None:
    application = world.at_province()
    signed(client, world, "province")
    queue = client.get(reverse("pipeline:queue"))
    assert world.firm.name in text(queue)
    to = reverse("pipeline:review", args=[application.pk])
    page = client.get(to)
    assert "Give your opinion first on: I-3 Market position" in text(page)
    assert "CNY 60 million" in text(page)
    kept = client.post(
        to,
        {
            "version": application.version,
            "c2-opinion": "agreed",
            "c2-reason": "second in the province",
        },
    )
    assert kept["Location"] == to
    sent = post_move(client, application, "put_on_notice", next="review")
    assert sent["Location"] == reverse("pipeline:queue")
    application.refresh_from_db()
    assert application.status == Status.ON_NOTICE
    assert world.firm.name not in text(client.get(reverse("pipeline:queue")))
    world.wait()
    assert world.firm.name in text(client.get(reverse("pipeline:queue")))


def test_opinion_without_reason_is_named_and_keeps_what_was_typed(
    client: Client, world: World
) -> None:
    application = world.at_province()
    signed(client, world, "province")
    to = reverse("pipeline:review", args=[application.pk])
    answer = client.post(
        to,
        {
            "version": application.version,
            "c0-opinion": "objected",
            "c0-reason": "",
            "c2-opinion": "agreed",
            "c2-reason": "typed before",
        },
    )
    assert answer.status_code == 400
    said = text(answer)
    assert "An objection to I-1 needs a reason." in said
    assert "typed before" in said
    assert application.criterion_reviews.count() == 0


def test_reason_typed_is_kept_when_the_move_fails(client: Client, world: World) -> None:
    application = world.at_province()
    stale = application.version
    world.judge(application, "province")
    world.step(application, "put_on_notice", "province")
    signed(client, world, "province")
    answer = client.post(
        reverse("pipeline:move", args=[application.pk, "refuse"]),
        {"version": stale, "reason": "a long reason of mine", "next": "review"},
    )
    assert answer.status_code == 409
    assert "a long reason of mine" in text(answer)
    assert "put on public notice" in text(answer)


def test_refusal_without_reason_is_told(client: Client, world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    signed(client, world, "county")
    answer = post_move(client, application, "refuse", reason=" ")
    assert answer.status_code == 409
    assert "“refuse” needs a reason." in text(answer)


def test_auditor_reads_the_review_page_without_forms(client: Client, world: World) -> None:
    application = world.at_province()
    signed(client, world, "auditor")
    page = client.get(reverse("pipeline:review", args=[application.pk]))
    assert "c0-opinion" not in page.content.decode()
    assert "Nothing here waits for you." in text(page)
    to = reverse("pipeline:review", args=[application.pk])
    said = client.post(to, {"version": application.version, "c0-opinion": "agreed"})
    assert said.status_code == 403
    assert application.criterion_reviews.count() == 0


def test_returned_application_shows_what_to_mend(client: Client, world: World) -> None:
    application = world.at_province()
    signed(client, world, "province")
    client.post(
        reverse("pipeline:review", args=[application.pk]),
        {
            "version": application.version,
            "c0-opinion": "objected",
            "c0-reason": "the audit differs",
        },
    )
    to = reverse("pipeline:return", args=[application.pk])
    assert "the audit differs" in client.get(to).content.decode()
    data = {"subject": "criterion:I-1", "words:criterion:I-1": "the audit differs"}
    data |= {"version": str(application.version), "due_on": "2026-05-20"}
    assert client.post(to, data)["Location"] == reverse("pipeline:queue")
    page = signed(client, world, "owner").get(reverse("pipeline:form", args=[application.pk]))
    said = text(page)
    assert "Returned for correction by the province" in said
    assert "1 thing to correct · by the end of 2026-05-20" in said
    assert "I-1 Revenue: the audit differs" in said


def test_officers_read_what_was_submitted_not_what_is_typed_now(
    client: Client, world: World
) -> None:
    application = world.at_province()
    world.step(application, "return", "province", "mend it")
    signed(client, world, "owner")
    to = reverse("pipeline:form_section", args=[application.pk, "texts"])
    client.post(to, {"version": application.version, "product": "half a sentence"})
    page = signed(client, world, "province").get(
        reverse("pipeline:application", args=[application.pk])
    )
    assert "half a sentence" not in text(page)
    assert "about product" in text(page)


def test_evidence_stands_beside_the_criterion_it_proves(client: Client, world: World) -> None:
    application = world.at_province()
    document = Document.objects.create(
        enterprise=world.firm, file="a.pdf", name="audit 2025.pdf", media_type="application/pdf",
        size=1, sha256="0" * 64,
    )  # fmt: skip
    Proof.objects.create(document=document, subject="report:2025:revenue", page="p. 12")
    signed(client, world, "province")
    page = client.get(reverse("pipeline:review", args=[application.pk]))
    rows = page.content.decode().split("<article")
    row = next(row for row in rows if "I-1" in row)
    assert "audit 2025.pdf · p. 12" in re.sub(r"<[^>]+>", "", row)
    assert sum("audit 2025.pdf" in row for row in rows) == 1


def test_queue_narrows_by_tier_status_region_and_words(client: Client, world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    signed(client, world, "nation")
    base = reverse("pipeline:queue")
    name = world.firm.name
    for query, found in (
        ("", False),
        ("show=all", True),
        ("show=all&tier=innovative", True),
        ("show=all&tier=srdi", False),
        ("show=all&status=at_county", True),
        ("show=all&status=refused", False),
        ("show=all&region=330000", True),
        ("show=all&region=320000", False),
        ("show=all&q=传动1", True),
        ("show=all&q=传动9", False),
        ("show=all&tier=nonsense", True),
    ):
        assert (name in text(client.get(f"{base}?{query}"))) is found, query


def test_queue_pages_by_key(client: Client, world: World) -> None:
    base = Application.objects.get(pk=world.at_province().pk)
    firms = [enterprise(world.places, "330108", number) for number in range(10, 70)]
    for firm in firms:
        base.pk, base.enterprise = None, firm
        base.save(force_insert=True)
    signed(client, world, "province")
    first = client.get(reverse("pipeline:queue"))
    assert first.content.decode().count("<tr>") == 51
    assert "61 applications" in text(first)
    (more,) = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())
    second = client.get(more.replace("&amp;", "&"))
    assert second.content.decode().count("<tr>") == 12
    assert firms[-1].name in text(second)


def count_queries(client: Client, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(path)  # seats, regions and content types are warm afterwards
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", ["queue", "titles", "of_enterprise"])
def test_lists_take_the_same_queries_for_one_row_and_three(
    client: Client, world: World, name: str
) -> None:
    application = world.on_notice()
    world.holds("technology")
    signed(client, world, "province")
    args = [world.firm.pk] if name == "of_enterprise" else []
    path = reverse(f"pipeline:{name}", args=args) + ("?show=all" if name == "queue" else "")
    one = count_queries(client, path)
    for number, tier in ((10, "srdi"), (11, "little_giant")):
        firm = enterprise(world.places, "330108", number)
        copy = Application.objects.get(pk=application.pk)
        copy.pk, copy.tier = None, tier
        if name != "of_enterprise":
            copy.enterprise = firm
        copy.save(force_insert=True)
        world.holds(tier, firm=world.firm if name == "of_enterprise" else firm)
    three = client.get(path)
    assert three.content.decode().count("<tr>") == 4
    assert count_queries(client, path) == one
    assert one <= 16


def test_review_page_takes_the_same_queries_for_one_word_and_more(
    client: Client, world: World
) -> None:
    application = world.at_province()
    path = reverse("pipeline:review", args=[application.pk])
    world.judge(application, "province")
    signed(client, world, "province")
    one = count_queries(client, path)
    client.post(
        path,
        {
            "version": application.version,
            "c0-opinion": "agreed",
            "c1-opinion": "agreed",
            "c2-opinion": "agreed",
            "c2-reason": "seen",
        },
    )
    assert application.criterion_reviews.count() == 3
    assert count_queries(client, path) == one
    assert one <= 38


def test_notices_are_public_and_tell_little(client: Client, world: World) -> None:
    application = world.on_notice()
    client.cookies["django_language"] = "en"
    page = client.get(reverse("pipeline:notices"))
    said = text(page)
    assert world.firm.name in said
    assert "2026-05-06 – 2026-05-13" in said
    assert "could be verified" in said
    for secret in (world.firm.credit_code, application.receipt, "about product", "owner"):
        assert secret not in said
    assert world.firm.name not in text(client.get(reverse("pipeline:notices") + "?tier=srdi"))
    world.wait()
    world.step(application, "recognise", "province")
    recognised = text(client.get(reverse("pipeline:notices") + "?list=recognised"))
    assert world.firm.name in recognised
    assert "2026-05-14" in recognised
    assert world.firm.name not in text(client.get(reverse("pipeline:notices")))


def test_draft_and_refused_are_on_no_public_list(client: Client, world: World) -> None:
    application = world.at_province()
    world.step(application, "refuse", "province", "no")
    for query in ("", "?list=recognised"):
        page = client.get(reverse("pipeline:notices") + query)
        assert world.firm.name not in text(page)


def test_revoked_title_is_on_no_public_list(client: Client, world: World) -> None:
    application = world.recognised()
    url = reverse("pipeline:notices") + "?list=recognised"
    assert world.firm.name in text(client.get(url))
    title = Title.objects.get(application=application)
    world.end(title, "province", "figures made up")
    assert world.firm.name not in text(client.get(url))


def test_evidence_of_an_application_is_not_deleted(client: Client, world: World) -> None:
    kept = Document.objects.create(
        enterprise=world.firm, file="a.pdf", name="a.pdf", media_type="application/pdf", size=1
    )
    draft = world.draft()
    applications.save_answers(draft, {}, by=world.user("owner"), documents=[kept])
    world.step(draft, "submit", "owner")
    to = reverse("registry:document_delete", args=[world.firm.pk, kept.pk])
    said = text(signed(client, world, "owner").post(to, follow=True))
    assert "goes with an application" in said
    assert list(draft.documents.all()) == [kept]


def test_titles_are_narrowed_and_scoped(client: Client, world: World) -> None:
    world.holds("srdi")
    Title.objects.create(
        enterprise=world.other, tier="srdi", number="JS-1", year=2020,
        granted_on="2020-01-01", valid_to="2022-12-31", ended_on="2023-01-01",
    )  # fmt: skip
    base = reverse("pipeline:titles")
    signed(client, world, "nation")
    for query, mine, theirs in (
        ("", True, True),
        ("valid=yes", True, False),
        ("valid=no", False, True),
        ("year=2020", False, True),
        ("tier=innovative", False, False),
        ("region=320000", False, True),
    ):
        said = text(client.get(f"{base}?{query}"))
        assert (world.firm.name in said, world.other.name in said) == (mine, theirs), query
    said = text(signed(client, world, "jiangsu").get(base))
    assert (world.firm.name in said, world.other.name in said) == (False, True)


def test_title_is_revoked_by_the_page(client: Client, world: World) -> None:
    world.holds("srdi")
    title = Title.objects.get()
    to = reverse("pipeline:title", args=[title.pk])
    for who, get, post in (("county", 200, 403), ("jiangsu", 404, 404), ("owner", 200, 403)):
        signed(client, world, who)
        assert client.get(to).status_code == get
        assert client.post(to, {"kind": "revoked", "reason": "x"}).status_code == post
    signed(client, world, "province")
    assert "A reason is owed" in text(client.post(to, {"kind": "revoked", "words": ""}))
    assert client.post(to, {"kind": "revoked", "words": "figures made up"})["Location"] == to
    ending = title.endings.get()
    release = reverse("pipeline:end_title", args=[ending.pk])
    assert client.post(release).status_code == 403
    assert "Release: end the title" not in text(client.get(to))
    for who in ("owner", "county", "jiangsu"):
        assert signed(client, world, who).post(release).status_code == 404
        assert "figures made up" not in text(client.get(to))
    world.user("province2")
    signed(client, world, "province2")
    assert "Release: end the title" in text(client.get(to))
    assert client.post(release)["Location"] == to
    title.refresh_from_db()
    assert (title.end_kind, title.end_reason) == ("revoked", "figures made up")
    again = client.post(to, {"kind": "revoked", "words": "once more"})
    assert "has ended already" in text(again)


def test_title_is_entered_by_the_page(client: Client, world: World) -> None:
    to = reverse("pipeline:enter_title", args=[world.firm.pk])
    signed(client, world, "province")
    page = client.get(to)
    assert "little_giant" not in page.content.decode()  # the nation's
    bad = client.post(to, {"tier": "srdi", "granted_on": "2026-06-01", "reason": "list"})
    assert "lies in the future" in text(bad)
    done = client.post(to, {"tier": "srdi", "granted_on": "2026-01-05", "reason": "list 2026-1"})
    assert done["Location"] == reverse("pipeline:of_enterprise", args=[world.firm.pk])
    world.firm.refresh_from_db()
    assert (world.firm.stage, world.firm.tier) == ("optimisation", "srdi")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_in_both_languages(client: Client, world: World, language: str) -> None:
    application = world.on_notice()
    world.holds("technology")
    title = Title.objects.get()
    client.cookies["django_language"] = language
    client.force_login(world.users["province"])
    for name, args in (
        ("queue", []),
        ("review", [application.pk]),
        ("application", [application.pk]),
        ("of_enterprise", [world.firm.pk]),
        ("titles", []),
        ("title", [title.pk]),
        ("notices", []),
    ):
        page = client.get(reverse(f"pipeline:{name}", args=args), {"show": "all"})
        assert page.status_code == 200
        assert f'lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in page.content.decode()


def test_administration_reads_only(admin_client: Client, world: World) -> None:
    application = world.at_province()
    for model in ("application", "move", "criterionreview", "stagechange"):
        assert admin_client.get(f"/admin/pipeline/{model}/").status_code == 200
        assert admin_client.get(f"/admin/pipeline/{model}/add/").status_code == 403
    page = f"/admin/pipeline/application/{application.pk}/change/"
    assert admin_client.post(page, {"status": "recognised"}).status_code == 403
