"""Pages of the law: what lies over an edition, what superseded what, what applies where."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from cultivation.standards.models import Edition, Overlay
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from pytest_django import DjangoAssertMaxNumQueries

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

NOW = dt.datetime(2026, 5, 6, 2, 0, tzinfo=dt.UTC)
UNITS = {"14": "Shanxi", "37": "Shandong", "44": "Guangdong", "SZ": "Shenzhen"}
LIST = reverse("standards:editions")
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def reader(client: Client, user: Callable[..., User]) -> Client:
    """Give a client that reads English, signed in without a right to decide anything."""
    for path, name in UNITS.items():
        Region.objects.update_or_create(
            code=path.ljust(6, "0"),
            defaults={
                "path": path, "level": "province", "is_unit": True, "name_zh": name,
                "name_en": name,
            },
        )  # fmt: skip
    client.cookies["django_language"] = "en"
    client.force_login(user("expert"))
    return client


def edition(code: str, query: str = "") -> str:
    return reverse("standards:edition", args=[code]) + query


def test_the_list_shows_editions_with_what_lies_over_them(reader: Client) -> None:
    text = reader.get(LIST).text
    places = [
        text.index(said)
        for said in (
            "SRDI SME standard, 2026</a>",
            "Zhejiang: notice of 2026",
            "supersedes SRDI SME standard, 2022",
            "superseded by SRDI SME standard, 2026",
            "Shandong: local indicators",
            "粤工信规字〔2024〕5号",
            "Little giant standard, 2026</a><span",
        )
        if said in text
    ]
    assert len(places) == 7


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        (
            "?on=2026-04-10",
            ["in the whole nation", "not in Shanxi", "in Shanxi", "is inferred."],
            ["What applies on 2026-04-10 in Shanxi"],
        ),
        ("?on=2026-04-10&unit=14", ["What applies on 2026-04-10 in Shanxi"], ["not in Shanxi"]),
        ("?on=2017-05-03", ["国科发政〔2017〕115号"], ["No standard was in force"]),
    ],
)
def test_what_applies_is_said_for_a_day_and_a_unit(
    reader: Client, query: str, there: list[str], not_there: list[str]
) -> None:
    text = reader.get(LIST + query).text
    assert [said for said in there if said not in text] == []
    assert [said for said in not_there if said in text] == []


def test_rules_name_edition_document_and_what_reaches_the_unit(reader: Client) -> None:
    response = reader.get(LIST + "?on=2025-06-01&unit=44")
    rules = {
        rule.entry.edition.code: (
            rule.case,
            rule.period.document,
            [laid.code for laid in rule.laid],
            [laid.code for laid in rule.local],
        )
        for rule in response.context["rules"]
    }
    both = "new applications and re-checks"
    assert rules == {
        "technology_2017": (both, "国科发政〔2017〕115号", [], []),
        "innovative_2022": (both, "工信部企业〔2022〕63号", [], []),
        "srdi_2022": (
            both,
            "工信部企业〔2022〕63号",
            ["srdi_2022_guangdong_2024", "srdi_2022_guangdong_2025"],
            [],
        ),
        "little_giant_2022": (
            both,
            "工信部企业〔2022〕63号",
            ["little_giant_2022_notice_2025"],
            [],
        ),
    }
    nation = reader.get(LIST + "?on=2025-06-01").context["rules"]
    local = [laid.code for laid in nation[2].local]
    assert local == [
        "srdi_2022_shandong",
        "srdi_2022_shenzhen",
        "srdi_2022_fujian_2023",
        "srdi_2022_guangdong_2024",
        "srdi_2022_zhejiang_2024",
        "srdi_2022_guangdong_2025",
    ]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("?on=yesterday", "This is not a day"),
        ("?on=1999-01-01", "Choose one from 2017-05-03 on"),
        ("?unit=99", "99"),
    ],
)
@pytest.mark.parametrize("page", [LIST, edition("srdi_2022")])
def test_a_day_or_unit_that_is_none_is_said(
    reader: Client, page: str, query: str, complaint: str
) -> None:
    response = reader.get(page + query)
    assert response.status_code == 400
    assert complaint in response.text


def test_an_edition_shows_all_with_what_amends_it_or_what_applies(reader: Client) -> None:
    text = reader.get(edition("srdi_2022")).text
    assert 'id="srdi_2022_shandong"' in text
    assert "from 2024-01-01 on; in Guangdong" in text
    assert 'id="S22-09"' in text
    assert 'id="S22-09SD"' in text
    query = "?on=2025-06-01&kind=recognition&unit="
    codes = {}
    for unit in ("37", "44", "SZ", ""):
        shown = reader.get(edition("srdi_2022", query + unit)).context["clauses"]
        codes[unit] = [clause.criterion.code for clause in shown]
    said = {
        unit: [code for code in ("S22-09", "S22-09SD", "S22-GD1", "S22-SZ1") if code in found]
        for unit, found in codes.items()
    }
    assert said == {
        "37": ["S22-09SD"],
        "44": ["S22-09", "S22-GD1"],
        "SZ": ["S22-09", "S22-SZ1"],
        "": ["S22-09"],
    }
    in_guangdong = reader.get(edition("srdi_2022", query + "44")).text
    assert "at least 70 points" in in_guangdong
    assert "at least 60 points" not in in_guangdong
    assert "Criteria as they apply on 2025-06-01 in Guangdong, new application" in in_guangdong


def test_an_edition_names_the_papers_that_prove_a_criterion(reader: Client) -> None:
    text = reader.get(edition("little_giant_2026")).text
    assert "To be proved by: page of the platform with the score" in text


def test_an_explanation_names_the_papers_where_none_is_there(
    reader: Client, user: Callable[..., User], firm: Callable[..., Enterprise]
) -> None:
    enterprise = firm("320500")
    for role in (user("owner", enterprise=enterprise), user("county", "320500")):
        reader.force_login(role)
        page = reverse("standards:explanation", args=[enterprise.pk, "little_giant_2026"])
        assert "To be proved by: page of the platform with the score" in reader.get(page).text


def test_what_was_loaded_late_says_so(reader: Client) -> None:
    assert "Loaded on" not in reader.get(edition("little_giant_2022")).text
    Edition.objects.update(loaded_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    Overlay.objects.filter(code="little_giant_2022_notice_2025").update(
        loaded_at=dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    )
    text = reader.get(edition("little_giant_2022")).text
    assert "Loaded on 2025-06-01, when the edition had been in use without it" in text


def test_queries_do_not_grow_with_editions_and_overlays(
    reader: Client, django_assert_max_num_queries: DjangoAssertMaxNumQueries
) -> None:
    for page in (LIST, LIST + "?on=2026-04-10", edition("technology_2017"), edition("srdi_2022")):
        with django_assert_max_num_queries(8):
            assert reader.get(page).status_code == 200


def test_the_law_is_for_those_signed_in(client: Client) -> None:
    for page in (LIST, edition("srdi_2022")):
        response = client.get(page)
        assert response.status_code == 302
        assert "login" in response["Location"]
