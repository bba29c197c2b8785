from __future__ import annotations

import datetime as dt
import re
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse

from cultivation.digital import beside, coverage
from cultivation.digital.models import (
    CoverageAlert,
    CoverageDefinition,
    CoverageSnapshot,
    HelpTask,
)
from cultivation.digital.targets import loading
from enterprises.jobs.models import JobRun
from enterprises.places.models import Chain, Region
from enterprises.registry.models import Enterprise
from tests.digital.conftest import TODAY, assess

BOARD, EXPORT = reverse("digital:dashboard"), reverse("digital:dashboard_export")
FIRMS = reverse("digital:firms")
PICTURES = ("lines", "tiles", "funnel", "tiers", "levels", "published")


@pytest.fixture
def signed_in(client, seated, places):
    """Give a function that signs a seat's user in and returns the client."""
    loading.load()

    def sign_in(role: str, **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = "en"
        return client

    return sign_in


def count(on: dt.date = TODAY) -> None:
    coverage.take_snapshot(on)
    beside.take(on)


def test_strangers_sign_in_and_firms_and_experts_have_no_dashboard(signed_in, client, firm) -> None:
    assert client.get(BOARD).status_code == 302
    for role, seat in (("owner", {"of": firm()}), ("expert", {})):
        signed_in(role, **seat)
        assert client.get(BOARD).status_code == 403
        assert client.post(EXPORT, {"picture": "tiles"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "code", "region", "status"),
    [
        ("nation", "000000", "", 200),
        ("auditor", "000000", "440106", 200),
        ("province", "440000", "440300", 404),
        ("city", "440100", "440000", 404),
        ("county", "440106", "440106", 200),
        ("nation", "000000", "999999", 404),
        ("nation", "000000", "\x00", 404),
    ],
)
def test_officials_land_on_their_region_and_see_no_other(
    signed_in, firm, role, code, region, status
) -> None:
    firm()
    count()
    client = signed_in(role, code=code)
    asked = {"region": region} if region else {}
    answers = client.get(BOARD, asked), client.post(EXPORT, {"picture": "tiles", **asked})
    assert [answer.status_code for answer in answers] == [status, status]
    assert client.get(BOARD).context["board"].view.region.code == code


def test_the_figures_are_those_of_the_snapshots(signed_in, registry) -> None:
    count()
    client = signed_in("nation", code="000000")
    for definition in ("L2_ONSITE", "STARTED"):
        board = client.get(BOARD, {"definition": definition}).context["board"]
        rows = CoverageSnapshot.objects.filter(
            on=TODAY, tier="little_giant", definition__code=definition
        )
        stored = {row.region.path: (row.total, row.transformed) for row in rows}
        assert (board.view.figure.total, board.view.figure.transformed) == stored[""]
        shown = {
            tile.region.path: (tile.figure.total, tile.figure.transformed)
            for tile in board.tiles.tiles
        }
        assert shown == {path: stored[path] for path in shown}
        assert {"11", "44", "SZ"} <= set(shown)


def test_each_figure_leads_to_as_many_firms(signed_in, registry) -> None:
    chain = Chain.objects.create(code="ic", name_zh="集成电路")
    Enterprise.objects.filter(pk__in=[one.pk for one in registry[:70]]).update(chain=chain)
    count()
    client = signed_in("nation", code="000000")
    text = client.get(BOARD).content.decode()
    board = client.get(BOARD).context["board"]
    figure = board.view.figure
    links = dict(re.findall(rf'href="({FIRMS}\?region=000000[^"]*)">([^<]+)</a>', text))
    expected = {
        "Holders of a valid title": figure.total,
        "Transformed": figure.transformed,
        "Not transformed": figure.not_transformed,
        "Not assessed": figure.not_assessed,
    }
    assert sorted(label for label in links.values() if label in expected) == sorted(expected)
    assert len(links) == 4 + 4 * 2  # the chain, and those of none
    for url, label in links.items():
        page = client.get(url.replace("&amp;", "&")).context["page"]
        assert page.count == (expected[label] if label in expected else int(label))
    rows = board.split.rows
    assert [row.member for row in rows] == [str(chain.pk), ""]
    assert [sum(getattr(row, name) for row in rows) for name in ("total", "transformed")] == [
        figure.total,
        figure.transformed,
    ]


def test_from_the_country_to_a_missing_scenario_are_few_links(signed_in, firm) -> None:
    behind = firm()
    assess(behind, 1)
    count()
    client = signed_in("nation", code="000000")
    found = re.search(rf'{FIRMS}\?region=000000[^"]*group=not_transformed', _page(client, BOARD))
    assert found is not None
    firms = _page(client, found[0].replace("&amp;", "&"))
    assert reverse("digital:of_enterprise", args=[behind.pk]) in firms


def _page(client, url: str) -> str:
    return client.get(url).content.decode()


def test_links_keep_tier_definition_and_day(signed_in, firm) -> None:
    firm("440106", title="srdi")
    count(dt.date(2026, 1, 1))
    count()
    client = signed_in("nation", code="000000")
    asked = {"tier": "srdi", "definition": "L1_ANY", "on": "2026-01-01"}
    response = client.get(BOARD, asked)
    kept = "tier=srdi&amp;definition=L1_ANY&amp;on=2026-01-01"
    assert f"{BOARD}?region=440000&amp;{kept}" in response.content.decode()
    for odd in ("0000-00-00", "9999-12-31", "1e400", "\x00"):
        assert client.get(BOARD, asked | {"on": odd}).context["board"].on == TODAY


def test_every_picture_has_title_words_and_a_table(signed_in, firm) -> None:
    assess(firm(), 2)
    count()
    text = _page(signed_in("nation", code="000000"), BOARD)
    drawn = re.findall(r'<svg[^>]* class="pic pic--(\w+)".*?</svg>', text, re.DOTALL)
    assert drawn == list(PICTURES)
    for name in PICTURES:
        picture = re.search(rf'<svg[^>]*pic--{name}".*?</svg>', text, re.DOTALL)
        assert picture is not None
        assert f'id="{name}-title">' in picture[0]
        assert f'id="{name}-desc">' in picture[0]
        assert f'aria-labelledby="{name}-title {name}-desc"' in picture[0]
        role = "group" if name == "tiles" else "img"
        assert f'role="{role}"' in picture[0]
        rest = text[text.index(picture[0]) + len(picture[0]) :]
        assert "<table" in rest[: rest.index("</section>")]
    assert 'style="' not in text
    assert "<script>" not in text
    assert len(set(re.findall(r' id="([^"]+)"', text))) == text.count(' id="')


@pytest.mark.parametrize(
    ("language", "place", "tier"),
    [("en", "000000", "little giant"), ("zh-hans", "全国", "专精特新“小巨人”企业")],
)
def test_the_page_speaks_both_languages(signed_in, firm, language, place, tier) -> None:
    firm()
    count()
    client = signed_in("nation", code="000000")
    client.cookies["django_language"] = language
    text = _page(client, BOARD)
    assert re.findall(r"<h1>(\w+)", text) == [place]
    assert re.findall(r'value="little_giant" selected>([^<]+)<', text) == [tier.capitalize()]


def test_queries_do_not_grow_with_firms_or_regions(
    signed_in, firm, django_assert_num_queries
) -> None:
    client = signed_in("nation", code="000000")
    chain = Chain.objects.create(code="ic", name_zh="集成电路")
    firm("440106", chain=chain)
    count()
    with django_assert_num_queries(25):
        assert client.get(BOARD).status_code == 200
    for code in ("110101", "440305", "440204"):
        assess(firm(code, chain=chain), 2)
    count()
    with django_assert_num_queries(25):
        assert client.get(BOARD).status_code == 200


def test_open_alerts_are_counted_by_kind_below_the_region(signed_in, firm, places) -> None:
    firm()
    count()
    strictest = CoverageDefinition.objects.get(code="L2_ONSITE")
    for code, kind, closed in (
        ("440106", "behind", None),
        ("440100", "behind", None),
        ("440100", "stale", TODAY),
        ("440300", "stalled", None),
    ):
        CoverageAlert.objects.create(
            region=places[code],
            tier="little_giant",
            definition=strictest,
            kind=kind,
            opened_on=TODAY,
            closed_on=closed,
            seen_on=TODAY,
            firms=1,
            total=1,
        )
    client = signed_in("province", code="440000")
    assert client.get(BOARD).context["board"].alerts == [("behind", 2)]
    assert client.get(BOARD, {"definition": "L1_ANY"}).context["board"].alerts == []


def test_tasks_are_counted_below_the_region_and_lead_to_as_many(signed_in, firm, seated) -> None:
    count()
    owner = seated("city", code="440100")
    strictest = CoverageDefinition.objects.get(code="L2_ONSITE")
    for code, state, due in (
        ("440106", "open", TODAY),
        ("440106", "open", TODAY - dt.timedelta(days=1)),
        ("440103", "done", TODAY),
        ("440305", "open", TODAY),
    ):
        HelpTask.objects.create(
            enterprise=firm(code),
            kind="on_site",
            tier="little_giant",
            definition=strictest,
            owner=owner,
            due_on=due,
            made_on=dt.date(2026, 1, 1),
            state=state,
            closed_on=TODAY if state == "done" else None,
        )
    client = signed_in("nation", code="000000")
    board = client.get(BOARD, {"region": "440000"}).context["board"]
    assert board.tasks == {"all": 3, "open": 2, "late": 1, "done": 1}
    tasks = reverse("digital:help_tasks")
    for asked, number in (({"state": "open"}, 2), ({"late": "on"}, 1), ({"state": "done"}, 1)):
        assert client.get(tasks, {"region": "440000", **asked}).context["page"].count == number


def test_a_past_day_is_split_when_a_dimension_is_chosen(signed_in, firm) -> None:
    assess(firm(size_class="small"), 2)
    count(dt.date(2026, 1, 1))
    count()
    client = signed_in("nation", code="000000")
    past = {"on": "2026-01-01"}
    assert client.get(BOARD, past).context["board"].split is None
    board = client.get(BOARD, past | {"by": "size_class"}).context["board"]
    assert [(row.member, row.total, row.transformed) for row in board.split.rows] == [
        ("small", 1, 1)
    ]
    assert len(board.split.caveats) == 2
    asked = {"by": "size_class", "member": "small", **past}
    assert client.get(FIRMS, asked).context["page"].count == 1
    assert client.get(FIRMS, {"by": "park", "member": ""}).context["page"].count == 1
    odd = [
        ("size_class", "\x00"),
        ("park", "1e400"),
        ("park", "9" * 30),
        ("batch", "\x00"),
        ("x", ""),
    ]
    for by, member in odd:
        assert client.get(FIRMS, {"by": by, "member": member}).status_code == 404


def test_without_a_snapshot_the_page_says_so(signed_in, places) -> None:
    client = signed_in("nation", code="000000")
    assert "No snapshot of this region yet" in _page(client, BOARD)
    assert client.post(EXPORT, {"picture": "lines", "format": "svg"}).status_code == 404
    assert client.post(EXPORT, {"picture": "lines"}).status_code == 200


def test_tables_leave_with_harmless_cells_and_a_note(signed_in, firm, places) -> None:
    Region.objects.filter(code="440000").update(name_zh="=cmd", name_en="")
    firm()
    count()
    client = signed_in("nation", code="000000")
    for picture in (*PICTURES, "targets"):
        text = b"".join(client.post(EXPORT, {"picture": picture}).streaming_content).decode()
        assert len(text.splitlines()) > 1
        assert not re.search(r"(^|,)[=+@]", text, re.MULTILINE)
    text = b"".join(client.post(EXPORT, {"picture": "tiles"}).streaming_content).decode()
    assert ",'=cmd,1,0,0,1,0.00%," in text
    assert ",'-56." in text
    book = client.post(EXPORT, {"picture": "tiles", "format": "xlsx"})
    assert b"".join(book.streaming_content)[:2] == b"PK"
    notes = JobRun.objects.filter(kind="export").order_by("-pk")
    assert notes[0].params["filters"]["list"] == "dashboard:tiles"
    assert client.get(EXPORT).status_code == 405
    assert client.post(EXPORT, {"picture": "nothing"}).status_code == 404


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_leaves_as_a_file_of_its_own(signed_in, firm, picture) -> None:
    assess(firm(), 2)
    count()
    client = signed_in("nation", code="000000")
    answer = client.post(EXPORT, {"picture": picture, "format": "svg"})
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert f'filename="{picture}-000000-20260630.svg"' in answer["Content-Disposition"]
    text = answer.content.decode()
    root = ET.fromstring(text)  # noqa: S314
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert "var(" not in text
    assert "<a " not in text
