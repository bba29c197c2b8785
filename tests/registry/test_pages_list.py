"""The list of enterprises: what is found, in which order, by whom, and what goes out."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
import python_calamine
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enterprises.jobs.models import JobRun
from enterprises.places.models import Industry, Park
from enterprises.registry import exports, paging
from enterprises.registry.models import AnnualReport, Enterprise, NameRecord
from tests.registry.page_world import World, build, make_enterprise, sign_in

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
LIST = "/enterprises/"


@pytest.fixture
def world() -> World:
    return build()


def found(client: Client, **query: str) -> list[str]:
    """Return the names on the page, in order."""
    return [row.name for row in client.get(LIST, query).context["page"].rows]


def test_list_needs_sign_in(client: Client, world: World) -> None:
    answer = client.get(LIST)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("role", "where", "expected"),
    [
        ("", "", []),
        ("expert", "", []),
        ("owner", "other", ["虚构光电股份有限公司"]),
        ("county", "320507", []),
        ("county", "320506", ["示例精密轴承有限公司"]),
        ("city", "320500", ["示例精密轴承有限公司"]),
        ("auditor", "330000", ["虚构光电股份有限公司"]),
        ("nation", "000000", ["虚构光电股份有限公司", "示例精密轴承有限公司"]),
    ],
)
def test_list_shows_only_what_is_in_sight(
    world: World, role: str, where: str, expected: list[str]
) -> None:
    assert found(sign_in(role, world, where)) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("轴承", ["示例精密轴承有限公司"]),
        ("虚构 光电", ["虚构光电股份有限公司"]),
        ("老厂", ["虚构光电股份有限公司"]),
        ("M0000001", ["示例精密轴承有限公司"]),
        ("ｍ００００００１", ["示例精密轴承有限公司"]),
        ("没有", []),
    ],
)
def test_search_finds_two_characters_former_names_and_codes(
    world: World, words: str, expected: list[str]
) -> None:
    NameRecord.objects.create(enterprise=world.other, name="某老厂", name_key="某老厂")
    assert found(sign_in("nation", world, "000000"), q=words) == expected


def test_search_does_not_reach_beyond_sight(world: World) -> None:
    client = sign_in("county", world, "320506")
    assert found(client, q="光电") == []
    assert found(client, region="330000") == ["示例精密轴承有限公司"]  # not a choice: left out


def test_each_filter_narrows(world: World) -> None:
    section = Industry.objects.create(code="C", section="C", is_section=True, name_zh="制造业")
    division = Industry.objects.create(code="35", section="C", name_zh="专用设备制造业")
    park = Park.objects.create(code="p1", name_zh="示例园", region=world.regions["320506"])
    Enterprise.objects.filter(pk=world.firm.pk).update(
        tier="srdi",
        stage="seedling",
        size_class="small",
        digital_level=2,
        industry=division,
        park=park,
    )
    AnnualReport.objects.create(enterprise=world.other, year=2025)
    client = sign_in("nation", world, "000000")
    firm, other = world.firm.name, world.other.name
    assert found(client, region="320500") == [firm]
    assert found(client, tier="srdi") == [firm]
    assert found(client, tier="none") == [other]
    assert found(client, stage="seedling") == [firm]
    assert found(client, size_class="small") == [firm]
    assert found(client, industry=section.code) == [firm]
    assert found(client, industry="35") == [firm]
    assert found(client, park="p1") == [firm]
    assert found(client, digital="2") == [firm]
    assert found(client, digital="none") == [other]
    assert found(client, missing="2025") == [firm]


def test_region_choice_opens_one_level(world: World) -> None:
    client = sign_in("nation", world, "000000")

    def codes(**query: str) -> list[str]:
        field = client.get(LIST, query).context["filter"].form.fields["region"]
        return [code for code, _label in field.widget.choices]

    assert codes() == ["", "320000", "330000"]
    assert codes(region="320500") == ["", "320000", "320500", "320506", "320507", "330000"]


def test_pages_by_key_meet_every_row_once(world: World) -> None:
    for number in range(3, 13):
        make_enterprise(number, world.regions["320506"], name=f"示例{number % 3}号有限公司")
    rows = Enterprise.objects.all()
    for sort in ("pk", "-pk", "name", "-name", "-facts_at"):
        expected = list(rows.order_by(sort, "-pk" if sort.startswith("-") else "pk"))
        seen: list[Enterprise] = []
        page = paging.take(rows, sort=sort, size=5)
        seen += page.rows
        while page.following:
            page = paging.take(rows, sort=sort, after=page.following, size=5)
            seen += page.rows
        assert seen == expected
        back = paging.take(rows, sort=sort, before=page.previous, size=5)
        assert list(back.rows) == expected[5:10]
        first = paging.take(rows, sort=sort, before=back.previous, size=5)
        assert (list(first.rows), first.previous) == (expected[:5], "")


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJ4IiwxXQ", "🙂", "W1tdLDFd"])
def test_a_cursor_that_cannot_be_read_gives_the_first_page(world: World, cursor: str) -> None:
    client = sign_in("nation", world, "000000")
    for sort in ("-pk", "-facts_at"):
        answer = client.get(LIST, {"after": cursor, "sort": sort})
        assert answer.status_code == 200
        assert answer.context["page"].count == 2


def test_count_stops_at_the_cap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "COUNT_CAP", 1)
    page = sign_in("nation", world, "000000").get(LIST).context["page"]
    assert (page.count, page.capped) == (1, True)


def test_a_sort_outside_the_list_is_not_taken(world: World) -> None:
    answer = sign_in("nation", world, "000000").get(LIST, {"sort": "contact_phone"})
    assert answer.context["sort"] == "-pk"


def test_htmx_gets_only_the_results_and_the_region_select(world: World) -> None:
    client = sign_in("nation", world, "000000")
    text = client.get(LIST, {"q": "轴承"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert 'id="results"' in text
    assert 'hx-swap-oob="true"' in text


def test_query_count_does_not_grow_with_rows(world: World) -> None:
    client = sign_in("city", world, "320500")
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for number in (3, 4):
        make_enterprise(number, world.regions["320507"])
    with CaptureQueriesContext(connection) as three:
        assert len(client.get(LIST).context["page"].rows) == 3
    assert len(three) == len(one)


def rows_of(answer: object) -> list[list[str]]:
    """Return the cells of a streamed CSV."""
    text = b"".join(answer.streaming_content).decode("utf-8")  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_export_holds_the_filtered_list_in_scope_and_is_noted(world: World) -> None:
    make_enterprise(3, world.regions["320507"], name="虚构光电二厂")
    client = sign_in("city", world, "320500")
    answer = client.post("/enterprises/export/", {"format": "csv", "q": "虚构"})
    rows = rows_of(answer)
    assert [row[0] for row in rows] == ["Name", "虚构光电二厂"]
    run = JobRun.objects.get(kind="export")
    assert run.params == {"filters": {"q": "虚构"}, "format": "csv"}
    assert run.result == {"rows": 1}
    assert run.started_by_id == int(client.session["_auth_user_id"])


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t="])
def test_export_makes_formulas_harmless(world: World, mark: str) -> None:
    Enterprise.objects.filter(pk=world.firm.pk).update(niche=f"{mark}cmd|' /C calc'!A0")
    client = sign_in("county", world, "320506")
    row = rows_of(client.post("/enterprises/export/", {"format": "csv"}))[1]
    assert row[9] == f"'{mark}cmd|' /C calc'!A0"
    book = b"".join(
        client.post("/enterprises/export/", {"format": "xlsx"}).streaming_content  # type: ignore[attr-defined]
    )
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0)
    assert sheet.to_python()[1][9] == f"'{mark}cmd|' /C calc'!A0"


def test_export_by_get_is_refused_and_for_strangers_empty(world: World) -> None:
    assert sign_in("nation", world, "000000").get("/enterprises/export/").status_code == 405
    rows = rows_of(sign_in("", world).post("/enterprises/export/", {"format": "csv"}))
    assert len(rows) == 1


def test_export_has_no_personal_data(world: World) -> None:
    Enterprise.objects.update(contact_name="某人甲", contact_phone="02000000000")
    client = sign_in("nation", world, "000000")
    rows = rows_of(client.post("/enterprises/export/", {"format": "csv"}))
    assert [cell for row in rows for cell in row if cell in {"某人甲", "02000000000"}] == []


def test_a_workbook_that_would_be_too_long_is_refused_in_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "XLSX_MAX_ROWS", 1)
    client = sign_in("nation", world, "000000")
    answer = client.post("/enterprises/export/", {"format": "xlsx", "stage": "seed"}, follow=True)
    assert answer.redirect_chain == [("/enterprises/?stage=seed", 302)]
    assert [str(message) for message in answer.context["messages"]] == [
        "A workbook holds at most 1 rows here. Narrow the list or export it as CSV."
    ]
    assert JobRun.objects.count() == 0


def test_the_next_page_keeps_all_that_narrows_the_list() -> None:
    request = RequestFactory().get("/visits/", {"mine": "me", "member": "", "before": "x"})
    assert paging.neighbour(request, "after", "y") == "/visits/?mine=me&member=&after=y"
    assert paging.neighbour(request, "before", "") == ""
