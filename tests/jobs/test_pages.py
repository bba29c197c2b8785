"""Pages of runs: who sees which, the fragment that asks again, stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.accounts.models import Seat, User
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

Status = JobRun.Status


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Give a national and a county officer, an auditor, somebody without a seat, a superuser."""
    nation = Region.objects.create(code="000000", path="", level="nation", name_zh="全国")
    county = Region.objects.create(code="320583", path="320583", level="county", name_zh="昆山市")
    found = {
        name: User.objects.create_user(name) for name in ("nation", "county", "auditor", "none")
    }
    Seat.objects.create(user=found["nation"], role="nation", region=nation)
    Seat.objects.create(user=found["county"], role="county", region=county)
    Seat.objects.create(user=found["auditor"], role="auditor", region=nation)
    found["root"] = User.objects.create_superuser("root")
    return found


def signed_in(user: User) -> Client:
    """Return a client of a user that reads English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def run_of(user: User | None, **fields: object) -> JobRun:
    """Return a stored run."""
    given = {"kind": "judge", "task": "tests.nothing", "status": Status.RUNNING} | fields
    return JobRun.objects.create(started_by=user, **given)


def test_auditor_of_a_region_does_not_see_the_runs_of_the_nation(people: dict[str, User]) -> None:
    auditor = User.objects.create_user("regional")
    Seat.objects.create(user=auditor, role="auditor", region=Region.objects.get(path="320583"))
    run_of(people["nation"])
    assert list(JobRun.objects.visible_to(auditor)) == []


def test_runs_are_seen_by_who_started_them_and_by_nation_and_audit(people: dict[str, User]) -> None:
    run = run_of(people["county"])
    url = reverse("jobs:detail", args=[run.pk])
    codes = {name: signed_in(user).get(url).status_code for name, user in people.items()}
    assert codes == {"nation": 200, "county": 200, "auditor": 200, "root": 200, "none": 404}
    listed = {
        name: len(signed_in(user).get(reverse("jobs:list")).context["page"])
        for name, user in people.items()
    }
    assert listed == {"nation": 1, "county": 1, "auditor": 1, "root": 1, "none": 0}


@pytest.mark.parametrize("name", ["jobs:list", "jobs:detail"])
def test_pages_lead_a_stranger_to_the_sign_in(name: str, people: dict[str, User]) -> None:
    run = run_of(None)
    url = reverse(name, args=[run.pk] if name == "jobs:detail" else [])
    response = Client().get(url)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={url}")
    assert Client().post(reverse("jobs:cancel", args=[run.pk])).status_code == 302
    run.refresh_from_db()
    assert run.cancel_wanted is False


def test_a_live_run_asks_again_and_an_ended_one_does_not(people: dict[str, User]) -> None:
    run = run_of(people["county"], done=30, total=120, log="09:00:00 half way\n")
    client = signed_in(people["county"])
    url = reverse("jobs:detail", args=[run.pk])
    part = client.get(url, headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert 'hx-trigger="every 2s"' in part.text
    assert 'value="25"' in part.text
    assert "half way" in part.text
    assert "HX-Request" in part["Vary"]
    JobRun.objects.update(status=Status.DONE, result={"judged": 120, "by": {"county": 3}})
    part = client.get(url, headers={"hx-request": "true"})
    assert "hx-trigger" not in part.text
    assert part.context["result"] == [("results judged", 120), ("by · county", 3)]


def test_the_log_is_text_and_never_markup(people: dict[str, User]) -> None:
    run = run_of(people["county"], log="<script>alert(1)</script>", kind="<b>kind</b>")
    text = signed_in(people["county"]).get(reverse("jobs:detail", args=[run.pk])).text
    assert "<script>alert" not in text
    assert "<b>kind" not in text


@pytest.mark.parametrize(
    ("name", "code", "wanted"),
    [
        ("county", 302, True),
        ("nation", 302, True),
        ("root", 302, True),
        ("auditor", 403, False),
        ("none", 404, False),
    ],
)
def test_cancel_is_for_who_started_it_and_the_nation(
    name: str, code: int, wanted: bool, people: dict[str, User]
) -> None:
    run = run_of(people["county"])
    response = signed_in(people[name]).post(reverse("jobs:cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (response.status_code, run.cancel_wanted) == (code, wanted)


def test_cancel_of_an_ended_run_changes_nothing(people: dict[str, User]) -> None:
    run = run_of(people["county"], status=Status.DONE)
    response = signed_in(people["county"]).post(reverse("jobs:cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (response.status_code, run.status, run.cancel_wanted) == (302, Status.DONE, False)


def test_cancel_takes_no_get(people: dict[str, User]) -> None:
    run = run_of(people["county"])
    response = signed_in(people["county"]).get(reverse("jobs:cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (response.status_code, response["Allow"], run.cancel_wanted) == (405, "POST", False)
    assert "Not possible this way" in response.text


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_queries_for_one_and_three(
    rows: int, people: dict[str, User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        run_of(people["county"], status=Status.DONE, key=str(number))
    client = signed_in(people["nation"])
    with django_assert_num_queries(6):  # session, user, seats, count, rows, bell
        client.get(reverse("jobs:list"))
