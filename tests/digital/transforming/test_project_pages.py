from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cultivation.digital import projects
from cultivation.digital.models import AcceptanceItem, ServiceProvider, TransformationProject
from cultivation.digital.transforming import listing
from enterprises.accounts.models import User
from enterprises.jobs.models import JobRun
from tests.digital.conftest import TODAY
from tests.digital.transforming.conftest import paper
from tests.digital.transforming.test_steps import DUE, provider

LIST, EXPORT, PROVIDERS = (
    reverse(f"digital:{name}") for name in ("projects", "projects_export", "providers")
)


def of(firm, name: str, *more) -> str:
    return reverse(f"digital:{name}", args=[firm.pk, *more])


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def owned(firm, seated):
    one = firm()
    owner = seated("owner", of=one)
    fields = {"started_on": dt.date(2026, 1, 5), "by": owner, "due": DUE}
    return projects.register(one, name="=1+1", own_money=12_345, **fields)


def test_a_project_goes_from_diagnosis_to_acceptance_by_its_pages(client, firm, seated) -> None:
    one = firm()
    officer = seated("county", code="440106")
    client.force_login(seated("owner", of=one))
    client.cookies["django_language"] = "en"
    data = {"name": "产线改造", "started_on": "2026-01-05", "own_money": "120万"}
    client.post(of(one, "project_new"), data | {"due_diagnosis": "2026-02-01"})
    project = TransformationProject.objects.get()
    page = of(one, "project", project.pk)
    assert (project.own_money, project.steps.count()) == (120_000_000, 5)
    assert text_of(client.get(page)).count(">overdue<") == 1
    for step in project.steps.filter(stage__in=("diagnosis", "plan", "contract")):
        client.post(of(one, "project_part", project.pk, step.pk, "done"), {"on": "2026-03-01"})
    client.post(of(one, "project_milestone", project.pk), {"name": "上线", "due_on": "2026-04-01"})
    mile = project.steps.get(stage="milestone")
    client.post(of(one, "project_part", project.pk, mile.pk, "due"), {"due_on": "2026-07-01"})
    client.post(of(one, "project_part", project.pk, mile.pk, "leave-out"), {"reason": "later"})
    client.post(of(one, "project_step", project.pk, "finish"), {"on": "2026-05-01"})
    accept = of(one, "project_step", project.pk, "accept")
    assert client.post(accept, {"on": "2026-06-01"}).status_code == 403
    client.force_login(officer)
    said = text_of(client.post(accept, {"on": "2026-06-30"}, follow=True))
    assert "still lacks: contract and proof of payment; the systems are in real use." in said
    for code in ("contract", "in_use"):
        item = AcceptanceItem.objects.get(code=code)
        to, proof = of(one, "project_tick", project.pk, item.pk), paper(one).pk
        client.post(to, {"do": "tick", "document": proof, "remark": "seen"})
    assert "It can be accepted once" not in text_of(client.get(page))
    client.post(accept, {"on": "2026-06-30"})
    project.refresh_from_db()
    assert (project.started_on, project.finished_on, project.accepted_on) == (
        dt.date(2026, 1, 5),
        dt.date(2026, 5, 1),
        TODAY,
    )
    edit = of(one, "project_edit", project.pk)
    assert 'name="name"' not in client.get(edit).content.decode()
    client.post(edit, {"own_paid": "5", "public_paid": "", "version": project.version})
    project.refresh_from_db()
    assert (project.own_paid, project.name) == (500, "产线改造")


