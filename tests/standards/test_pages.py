"""Pages of the standards: who sees them, what they say, how many queries they take."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from cultivation.standards.models import JudgingRun
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Document, Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

NOW = dt.datetime(2026, 5, 6, 2, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def english(client: Client) -> Client:
    """Give a client that reads English."""
    client.cookies["django_language"] = "en"
    return client


def page(enterprise: Enterprise, code: str = "little_giant_2026") -> str:
    return reverse("standards:explanation", args=[enterprise.pk, code])


def standing(enterprise: Enterprise) -> str:
    return reverse("standards:of_enterprise", args=[enterprise.pk])


def test_editions_are_listed_for_everybody_signed_in(
    english: Client, user: Callable[..., User]
) -> None:
    address = reverse("standards:editions")
    assert english.get(address).status_code == 302
    english.force_login(user("expert"))
    text = english.get(address).text
    assert "Little giant standard, 2026" in text
    assert "工信部企业〔2026〕2号" in text
    assert "2026-04-01 – until further notice" in text
    assert "Judge now" not in text


def test_an_edition_shows_its_clauses_amendments_and_confidence(
    english: Client, user: Callable[..., User]
) -> None:
    english.force_login(user("county", "320500"))
    text = english.get(reverse("standards:edition", args=["srdi_2022"])).text
    assert "at least 70 points" in text
    assert "粤工信规字〔2024〕5号" in text
    assert "unverified" in text
    assert english.get(reverse("standards:edition", args=["nothing"])).status_code == 404


def test_pages_of_an_enterprise_are_for_those_who_see_it(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    enterprise = firm("320500")
    readers = [
        (user("county", "320500"), 200),
        (user("province", "32"), 200),
        (user("auditor", ""), 200),
        (user("owner", enterprise=enterprise), 200),
        (user("county", "320600"), 404),
        (user("province", "44"), 404),
        (user("expert"), 404),
        (user("owner", enterprise=firm("320500")), 404),
    ]
    for reader, status in readers:
        english.force_login(reader)
        assert english.get(page(enterprise)).status_code == status, reader
        assert english.get(standing(enterprise)).status_code == status, reader
    english.logout()
    assert english.get(page(enterprise)).status_code == 302


def test_standings_show_every_edition_in_force(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    english.force_login(user("nation"))
    response = english.get(standing(firm(reports={2025: {"revenue": 10**9}})))
    found = [(s.told.edition.code, s.told.kind) for s in response.context["standings"]]
    assert found == [
        ("technology_2017", "recognition"),
        ("innovative_2022", "recognition"),
        ("srdi_2026", "recognition"),
        ("srdi_2026", "recheck"),
        ("little_giant_2026", "recognition"),
        ("little_giant_2022", "recheck"),
    ]
    giant = response.context["standings"][4]
    assert f"{giant.unmet} of {giant.total} unmet" in response.text


def test_standings_as_of_a_past_year(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    english.force_login(user("nation"))
    response = english.get(standing(firm()), {"on": "2023-12-31"})
    codes = {s.told.edition.code for s in response.context["standings"]}
    assert codes == {"technology_2017", "innovative_2022", "srdi_2022", "little_giant_2022"}


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("31.12.2026", "This is not a day. Write it as 2026-05-01."),
        ("2026-02-30", "This is not a day. Write it as 2026-05-01."),
        ("1999-01-01", "No standard is known for this day. Choose one from 2017-05-03 on."),
    ],
)
def test_a_bad_day_is_told_plainly(
    english: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    day: str,
    message: str,
) -> None:
    english.force_login(user("nation"))
    enterprise = firm()
    for address in (page(enterprise), standing(enterprise)):
        response = english.get(address, {"on": day})
        assert response.status_code == 400
        assert message in response.text


def test_an_explanation_shows_value_threshold_distance_and_clause(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    enterprise = firm(reports={2025: {"revenue": 4_876_600_000}})
    english.force_login(user("county", "320500"))
    text = english.get(page(enterprise)).text
    for expected in (
        "CNY 48.77 million",
        "at least CNY 50 million",
        "short by CNY 1.23 million",
        "附件2（二）",
        "工信部企业〔2026〕2号",
        "unverified",
        reverse("registry:report_edit", args=[enterprise.pk, 2025]),
    ):
        assert expected in text


def test_who_may_not_edit_gets_no_links_to_edit(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    enterprise = firm(reports={2025: {"revenue": 1}})
    english.force_login(user("auditor", ""))
    link = reverse("registry:report_edit", args=[enterprise.pk, 2025])
    assert link not in english.get(page(enterprise)).text


def test_documents_stand_beside_what_they_prove(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    enterprise, other = firm(), firm()
    for one, name, subject in (
        (enterprise, "audit.pdf", "report:2025:revenue"),
        (enterprise, "reputation.pdf", "criterion:little_giant_2026:L26-5b"),
        (enterprise, "patent.pdf", "intellectualproperty:17"),
        (enterprise, "old.pdf", "report:2019:revenue"),
        (other, "others.pdf", "report:2025:revenue"),
    ):
        document = Document.objects.create(
            enterprise=one, file=name, name=name, media_type="application/pdf", size=1, sha256=name
        )
        Proof.objects.create(document=document, subject=subject)
    english.force_login(user("nation"))
    lines = {
        line.node.code: [proof.document.name for proof in line.proofs]
        for line in english.get(page(enterprise)).context["lines"]
    }
    assert lines["L26-2a"] == ["audit.pdf"]
    assert lines["L26-5b"] == ["reputation.pdf"]
    assert lines["L26-4"] == ["patent.pdf"]
    named = {name for names in lines.values() for name in names}
    assert named == {"audit.pdf", "reputation.pdf", "patent.pdf"}


def test_a_recheck_has_its_own_answer_and_an_edition_out_of_use_says_so(
    english: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    enterprise = firm()
    english.force_login(user("nation"))
    note = "This edition is not the one in use"
    assert note not in english.get(page(enterprise)).text
    again = english.get(page(enterprise), {"kind": "recheck"})
    assert note in again.text
    assert "L26-7r" in {line.node.code for line in again.context["lines"]}
    of_2022 = english.get(page(enterprise, "little_giant_2022"), {"kind": "recheck"})
    assert note not in of_2022.text


def test_queries_do_not_grow_with_what_an_enterprise_has(
    client: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(user("nation"))
    for years in ([2025], [2023, 2024, 2025]):
        enterprise = firm(reports={year: {"revenue": 1} for year in years})
        with django_assert_max_num_queries(25):
            assert client.get(page(enterprise)).status_code == 200
        with django_assert_max_num_queries(23):
            assert client.get(standing(enterprise)).status_code == 200
    with django_assert_max_num_queries(8):
        assert client.get(reverse("standards:editions")).status_code == 200


@pytest.mark.parametrize(
    ("role", "path", "rights", "status"),
    [
        ("nation", "", {}, 302),
        ("province", "32", {}, 302),
        ("province", "32", {"may_decide": False}, 403),
        ("city", "3205", {}, 403),
        ("auditor", "", {}, 403),
        ("expert", "", {}, 403),
    ],
)
def test_deciding_officers_of_nation_and_provinces_start_a_run(
    client: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    django_capture_on_commit_callbacks: Callable[..., object],
    role: str,
    path: str,
    rights: dict[str, bool],
    status: int,
) -> None:
    firm()
    client.force_login(user(role, path, **rights))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        response = client.post(reverse("standards:judge"))
    assert response.status_code == status
    assert JudgingRun.objects.count() == (status == 302)
    if status == 302:
        run = JobRun.objects.get(parent=None)
        assert response["Location"] == reverse("jobs:detail", args=[run.pk])
        assert (run.status, run.result["judged"]) == ("done", 6)


@pytest.mark.parametrize(("role", "path", "begun"), [("nation", "", 1), ("province", "32", 0)])
def test_only_the_nation_judges_as_of_another_day(
    client: Client, user: Callable[..., User], role: str, path: str, begun: int
) -> None:
    client.force_login(user(role, path))
    response = client.post(reverse("standards:judge"), {"on": "2025-12-31"})
    assert response.status_code == 302
    assert JobRun.objects.count() == begun


def test_a_run_is_started_by_post_and_not_for_a_bad_day(
    client: Client, user: Callable[..., User]
) -> None:
    client.force_login(user("nation"))
    assert client.get(reverse("standards:judge")).status_code == 405
    response = client.post(reverse("standards:judge"), {"on": "yesterday"})
    assert response["Location"] == reverse("standards:runs")
    assert JobRun.objects.count() == 0


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_are_written_in_both_languages(
    client: Client, user: Callable[..., User], firm: Callable[..., Enterprise], language: str
) -> None:
    client.cookies["django_language"] = language
    client.force_login(user("nation"))
    label = {"zh-hans": "上年度营业收入5000万元以上", "en": "Revenue of at least 50 million yuan"}
    assert label[language] in client.get(page(firm())).text
