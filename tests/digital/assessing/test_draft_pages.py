from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from cultivation.digital.assessing import drafting
from cultivation.digital.assessing.sheet import KEYS, Sheet
from cultivation.digital.models import AssessmentDraft, LevelRule, MaturityAssessment
from tests.digital.conftest import answers, assess

SELF = "self_declared"
GIVEN = answers({1: "BCDE", 2: "E", 3: "E"}, [1] * 6 + [0] * 10)


def of(firm, name: str, *more) -> str:
    return reverse(f"digital:{name}", args=[firm.pk, *more])


def sent(draft, *names) -> dict:
    """Return what a browser without a script would send of some fields as they stand."""
    sheet = Sheet(draft)
    data = {}
    for name in names:
        value = sheet.value(name)
        data |= {f"seen:{name}": sheet.mark(name), name: "" if value is None else value}
    return data


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_index_is_filled_in_step_by_step_without_a_script(signed_in, firm) -> None:
    one = firm()
    client = signed_in("editor", of=one)
    assert "Begin the assessment" in client.get(of(one, "assess", "self")).content.decode()
    assert client.get(of(one, "draft_step", "self", "foundation")).status_code == 302
    client.post(of(one, "assess", "self"), {"do": "begin"})
    for place, key in enumerate(KEYS):
        draft = AssessmentDraft.objects.get()
        step = Sheet(draft).step(key)
        data = sent(draft, *step.names) | {"after": key}
        data |= {n: GIVEN["questions"][n[2:]] for n in step.names if n[0] == "q"}
        data |= {n: str(GIVEN["scenarios"][n[2:]]) for n in step.names if n[0] == "s"}
        assert client.get(of(one, "draft_step", "self", key)).status_code == 200
        response = client.post(of(one, "draft_step", "self", key), data)
        later = KEYS[place + 1] if place + 1 < len(KEYS) else None
        to = of(one, "draft_step", "self", later) if later else of(one, "draft_check", "self")
        assert response.url == to
    draft = AssessmentDraft.objects.get()
    assert Sheet(draft).answers == GIVEN
    text = text_of(client.get(of(one, "draft_check", "self")))
    assert "Still missing for “Standardised”" in text
    assert "We pledge that these answers are true" in text
    data = {"version": draft.version}
    refused = client.post(of(one, "draft_check", "self"), data).content.decode()
    assert "Pledge that the answers are true, then hand it in." in refused
    response = client.post(of(one, "draft_check", "self"), data | {"pledge": "on"})
    row = MaturityAssessment.objects.get()
    assert response.url == of(one, "assessment", row.pk)
    assert (row.way, row.level, row.score, row.answers) == (SELF, 1, 2000, GIVEN)


@pytest.fixture
def begun(firm, seated, client):
    """Give a firm with a draft of its owner, who is signed in."""
    one = firm()
    owner = seated("owner", of=one)
    assess(one, 1, way=SELF, answers=GIVEN, assessed_on=dt.date(2025, 6, 1))
    client.force_login(owner)
    client.cookies["django_language"] = "en"
    return one, drafting.begin(one, way=SELF, by=owner)


def save(client, one, name, value, *, seen, save_id="s1"):
    data = {"subject": name, name: value, f"seen:{name}": seen, "save": save_id, "unit": ""}
    return client.post(of(one, "draft_save", "self"), data)


