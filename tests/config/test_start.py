"""The start page: what waits for each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cultivation.pipeline import applications
from cultivation.pipeline.models import Application
from cultivation.standards.models import Draft, DraftEvent, Edition
from enterprises.accounts.models import Claim, Seat, User
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, StagedImport

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "91320583MA1TEST00D"
PLACES = {"nation": "000000", "province": "320000", "county": "320583", "zhejiang": "330000"}


@pytest.fixture
def firm(seeds: None) -> Enterprise:
    """Give a fictional enterprise without any figure."""
    return Enterprise.objects.create(
        credit_code=CODE,
        name="昆山测试传动（虚构）有限公司",
        name_key="昆山测试传动",
        fictional=True,
        region=Region.objects.get(code="320583"),
        region_path="320583",
    )


@pytest.fixture
def people(firm: Enterprise) -> dict[str, User]:
    """Give offices, the firm's owner, an auditor, an expert, a newcomer."""
    roles = {"nation": "nation", "province": "province", "county": "county"}
    roles["zhejiang"] = "province"
    found = {name: User.objects.create_user(name) for name in roles}
    for name, role in roles.items():
        region = Region.objects.get(code=PLACES[name])
        Seat.objects.create(user=found[name], role=role, region=region)
    for name in ("owner", "auditor", "expert", "newcomer"):
        found[name] = User.objects.create_user(name)
    Seat.objects.create(user=found["owner"], role="owner", enterprise=firm)
    Seat.objects.create(
        user=found["auditor"], role="auditor", region=Region.objects.get(code="000000")
    )
    Seat.objects.create(user=found["expert"], role="expert")
    return found


@pytest.fixture
def start(people: dict[str, User]) -> Callable[[str], dict]:
    """Give a function that opens the start page as somebody and returns its context."""

    def open_as(name: str) -> dict:
        client = Client(headers={"accept-language": "en"})
        client.force_login(people[name], backend="django.contrib.auth.backends.ModelBackend")
        response = client.get("/")
        assert response.status_code == 200
        return {key: response.context[key] for key in set(response.context.keys())} | {
            "text": response.text
        }

    return open_as


def test_a_stranger_is_led_to_the_sign_in(db: None) -> None:
    response = Client().get("/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/")


def test_an_office_finds_what_waits_for_its_level(
    firm: Enterprise, people: dict[str, User], start: Callable[[str], dict]
) -> None:
    application = applications.begin(firm, "innovative", kind="recognition", by=people["owner"])
    Application.objects.update(
        status="at_county", route=["county", "province"], submitted_at=timezone.now()
    )
    Claim.objects.create(user=people["newcomer"], enterprise=firm, statement="x")
    StagedImport.objects.create(
        kind="enterprises", status="checked", name="a.csv", made_by=people["county"]
    )
    JobRun.objects.create(kind="judge", task="x", status="running", started_by=people["county"])
    county = start("county")
    assert [row.pk for row in county["applications"].rows] == [application.pk]
    assert (county["applications"].count, county["open_claims"].count) == (1, 1)
    assert [one.name for one in county["imports"]] == ["a.csv"]
    assert [run.kind for run in county["runs"]] == ["judge"]
    assert [stat.value for stat in county["ladder"]] == [1, 0, 0, 0]
    assert firm.name in county["text"]
    province = start("province")
    assert (province["applications"].count, province["open_claims"].count) == (0, 1)
    assert (province["imports"], province["runs"]) == ([], [])
    elsewhere = start("zhejiang")
    assert (elsewhere["applications"].count, elsewhere["open_claims"].count) == (0, 0)
    assert [stat.value for stat in elsewhere["ladder"]] == [0, 0, 0, 0]
    assert firm.name not in elsewhere["text"]
    nation = start("nation")
    assert (nation["applications"].count, [run.kind for run in nation["runs"]]) == (0, ["judge"])


def test_an_enterprise_finds_its_stage_its_next_title_and_what_is_missing(
    firm: Enterprise, people: dict[str, User], start: Callable[[str], dict]
) -> None:
    applications.begin(firm, "innovative", kind="recognition", by=people["owner"])
    (standing,) = start("owner")["firms"]
    assert standing.enterprise == firm
    assert [step.edition.tier for step in standing.steps] == ["technology", "innovative"]
    assert [one.tier for one in standing.applications] == ["innovative"]
    assert standing.days == []
    step = standing.steps[1]
    assert step.verdict.name == "UNKNOWN"  # without figures nothing is met and nothing unmet
    assert (len(step.missing) > 0, step.unmet) == (True, [])


def test_a_second_person_finds_the_drafts_to_approve(
    people: dict[str, User], start: Callable[[str], dict]
) -> None:
    """Who began one, or wrote a part of it, is not asked; nor who may not write standards."""
    helper = people["helper"] = User.objects.create_user("helper")
    second = people["second"] = User.objects.create_user("second")
    for user in (helper, second):
        Seat.objects.create(user=user, role="nation", region=Region.objects.get(code="000000"))
    base = Edition.objects.get(code="srdi_2026")

    def propose(number: int) -> None:
        draft = Draft.objects.create(
            code=f"srdi_20{number}", base=base, status="proposed", made_by=people["nation"]
        )
        DraftEvent.objects.create(draft=draft, name="saved", version=1, made_by=helper)

    Draft.objects.create(code="srdi_2030", base=base, status="draft", made_by=people["nation"])
    assert "srdi_2030" not in start("second")["text"]
    counts = []
    for number in (27, 28, 29):
        propose(number)
        with CaptureQueriesContext(connection) as queries:
            found = start("second")
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert [draft.code for draft in found["drafts"].rows] == ["srdi_2027", "srdi_2028", "srdi_2029"]
    assert "Drafts waiting for your approval (3)" in found["text"]
    assert [start(name)["drafts"].rows for name in ("nation", "helper")] == [[], []]
    assert start("province")["drafts"] is None
    assert "Drafts waiting" not in start("nation")["text"]


def test_others_find_their_own_page(start: Callable[[str], dict]) -> None:
    assert "You sit on the panel of experts" in start("expert")["text"]
    assert "You hold no seat yet" in start("newcomer")["text"]
    auditor = start("auditor")
    assert "applications" not in auditor
    assert auditor["readings"] == []
    assert auditor["ladder"][0].value == 1


def test_a_start_page_asks_no_more_for_three_rows_than_for_one(
    firm: Enterprise, people: dict[str, User], start: Callable[[str], dict]
) -> None:
    def add(number: int) -> None:
        claimant = User.objects.create_user(f"claimant{number}")
        Claim.objects.create(user=claimant, enterprise=firm, statement="x")
        run = {"kind": "judge", "task": "x", "status": "running"}
        JobRun.objects.create(**run, started_by=people["county"])
        StagedImport.objects.create(
            kind="enterprises", status="checked", name="a.csv", made_by=people["county"]
        )

    counts = []
    for number in range(3):
        add(number)
        with CaptureQueriesContext(connection) as queries:
            start("county")
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert counts[0] <= 32