@pytest.mark.parametrize(
    ("page", "data", "message"),
    [
        ("milestone", {"name": "", "due_on": "x"}, "Milestone: This field is required."),
        ("finish", {"on": "0000-00-00"}, "Day: “0000-00-00” is not a date."),
        ("finish", {"on": "2026-06-01"}, "First note as done, or leave out:"),
        ("part", {"due_on": "9999-01-01"}, "lies too far from the day the project began."),
        ("tick", {"document": "99"}, "Evidence document: Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said(owned, client, seated, page, data, message) -> None:
    one = owned.enterprise
    client.force_login(seated("county", code="440106"))
    client.cookies["django_language"] = "en"
    to = {
        "milestone": of(one, "project_milestone", owned.pk),
        "finish": of(one, "project_step", owned.pk, "finish"),
        "part": of(one, "project_part", owned.pk, owned.steps.first().pk, "due"),
        "tick": of(one, "project_tick", owned.pk, AcceptanceItem.objects.first().pk),
    }[page]
    assert message in text_of(client.post(to, data, follow=True))


def test_a_project_is_out_of_sight_of_others(owned, client, firm, seated) -> None:
    one, other = owned.enterprise, firm()
    pages = [of(one, "project", owned.pk), of(one, "project_edit", owned.pk)]
    for user in (seated("owner", of=other), seated("county", code="440103")):
        client.force_login(user)
        assert [client.get(page).status_code for page in pages] == [404, 404]
    client.force_login(seated("auditor", code="000000"))
    assert [client.get(page).status_code for page in pages] == [200, 403]
    client.force_login(seated("county", code="440106"))
    assert client.get(of(other, "project", owned.pk)).status_code == 404
    step = owned.steps.first()
    assert client.post(of(one, "project_part", owned.pk, step.pk, "undo")).status_code == 404
    assert client.post(of(one, "project_step", owned.pk, "undo")).status_code == 404


def names(response) -> list[str]:
    return [row.enterprise.name for row, _far in response.context["rows"]]


def test_the_list_of_an_office_is_narrowed_and_says_what_is_late(
    owned, signed_in, firm, seated
) -> None:
    by = seated("nation", code="000000")
    late = owned.enterprise
    fine = projects.register(firm(), name="B", started_on=dt.date(2025, 3, 1), by=by).enterprise
    projects.register(firm("440305"), name="C", started_on=TODAY, by=by)
    client = signed_in("province", code="440000")
    assert names(client.get(LIST)) == [late.name, fine.name]
    assert [str(step) for step in client.get(LIST).context["late"]] == ["diagnosis", "plan"]
    for query, wanted in (
        ({"late": "on"}, [late.name]),
        ({"year": "2025"}, [fine.name]),
        ({"far": "accepted"}, []),
        ({"q": fine.credit_code}, [fine.name]),
        ({"region": "440103"}, []),
        ({"region": "x"}, []),
        ({"year": "9" * 50}, [late.name, fine.name]),
    ):
        assert names(client.get(LIST, query)) == wanted


def test_the_list_leaves_as_a_file_with_harmless_cells(owned, client, firm, seated) -> None:
    client.force_login(seated("county", code="440106"))
    client.cookies["django_language"] = "en"
    answer = client.post(EXPORT, {"format": "csv", "late": "on"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (row["Project"], row["Own money (yuan)"], row["Overdue"], row["Next due"]) == (
        "'=1+1",
        "123.45",
        "yes",
        "2026-02-01",
    )
    book = client.post(EXPORT, {"format": "xlsx"})
    assert b"".join(book.streaming_content)[:2] == b"PK"
    runs = list(JobRun.objects.order_by("pk").values_list("params__filters", "result__rows"))
    assert runs == [({"list": "projects", "late": "on"}, 1), ({"list": "projects"}, 1)]
    assert client.get(EXPORT).status_code == 405


def test_the_lists_take_the_same_queries_for_one_row_and_for_three(
    places, signed_in, firm, seated, django_assert_num_queries
) -> None:
    by = seated("nation", code="000000", may_register=True)
    client = signed_in("province", code="440000")
    for number in (1, 2):
        for n in range(number):
            made = provider(by, places, f"P{number}{n}", [1, 2], "440000")
            projects.register(
                firm(), name="A", started_on=TODAY, by=by, provider=made,
                due={"plan": dt.date(2026, 6, 1)},
            )  # fmt: skip
        client.get(LIST)
        with django_assert_num_queries(8):
            assert client.get(LIST).status_code == 200
        with django_assert_num_queries(8):
            assert client.get(PROVIDERS).status_code == 200


def test_a_page_of_a_project_takes_the_same_queries_for_any_number_of_steps(
    owned, client, seated, django_assert_num_queries
) -> None:
    client.force_login(seated("county", code="440106"))
    for _ in range(2):
        client.get(of(owned.enterprise, "project", owned.pk))
        with django_assert_num_queries(13):
            client.get(of(owned.enterprise, "project", owned.pk))
        for name in "ab":
            url = of(owned.enterprise, "project_milestone", owned.pk)
            client.post(url, {"name": name, "due_on": "2026-08-01"})


def test_how_a_provider_is_reached_is_hidden_from_strangers(places, client, firm, seated) -> None:
    by = seated("nation", code="000000", may_register=True)
    provider(by, places, "服务商（虚构）", [3], "440300", contact_phone="000-1", fictional=True)
    assert client.get(PROVIDERS).status_code == 302
    for user, seen in (
        (seated("expert"), False),
        (seated("owner", of=firm()), True),
        (seated("auditor", code="000000"), True),
        (seated("county", code="440106"), True),
    ):
        client.force_login(user)
        text = client.get(PROVIDERS).content.decode()
        assert ("服务商（虚构）" in text, "000-1" in text) == (True, seen)
    for query, number in (
        ({"scenario": "3"}, 1),
        ({"scenario": "4"}, 0),
        ({"region": "440305"}, 1),
        ({"region": "110000"}, 0),
    ):
        assert len(client.get(PROVIDERS, query).context["rows"]) == number


def test_an_office_keeps_its_providers_by_the_pages(places, signed_in, client, seated) -> None:
    new = reverse("digital:provider_new")
    client = signed_in("province", code="440000", may_register=True)
    data = {"name": "甲（虚构）", "scenarios": ["1", "5"], "active": "on"}
    assert "Choose regions, or say" in client.post(new, data).content.decode()
    assert client.post(new, data | {"nationwide": "on"}).url == PROVIDERS
    made = ServiceProvider.objects.get()
    assert (made.kept_by, made.nationwide) == (places["440000"], True)
    edit = reverse("digital:provider_edit", args=[made.pk])
    assert re.findall(
        r'value="(\d+)" id="id_scenarios_\d+" checked', client.get(edit).content.decode()
    ) == ["1", "5"]
    change = data | {"name": "乙（虚构）", "regions": [places["440100"].pk], "version": "1"}
    assert client.post(edit, change).url == PROVIDERS
    assert "Somebody changed this provider" in client.post(edit, change).content.decode()
    made.refresh_from_db()
    assert (made.name, list(made.regions.all())) == ("乙（虚构）", [places["440100"]])
    client.force_login(seated("province", code="110000", may_register=True))
    assert client.get(edit).status_code == 403


def test_an_office_seat_without_the_right_is_offered_nothing_and_gets_403(
    owned, client, seated
) -> None:
    one, step = owned.enterprise, owned.steps.get(stage="diagnosis")
    item = AcceptanceItem.objects.get(code="in_use")
    client.force_login(seated("county", code="440106", may_review=False))
    project = of(one, "project", owned.pk)
    forms = re.compile(rf'action="{project}|href="{project}edit')
    assert forms.findall(client.get(project).content.decode()) == []
    assert of(one, "project_new") not in client.get(of(one, "of_enterprise")).content.decode()
    sent = {
        of(one, "project_new"): {},
        of(one, "project_edit", owned.pk): {},
        of(one, "project_step", owned.pk, "finish"): {"on": "x"},
        of(one, "project_step", owned.pk, "accept"): {"on": "x"},
        of(one, "project_milestone", owned.pk): {"due_on": "x"},
        of(one, "project_part", owned.pk, step.pk, "done"): {"on": "x"},
        of(one, "project_tick", owned.pk, item.pk): {"document": "x"},
        of(one, "assess", "on-site"): {},
        of(one, "result"): {},
    }
    assert {to: client.post(to, data).status_code for to, data in sent.items()} == dict.fromkeys(
        sent, 403
    )


def test_a_provider_that_left_the_list_stays_with_its_project(
    owned, client, places, seated
) -> None:
    nation = seated("nation", code="000000")
    gone, other = (provider(nation, places, name, [1]) for name in ("旧服务商", "另一家"))
    owner = User.objects.get(username=f"owner-{owned.enterprise_id}")
    projects.change(owned, {"provider": gone}, version=1, by=owner)
    ServiceProvider.objects.update(active=False)
    client.force_login(owner)
    client.cookies["django_language"] = "en"
    edit = of(owned.enterprise, "project_edit", owned.pk)
    page = text_of(client.get(edit))
    assert f'<option value="{gone.pk}" selected>旧服务商 (no longer in the list)</option>' in page
    assert "另一家" not in page
    client.post(edit, {"name": "改名", "provider": gone.pk, "version": 2})
    owned.refresh_from_db()
    assert (owned.name, owned.provider) == ("改名", gone)
    other.refresh_from_db()
    with pytest.raises(ValidationError, match="no longer in the list of providers"):
        projects.change(owned, {"provider": other}, version=3, by=owner)


def test_an_export_keeps_no_null_character_of_what_was_asked(signed_in, places) -> None:
    asked = {"q": "a\0b"}
    assert signed_in("county", code="440106").post(EXPORT, asked).status_code == 200
    kept = JobRun.objects.get(kind="export").params["filters"]
    assert kept == {"list": "projects", "q": "ab"}


def test_a_file_that_would_be_cut_short_is_refused(owned, signed_in, monkeypatch) -> None:
    monkeypatch.setattr(listing, "MOST", 0)
    answer = signed_in("county", code="440106").post(EXPORT, {"q": "=1"}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?q=%3D1", 302)]
    assert "A file holds at most 0 projects, these are 1. Narrow the list." in text_of(answer)
    assert not JobRun.objects.filter(kind="export").exists()