def test_a_field_saves_itself_and_says_what_became_of_it(begun, client) -> None:
    one, draft = begun
    seen = Sheet(draft).mark("q:1")
    answer = save(client, one, "q:1", ["C", "B"], seen=seen)
    said = answer.json()
    assert (answer.status_code, said["state"], said["shown"]) == (200, "saved", "B C")
    again = save(client, one, "q:1", ["B", "C"], seen=seen).json()
    assert (again["state"], again["mark"]) == ("saved", said["mark"])
    clash = save(client, one, "q:1", ["D"], seen=seen, save_id="s2")
    assert (clash.status_code, clash.json()["state"], clash.json()["shown"]) == (
        409,
        "clash",
        "B C",
    )
    assert AssessmentDraft.objects.get().values["q:1"] == ["B", "C"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("q:1", ["A", "B"], "1. Network construction: “None” stands alone."),
        ("q:2", "Z", "2. Equipment digitalisation: Select a valid choice. Z is not one of"),
        ("s:1", "5", "Product design: Select a valid choice. 5 is not one of"),
        ("d:assessed_on", "2026-13-01", "Day of the assessment: “2026-13-01” is not a date."),
        ("d:valid_to", "0000-01-01", "Valid to: “0000-01-01” is not a date."),
        ("d:document", "999", "Evidence document: Select a valid choice."),
        ("x", "1", "There is no such field."),
        ("d:assessor", "1", "There is no such field."),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_message(begun, client, name, value, message) -> None:
    one, draft = begun
    before = dict(draft.values)
    answer = save(client, one, name, value, seen="")
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(message)
    assert AssessmentDraft.objects.get().values == before


def test_two_editors_are_told_of_each_other(begun, client, seated) -> None:
    one, draft = begun
    sheet = Sheet(draft)
    client.get(of(one, "draft_step", "self", "management"))
    client.force_login(seated("editor", of=one))
    data = {"section": "results", "mark:q:2": "old", "mark:s:1": sheet.mark("s:1")}
    said = client.post(of(one, "draft_here", "self"), data).json()
    assert said["others"] == [f"owner-{one.pk} is in “Digital management” now"]
    assert {name: row["shown"] for name, row in said["changed"].items()} == {"q:2": "E"}


def test_a_page_that_was_overtaken_shows_both_values(begun, client, seated) -> None:
    one, draft = begun
    step = Sheet(draft).step("results")
    data = sent(draft, *step.names) | {"q:12": "C"}
    save(client, one, "q:12", "B", seen=Sheet(draft).mark("q:12"))
    response = client.post(of(one, "draft_step", "self", "results"), data)
    assert response.status_code == 409
    assert "changed “12. Green &amp; low carbon” meanwhile; nothing was overwritten." in text_of(
        response
    )
    assert AssessmentDraft.objects.get().values["q:12"] == ["B"]


def test_a_session_that_is_over_is_told_as_such(begun, client) -> None:
    one, _draft = begun
    client.logout()
    answer = client.post(of(one, "draft_save", "self"), {"subject": "q:1"})
    assert (answer.status_code, answer.json()) == (401, {"state": "signed_out"})


def test_a_draft_that_is_gone_is_told_and_can_be_given_up(begun, client) -> None:
    one, draft = begun
    client.post(of(one, "assess", "self"), {"do": "discard"})
    assert not AssessmentDraft.objects.exists()
    answer = save(client, one, "q:2", "C", seen=Sheet(draft).mark("q:2"))
    assert (answer.status_code, answer.json()["state"]) == (409, "closed")


def test_only_who_may_assess_opens_a_draft(begun, client, firm, seated) -> None:
    one, _draft = begun
    pages = [
        of(one, "assess", "self"),
        of(one, "draft_step", "self", "results"),
        of(one, "draft_check", "self"),
    ]
    for user, status in (
        (seated("owner", of=firm()), 404),
        (seated("county", code="440103"), 404),
        (seated("county", code="440106"), 403),
        (seated("auditor", code="000000"), 403),
    ):
        client.force_login(user)
        assert [client.get(page).status_code for page in pages] == [status] * 3
        assert save(client, one, "q:2", "C", seen="").status_code == status
        assert client.post(pages[0], {"do": "discard"}).status_code == status
    assert AssessmentDraft.objects.count() == 1


def test_a_step_or_way_that_does_not_exist_is_not_found(begun, client) -> None:
    one, _draft = begun
    assert client.get(of(one, "draft_step", "self", "guess")).status_code == 404
    assert client.get(of(one, "draft_step", "guess", "results")).status_code == 404


def test_an_officer_begins_on_site_from_the_declared_answers(begun, client, seated) -> None:
    one, _draft = begun
    client.force_login(seated("county", code="440106"))
    page = of(one, "assess", "on-site")
    assert "Begin from what the enterprise declared on 2025-06-01" in text_of(client.get(page))
    client.post(page, {"do": "declared"})
    step = of(one, "draft_step", "on-site", "supply")
    assert "Declared: None of these" in text_of(client.get(step))
    draft = AssessmentDraft.objects.get(way="on_site")
    names = Sheet(draft).step("supply").names
    client.post(step, sent(draft, *names) | {"s:11": "1", "f:s:11": "differs", "agree": "rest"})
    values = AssessmentDraft.objects.get(way="on_site").values
    assert (values["s:11"], values["f:s:11"], values["f:s:12"]) == (1, "differs", "agree")
    text = text_of(client.get(of(one, "draft_check", "on-site")))
    assert "Assessor" in text
    assert "1. Network construction: say whether the self-declared answer agrees" in text


def test_a_form_of_a_step_takes_the_same_queries_on_small_and_large_steps(
    begun, client, django_assert_num_queries
) -> None:
    one, _draft = begun
    for key in ("supply", "production"):
        client.get(of(one, "draft_step", "self", key))
        with django_assert_num_queries(14):
            client.get(of(one, "draft_step", "self", key))


def test_both_ways_stand_side_by_side_on_the_firms_page(begun, client) -> None:
    one, _draft = begun
    found = {**GIVEN, "scenarios": {**GIVEN["scenarios"], "1": 0}}
    assess(one, 0, answers=found)
    text = text_of(client.get(of(one, "of_enterprise")))
    assert "The two ways give different levels." in text
    assert "Answers that differ: 1 of 31" in text
    page = client.get(of(one, "compare"), {"only": "1"}).content.decode()
    assert re.findall(r'<th scope="row">([^<]+)<span', page) == ["Product design *"]


def test_staff_enter_a_total_of_2022_and_its_level_follows(begun, client) -> None:
    one, _draft = begun
    assert "are not known in full" in client.get(of(one, "result")).content.decode()
    data = {"score": "59.99", "assessed_on": "2024-03-01", "level": "4", "index_version": "2024"}
    refused = text_of(client.post(of(one, "result"), data))
    assert ("Pledge that the total is true" in refused, 'value="59.99"' in refused) == (True, True)
    assert not MaturityAssessment.objects.filter(index_version=2022).exists()
    data["pledge"] = "on"
    assert client.post(of(one, "result"), data).url == of(one, "of_enterprise")
    row = MaturityAssessment.objects.get(index_version=2022)
    assert (row.way, row.level, row.score) == (SELF, 2, 5999)


def test_thresholds_are_shown_with_their_source_and_issued_by_the_nation(
    signed_in, client, seated, places
) -> None:
    page = reverse("digital:level_rules")
    client.force_login(seated("county", code="440106"))
    assert client.post(page, {}).status_code == 403
    text = text_of(client.get(page))
    assert "Issue a new version" not in text
    client = signed_in("nation", code="000000", may_decide=True)
    text = text_of(client.get(page))
    assert "Index of 2024, thresholds 1, in force from 2024-09-04" in text
    assert text.count(">unverified<") == 1
    data = {"index_version": "2024", "in_force_from": "2026-07-01", "source": "text of MIIT"}
    for level, (points, number, bound) in enumerate(
        [("25", 6, 3), ("40", 6, 3), ("60", 8, 5), ("80.5", 10, 6)], start=1
    ):
        data |= {f"points{level}": points, f"scenarios{level}": number, f"binding{level}": bound}
    assert client.post(page, data | {"points1": "x"}).status_code == 200
    assert client.post(page, data).status_code == 302
    made = LevelRule.objects.get(number=2)
    assert list(made.thresholds.values_list("points", flat=True)) == [
        25_000,
        40_000,
        60_000,
        80_500,
    ]


def test_no_level_is_chosen_for_an_officer_who_enters_a_result(signed_in, firm) -> None:
    one = firm()
    client = signed_in("county", code="440106")
    page = text_of(client.get(of(one, "result")))
    assert '<option value="" selected>by the total (2022), else choose</option>' in page
    data = {"index_version": "2024", "score": "85", "assessed_on": "2026-03-01", "assessor": "x"}
    said = text_of(client.post(of(one, "result"), data))
    assert "An assessment needs its answers or its level." in said
    assert not MaturityAssessment.objects.exists()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"d:assessed_on": "2026-07-01"}, "The day of the assessment lies in the future."),
        ({"d:assessed_on": "2024-09-03"}, "The 2024 index is in use since 2024-09-04"),
        ({"d:valid_to": "2026-06-29"}, "The assessment would expire before it was made."),
        ({"d:valid_to": "9999-12-31"}, "9999-12-31 lies more than 20 years after the assessment"),
    ],
)
def test_a_day_that_cannot_be_is_refused_where_it_is_typed(begun, client, typed, message) -> None:
    one, draft = begun
    data = {"d:assessed_on": "2026-06-30"} | typed
    data |= {f"seen:{name}": Sheet(draft).mark(name) for name in data}
    subject = next(iter(typed))
    answer = client.post(of(one, "draft_save", "self"), data | {"subject": subject})
    assert (answer.status_code, message in answer.json()["message"]) == (422, True)
    page = client.post(of(one, "draft_step", "self", "details"), data).content.decode()
    assert (message in page, f'value="{typed[subject]}"' in page) == (True, True)
    draft.refresh_from_db()
    assert Sheet(draft).value("d:assessed_on") == "2026-06-30"


