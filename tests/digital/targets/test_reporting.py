from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from cultivation.digital.models import ParkFinding, ParkItem, Target, TargetFigure
from cultivation.digital.targets import cities, findings, measuring, parks, reading, reporting
from enterprises.audit.models import AuditRecord
from enterprises.places.models import Park
from tests.digital.conftest import TODAY, assess

TARGETS, PARKS, CITIES = (reverse(f"digital:{name}") for name in ("targets", "parks", "cities"))

DOCUMENT = "粤工信〔2026〕1号"


@pytest.fixture
def signed_in(client, seated):
    """Give a function that signs a seat's user in and returns the client."""

    def sign_in(role: str, **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = "en"
        return client

    return sign_in


def cloud() -> Target:
    return Target.objects.get(code="CLOUD")


def test_an_officer_reports_and_the_newest_of_the_newest_day_counts(goals, seated) -> None:
    officer = seated("province", code="440000")
    region = goals["440000"]
    for on, value in ((TODAY, 300_000), (TODAY, 310_000), (dt.date(2025, 1, 1), 999_999)):
        reporting.report(cloud(), region, on=on, value=value, source=DOCUMENT, by=officer)
    (standing,) = reading.standings(region, TODAY, only=["CLOUD"])
    assert (standing.value, standing.shown.made_by) == (310_000, officer)
    (past,) = reading.standings(region, dt.date(2025, 6, 1), only=["CLOUD"])
    assert past.value == 999_999
    assert AuditRecord.objects.filter(action="target.reported").count() == 3


@pytest.mark.parametrize(
    ("role", "code", "region"),
    [
        ("auditor", "000000", "440000"),
        ("city", "440100", "440000"),
        ("province", "440000", "440300"),
        ("expert", None, "440000"),
    ],
)
def test_nobody_reports_for_others(goals, seated, role, code, region) -> None:
    with pytest.raises(PermissionDenied):
        reporting.report(
            cloud(), goals[region], on=TODAY, value=1, source="文件", by=seated(role, code=code)
        )
    assert not TargetFigure.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"on": TODAY + dt.timedelta(days=1)}, "on"),
        ({"source": " "}, "source"),
        ({"value": 1_000_001}, "value"),
        ({"value": -1}, "value"),
    ],
)
def test_what_cannot_be_reported_names_its_field(goals, seated, changed, field) -> None:
    given = {"on": TODAY, "value": 1, "source": "文件", **changed}
    with pytest.raises(ValidationError) as caught:
        reporting.report(cloud(), goals["000000"], by=seated("nation", code="000000"), **given)
    assert list(caught.value.message_dict) == [field]


def test_a_value_is_entered_on_the_page_of_its_goal(signed_in, goals) -> None:
    client = signed_in("province", code="440000")
    url = reverse("digital:target", args=["CLOUD"])
    given = {"value": "41.5%", "on": "2026-05-31", "source": "粤工信〔2026〕1号"}
    assert client.post(url, given).status_code == 302
    row = TargetFigure.objects.get()
    assert (row.value, row.region.code, row.on) == (415_000, "440000", dt.date(2026, 5, 31))
    text = client.get(url).content.decode()
    assert "粤工信〔2026〕1号" in text
    for bad in ("1e400", "", "-1", "\x00"):
        assert client.post(url, given | {"value": bad}).status_code == 400
    for bad in ("0000-01-01", "9999-12-31", "soon"):
        assert client.post(url, given | {"on": bad}).status_code == 400
    assert TargetFigure.objects.count() == 1


def test_an_auditor_reads_goals_and_enters_nothing(signed_in, goals) -> None:
    client = signed_in("auditor", code="000000")
    url = reverse("digital:target", args=["CLOUD"])
    assert client.get(url).context["form"] is None
    assert client.post(url, {"value": "1", "on": "2026-01-01", "source": "x"}).status_code == 403


def test_firms_and_experts_have_no_goals_and_strangers_sign_in(signed_in, client, firm, goals):
    for url in (TARGETS, PARKS, CITIES):
        assert client.get(url).status_code == 302
    for user in (("owner", {"of": firm()}), ("expert", {})):
        signed_in(user[0], **user[1])
        for url in (TARGETS, PARKS, CITIES, reverse("digital:target", args=["CLOUD"])):
            assert client.get(url).status_code == 403


def test_pages_out_of_sight_are_not_found(signed_in, goals, park) -> None:
    client = signed_in("county", code="440106")
    assert client.get(TARGETS, {"region": "440100"}).status_code == 404
    assert client.get(TARGETS, {"region": "\x00"}).status_code == 404
    assert client.get(reverse("digital:park", args=[park.pk])).status_code == 404
    city = cities.PilotCity.objects.get(region__code="440100")
    assert client.get(reverse("digital:city", args=[city.pk])).status_code == 404
    assert client.get(reverse("digital:target", args=["NONE"])).status_code == 404


