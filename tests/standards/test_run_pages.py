"""Pages of national runs: what each turned, for whom, why; who may look; what leaves."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from cultivation.standards import changes, extent
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import JudgingRun, VerdictChange
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise
from tests.standards.conftest import GOOD, TECH

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from enterprises.accounts.models import User

ON = dt.date(2026, 5, 6)
TECHNOLOGY = "technology_2017 recognition"
Found = list[Enterprise]


@pytest.fixture
def turned(registry: Found, monkeypatch: pytest.MonkeyPatch) -> tuple[JudgingRun, Found]:
    """Give a run by which 32 and SZ each gained and 44 and 37 each lost one, and these four."""
    monkeypatch.setattr(extent, "MANY", 100)
    judge_registry(ON)
    gaining, losing = [registry[0], registry[2]], [registry[1], registry[3]]
    for enterprise in gaining:
        enterprise.reports.create(year=2025, **TECH)
    for enterprise in losing:
        enterprise.reports.update(employees=501)
    Enterprise.objects.filter(pk=registry[0].pk).update(name="=1+1", tier="innovative")
    return judge_registry(ON), [*gaining, *losing]


def url(run: JudgingRun, **query: str) -> str:
    address = reverse("standards:run", args=[run.pk])
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def names(response: Any) -> list[int]:
    return [row.change.enterprise_id for row in response.context["rows"]]


def test_a_run_lists_who_newly_qualifies_and_who_no_longer_does(
    client: Client, user: Callable[..., User], turned: tuple[JudgingRun, Found]
) -> None:
    run, (first, second, third, fourth) = turned
    client.force_login(user("nation"))
    assert names(client.get(url(run))) == [first.pk, second.pk]
    assert names(client.get(url(run, turn="lost"))) == [third.pk, fourth.pk]
    assert names(client.get(url(run, turn="nonsense"))) == [first.pk, second.pk]


def test_each_row_names_the_criteria_that_flipped_and_leads_to_the_explanation(
    client: Client, user: Callable[..., User], turned: tuple[JudgingRun, Found]
) -> None:
    run, (_, _, lost, _) = turned
    client.force_login(user("nation"))
    page = client.get(url(run, turn="lost"), headers={"accept-language": "en"})
    row = page.context["rows"][0]
    assert [(flip.criterion.code, flip.before, flip.after) for flip in row.flips] == [
        ("T17-2a", 3, 0),
        ("T17-S1", 3, 0),
    ]
    assert row.flips[0].text in page.text
    to = reverse("standards:explanation", args=[lost.pk, "technology_2017"])
    assert f'href="{to}?on=2026-05-06&amp;kind=recognition"' in page.text


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"basis": TECHNOLOGY}, [0, 1]),
        ({"basis": "srdi_2026 recheck"}, []),
        ({"basis": "nothing"}, [0, 1]),
        ({"region": "320500"}, [0]),
        ({"tier": "innovative"}, [0]),
        ({"tier": "none"}, [1]),
        ({"region": "SZ0300", "tier": "innovative"}, []),
    ],
)
def test_the_list_can_be_narrowed(
    client: Client,
    user: Callable[..., User],
    turned: tuple[JudgingRun, Found],
    query: dict[str, str],
    places: list[int],
) -> None:
    run, firms = turned
    client.force_login(user("nation"))
    assert names(client.get(url(run, **query))) == [firms[place].pk for place in places]


def test_officers_see_and_count_their_own_subtree(
    client: Client, user: Callable[..., User], turned: tuple[JudgingRun, Found]
) -> None:
    run, (first, second, third, _) = turned
    seen = {}
    for role, path in (("nation", ""), ("province", "32"), ("city", "4401"), ("county", "320501")):
        client.force_login(user(role, path))
        told = client.get(reverse("standards:runs")).context["runs"][0]
        lists = [names(client.get(url(run, turn=turn))) for turn in ("gained", "lost")]
        assert [told.gained, told.lost] == [len(found) for found in lists]
        seen[role] = [*lists[0], *lists[1]]
    assert seen == {
        "nation": [enterprise.pk for enterprise in turned[1]],
        "province": [first.pk],
        "city": [third.pk],
        "county": [],
    }
    assert second.pk not in seen["province"]


def test_numbers_of_the_nation_are_for_those_who_see_all_of_it(
    client: Client, user: Callable[..., User], turned: tuple[JudgingRun, Found]
) -> None:
    run, _ = turned
    shown = {}
    for role, path in (("nation", ""), ("auditor", ""), ("province", "32")):
        client.force_login(user(role, path))
        shown[role] = [list(line.counts) for line in client.get(url(run)).context["told"].lines]
    assert shown["nation"][0] == [2, 2, 0, 4] == run.counts[TECHNOLOGY]
    assert shown["auditor"] == shown["nation"]
    assert shown["province"] == [[]] * len(run.editions)


@pytest.mark.parametrize(
    ("role", "status"), [("expert", 403), ("owner", 403), ("auditor", 200), ("county", 200)]
)
def test_firms_and_experts_do_not_see_runs(
    client: Client,
    user: Callable[..., User],
    turned: tuple[JudgingRun, Found],
    role: str,
    status: int,
) -> None:
    run, firms = turned
    client.force_login(user(role, "320501", enterprise=firms[0] if role == "owner" else None))
    assert client.get(reverse("standards:runs")).status_code == status
    assert client.get(url(run)).status_code == status
    assert client.post(reverse("standards:run_export", args=[run.pk])).status_code == status


def test_strangers_are_led_to_the_sign_in_and_unfinished_runs_are_not_there(
    client: Client, user: Callable[..., User], turned: tuple[JudgingRun, Found]
) -> None:
    run, _ = turned
    for address in (reverse("standards:runs"), url(run)):
        assert client.get(address).status_code == 302
    assert client.post(reverse("standards:run_export", args=[run.pk])).status_code == 302
    client.force_login(user("nation"))
    JudgingRun.objects.filter(pk=run.pk).update(finished_at=None)
    assert client.get(url(run)).status_code == 404
    assert client.post(reverse("standards:run_export", args=[run.pk])).status_code == 404


def test_the_export_holds_what_is_seen_and_leaves_a_note(
    client: Client, user: Callable[..., User], turned: tuple[JudgingRun, Found]
) -> None:
    run, (first, _, _, _) = turned
    officer = user("province", "32")
    client.force_login(officer)
    address = reverse("standards:run_export", args=[run.pk])
    assert client.get(address).status_code == 405
    response = client.post(address, {"turn": "gained"}, headers={"accept-language": "en"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["Enterprise"], row["Credit code"]) == ("'=1+1", first.credit_code)
    assert (row["Verdict before"], row["Verdict now"]) == ("unknown", "met")
    assert (row["As of"], row["Change"]) == ("2026-05-06", "newly qualifies")
    assert "unknown → met" in row["What changed"]
    note = JobRun.objects.get(kind="export")
    assert (note.started_by, note.result) == (officer, {"rows": 1})
    assert note.params["filters"] == {"run": run.pk, "turn": "gained"}


def test_a_new_enterprise_and_other_criteria_are_said_in_words(
    turned: tuple[JudgingRun, Found], firm: Callable[..., Enterprise]
) -> None:
    new = firm("320500", reports={2025: TECH}, **GOOD)
    run = judge_registry(ON)
    (row,) = changes.rows(run.changes.filter(enterprise=new, turn=1), run)
    assert (row.flips, row.note) == ([], "not judged before")
    VerdictChange.objects.filter(pk=row.change.pk).update(verdicts_before="33")
    (row,) = changes.rows(run.changes.filter(pk=row.change.pk), run)
    assert (row.flips, row.note) == ([], "the criteria are others than before")


@pytest.mark.parametrize(("rows", "pages"), [(1, 1), (3, 3)])
def test_pages_take_the_same_queries_for_one_and_three(
    client: Client,
    user: Callable[..., User],
    firm: Callable[..., Enterprise],
    loaded: object,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
    pages: int,
) -> None:
    monkeypatch.setattr(extent, "MANY", 1000)
    firms = [firm(**GOOD) for _ in range(rows)]
    for _ in range(pages):
        judge_registry(ON)
    for enterprise in firms:
        enterprise.reports.create(year=2025, **TECH)
    run = judge_registry(ON)
    client.force_login(user("province", "32"))
    with django_assert_num_queries(8):  # session, user, seats, count, runs, editions, changes, bell
        client.get(reverse("standards:runs"))
    with django_assert_num_queries(14):  # two for regions, two for rows, one policy
        assert len(names(client.get(url(run)))) == rows
