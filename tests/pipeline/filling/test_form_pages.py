"""The pages of a form: who comes in, saving by script and by button, tasks, queries (填报页面)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cultivation.pipeline.filling import evidence, states
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Application, Entry, Evidence, Presence, Status
from enterprises.registry.models import AnnualReport, Document, IntellectualProperty

from .conftest import PDF, at, signed, text

if TYPE_CHECKING:
    from django.test import Client

    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
WAN = 1_000_000
EVERYBODY = (
    "county", "province", "nation", "jiangsu", "auditor", "owner", "editor", "other_owner",
    "clerk", "expert", "nobody",
)  # fmt: skip


@pytest.fixture
def owner(client: Client, world: World) -> Client:
    return signed(client, world, "owner")


def save(
    client: Client, draft: Application, subject: str, value: str, *, seen: str | None = None,
    **more: str,
) -> Any:  # fmt: skip
    draft.refresh_from_db()
    name = subject.removeprefix("answer:")
    mark = Sheet(draft).mark(subject) if seen is None else seen
    data = {"subject": subject, name: value, f"seen:{subject}": mark, "unit": "万元", **more}
    return client.post(at("form_save", draft), data)


PAGES = [
    ("form", []), ("check", []), ("form_section", ["texts"]), ("form_section", ["documents"]),
    ("form_section", ["statements"]), ("form_criteria", ["F-2"]), ("form_standing", ["F-2"]),
]  # fmt: skip
POSTS = ["form_save", "form_here", "form_papers", "form_why"]


def test_a_draft_is_open_to_own_staff_alone(
    client: Client, world: World, draft: Application
) -> None:
    for who in EVERYBODY:
        signed(client, world, who)
        own = who in {"owner", "editor"}
        for name, args in PAGES:
            page = client.get(at(name, draft, *args))
            assert page.status_code == (200 if own else 404), (who, name)
        for name in POSTS:
            answer = client.post(at(name, draft))
            assert (answer.status_code == 404) is (not own or name == "form_papers"), (who, name)
        goes = client.get(at("form_field", draft, "answer:niche")).status_code
        assert goes == (302 if own else 404)
        for name in ("receipt", "receipt_text", "print"):
            assert client.get(at(name, draft)).status_code == 404  # nothing went in yet


def test_a_script_is_told_that_the_session_is_over(client: Client, draft: Application) -> None:
    for name in ("form_save", "form_here"):
        answer = client.post(at(name, draft), {"subject": "answer:niche"})
        assert (answer.status_code, answer.json()) == (401, {"state": "signed_out"})


def test_a_field_is_saved_and_read_back(owner: Client, draft: Application) -> None:
    said = save(owner, draft, "report:2025:revenue", "6,100万").json()
    assert (said["state"], said["message"]) == ("saved", "saved at 10:00")
    assert (said["shown"], said["reading"]) == ("6,100", "= CNY 61,000,000")
    assert AnnualReport.objects.get(enterprise=draft.enterprise_id, year=2025).revenue == 6100 * WAN
    assert save(owner, draft, "report:2025:revenue", "0.62亿").json()["shown"] == "6,200"
    assert (
        save(owner, draft, "answer:niche", "sensors").json()["mark"]
        == Sheet(draft).mark("answer:niche")
        or Application.objects.get().answers["niche"] == "sensors"
    )


BAD = [
    ("report:2025:revenue", "abc", "2025 · revenue: “abc” is not an amount"),
    ("report:2025:revenue", "1200万美元", "in another currency"),
    ("report:2025:revenue", "9" * 40, "larger than any amount"),
    ("report:2025:revenue", "1\x00", "Null characters are not allowed"),
    ("report:2025:revenue", "-1", "cannot be negative"),
    ("report:2025:market_share", "1e400", "outside 0 to"),
    ("report:2025:market_share", "NaN", "is not a number"),
    ("statement:niche_since", "0000-00-00", "is not a date"),
    ("statement:own_brand", "maybe", "Select a valid choice"),
    ("answer:product", "长" * 501, "at most 500 characters"),
    ("statement:contact_phone", "1", "no such field"),
    ("report:9999:revenue", "1", "no such field"),
]


def test_a_bad_value_is_told_with_its_field_and_not_kept(owner: Client, draft: Application) -> None:
    for subject, value, said in BAD:
        answer = save(owner, draft, subject, value, seen="" if "no such" in said else None)
        assert (answer.status_code, answer.json()["state"]) == (422, "refused"), value
        assert said in answer.json()["message"]
    assert Entry.objects.count() == 0
    odd = {"save": "\x00" * 99, "reason:\x00:x": "\x00", "unit": "\x00"}
    assert save(owner, draft, "answer:niche", "x", **odd).status_code == 200
    for section in ("\x00", "长" * 999, ""):
        sent = {"section": section, "mark:answer:niche": "\x00", "mark:x": "1"}
        assert owner.post(at("form_here", draft), sent).status_code == 200


def test_a_clash_gives_the_script_both_values(
    client: Client, world: World, draft: Application
) -> None:
    mark = Sheet(draft).mark("answer:niche")
    save(signed(client, world, "editor"), draft, "answer:niche", "first")
    answer = save(signed(client, world, "owner"), draft, "answer:niche", "second", seen=mark)
    said = answer.json()
    assert (answer.status_code, said["state"], said["who"]) == (409, "clash", "editor")
    assert (said["said"], said["shown"]) == ("first", "first")
    assert save(client, draft, "answer:niche", "second", seen=said["mark"]).status_code == 200


def test_a_doubt_comes_with_the_name_of_its_sentence(owner: Client, draft: Application) -> None:
    subject = "report:2025:main_business_revenue"
    said = save(owner, draft, subject, "7000").json()
    (doubt,) = said["doubts"]
    assert (said["state"], doubt["key"]) == (
        "doubted", "part_above_whole:main_business_revenue",
    )  # fmt: skip
    more = {f"reason:{doubt['key']}": "merged"}
    assert save(owner, draft, subject, "7000", **more).json()["state"] == "saved"


def test_a_closed_application_says_so_to_the_script(owner: Client, draft: Application) -> None:
    Application.objects.update(status=Status.AT_COUNTY, submitted_at="2026-05-06T00:00Z")
    answer = save(owner, draft, "answer:niche", "x")
    assert (answer.status_code, answer.json()["state"]) == (409, "closed")


def test_signs_of_life_tell_who_is_here_and_what_changed(
    client: Client, world: World, draft: Application
) -> None:
    marks = {f"mark:{name}": Sheet(draft).mark(name) for name in ("answer:niche", "answer:product")}
    editor = signed(client, world, "editor")
    editor.post(at("form_here", draft), {"section": "F-2"})
    save(editor, draft, "answer:niche", "new")
    owner = signed(client, world, "owner")
    said = owner.post(at("form_here", draft), {"section": "texts", **marks}).json()
    assert said["others"] == ["editor is in “Business” now"]
    assert {name: now["shown"] for name, now in said["changed"].items()} == {"answer:niche": "new"}
    assert "editor is in “Business” now" in text(owner.get(at("form_section", draft, "texts")))
    assert Presence.objects.count() == 2


def test_the_button_saves_all_and_goes_on(owner: Client, draft: Application) -> None:
    page = owner.get(at("form_criteria", draft, "F-2"))
    data = dict(re.findall(r'name="(seen:[^"]+)" value="([^"]*)"', page.content.decode()))
    assert set(data) == {
        "seen:report:2025:revenue", "seen:report:2024:revenue",
        "seen:report:2025:main_business_revenue",
    }  # fmt: skip
    data |= {"report:2025:revenue": "6,000", "report:2024:revenue": "5,500万", "unit": "万元"}
    data |= {"report:2025:main_business_revenue": "5500", "after": "F-2"}
    sent = owner.post(at("form_criteria", draft, "F-2"), data)
    assert sent["Location"] == at("form_criteria", draft, "F-3")
    rows = AnnualReport.objects.filter(enterprise=draft.enterprise_id).order_by("year")
    assert list(rows.values_list("year", "revenue", "main_business_revenue")) == [
        (2024, 5500 * WAN, None), (2025, 6000 * WAN, 5500 * WAN),
    ]  # fmt: skip


def test_the_button_keeps_what_can_be_kept_and_says_the_rest(
    owner: Client, draft: Application
) -> None:
    marks = {f"seen:{n}": Sheet(draft).mark(n) for n in Sheet(draft).figures}
    typed = {"report:2024:revenue": "5500", "report:2025:revenue": "6,0x0", "unit": "万元"}
    answer = owner.post(at("form_criteria", draft, "F-2"), {**marks, **typed})
    said = text(answer)
    assert answer.status_code == 200
    assert "Not everything could be saved" in said
    assert "“6,0x0” is not an amount" in said
    assert 'value="6,0x0"' in answer.content.decode()
    assert AnnualReport.objects.get(enterprise=draft.enterprise_id, year=2024).revenue == 5500 * WAN
    doubtful = {**marks, "report:2025:main_business_revenue": "7000", "report:2025:revenue": "6000"}
    asked = owner.post(at("form_criteria", draft, "F-2"), {**doubtful, "unit": "万元"})
    key = "reason:part_above_whole:main_business_revenue"
    assert f'name="{key}"' in asked.content.decode()
    marks = {f"seen:{n}": Sheet(draft).mark(n) for n in Sheet(draft).figures}
    done = owner.post(
        at("form_criteria", draft, "F-2"),
        {**doubtful, **marks, "report:2024:revenue": "5500", "unit": "万元", key: "merged"},
    )
    assert done.status_code == 302


def test_a_unit_chosen_is_remembered(owner: Client, draft: Application) -> None:
    page = owner.get(at("form_criteria", draft, "F-2"), {"unit": "千元"})
    assert 'value="60,000"' in page.content.decode()
    again = owner.get(at("form_criteria", draft, "F-2"))
    assert 'value="60,000"' in again.content.decode()
    strange = owner.get(at("form_criteria", draft, "F-2"), {"unit": "美元"})
    assert 'value="6,000"' in strange.content.decode()


def states_of(draft: Application) -> dict[str, str]:
    draft.refresh_from_db()
    return {task.key: str(task.state) for task in states.tasks(Sheet(draft))}


def test_tasks_say_how_far_each_part_is(world: World, owner: Client, draft: Application) -> None:
    assert states_of(draft) == {
        "F-1": "not_started", "F-2": "in_progress", "F-3": "not_started",
        "F-4": "not_started", "texts": "in_progress", "documents": "not_started",
        "statements": "not_started",
    }  # fmt: skip
    said = text(owner.get(at("form", draft)))
    assert "0 of 7 parts are done" in said
    assert "2024 · revenue; 2025 · main-business revenue" in said
    save(owner, draft, "report:2025:main_business_revenue", "5500")
    save(owner, draft, "report:2024:revenue", "500")
    tasks = {task.key: task for task in states.tasks(Sheet(draft))}
    assert tasks["F-2"].state == "blocked"
    (why,) = tasks["F-2"].why
    assert why == "not met: F-2a Revenue (short by CNY 5 million)"
    save(owner, draft, "report:2024:revenue", "5500")
    assert states_of(draft)["F-2"] == "in_progress"  # audit reports are owed
    for year in (2024, 2025):
        evidence.say_why(draft, f"paper:audit_report:{year}", "on paper", by=world.user("owner"))
    assert states_of(draft)["F-2"] == "done"
    assert save(owner, draft, "statement:own_brand", "true").status_code == 200
    assert states_of(draft)["F-1"] == "in_progress"


def test_a_page_shows_what_each_fact_counts_for(
    world: World, owner: Client, draft: Application
) -> None:
    common = {"enterprise": world.firm, "obtained": "own", "granted_on": "2024-01-01"}
    for number, related in (("ZL-1", True), ("ZL-2", False), ("ZL-3", None)):
        IntellectualProperty.objects.create(
            kind="invention", ip_class=1, number=number, related=related, **common
        )
    IntellectualProperty.objects.filter(number="ZL-2").update(valid_to="2026-07-01")
    IntellectualProperty.objects.filter(number="ZL-1").update(valid_to="2036-07-01")
    said = text(owner.get(at("form_criteria", draft, "F-3")))
    assert "ZL-1 · 2024-01-01 is counted" in said
    assert "ZL-2 · 2024-01-01 valid until 2026-07-01 is not counted" in said
    assert "ZL-3 · 2024-01-01 open: something is not stated" in said
    add = reverse("registry:fact_add", args=[world.firm.pk, "ip"])
    back = at("form_criteria", draft, "F-3")
    form = owner.get(add, {"next": back})
    assert f'name="next" value="{back}"' in form.content.decode()
    data = {"kind": "invention", "number": "ZL-4", "obtained": "own", "granted_on": "2024-02-02"}
    done = owner.post(add, {**data, "holder_rank": "1", "next": back})
    assert done["Location"] == back
    data["number"] = "ZL-5"
    away = owner.post(add, {**data, "holder_rank": "1", "next": "//evil.example/"})
    assert away["Location"] == reverse("registry:facts", args=[world.firm.pk]) + "#ip"


def test_a_section_that_no_rule_asks_for_is_not_there(owner: Client, draft: Application) -> None:
    for name, key in (
        ("form_criteria", "L26-2"), ("form_criteria", "F-2a"), ("form_criteria", "长" * 300),
        ("form_section", "nonsense"), ("form_standing", "F-9"),
    ):  # fmt: skip
        assert owner.get(at(name, draft, key)).status_code == 404


def test_a_field_is_found_by_its_name(owner: Client, draft: Application) -> None:
    for subject, name, args, anchor in (
        ("answer:niche", "form_section", ["texts"], "answer-niche"),
        ("answer:declares_truth", "form_section", ["statements"], "answer-declares_truth"),
        ("report:2024:revenue", "form_criteria", ["F-2"], "report-2024-revenue"),
        ("statement:own_brand", "form_criteria", ["F-1"], "statement-own_brand"),
        ("paper:licence", "form_section", ["documents"], "paper-licence"),
        ("fact:ip", "form_criteria", ["F-3"], "list-ip"),
        ("criterion:F-3a", "form_criteria", ["F-3"], "criterion-F-3a"),
    ):
        to = owner.get(at("form_field", draft, subject))["Location"]
        assert to == f"{at(name, draft, *args)}#{anchor}", subject
    for strange in ("answer:gold", "fact:gold", "x", "report:1:2:3"):
        assert owner.get(at("form_field", draft, strange))["Location"] == at("form", draft)


LIMITS = {  # queries; the frame of every page may take three more
    ("form", ()): 30,
    ("check", ()): 31,
    ("form_criteria", ("F-3",)): 24,
    ("form_section", ("documents",)): 14,
    ("form_section", ("texts",)): 8,
    ("form_standing", ("F-3",)): 17,
}


def test_pages_take_the_same_queries_for_one_row_and_three(
    world: World, owner: Client, draft: Application
) -> None:
    by = world.user("owner")

    def add(number: int) -> None:
        file = SimpleUploadedFile(f"{number}.pdf", PDF + bytes([number]))
        evidence.hand_in(draft, "paper:right_certificates", [file], by=by)
        evidence.say_why(draft, f"paper:audit_report:{2024 + number % 2}", "on paper", by=by)
        common = {"enterprise": world.firm, "obtained": "own", "granted_on": "2024-01-01"}
        IntellectualProperty.objects.create(
            kind="invention", ip_class=1, number=f"ZL-{number}", related=True, **common
        )
        save(owner, draft, "answer:niche", f"text {number}")

    def count() -> dict[Any, int]:
        found = {}
        for name, args in LIMITS:
            with CaptureQueriesContext(connection) as seen:
                assert owner.get(at(name, draft, *args)).status_code == 200
            found[name, args] = len(seen)
        return found

    add(1)
    count()
    one = count()
    add(2)
    add(3)
    assert count() == one
    assert {key: n for key, n in one.items() if n > LIMITS[key] + 3} == {}
    assert Evidence.objects.count() == Document.objects.count() == 3