def test_the_list_of_goals_takes_the_same_queries_for_few_and_many_firms(
    signed_in, goals, maker, django_assert_num_queries
) -> None:
    client = signed_in("nation", code="000000")
    for code in ("440106", "440305"):
        assess(maker(code), 2)
        measuring.measure(TODAY)
        with django_assert_num_queries(8):
            assert client.get(TARGETS).status_code == 200
    with django_assert_num_queries(20):
        assert client.get(TARGETS, {"region": "440106"}).status_code == 200
    maker("440106")
    with django_assert_num_queries(20):
        assert client.get(TARGETS, {"region": "440106"}).status_code == 200


def test_the_list_behind_a_goal_holds_those_counted_and_only_those_in_sight(
    signed_in, goals, maker
) -> None:
    own, other = maker("440106"), maker("440103")
    assess(own, 2)
    assess(other, 2)
    url = reverse("digital:target_firms", args=["LG_COVER"])
    client = signed_in("county", code="440106")
    rows = client.get(url, {"group": "transformed"}).context["page"].rows
    assert [row.name for row in rows] == [own.name]
    assert client.get(url, {"group": "not_assessed"}).context["page"].rows == []
    assert client.get(reverse("digital:target_firms", args=["CLOUD"])).status_code == 404


def test_a_finding_sets_the_one_before_aside_and_keeps_it(goals, park, seated) -> None:
    officer = seated("city", code="440100")
    item = ParkItem.objects.get(code="4.1")
    parks.find(park, item, state="partly", value=800_000, evidence="报告", on=TODAY, by=officer)
    parks.find(park, item, state="met", value=1_000_000, evidence="验收", on=TODAY, by=officer)
    rows = ParkFinding.objects.order_by("pk").values_list("state", "current")
    assert list(rows) == [("partly", False), ("met", True)]
    (infrastructure,) = (pillar for pillar in parks.check_list(park) if pillar.number == 4)
    assert (infrastructure.met, len(infrastructure.lines)) == (1, 3)
    record = AuditRecord.objects.filter(action="park.found").latest("pk")
    assert (record.before["state"], record.after["state"]) == ("partly", "met")


def test_a_finding_of_an_earlier_day_sets_no_newer_one_aside(goals, park, seated) -> None:
    officer, day = seated("city", code="440100"), dt.timedelta(days=1)
    item = ParkItem.objects.get(code="4.2")
    given = {"evidence": "x", "by": officer}
    assert parks.find(park, item, state="met", on=TODAY - day, **given).current
    assert not parks.find(park, item, state="unmet", on=TODAY - 3 * day, **given).current
    for on, states in ((TODAY, ["met"]), (TODAY - 2 * day, ["unmet"]), (TODAY - 9 * day, [])):
        assert [row.state for row in findings.standing(on)] == states
    (row,) = parks.counted(Park.objects.all())
    (line,) = (
        line for pillar in parks.check_list(park) for line in pillar.lines if line.item == item
    )
    assert (row.met, row.unmet, line.finding.state) == (1, 0, "met")
    assert parks.find(park, item, state="partly", on=TODAY - day, **given).current


@pytest.mark.parametrize(
    ("code", "given", "field"),
    [
        ("4.1", {"state": "met", "value": 999_999}, "state"),
        ("4.1", {"state": "partly", "value": 1_000_000}, "state"),
        ("4.1", {"state": "met", "value": None}, "value"),
        ("4.1", {"state": "met", "value": 1_000_001}, "value"),
        ("4.2", {"state": "met", "value": 1_000_000}, "value"),
        ("4.2", {"state": "perhaps"}, "state"),
        ("4.2", {"state": "met", "evidence": " "}, "evidence"),
        ("4.2", {"state": "met", "on": TODAY + dt.timedelta(days=1)}, "on"),
        ("4.2", {"state": "met", "on": dt.date(1999, 12, 31)}, "on"),
    ],
)
def test_a_finding_that_cannot_be_names_its_field(goals, park, seated, code, given, field) -> None:
    item = ParkItem.objects.get(code=code)
    given = {"evidence": "报告", "on": TODAY, "by": seated("city", code="440100"), **given}
    with pytest.raises(ValidationError) as caught:
        parks.find(park, item, **given)
    assert list(caught.value.message_dict) == [field]
    assert not ParkFinding.objects.exists()


