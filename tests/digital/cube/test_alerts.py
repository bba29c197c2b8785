"""Alerts open once, last, close; officers and firms are told once (覆盖预警)."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cultivation.digital import checking, coverage
from cultivation.digital.alerts import acknowledging, opening, reminding, telling, wording
from cultivation.digital.models import (
    CoverageAlert,
    CoverageSnapshot,
    MaturityAssessment,
    RequiredPath,
)
from enterprises.notifications.models import Notification
from enterprises.notifications.wording import said
from enterprises.registry.models import Title
from tests.digital.conftest import TODAY, assess

DAY = dt.timedelta(days=1)
ENGLISH = {"accept-language": "en"}


def night(on: dt.date) -> dict:
    """Do what a night does, on a day of our choosing."""
    with time_machine.travel(dt.datetime.combine(on, dt.time(4), dt.UTC), tick=False):
        return checking.conduct(on)


def of(kind: str, **fields) -> list[CoverageAlert]:
    rows = CoverageAlert.objects.filter(
        kind=kind, tier="little_giant", definition__code="L2_ONSITE", region__code="440106"
    )
    return list(rows.filter(**fields).order_by("pk"))


@pytest.fixture
def four(firm):
    """Give four firms; the path begins at what the first night finds."""
    RequiredPath.objects.update(start_on=None)
    made = [firm() for _ in range(4)]
    Title.objects.update(valid_to=dt.date(2029, 6, 30))
    return made


def test_a_region_behind_its_path_is_alerted_once_and_closed_once_it_has_caught_up(four) -> None:
    night(TODAY)  # the path begins here, at nought
    assert of("behind") == []
    later = dt.date(2027, 6, 30)
    night(later)
    (alert,) = of("behind")
    assert (alert.opened_on, alert.closed_on, alert.firms, alert.total) == (later, None, 3, 4)
    assert wording.said(alert) == "0 of 4 transformed where the path asks for 3: 3 missing."
    night(later)
    assess(four[0], 2)
    night(later + DAY)
    (same,) = of("behind")
    assert (same.pk, same.opened_on, same.seen_on, same.firms) == (alert.pk, later, later + DAY, 2)
    for one in four[1:]:
        assess(one, 3)
    night(later + 2 * DAY)
    (closed,) = of("behind")
    assert (closed.pk, closed.closed_on) == (alert.pk, later + 2 * DAY)
    MaturityAssessment.objects.all().delete()
    night(later + 3 * DAY)
    assert [row.opened_on for row in of("behind")] == [later, later + 3 * DAY]


def test_a_region_without_progress_for_months_is_stalled(four) -> None:
    assess(four[0], 2)
    night(TODAY)
    night(dt.date(2026, 12, 29))
    assert of("stalled") == []
    night(dt.date(2026, 12, 30))
    (alert,) = of("stalled")
    assert wording.said(alert) == (
        "1 transformed, 1 on 2026-06-30: no progress, and 3 left for the goal."
    )
    assess(four[1], 2, assessed_on=dt.date(2026, 12, 31))
    night(dt.date(2026, 12, 31))
    assert of("stalled", closed_on=None) == []


def test_old_and_expiring_assessments_are_alerted(four, settings) -> None:
    assess(four[0], 2, assessed_on=dt.date(2024, 10, 1), valid_to=dt.date(2026, 8, 29))
    assess(four[1], 1)
    night(TODAY)
    assert of("stale") == []
    (alert,) = of("expiring")
    assert (alert.firms, alert.total) == (1, 4)
    settings.COVERAGE_STALE_MONTHS = 20
    night(TODAY)
    (alert,) = of("stale")
    assert wording.said(alert) == ("1 of 2 assessments that decide are older than 20 months.")
    settings.COVERAGE_EXPIRING_DAYS = 59
    night(TODAY)
    assert of("expiring")[0].closed_on == TODAY


def test_small_regions_and_definitions_for_comparison_are_left_alone(firm) -> None:
    for _ in range(2):
        firm("110101")
    night(TODAY)
    night(dt.date(2027, 6, 30))
    assert not CoverageAlert.objects.exists()
    firm("110101")
    night(dt.date(2027, 6, 30))
    found = CoverageAlert.objects.filter(kind="behind", region__code="110101")
    assert set(found.values_list("definition__code", flat=True)) == {"L2_ONSITE", "L2_SELF"}


def test_officers_of_a_region_and_right_above_are_told_once_a_day(four, seated) -> None:
    people = {
        code: seated(role, code=code)
        for code, role in (
            ("000000", "nation"), ("440000", "province"), ("440100", "city"), ("440106", "county"),
            ("110101", "county"),
        )
    }  # fmt: skip
    night(TODAY)
    later = dt.date(2027, 6, 30)
    for _ in range(2):
        night(later)
    told = {
        code: list(Notification.objects.filter(recipient=user).values_list("kind", "params"))
        for code, user in people.items()
    }
    opened = CoverageAlert.objects.count()  # behind and stalled, two definitions, four regions
    assert opened == 16
    day = {"day": "2027-06-30", "closed": 0}
    assert told == {
        "000000": [("coverage_alerts", {**day, "opened": 8})],  # its own and the province's
        "440000": [("coverage_alerts", {**day, "opened": 8})],
        "440100": [("coverage_alerts", {**day, "opened": 8})],
        "440106": [("coverage_alerts", {**day, "opened": 4})],
        "110101": [],
    }


def told() -> list[tuple[str, int, int]]:
    rows = Notification.objects.filter(kind="coverage_alerts").order_by("pk")
    return [
        (one["day"], one["opened"], one["closed"]) for one in rows.values_list("params", flat=True)
    ]


def test_what_a_second_run_of_a_day_opens_is_told_too(four, seated, settings) -> None:
    seated("county", code="440106")
    assess(four[0], 2, valid_to=TODAY + 70 * DAY)
    settings.COVERAGE_EXPIRING_DAYS = 60
    night(TODAY)
    assert told() == []
    settings.COVERAGE_EXPIRING_DAYS = 90
    night(TODAY)
    settings.COVERAGE_EXPIRING_DAYS = 60
    for _ in range(2):
        night(TODAY)
    assert told() == [("2026-06-30", 1, 0), ("2026-06-30", 0, 1)]


def test_what_a_run_killed_before_midnight_opened_is_told_by_the_next(four, seated, client) -> None:
    county = seated("county", code="440106")
    night(TODAY)
    later = dt.date(2027, 6, 30)
    with time_machine.travel(dt.datetime.combine(later, dt.time(4), dt.UTC), tick=False):
        coverage.take_snapshot(later)
        opening.check(later)  # and there it is killed
    with transaction.atomic():  # killed while telling: neither told nor noted
        telling.tell(later)
        transaction.set_rollback(True)
    assert told() == []
    night(later + DAY)
    night(later + DAY)
    assert told() == [("2027-07-01", 4, 0)]
    client.force_login(county)
    page = client.get(Notification.objects.get(kind="coverage_alerts").url)
    assert page.context["page"].paginator.count == 4


def test_an_assessment_on_site_is_reminded_of_beside_a_newer_one_of_the_firm(firm, seated) -> None:
    one = firm()
    seated("owner", of=one)
    assess(one, 2, assessed_on=dt.date(2025, 1, 1), valid_to=dt.date(2026, 8, 1))
    assess(one, 2, assessed_on=dt.date(2026, 1, 1), way="self_declared")
    for on in (TODAY, TODAY + DAY):
        night(on)
    (row,) = Notification.objects.filter(kind="assessment_expiring")
    assert said(row.kind, row.params).text == (
        f"{one.name}: the assessment on site is valid until 2026-08-01. Renew it in time."
    )


def test_firms_are_reminded_once_for_each_cause(firm, seated) -> None:
    one, two, three, four = firm(), firm(), firm(), firm(title=None)
    for each in (one, two, three, four):
        seated("owner", of=each)
    assess(one, 2, valid_to=dt.date(2026, 8, 1))
    assess(two, 2, valid_to=dt.date(2027, 8, 1))

    def told() -> list[tuple[str, int]]:
        rows = Notification.objects.order_by("pk")
        return list(rows.values_list("kind", "enterprise_id"))

    first = [("assessment_expiring", one.pk), ("assessment_missing", three.pk)]
    for on in (TODAY, TODAY, TODAY + DAY):
        night(on)
        assert told() == first
    night(dt.date(2026, 8, 2))  # now there is none
    assert told() == [*first, ("assessment_missing", one.pk)]
    assess(one, 3, assessed_on=dt.date(2026, 8, 3), valid_to=dt.date(2026, 9, 3))
    night(dt.date(2026, 8, 4))
    night(dt.date(2026, 9, 4))
    assert told()[3:] == [("assessment_expiring", one.pk), ("assessment_missing", one.pk)]


def test_reminding_costs_the_same_for_one_firm_and_three(firm, seated) -> None:
    costs = []
    for number in (1, 2):  # beside the one that was told before
        for _ in range(number):
            for each in (firm(), expiring := firm()):
                seated("owner", of=each)
            assess(expiring, 2, valid_to=dt.date(2026, 8, 1))
        for told in (2 * number, 0):
            with CaptureQueriesContext(connection) as queries:
                assert reminding.remind(TODAY) == told
            costs.append(len(queries))
    assert costs[:2] == costs[2:]


def test_an_alert_is_answered_by_officers_of_its_region_or_above(four, seated) -> None:
    night(TODAY)
    night(dt.date(2027, 6, 30))
    (alert,) = of("behind")
    for stranger in (seated("county", code="110101"), seated("auditor", code="000000")):
        with pytest.raises(PermissionDenied):
            acknowledging.acknowledge(alert, by=stranger, note="看过")
    city = seated("city", code="440100")
    for bad in ("  ", "x" * 1001, "a\0"):
        with pytest.raises(ValidationError):
            acknowledging.acknowledge(alert, by=city, note=bad)
    found = acknowledging.acknowledge(alert, by=city, note=" 已约谈 ")
    assert (found.note, found.acknowledged_by) == ("已约谈", city)
    opening.check(dt.date(2027, 6, 30))
    assert of("behind")[0].note == "已约谈"
    CoverageAlert.objects.update(closed_on=dt.date(2027, 7, 1))
    with pytest.raises(ValidationError):
        acknowledging.acknowledge(alert, by=city, note="再看")


def test_an_answer_does_not_replace_one_that_was_not_seen(four, seated, client) -> None:
    night(TODAY)
    night(dt.date(2027, 6, 30))
    (alert,) = of("behind")
    city, county = seated("city", code="440100"), seated("county", code="440106")
    acknowledging.acknowledge(alert, by=city, note="已约谈", seen="")
    client.force_login(county)
    to = reverse("digital:alert_acknowledge", args=[alert.pk])
    page = client.post(to, {"note": "我的话", "seen": ""}, headers=ENGLISH, follow=True)
    assert of("behind")[0].note == "已约谈"
    assert "Not kept: 我的话" in page.text
    seen = acknowledging.stamp(of("behind")[0])
    client.post(to, {"note": "我的话", "seen": seen})
    assert of("behind")[0].note == "我的话"


def test_the_page_shows_the_own_subtree_and_takes_an_answer(four, seated, client) -> None:
    night(TODAY)
    night(dt.date(2027, 6, 30))
    url = reverse("digital:alerts")
    client.force_login(seated("county", code="110101"))
    assert "No alert fits" in client.get(url, headers=ENGLISH).text
    client.force_login(seated("city", code="440100"))
    page = client.get(url, {"state": "open", "region": "440106", "kind": "behind"})
    assert page.context["page"].paginator.count == 2
    for odd in ({"day": "0000-01-01"}, {"page": "9" * 400}, {"region": "a\0"}, {"kind": "x"}):
        assert client.get(url, odd).status_code == 200
    (alert,) = of("behind")
    nation = CoverageAlert.objects.get(
        kind="behind", region__code="000000", definition__code="L2_SELF"
    )
    to = reverse("digital:alert_acknowledge", args=[alert.pk])
    reply = client.post(to, {"note": "已约谈", "back": "?state=open&page=1"})
    assert (reply.status_code, reply.url) == (302, f"{url}?state=open&page=1")
    assert client.post(to, {"note": "再", "back": "//elsewhere.example"}).url == url
    assert client.post(reverse("digital:alert_acknowledge", args=[nation.pk])).status_code == 404
    assert client.get(to).status_code == 405
    client.force_login(seated("auditor", code="440000"))
    assert client.post(to, {"note": "看过"}).status_code == 403
    assert "再" in client.get(url).text
    client.force_login(seated("owner", of=four[0]))
    assert client.get(url).status_code == 403


def test_the_page_takes_the_same_queries_with_one_and_three_rows(four, seated, client) -> None:
    night(TODAY)
    night(dt.date(2027, 6, 30))
    client.force_login(seated("nation", code="000000"))
    numbers = []
    keep = list(CoverageAlert.objects.values_list("pk", flat=True)[:3])
    for some in (keep, keep[:1]):
        CoverageAlert.objects.exclude(pk__in=some).delete()
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("digital:alerts"))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_by_hand_it_is_what_the_night_does(four) -> None:
    out = io.StringIO()
    call_command("check_coverage", stdout=out)
    assert "Alerts: 0 opened, 0 closed, 0 open." in out.getvalue()
    out = io.StringIO()
    call_command("check_coverage", "--on", "2026-01-01", stdout=out)
    assert "Alerts" not in out.getvalue()  # of today alone
    assert CoverageSnapshot.objects.filter(on=dt.date(2026, 1, 1)).exists()
