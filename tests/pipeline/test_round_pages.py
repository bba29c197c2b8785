"""Pages of rounds, rules and handovers: who comes in, what a form does, how many queries (页面)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cultivation.pipeline import applications
from cultivation.pipeline.models import Extension, Handover, Quota, Round, RoundWindow
from cultivation.pipeline.rounds import extending, reminding, setting
from cultivation.pipeline.rounds.moments import MomentField
from cultivation.standards import windows as notices
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification

from .test_pages import signed, text
from .test_quotas import at_city, second_firm, share
from .test_rounds import LEVELS, at, days, hold
from .test_routing import hand, move_firm

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db
EVERYBODY = (
    "county", "city", "province", "nation", "other_county", "jiangsu", "jiangsu_city", "ningbo",
    "auditor", "owner", "editor", "other_owner", "clerk", "expert", "nobody",
)  # fmt: skip
ZHEJIANG = {"county", "city", "province", "nation", "other_county", "auditor", "owner", "editor",
            "clerk"}  # fmt: skip


def get(client: Client, name: str, *args: Any, **query: str) -> Any:
    return client.get(reverse(f"pipeline:{name}", args=args), query)


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"pipeline:{name}", args=args), data)


def test_round_of_a_unit_is_there_for_whom_it_reaches(client: Client, world: World) -> None:
    round_, draft = hold(world, LEVELS), hold(world, name="draft", publish=False)
    for who in EVERYBODY:
        signed(client, world, who)
        away = 403 if who == "nobody" else 404
        sees, prepares = who in ZHEJIANG, who in {"province", "clerk", "nation", "auditor"}
        no = 403 if sees else away
        expected = {
            ("rounds",): 403 if who == "nobody" else 200,
            ("round", round_.pk): 200 if sees else away,
            ("round", draft.pk): 200 if prepares else away,
            ("edit_round", round_.pk): 200 if who == "province" else no,
            ("round_windows", round_.pk, "330100"): 200 if who == "city" else no,
            ("round_quotas", round_.pk, "330000"): 200 if who == "province" else no,
            ("extend", round_.pk): 200
            if who in {"province", "city"}
            else 403
            if who in {"owner", "editor", "other_owner", "expert", "nobody"}
            else no,
            ("rules",): 403
            if who in {"owner", "editor", "other_owner", "expert", "nobody"}
            else 200,
        }
        found = {asked: get(client, *asked).status_code for asked in expected}
        assert found == expected, who


def test_strangers_change_no_round(client: Client, world: World) -> None:
    round_, draft = hold(world, LEVELS), hold(world, name="draft", publish=False)
    for who in EVERYBODY:
        if who == "province":
            continue
        signed(client, world, who)
        for name, one in (
            ("publish_round", draft), ("discard_round", draft), ("close_round", round_),
        ):  # fmt: skip
            answer = post(client, name, one.pk, version=one.version, reason="x")
            assert answer.status_code in {403, 404}, (who, name)
    states = dict(Round.objects.values_list("name", "state"))
    assert states == {"first": "open", "draft": "draft"}


def test_round_is_made_from_what_a_notice_said(client: Client, world: World) -> None:
    notices.load()
    signed(client, world, "nation")
    page = get(client, "new_round", tier="little_giant")
    said = text(page)
    assert "2026-04-25 – 2026-05-25 · 工信厅企业函〔2026〕117号 verified" in said
    assert "Haikou" not in said  # of another unit
    known = next(w for w in notices.load() if w.tier == "little_giant" and w.year == 2026)
    page = get(client, "new_round", tier="little_giant", **{"from": str(known.pk)})
    form = page.content.decode()
    assert 'value="2026-05-25T23:59:59"' in form
    assert 'value="2026-04-25T00:00:00"' in form
    data = {
        "region": "000000", "tier": "little_giant", "from": str(known.pk), "name": "batch 8",
        "year": "2026", "kinds": ["recognition", "recheck"], "document": known.document,
        "opens_company": "2026-04-25T00:00:00", "closes_company": "2026-05-25T23:59:59",
        "closes_province": "2026-06-30", "grace_company": "5",
    }  # fmt: skip
    made = client.post(reverse("pipeline:new_round"), data)
    round_ = Round.objects.get()
    assert made["Location"] == reverse("pipeline:round", args=[round_.pk])
    rows = {row.level: row for row in round_.windows.all()}
    assert (rows["company"].confidence, rows["company"].document) == ("H", known.document)
    assert rows["company"].grace_seconds == 300
    assert rows["province"].closes == at("2026-06-30 23:59:59")
    assert rows["province"].confidence == ""
    client.post(
        reverse("pipeline:edit_round", args=[round_.pk]),
        data | {"closes_company": "2026-05-26T23:59:59", "version": str(round_.version)},
    )
    changed = round_.windows.get(level="company")
    assert (changed.closes, changed.confidence) == (at("2026-05-26 23:59:59"), "")


def test_unverified_days_are_marked(client: Client, world: World) -> None:
    known = next(w for w in notices.load() if w.tier == "technology")
    signed(client, world, "nation")
    data = {
        "region": "000000", "tier": "technology", "from": str(known.pk), "name": "technology",
        "year": "2026", "kinds": ["recognition"], "opens_company": "2026-06-01",
        "closes_company": "2026-08-31",
    }  # fmt: skip
    client.post(reverse("pipeline:new_round"), data)
    round_ = Round.objects.get()
    post(client, "publish_round", round_.pk, version=round_.version)
    signed(client, world, "owner")
    said = text(get(client, "round", round_.pk))
    assert "2026-08-31 23:59:59 UTC+0800 unverified" in said
    assert "opens in 3 weeks, 4 days" in said


def test_bad_input_is_said_by_field_and_nothing_is_kept(client: Client, world: World) -> None:
    for field, value, said in [
        (
            "closes_company",
            "yesterday",
            "“yesterday” is no moment. Write it like 2026-05-25 23:59:59.",
        ),
        ("closes_company", "0000-01-01", "“0000-01-01” is no moment"),
        ("closes_company", "9999-12-31 23:59:59", "9999 lies outside the years 2015 to 2100."),
        ("closes_company", "0001-01-01", "1 lies outside the years 2015 to 2100."),
        ("closes_company", "2026-02-30", "“2026-02-30” is no moment"),
        ("closes_company", "\x00", "Null characters are not allowed."),
        ("closes_company", "", "Say when this window closes."),
        ("opens_company", "2026-05-25 23:59:60", "is no moment"),
        ("grace_company", "1" + "0" * 18, "is outside 0 to 10,080"),
        ("grace_company", "-1", "is outside 0 to 10,080"),
        ("year", "9" * 20, "is outside 2015 to 2,100"),
        ("kinds", "party", "Select a valid choice"),
        ("name", "x" * 121, "at most 120 characters"),
        ("units", "99", "Select a valid choice"),
        ("edition", "10" * 30, "Select a valid choice"),
    ]:
        signed(client, world, "nation")
        data = {
            "region": "000000", "tier": "little_giant", "name": "round", "year": "2026",
            "kinds": ["recognition"], "opens_company": "2026-05-01", "closes_company": "2026-05-25",
        }  # fmt: skip
        page = client.post(reverse("pipeline:new_round"), data | {field: value})
        assert page.status_code == 200
        assert said in text(page)
        assert Round.objects.count() == RoundWindow.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2026-05-25", "2026-05-25 00:00:00", "2026-05-25 23:59:59"),
        ("2026-05-25T23:59", "2026-05-25 23:59:00", "2026-05-25 23:59:59"),
        ("2026-05-25T17:00", "2026-05-25 17:00:00", "2026-05-25 17:00:00"),
        ("2026年5月25日 24时", "2026-05-25 23:59:59", "2026-05-25 23:59:59"),
        ("２０２６-05-25 17:00:30", "2026-05-25 17:00:30", "2026-05-25 17:00:30"),
    ],
)
def test_moments_are_read_as_people_write_them(typed: str, first: str, last: str) -> None:
    assert MomentField().clean(typed) == at(first)
    assert MomentField(last=True).clean(typed) == at(last)


def test_window_is_shown_with_its_zone_and_the_time_left(client: Client, world: World) -> None:
    round_ = hold(world, LEVELS | {"company": days("2026-05-04", "2026-05-20", grace=600)})
    signed(client, world, "owner")
    offered = text(client.get(reverse("pipeline:of_enterprise", args=[world.firm.pk])))
    assert "first · until 2026-05-20 23:59:59 UTC+0800 · 2 weeks left" in offered
    application = world.draft()
    said = text(client.get(reverse("pipeline:application", args=[application.pk])))
    assert "Applicant until 2026-05-20 23:59:59 UTC+0800 open now 2 weeks left" in said
    form = text(client.get(reverse("pipeline:form", args=[application.pk])))
    assert "Applicant until 2026-05-20 23:59:59 UTC+0800 open now 2 weeks left" in form
    page = text(get(client, "round", round_.pk))
    assert "City with the publication 2026-05-30 23:59:59 UTC+0800 open now" in page
    for shown in (said, form, page):
        assert "grace" not in shown.lower()
    world.clock.move_to(at("2026-05-21 00:05:00"), tick=False)
    signed(client, world, "owner")
    late = text(client.get(reverse("pipeline:application", args=[application.pk])))
    assert "grace" not in late.lower()
    assert "closed" in late
    world.step(application, "submit", "owner")
    own = text(client.get(reverse("pipeline:application", args=[application.pk])))
    assert "grace" not in own.lower()
    signed(client, world, "county")
    office = text(client.get(reverse("pipeline:review", args=[application.pk])))
    assert "Came in 301 seconds after the closing, within the grace period." in office
    assert "County until 2026-05-25 23:59:59 UTC+0800" in office


def test_city_narrows_its_windows_on_the_page(client: Client, world: World) -> None:
    round_ = hold(world, LEVELS)
    signed(client, world, "city")
    url = reverse("pipeline:round_windows", args=[round_.pk, "330100"])
    late = client.post(
        url, {"version": round_.version, "closes_company": "2026-05-21", "reason": "staged"}
    )
    assert "浙江省 closes this window at 2026-05-20 23:59:59 (UTC+08:00)" in text(late)
    kept = client.post(
        url, {"version": round_.version, "closes_company": "2026-05-15", "reason": "staged"}
    )
    assert kept.status_code == 302
    signed(client, world, "owner")
    said = text(get(client, "round", round_.pk))
    assert "2026-05-15 23:59:59" in said
    assert "2026-05-20" not in said
    signed(client, world, "province")
    assert "杭州市 Applicant — 2026-05-15 23:59:59" in text(get(client, "round", round_.pk))
    stale = client.post(
        reverse("pipeline:round_windows", args=[round_.pk, "330100"]), {"version": "1"}
    )
    assert stale.status_code == 403


def test_quotas_are_set_and_shown_with_what_is_left(client: Client, world: World) -> None:
    round_ = hold(world)
    signed(client, world, "province")
    data = {"version": round_.version, "places_330100": "2", "ratio_330100": "120"}
    without = post(client, "round_quotas", round_.pk, "330000", **data)
    assert "Reason : This field is required." in text(without)
    post(client, "round_quotas", round_.pk, "330000", **data, reason="shared out")
    quota = Quota.objects.get()
    assert (quota.places, quota.ratio) == (2, 120)
    world.step(at_city(world, world.firm), "recommend", "city")
    assert "杭州市 2 1 1 120" in text(get(client, "round", round_.pk))
    signed(client, world, "city")
    queue = text(client.get(reverse("pipeline:queue")))
    assert "first · 杭州市 has 1 of 2 places left." in queue
    signed(client, world, "province")
    round_.refresh_from_db()
    low = post(
        client, "round_quotas", round_.pk, "330000", version=round_.version, places_330100="0",
        reason="x",
    )  # fmt: skip
    assert "杭州市 has taken 1 places already; 0 are too few." in text(low)


def test_extension_is_granted_and_taken_back_on_the_page(client: Client, world: World) -> None:
    round_ = hold(world)
    signed(client, world, "province")
    data = {"code": world.firm.credit_code.lower(), "level": "company", "until": "2026-05-25",
            "reason": "fire"}  # fmt: skip
    assert "Select a valid choice" in text(
        post(client, "extend", round_.pk, **data | {"level": "x"})
    )
    unknown = post(client, "extend", round_.pk, **data | {"code": world.other.credit_code})
    assert "No enterprise in your sight has this code." in text(unknown)
    assert post(client, "extend", round_.pk, **data).status_code == 302
    extension = Extension.objects.get()
    told = Notification.objects.filter(kind="extension_granted")
    assert {n.recipient.username for n in told} == {"owner", "editor"}
    signed(client, world, "owner")
    said = text(get(client, "round", round_.pk))
    assert "Extended for you until 2026-05-25 23:59:59" in said
    assert "fire" in said
    assert post(client, "end_extension", extension.pk, reason="x").status_code == 403
    signed(client, world, "other_owner")
    assert post(client, "end_extension", extension.pk, reason="x").status_code in {403, 404}
    signed(client, world, "province")
    post(client, "end_extension", extension.pk, reason="not needed")
    extension.refresh_from_db()
    assert extension.end_reason == "not needed"


def test_numbers_by_region_count_drafts_without_reading_them(client: Client, world: World) -> None:
    round_ = hold(world)
    at_city(world, world.firm)
    signed(client, world, "province")
    said = text(get(client, "round", round_.pk))
    assert "Region with the city All 杭州市 1 1" in said
    applications.begin(second_firm(world), "innovative", kind="recognition", by=world.user("owner"))
    said = text(get(client, "round", round_.pk))
    assert "Region draft with the city All 杭州市 1 1 2" in said
    signed(client, world, "county")
    assert "Region draft with the city All 滨江区 1 1 2" in text(get(client, "round", round_.pk))
    signed(client, world, "other_county")
    assert "Applications by region" not in text(get(client, "round", round_.pk))
    signed(client, world, "owner")
    assert "Applications by region" not in text(get(client, "round", round_.pk))


def test_queue_is_narrowed_by_round(client: Client, world: World) -> None:
    first = hold(world)
    application = at_city(world, world.firm)
    signed(client, world, "city")
    url = reverse("pipeline:queue")
    assert application.receipt in text(client.get(url, {"round": first.pk}))
    other = hold(world, {"company": days("2026-06-01", "2026-06-20")}, name="later")
    assert application.receipt not in text(client.get(url, {"round": other.pk}))
    assert client.get(url, {"round": "9" * 30}).status_code == 200


def test_rules_are_kept_by_the_unit(client: Client, world: World) -> None:
    signed(client, world, "province")
    page = text(get(client, "rules"))
    assert "in rounds once there is one, at any time until then" in page
    post(client, "keep_rule", "330000", "srdi", "intake", mode="rounds", reason="annex")
    post(client, "keep_rule", "330000", "srdi", "route", by_county="on", reason="annex")
    said = text(get(client, "rules"))
    assert (
        "SRDI SME 浙江省 Applications come in in rounds alone Reviewed below the unit by county"
        in said
    )
    assert post(client, "keep_rule", "330000", "srdi", "intake", mode="x").status_code == 400
    assert post(client, "keep_rule", "330000", "xx", "intake").status_code == 404
    assert post(client, "keep_rule", "320000", "srdi", "intake", mode="rounds").status_code == 404
    for who in ("city", "clerk", "auditor", "nation"):
        signed(client, world, who)
        answer = post(client, "keep_rule", "330000", "srdi", "route", reason="x")
        assert answer.status_code == 403
    signed(client, world, "owner")
    assert get(client, "rules").status_code == 403
    assert AuditRecord.objects.filter(action__in=["intake.set", "route.set"]).count() == 2


def test_case_is_handed_over_on_the_page_and_read_by_both_offices(
    client: Client, world: World
) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    move_firm(world, "330110")
    signed(client, world, "county")
    page = text(client.get(reverse("pipeline:review", args=[application.pk])))
    assert "The enterprise has moved from 滨江区 to 余杭区 since the application went in." in page
    assert "It goes on with the county of the new place." in page
    application.refresh_from_db()
    post(
        client, "move", application.pk, "hand_over", version=application.version, reason="moved",
        next="review",
    )  # fmt: skip
    handover = Handover.objects.get()
    told = Notification.objects.filter(kind="case_handed_over")
    assert {n.recipient.username for n in told} == {"owner", "editor", "other_county"}
    kept = text(get(client, "handover", handover.pk))
    assert "moved" in kept
    assert "You read the case as your office left it" in kept
    assert client.get(reverse("pipeline:application", args=[application.pk])).status_code == 404
    world.step(application, "recommend", "other_county")
    assert "recommend" not in text(get(client, "handover", handover.pk))
    assert "滨江区 余杭区" in text(get(client, "handovers"))
    signed(client, world, "other_county")
    assert "See the application as it stands" in text(get(client, "handover", handover.pk))
    for who in ("jiangsu", "ningbo", "other_owner", "nobody"):
        signed(client, world, who)
        assert get(client, "handover", handover.pk).status_code == 404


def test_publication_and_changes_are_told_once(world: World) -> None:
    round_ = hold(world)
    told = Notification.objects.filter(kind="round_published")
    assert {n.recipient.username for n in told} == {
        "county", "city", "province", "other_county", "clerk",
    }  # fmt: skip
    world.draft()
    setting.set_windows(
        round_, world.places["330000"], {"company": days("2026-05-04", "2026-05-28")},
        by=world.user("province"), reason="longer",
    )  # fmt: skip
    told = Notification.objects.filter(kind="window_changed")
    assert {n.recipient.username for n in told} == {"owner", "editor"}


def test_drafts_not_submitted_are_told_at_each_stage_once(world: World) -> None:
    hold(world)
    application = world.draft()
    numbers = []
    for day in ("2026-05-12", "2026-05-14", "2026-05-14", "2026-05-18", "2026-05-20"):
        world.clock.move_to(at(f"{day} 08:20:00"), tick=False)
        numbers.append(reminding.remind())
    assert numbers == [0, 2, 0, 2, 2]
    world.step(application, "submit", "owner")
    world.clock.move_to(at("2026-05-20 20:00:00"), tick=False)
    assert reminding.remind() == 0


def test_lists_take_the_same_queries_for_one_row_and_for_three(
    client: Client, world: World
) -> None:
    share(world, hold(world, LEVELS), 3)
    first = at_city(world, world.firm)
    signed(client, world, "city")
    round_ = Round.objects.get()
    pages = {"rounds": [], "round": [round_.pk], "handovers": [], "calendar": []}
    urls = {name: reverse(f"pipeline:{name}", args=args) for name, args in pages.items()}
    move_firm(world, "330110")
    hand(world, first, "city")
    counted = {name: _queries(client, url) for name, url in urls.items()}
    limits = {"rounds": 8, "round": 15, "handovers": 7, "calendar": 15}  # one for every frame
    assert {name: n for name, n in counted.items() if n > limits[name]} == {}
    hold(world, {"company": days("2026-05-21", "2026-05-22")}, name="second")
    hold(world, {"company": days("2026-05-23", "2026-05-24")}, name="third")
    for number in (4, 5):
        firm = second_firm(world, number)
        case = at_city(world, firm)
        firm.region, firm.region_path = world.places["330110"], "330110"
        firm.save()
        world.step(case, "hand_over", "city", "moved too")
    assert {name: _queries(client, url) for name, url in urls.items()} == counted
    assert (Handover.objects.count(), Round.objects.count()) == (3, 3)


def _queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_pages_name_no_secret_of_other_regions(client: Client, world: World) -> None:
    """Extensions and numbers of one unit are read nowhere in another."""
    world.holds("srdi")
    round_ = hold(world, tier="little_giant", unit="000000", who="nation")
    extending.grant(
        round_, world.firm, "company", until=at("2026-05-25 12:00:00"), reason="a sealed matter",
        by=world.user("nation"),
    )  # fmt: skip
    application = world.draft("little_giant")
    world.step(application, "submit", "owner")
    for who in ("jiangsu", "ningbo", "other_owner", "expert"):
        signed(client, world, who)
        said = text(get(client, "round", round_.pk))
        assert "a sealed matter" not in said
        assert re.search(r"with the county", said) is None