def test_findings_are_entered_on_the_page_by_officers_in_charge_alone(
    signed_in, goals, park
) -> None:
    item = ParkItem.objects.get(code="4.1")
    url = reverse("digital:park_find", args=[park.pk, item.code])
    found = {"state": "met", "value": "100", "evidence": "验收报告", "on": "2026-06-01"}
    given = {f"i{item.pk}-{key}": value for key, value in found.items()}
    assert signed_in("auditor", code="000000").post(url, given).status_code == 403
    assert signed_in("province", code="110000").post(url, given).status_code == 404
    client = signed_in("province", code="440000")
    assert client.post(url, given | {f"i{item.pk}-value": "99"}).status_code == 400
    assert client.post(url, given).status_code == 302
    assert ParkFinding.objects.get().evidence == "验收报告"


def test_parks_are_listed_with_progress_filters_and_their_firms(
    signed_in, goals, maker, park, seated, django_assert_num_queries
) -> None:
    assess(maker(park=park), 2)
    maker(park=park)
    item = ParkItem.objects.get(code="4.2")
    parks.find(park, item, state="met", evidence="x", on=TODAY, by=seated("city", code="440100"))
    client = signed_in("province", code="440000")
    with django_assert_num_queries(14):
        (row,) = client.get(PARKS).context["rows"]
    one, tally, rate = row
    assert (one.met, one.partly, one.unmet, tally.done, tally.total, rate) == (
        1, 0, 0, 1, 2, 500_000,
    )  # fmt: skip
    listed = client.get(reverse("digital:park_firms", args=[park.pk]))
    assert len(listed.context["page"].rows) == tally.total
    for number in (2, 3):
        Park.objects.create(code=f"p{number}", name_zh="新园", region=goals["440100"])
    with django_assert_num_queries(14):
        assert len(client.get(PARKS).context["rows"]) == 3
    for state, count in (("begun", 1), ("untouched", 2), ("complete", 0), ("", 3)):
        assert len(client.get(PARKS, {"state": state}).context["rows"]) == count
    assert len(client.get(PARKS, {"q": "示例"}).context["rows"]) == 1
    assert client.get(PARKS, {"region": "440300"}).status_code == 404


def test_the_list_of_parks_leaves_with_harmless_cells_and_a_note(
    signed_in, goals, park, django_user_model
) -> None:
    Park.objects.filter(pk=park.pk).update(name_zh="=1+1")
    client = signed_in("province", code="440000")
    url = reverse("digital:parks_export")
    text = b"".join(client.post(url, {"format": "csv"}).streaming_content).decode()
    assert text.splitlines()[1].split(",")[:2] == ["p1", "'=1+1"]
    book = client.post(url, {"format": "xlsx"})
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert client.get(url).status_code == 405


def test_sub_sectors_of_a_pilot_city_say_what_is_not_known(signed_in, goals, maker) -> None:
    assess(maker(), 2)
    maker()
    maker(revenue=None)
    maker(industry=None)
    city = cities.PilotCity.objects.get(region__code="440100")
    rows = cities.sectors(city, TODAY)
    assert [
        (row.industry and row.industry.code, row.tally.done, row.tally.total, row.tally.unknown)
        for row in rows
    ] == [("35", 1, 2, 1), (None, 0, 0, 1)]
    assert (rows[0].rate, rows[0].behind, rows[1].rate) == (500_000, True, None)
    client = signed_in("city", code="440100")
    text = client.get(reverse("digital:city", args=[city.pk])).content.decode()
    assert text.count("not known</span>") == 1
    listed = client.get(
        reverse("digital:city_firms", args=[city.pk]), {"industry": "35", "group": "transformed"}
    )
    assert len(listed.context["page"].rows) == 1
    (line,) = (rows for _batch, rows in client.get(CITIES).context["batches"] if rows)
    assert [(one.region.code, tally.total, rate) for one, tally, rate in line] == [
        ("440100", 2, 500_000)
    ]


def test_an_office_seat_without_the_right_reports_nothing_and_is_offered_nothing(
    goals, park, client, seated
) -> None:
    reader, item = seated("nation", code="000000", may_review=False), ParkItem.objects.first()
    with pytest.raises(PermissionDenied):
        reporting.report(cloud(), goals["440000"], on=TODAY, value=1, source="文件", by=reader)
    with pytest.raises(PermissionDenied):
        parks.find(park, item, state="met", evidence="x", on=TODAY, by=reader)
    officer = seated("province", code="440000")
    target = reverse("digital:target", args=["CLOUD"])
    find = reverse("digital:park_find", args=[park.pk, item.code])
    offered = {target: 'name="source"', reverse("digital:park", args=[park.pk]): find}
    for user, there in ((reader, False), (officer, True)):
        client.force_login(user)
        pages = {page: client.get(page).content.decode() for page in offered}
        assert {text in pages[page] for page, text in offered.items()} == {there}
    client.force_login(reader)
    assert [client.post(to, {}).status_code for to in (target, find)] == [403, 403]
