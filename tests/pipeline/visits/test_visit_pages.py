"""Pages of visits and samples: who sees what, nothing typed is lost, few queries (核查页面)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cultivation.pipeline.calendar.sources import dates_of
from cultivation.pipeline.models import Visit, VisitDraw, VisitFile, VisitRecord, VisitRuleUse
from cultivation.pipeline.visits import commenting, draws, planning, recording
from cultivation.pipeline.visits.draws import Sample

from .conftest import values_of

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import Site

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"photo"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    """Keep files of a test in its own folder."""
    settings.MEDIA_ROOT = tmp_path


def signed_in(client: Client, site: Site, who: str) -> Client:
    """Sign a user in who reads English, or what was chosen before."""
    if "django_language" not in client.cookies:
        client.cookies["django_language"] = "en"
    client.force_login(site.world.user(who))
    return client


def seen(site: Site) -> dict[str, str]:
    """Give a signed visit with a file, a drawn sample, and the addresses of all pages."""
    visit = site.planned()
    record = recording.opened(visit, site.world.user("province"))
    VisitFile.objects.create(
        record=record, name="a.png", media_type="image/png", size=1, sha256="a" * 64
    )
    site.written(visit, c1="SECRET-FOUND")
    recording.sign(visit, by=site.world.user("province2"))
    draw = sample(site)
    pk = {"pk": visit.pk}
    return {
        "visits": reverse("pipeline:visits"),
        "rules": reverse("pipeline:visit_rules"),
        "draws": reverse("pipeline:visit_draws"),
        "draw_new": reverse("pipeline:visit_draw_new"),
        "draw": reverse("pipeline:visit_draw", args=[draw.pk]),
        "visit": reverse("pipeline:visit", kwargs=pk),
        "firm": reverse("pipeline:visit_firm", kwargs=pk),
        "samples": reverse("pipeline:samples"),
        "sample": reverse("pipeline:sample", args=[draw.token]),
        "lists": reverse("pipeline:sample_lists", args=[draw.token]),
        "outcome": reverse("pipeline:sample_outcome", args=[draw.token]),
    }


def sample(site: Site) -> VisitDraw:
    """Draw two of the innovative SMEs."""
    by = site.world.user("province")
    wanted = Sample("spring", "innovative", number=2, strata="county")
    draw = draws.seal(site.world.places["330000"], wanted, by=by)
    site.world.clock.shift(dt.timedelta(seconds=2))
    return draws.draw(draws.close_lists(draw, by=by), by=by)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_answers_in_both_languages(client: Client, site: Site, language: str) -> None:
    pages = seen(site)
    free = next(case for case in site.pool if not case.visits.exists())
    fresh = site.planned(planning.begin(free, by=site.world.user("province")))
    pages["record"] = reverse("pipeline:visit_record", args=[fresh.pk])
    pages |= {f"shown {n}": f"{pages['visits']}?show={n}" for n in ("all", "signed", "open")}
    client.cookies["django_language"] = language
    firm = pages.pop("firm")
    signed_in(client, site, "province")

    assert {name: client.get(path).status_code for name, path in pages.items()} == dict.fromkeys(
        pages, 200
    )
    assert signed_in(client, site, "owner").get(firm).status_code == 200
    case = site.case.pk
    for who, path in (("province", f"/review/{case}/"), ("owner", f"/applications/{case}/")):
        page = signed_in(client, site, who).get(path).content.decode()
        assert page.count(f"/visits/{Visit.objects.earliest('pk').pk}/") == 1


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("auditor", {"visit": 200, "draw": 200, "firm": 404}),
        ("nation", {"visit": 200, "draw": 200, "firm": 404}),
        ("city", {"visit": 404, "draw": 404, "firm": 404}),
        ("jiangsu", {"visit": 404, "draw": 404, "firm": 404}),
        ("owner", {"visit": 403, "draw": 403, "firm": 200}),
        ("other_owner", {"visit": 403, "draw": 403, "firm": 404}),
        ("expert", {"visit": 403, "draw": 403, "firm": 404}),
        ("", {"visit": 302, "draw": 302, "firm": 302}),
    ],
)
def test_a_visit_is_seen_by_its_office_those_above_and_auditors_only(
    client: Client, site: Site, who: str, wanted: dict[str, int]
) -> None:
    pages = seen(site)
    if who:
        signed_in(client, site, who)

    assert {name: client.get(pages[name]).status_code for name in wanted} == wanted
    for name in ("samples", "sample", "lists", "outcome"):  # public, and naming nobody
        page = client.get(pages[name])
        assert page.status_code == 200
        assert "测试传动1" not in page.content.decode()


def test_a_firm_reads_the_outcome_in_words_and_not_the_office_s(client: Client, site: Site) -> None:
    visit = site.signed(c1="SECRET-OF-THE-OFFICE")
    path = reverse("pipeline:visit_firm", args=[visit.pk])
    page = signed_in(client, site, "owner").get(path).content.decode()
    assert ("what we saw" in page, "4,000" in page, "SECRET-OF" in page) == (True, True, False)

    assert client.post(path, {"text": "the ledger is in the safe"}).status_code == 302
    assert client.post(path, {"text": "a\0b"}).status_code == 400
    assert client.post(path, {"text": " "}).status_code == 400
    assert visit.comments.get().text == "the ledger is in the safe"
    office = reverse("pipeline:visit", args=[visit.pk])
    assert "in the safe" in signed_in(client, site, "province").get(office).content.decode()


def test_a_firm_sees_no_visit_before_it_is_planned(client: Client, site: Site) -> None:
    visit = site.begun()
    path = reverse("pipeline:visit_firm", args=[visit.pk])
    assert signed_in(client, site, "owner").get(path).status_code == 404
    site.planned(visit, days=3)

    assert "2026-05-09" in client.get(path).content.decode()


def test_a_visit_goes_its_whole_way_by_the_pages(client: Client, site: Site) -> None:
    world = site.world
    here = signed_in(client, site, "province").post(
        reverse("pipeline:visits"), {"application": site.case.pk}
    )["Location"]
    visit = Visit.objects.get()
    pair = {"first": world.user("province").pk, "second": world.user("province2").pk}
    plan = {"do": "plan", "day": "2026-05-06", "version": visit.version, **pair}
    assert client.post(here, plan | {"day": "2026-05-05"}).status_code == 409
    assert client.post(here, plan | {"day": "soon"}).status_code == 400
    assert client.post(here, plan | {"version": "7" * 30}).status_code == 409
    assert client.post(here, plan).status_code == 302
    page = reverse("pipeline:visit_record", args=[visit.pk])
    values = values_of(recording.current(Visit.objects.get(), by=world.user("province")), c2="no")
    photo = SimpleUploadedFile("gate.png", PNG)
    sent = values | {"version": "1", "then": "hand_in", "files:L-1": photo}
    assert client.post(page, sent)["Location"] == here
    assert client.post(here, {"do": "sign"}).status_code == 409
    assert signed_in(client, site, "province2").post(here, {"do": "sign"}).status_code == 302

    record = VisitRecord.objects.get()
    assert (record.is_signed, record.files.get().criterion) == (True, "L-1")
    answer = client.get(reverse("pipeline:visit_file", args=[visit.pk, record.files.get().pk]))
    assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]
    assert client.post(here, {"do": "nonsense"}).status_code == 400
    assert client.post(here, {"do": "correct", "reason": ""}).status_code == 400


def test_nothing_typed_is_lost_where_a_page_cannot_be_kept(client: Client, site: Site) -> None:
    visit = site.planned()
    page = reverse("pipeline:visit_record", args=[visit.pk])
    typed = {"version": "1", "told": "words of mine", "visited_on": "2031-01-01"}
    signed_in(client, site, "province")
    for change in (
        {},
        {"visited_on": "2026-05-06", "then": "hand_in"},
        {"visited_on": "2026-05-06", "files": SimpleUploadedFile("a.png", b"no picture")},
        {"visited_on": "2026-05-06", "version": "9"},
    ):
        answer = client.post(page, typed | change)
        assert answer.status_code == 409
        assert "words of mine" in answer.content.decode()
    assert not VisitRecord.objects.filter(told="words of mine").exists()


def test_one_field_saves_itself_and_says_so_or_what_is_wrong(client: Client, site: Site) -> None:
    visit = site.planned()
    path = reverse("pipeline:visit_save", args=[visit.pk])
    signed_in(client, site, "province")
    kept = client.post(path, {"found:L-1": "4,200"})
    assert (kept.status_code, kept.json()["message"][:8]) == (200, "saved at")
    wrong = client.post(path, {"outcome:L-1": "perhaps"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "outcome:L-1")
    assert VisitRecord.objects.get().findings == {"L-1": {"found": "4,200"}}

    assert signed_in(client, site, "clerk").post(path, {"told": "x"}).status_code == 403
    assert signed_in(client, site, "jiangsu").post(path, {"told": "x"}).status_code == 404
    assert VisitRecord.objects.get().told == ""


def test_a_rule_is_taken_into_use_on_its_page_by_who_decides(client: Client, site: Site) -> None:
    path = reverse("pipeline:visit_rules")
    sent = {"office": "33", "rule": "srdi_2026", "used": "1"}
    assert signed_in(client, site, "clerk").post(path, sent).status_code == 403
    signed_in(client, site, "province")
    assert client.post(path, sent).status_code == 302
    assert client.post(path, sent | {"office": "\0"}).status_code in {400, 404}

    assert VisitRuleUse.objects.get().rule == "srdi_2026"
    assert client.get(path).content.decode().count('value="0"') == 1


def test_a_sample_is_set_up_and_drawn_by_the_pages(client: Client, site: Site) -> None:
    new = reverse("pipeline:visit_draw_new")
    sent = {"name": "spring", "office": "33", "tier": "innovative", "kind": "recognition",
            "share": "25.5", "strata": "county"}  # fmt: skip
    assert signed_in(client, site, "clerk").get(new).status_code == 403
    signed_in(client, site, "province")
    for bad in ({"share": ""}, {"share": "1e400"}, {"number": "3"}, {"office": "32"}):
        assert client.post(new, sent | bad).status_code == 400
    here = client.post(new, sent)["Location"]
    site.world.clock.shift(dt.timedelta(seconds=2))
    assert client.get(here).status_code == 200
    assert client.post(here, {"do": "draw"}).status_code == 409
    for step in ({"do": "close"}, {"do": "draw", "word": "见证"}):
        assert client.post(here, step).status_code == 302

    draw = VisitDraw.objects.get()
    assert (draw.share, draw.state, draw.listed.filter(drawn=True).count()) == (255_000, "drawn", 2)
    assert "the same sample" in client.get(here).content.decode()


def test_days_of_visits_are_in_the_calendars_of_those_concerned(site: Site) -> None:
    visit = site.planned(days=3)
    found = {
        who: [(one.key, one.left) for one in dates_of(site.world.user(who)) if "visit" in one.key]
        for who in ("province", "province2", "owner", "clerk", "city")
    }

    key = f"visit:{visit.pk}"
    assert found == {
        "province": [(f"{key}:planned", 3)], "province2": [(f"{key}:planned", 3)],
        "owner": [(f"{key}:comes", 3)], "clerk": [], "city": [],
    }  # fmt: skip


def test_lists_take_the_same_queries_for_one_row_and_three(client: Client, site: Site) -> None:
    by = site.world.user("province")
    site.planned(planning.begin(site.pool[0], by=by))
    sample(site)
    names = ("visits", "visit_draws", "samples", "visit_rules")
    paths = [reverse(f"pipeline:{name}") for name in names]
    signed_in(client, site, "province")
    ones = {path: queries(client, path) for path in paths}
    for case in site.pool:
        if not case.visits.exists():
            site.planned(planning.begin(case, by=by))
    for name in ("summer", "autumn"):
        draws.seal(site.world.places["330000"], Sample(name, "srdi", number=1), by=by)

    assert {path: queries(client, path) for path in paths} == ones
    assert max(ones.values()) <= 16


def test_a_visit_takes_the_same_queries_for_one_version_and_three(
    client: Client, site: Site
) -> None:
    visit, by = site.signed(), site.world.user("province")
    path = reverse("pipeline:visit", args=[visit.pk])
    signed_in(client, site, "province")
    one = queries(client, path)
    for _number in range(2):
        recording.correct(visit, by=by, reason="again")
        recording.hand_in(visit, by=by)
        recording.sign(visit, by=site.world.user("province2"))
        commenting.comment(visit, by=site.world.user("owner"), text="thanks")

    assert visit.records.count() == 3
    assert queries(client, path) == one
    assert one <= 16


def queries(client: Client, path: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)
