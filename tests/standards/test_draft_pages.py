"""Pages of drafts: the whole way to a published edition, refusals, whom they are for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.urls import reverse

from cultivation.standards import drafting, editions
from cultivation.standards.cases import read_cases
from cultivation.standards.draft_checks import check
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, Draft, Edition, Trial
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from tests.standards.test_drafting import cases_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from enterprises.registry.models import Enterprise

NOW = dt.datetime(2026, 5, 6, 2, 0, tzinfo=dt.UTC)
FIRST = dt.date(2027, 1, 1)
CODE = "little_giant_2027"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(loaded: list[Edition], user: Callable[..., User]) -> tuple[User, User]:
    writer = user("nation")
    second = User.objects.create_user("second", password="x")
    Seat.objects.create(user=second, role="nation", region=Region.objects.get(path=""))
    return writer, second


@pytest.fixture
def draft(people: tuple[User, User]) -> Draft:
    base = Edition.objects.get(code="little_giant_2026")
    return drafting.begin(base, code=CODE, by=people[0], in_force=FIRST)


@pytest.fixture
def english(client: Client, people: tuple[User, User]) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(people[0])
    return client


def page(draft: Draft, name: str = "draft") -> str:
    return reverse(f"standards:{name}", args=[draft.pk])


def typed(draft: Draft, **changed: Any) -> dict[str, Any]:
    """Return what the page of a draft posts: the texts, the version, cells typed otherwise."""
    draft.refresh_from_db()
    cells = {name: changed.pop(name) for name in list(changed) if name.startswith("k:")}
    posted = {"text": draft.text, "cases": draft.cases, "version": draft.version, "reason": ""}
    return posted | {"action": "save"} | changed | cells


def lower(draft: Draft) -> dict[str, Any]:
    """Return a page with a lower threshold typed into the table and the cases that go with it."""
    cases = cases_of(draft).replace("\n", "\r\n")
    cells = {"k:L26-2a:at_least": "4,000", "k::title_zh": "虚构标准", "k::title_en": "Invented"}
    return typed(draft, cases=cases, **cells)


def test_a_standard_goes_the_whole_way_by_its_pages(
    english: Client,
    people: tuple[User, User],
    firm: Callable[..., Enterprise],
    django_capture_on_commit_callbacks: Any,
) -> None:
    _writer, second = people
    one = firm(reports={year: {"revenue": 4500 * 10**6} for year in (2025, 2026)})
    begun = english.post(
        reverse("standards:drafts"),
        {"edition": "little_giant_2026", "code": CODE, "in_force": "2027-01-01"},
    )
    draft = Draft.objects.get()
    assert (begun.status_code, begun.url) == (302, page(draft))
    before = draft.text

    checked = english.post(
        page(draft, "draft_check"), typed(draft, **{"k:L26-2a:at_least": "4000"})
    )
    assert "at least CNY 50 million → at least CNY 40 million" in checked.text
    assert "The edition little_giant_2026 goes by this name already." in checked.text
    assert "must give unmet, gives met" in checked.text
    draft.refresh_from_db()
    assert draft.text == before

    assert english.post(page(draft), lower(draft)).status_code == 302
    draft.refresh_from_db()
    renamed = before.replace(draft.base.title_zh, "虚构标准", 1).replace(
        draft.base.title_en, "Invented", 1
    )
    assert draft.text == renamed.replace("at_least = 5000\n", "at_least = 4000\n")
    text = english.get(page(draft)).text
    assert "The text reads, and its worked cases bear it out." in text
    said = editions.policy(draft.base)
    gone = len(read_cases(draft.base.cases, policy=said, origin="cases"))
    assert f"Compared with the edition before: 2 new, 0 changed, {gone} gone." in text
    assert "the wording still names one" in text

    judge_registry(dt.date(2026, 5, 6))
    with django_capture_on_commit_callbacks(execute=True):
        english.post(page(draft, "draft_trial"))
    trial = Trial.objects.get()
    assert trial.result["totals"]["firms"] == 1
    assert "Judged as of 2027-01-01 by both standards" in english.get(page(draft)).text

    english.post(page(draft, "draft_propose"), {"version": draft.version, "reason": ""})
    draft.refresh_from_db()
    assert draft.status == "proposed"
    assert "a colleague approves it" in english.get(page(draft, "draft_approve")).text
    seen = drafting.digest(draft)
    assert english.post(
        page(draft, "draft_approve"), {"seen": seen, "confirm": CODE}
    ).status_code == 403  # fmt: skip

    english.force_login(second)
    text = english.get(page(draft, "draft_approve")).text
    assert "at least CNY 50 million → at least CNY 40 million" in text
    refused = english.post(page(draft, "draft_approve"), {"seen": seen, "confirm": "srdi"})
    assert "is not the name" in refused.text
    assert refused.status_code == 400
    published = english.post(page(draft, "draft_approve"), {"seen": seen, "confirm": CODE})
    assert published.url == reverse("standards:edition", args=[CODE])

    with time_machine.travel(dt.datetime(2027, 1, 2, 2, 0, tzinfo=dt.UTC), tick=False):
        assert editions.edition_for("little_giant", kind="recheck", on=FIRST).code == CODE
        judge_registry(dt.date(2027, 1, 2))
    judged = Assessment.objects.filter(enterprise=one, edition__code=CODE)
    position = editions.policy(Edition.objects.get(code=CODE)).order.index("L26-2a")
    assert {row.verdicts[position] for row in judged} == {"3"}


def test_the_table_changes_only_what_was_typed(english: Client, draft: Draft) -> None:
    before = draft.text
    cells = {
        "k:L26-2b:at_least": "85%",
        "k:L26-2d:at_most": "75",
        "k:L26-2a:label_zh": "上年度营业收入4000万元以上",
        "k::in_force": "2027-03-01",
    }
    assert english.post(page(draft), typed(draft, **cells)).status_code == 302
    draft.refresh_from_db()
    old, new = before.split("\n"), draft.text.split("\n")
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert changed == [
        ("in_force = 2027-01-01", "in_force = 2027-03-01"),
        ('label_zh = "上年度营业收入5000万元以上"', 'label_zh = "上年度营业收入4000万元以上"'),
        ("at_least = 0.90", "at_least = 0.85"),
    ]


BAD = {
    "no number": ({"k:L26-2a:at_least": "viele"}, "is not a number"),
    "too much": ({"k:L26-2b:at_least": "9" * 30}, "out of range"),
    "no day": ({"k::in_force": "31.12.2027"}, "This is not a day"),
    "no label": ({"k:L26-2a:label_zh": " "}, "Write a text."),
    "no such place": ({"k:L26-2a:at_least": "4000", "text": "tier = 1"}, "Change it in the text"),
    "no text": ({"text": ""}, "This field is required."),
    "no version": ({"version": "x"}, "Enter a whole number."),
}


@pytest.mark.parametrize(("changed", "complaint"), BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(
    english: Client, draft: Draft, changed: dict[str, Any], complaint: str
) -> None:
    posted = typed(draft, cases=draft.cases + "# mine\n", **changed)
    answer = english.post(page(draft), posted)
    assert answer.status_code == 400
    assert complaint in answer.text
    assert "# mine" in answer.text
    for value in changed.values():
        assert not value.strip() or value in answer.text or "version" in changed
    draft.refresh_from_db()
    assert draft.version == 1


def test_a_text_that_does_not_read_is_kept_and_its_line_named(
    english: Client, draft: Draft
) -> None:
    broken = draft.text.replace('figure = "revenue"\n', 'figure = "revenu"\n', 1)
    assert english.post(page(draft), typed(draft, text=broken)).status_code == 302
    answer = english.get(page(draft))
    line = broken.split("\n").index('code = "L26-2a"')
    assert f"text, line {line}" in answer.text
    assert "unknown name" in answer.text
    assert "comes back when the text reads again" in answer.text
    draft.refresh_from_db()
    assert draft.text == broken


def test_two_writers_lose_nothing(english: Client, draft: Draft, people: tuple[User, User]) -> None:
    mine = typed(draft, text=draft.text + "# mine\n", **{"k:L26-2a:at_least": "4100"})
    drafting.save(draft, text=draft.text + "# theirs\n", cases="", by=people[1], version=1)
    answer = english.post(page(draft), mine)
    assert answer.status_code == 409
    assert "# mine" in answer.text
    assert "# theirs" in answer.text
    assert "at_least = 4100" in answer.text
    draft.refresh_from_db()
    assert draft.text.endswith("# theirs\n")
    assert 'name="version" value="2"' in answer.text


def test_a_case_is_added_by_the_page(english: Client, draft: Draft) -> None:
    row = {
        "action": "add_case", "case-name": "营业收入：4500万元", "case-kind": "recheck",
        "case-facts": "revenue_y1 = 4500\r\n", "case-code": "L26-2a", "case-verdict": "unmet",
    }  # fmt: skip
    assert english.post(page(draft), typed(draft, **row)).status_code == 302
    draft.refresh_from_db()
    assert draft.cases.endswith(
        '[[section]]\ncase = [\n  {name = "营业收入：4500万元", kind = "recheck", '
        'facts = {revenue_y1 = 4500}, gives = {L26-2a = "unmet"}},\n]\n'
    )
    (mine,) = [o for o in check(draft).outcomes if o.name.startswith("营业收入：4500万元")]
    assert mine.ok
    row["case-facts"] = "revenue 4500"
    refused = english.post(page(draft), typed(draft, **row))
    assert refused.status_code == 400
    assert "This does not read" in refused.text
    assert "revenue 4500" in refused.text


def test_an_earlier_text_is_shown_and_brought_back(english: Client, draft: Draft) -> None:
    first = draft.events.get()
    english.post(page(draft), typed(draft, **{"k:L26-2a:at_least": "4000"}))
    address = reverse("standards:draft_event", args=[draft.pk, first.pk])
    assert "at_least = 5000" in english.get(address).text
    english.post(f"{address}restore/", {"version": 2})
    draft.refresh_from_db()
    assert (draft.text, draft.version) == (first.text, 3)


def test_a_refused_step_says_why(english: Client, draft: Draft) -> None:
    english.post(page(draft), typed(draft, **{"k:L26-2a:at_least": "4000"}))
    answer = english.post(page(draft, "draft_propose"), {"version": 2}, follow=True)
    assert "worked case" in answer.text
    answer = english.post(page(draft, "draft_withdraw"), {"version": 2, "reason": ""}, follow=True)
    assert "Say why it is given up." in answer.text
    answer = english.post(page(draft, "draft_propose"), {"version": 1}, follow=True)
    assert "Somebody changed this record" in answer.text
    english.post(page(draft, "draft_withdraw"), {"version": 2, "reason": "另拟"})
    answer = english.get(page(draft))
    assert "withdrawn" in answer.text
    assert 'id="editor"' not in answer.text


def test_the_files_are_the_texts(english: Client, draft: Draft) -> None:
    for name, text in (("draft_edition", draft.text), ("draft_cases", draft.cases)):
        answer = english.get(page(draft, name))
        assert answer.content.decode() == text
        assert f'{CODE}.toml"' in answer["Content-Disposition"]


def test_drafts_are_for_those_who_decide_for_the_nation(
    client: Client, draft: Draft, people: tuple[User, User], user: Callable[..., User],
    firm: Callable[..., Enterprise],
) -> None:  # fmt: skip
    event = draft.events.get()
    reads = [reverse("standards:drafts")]
    reads += [page(draft, name) for name in ("draft", "draft_approve")]
    reads += [page(draft, name) for name in ("draft_edition", "draft_cases")]
    reads += [reverse("standards:draft_event", args=[draft.pk, event.pk])]
    writes = [page(draft, f"draft_{name}") for name in (
        "check", "trial", "approve", "propose", "send_back", "withdraw")]  # fmt: skip
    writes += [page(draft), reverse("standards:drafts")]
    writes += [reverse("standards:draft_restore", args=[draft.pk, event.pk])]
    for address in reads:
        assert client.get(address).status_code == 302
    people[1].seats.update(may_decide=False)
    others = [user("province", "32"), user("county", "320583"), user("expert"), user("auditor")]
    others += [user("owner", enterprise=firm()), people[1]]
    for other in others:
        client.force_login(other)
        assert {client.get(address).status_code for address in reads} == {403}
        assert {client.post(address, typed(draft)).status_code for address in writes} == {403}
    draft.refresh_from_db()
    assert (draft.version, Draft.objects.count()) == (1, 1)
    client.force_login(people[0])
    assert client.get(reverse("standards:draft", args=[draft.pk + 1])).status_code == 404
    other_event = reverse("standards:draft_event", args=[draft.pk, event.pk + 1])
    assert client.get(other_event).status_code == 404
    assert client.get(page(draft, "draft_withdraw")).status_code == 405


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    english: Client, draft: Draft, django_assert_num_queries: DjangoAssertNumQueries,
    people: tuple[User, User],
) -> None:  # fmt: skip
    address = reverse("standards:drafts")
    english.get(address)
    with django_assert_num_queries(7) as found:
        english.get(address)
    number = len(found)
    for code in ("a_2028", "b_2028"):
        drafting.begin(draft.base, code=code, by=people[0], in_force=FIRST)
    with django_assert_num_queries(number):
        assert english.get(address).text.count("little_giant_2027") >= 1