def test_what_is_handed_in_twice_leads_to_the_firm_and_not_to_a_dead_draft(begun, client) -> None:
    one, draft = begun

    def first_click(execute, sql, params, many, context):
        """Let the draft be gone just after the second request found it."""
        found = execute(sql, params, many, context)
        if not left and 'FROM "digital_assessmentdraft"' in sql:
            left.append(draft)
            AssessmentDraft.objects.filter(pk=draft.pk).delete()
        return found

    left: list[AssessmentDraft] = []
    data = {"version": "1", "pledge": "on"}
    with connection.execute_wrapper(first_click):
        answer = client.post(of(one, "draft_check", "self"), data)
    assert answer.url == of(one, "of_enterprise")
    assert "The draft was handed in or given up meanwhile." in text_of(client.get(answer.url))


def test_a_file_that_is_refused_loses_nothing_else(begun, client) -> None:
    one, draft = begun
    data = sent(draft, "d:assessed_on", "d:document") | {
        "seen:d:valid_to": Sheet(draft).mark("d:valid_to"),
        "d:valid_to": "soon",
        "file": SimpleUploadedFile("a.exe", b"MZ"),
    }
    page = client.post(of(one, "draft_step", "self", "details"), data)
    assert (page.status_code, 'value="soon"' in page.content.decode()) == (200, True)
    assert "“soon” is not a date." in page.content.decode()


@pytest.mark.parametrize(
    ("score", "level", "said", "missing"),
    [
        (0, 0, "The total 0.00 decides: it is at least 0.00 and below 20.00.", ["1", "20"]),
        (5999, 2, "The total 59.99 decides: it is at least 40.00 and below 60.00.", ["3", "0.01"]),
        (8000, 4, "The total 80.00 decides: it is at least 80.00.", []),
    ],
)
def test_a_total_of_2022_says_how_its_level_came_about(
    signed_in, firm, score, level, said, missing
) -> None:
    one = firm()
    row = assess(one, level, index_version=2022, score=score, assessed_on=dt.date(2024, 3, 1))
    client = signed_in("county", code="440106")
    for page in (of(one, "of_enterprise"), of(one, "assessment", row.pk)):
        text = text_of(client.get(page))
        assert said in text
        found = re.findall(r"Still missing for level (\d)</h3><ul><li>([\d.]+) points more", text)
        assert found == ([tuple(missing)] if missing else [])


def test_the_levels_show_own_points_beside_those_asked_for(signed_in, firm) -> None:
    one = firm()
    row = assess(one, 1, way=SELF, answers=GIVEN, score=2000)
    text = text_of(signed_in("county", code="440106").get(of(one, "assessment", row.pk)))
    assert "points 20.00/40.00; scenarios 0/6, of them binding 0/3" in text
