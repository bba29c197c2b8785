"""The queue: what it narrows to, who works on what, one case after the other (审核队列)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from cultivation.pipeline import opinions
from cultivation.pipeline.correcting import assigning, returning, sitting
from cultivation.pipeline.correcting.returning import Ask
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, Assignment, CriterionReview, Reviewed
from cultivation.pipeline.opinions import Word
from enterprises.accounts.models import Seat
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification

from .conftest import enterprise
from .test_pages import signed, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db
QUEUE = "/review/"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def copies(world: World, application: Application, number: int) -> list[Application]:
    """Return more applications of other firms, which stand where one does."""
    found = []
    for n in range(20, 20 + number):
        copy = Application.objects.get(pk=application.pk)
        copy.pk, copy.enterprise = None, enterprise(world.places, "330108", n)
        copy.save(force_insert=True)
        found.append(copy)
    return found


def queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_officer_takes_a_case_gives_it_on_and_lets_go(world: World) -> None:
    application = world.at_province()
    province, clerk = world.user("province"), world.user("clerk")
    first = assigning.assign(application, clerk, by=province, seen=0)
    assert first is not None
    assert (first.officer, first.level, first.made_by) == (clerk, "province", province)
    told = Notification.objects.filter(recipient=clerk).exclude(key__startswith="move:")
    assert list(told.values_list("kind", flat=True)) == ["case_assigned"]
    with pytest.raises(MovedMeanwhileError, match="clerk has this case now"):
        assigning.assign(application, province, by=province, seen=0)
    second = assigning.assign(application, province, by=province, seen=first.pk)
    assert second is not None
    assert assigning.assign(application, None, by=clerk, seen=second.pk) is None
    assert Assignment.objects.filter(ended_at__isnull=True).count() == 0
    audited = AuditRecord.objects.filter(action="application.assigned").order_by("pk")
    assert [one.after["officer"] for one in audited] == [clerk.pk, province.pk, None]


@pytest.mark.parametrize("who", ["county", "nation", "jiangsu", "owner", "auditor"])
def test_cases_are_given_by_the_office_that_has_them(world: World, who: str) -> None:
    application = world.at_province()
    with pytest.raises(PermissionDenied):
        assigning.assign(application, world.user("clerk"), by=world.user(who))


@pytest.mark.parametrize("who", ["county", "jiangsu", "expert", "owner"])
def test_cases_are_given_to_reviewers_of_the_same_office(world: World, who: str) -> None:
    application = world.at_province()
    with pytest.raises(MoveError, match="does not review at this office"):
        assigning.assign(application, world.user(who), by=world.user("province"))


def test_officer_with_a_seat_in_the_firm_is_given_nothing(world: World) -> None:
    Seat.objects.create(user=world.users["clerk"], role="editor", enterprise=world.firm)
    application = world.at_province()
    with pytest.raises(MoveError):
        assigning.assign(application, world.user("clerk"), by=world.user("province"))


def test_assignment_ends_as_the_case_leaves_and_outlasts_a_correction(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    assigning.assign(application, world.user("county"), by=world.user("county"))
    world.step(application, "recommend", "county")
    assert Assignment.objects.filter(ended_at__isnull=True).count() == 0
    city = world.user("city")
    assigning.assign(application, city, by=city)
    world.step(application, "return", "city", "mend it")
    world.step(application, "resubmit", "owner")
    held = assigning.current(application)
    assert held is not None
    assert held.officer == city
    told = Notification.objects.filter(kind="application_resubmitted")
    assert [one.recipient for one in told] == [city]


def test_next_case_is_ones_own_first_then_the_longest_waiting(world: World) -> None:
    application = world.at_province()
    second, third = copies(world, application, 2)
    Application.objects.filter(pk=second.pk).update(
        held_since=application.held_since - dt.timedelta(days=1)
    )
    province, clerk = world.user("province"), world.user("clerk")
    served = sitting.next_case(province)
    assert served is not None
    assert served.pk == second.pk
    assigning.assign(third, province, by=province)
    assigning.assign(second, clerk, by=province)
    served = sitting.next_case(province)
    assert served is not None
    assert served.pk == third.pk
    assert sitting.next_case(clerk, skipped=[second.pk]).pk == application.pk  # type: ignore[union-attr]
    assert sitting.progress(province) == sitting.Progress(done=0, all=2, skipped=0)


def test_case_is_done_once_looked_through_and_comes_back_when_it_came_again(world: World) -> None:
    application = world.at_province()
    province = world.user("province")
    opinions.record(application, [Word("I-1", "agreed")], by=province)
    assert sitting.progress(province) == sitting.Progress(done=1, all=1, skipped=0)
    assert sitting.next_case(province) is None
    world.step(application, "return", "province", "mend it")
    world.firm.reports.update(revenue=70_000_000_00)
    world.step(application, "resubmit", "owner")
    served = sitting.next_case(province)
    assert served is not None
    assert served.pk == application.pk


def test_officer_goes_through_the_queue_by_the_pages(client: Client, world: World) -> None:
    application = world.at_province()
    (other,) = copies(world, application, 1)
    signed(client, world, "province")
    first = client.get(reverse("pipeline:next_case"))
    to = reverse("pipeline:review", args=[application.pk])
    assert first["Location"] == f"{to}?"
    page = client.get(to)
    assert "0 of 2 looked through" in text(page)
    data = {"version": application.version, "c0-opinion": "agreed", "then": "next"}
    on = client.post(to, data)
    assert on["Location"] == reverse("pipeline:next_case") + "?"
    second = client.get(on["Location"])
    assert second["Location"] == reverse("pipeline:review", args=[other.pk]) + "?"
    off = client.post(reverse("pipeline:skip_case", args=[other.pk]))
    back = client.get(off["Location"], follow=True)
    assert "1 case was put off and comes again now" in text(back)
    again = client.get(reverse("pipeline:next_case"))
    assert again["Location"] == reverse("pipeline:review", args=[other.pk]) + "?"


def test_filters_of_the_address_are_kept_on_the_way(client: Client, world: World) -> None:
    application = world.at_province()
    signed(client, world, "province")
    on = client.get(reverse("pipeline:next_case") + "?tier=innovative")
    assert on["Location"].endswith(f"/review/{application.pk}/?tier=innovative")
    none = client.get(reverse("pipeline:next_case") + "?tier=srdi")
    assert none["Location"] == f"{QUEUE}?tier=srdi"
    kept = client.post(
        f"/review/{application.pk}/?tier=innovative", {"version": application.version}
    )
    assert kept["Location"] == f"/review/{application.pk}/?tier=innovative"


def test_queue_narrows_by_officer_days_and_disagreement(client: Client, world: World) -> None:
    application = world.at_province()
    (other,) = copies(world, application, 1)
    assigning.assign(application, world.user("province"), by=world.user("province"))
    for level, word in (("county", "objected"), ("province", "agreed")):
        CriterionReview.objects.create(
            application=other, level=level, criterion="I-1", opinion=word, reason="x"
        )
    signed(client, world, "province")
    mine, others = world.firm.name, other.enterprise.name
    world.wait(6)
    for query, found in (
        ("", {mine, others}),
        ("given=me", {mine}),
        ("given=nobody", {others}),
        ("given=others", set()),
        ("dispute=yes", {others}),
        ("dispute=objected", {others}),
        ("waiting=5", {mine, others}),
        ("waiting=10", set()),
        ("due=late", set()),
        ("due=none", set()),
        ("sort=due", {mine, others}),
        ("sort=nonsense", {mine, others}),
        ("waiting=99999999999999999999", {mine, others}),
        ("round=99999999999999999999999", {mine, others}),
    ):
        said = text(client.get(f"{QUEUE}?{query}"))
        assert {name for name in (mine, others) if name in said} == found, query
    world.wait(40)
    signed(client, world, "province")
    late = text(client.get(f"{QUEUE}?due=late"))
    assert mine in late
    assert "2 past their last day" in late


@pytest.mark.parametrize("sort", ["held_since", "due", "-submitted_at"])
def test_queue_pages_by_each_sort(client: Client, world: World, sort: str) -> None:
    application = world.at_province()
    copies(world, application, 52)
    signed(client, world, "province")
    first = client.get(f"{QUEUE}?sort={sort}")
    assert first.context["page"].count == 53
    after = first.context["following_url"]
    second = client.get(after)
    pks = {row.pk for row in first.context["page"].rows}
    rest = {row.pk for row in second.context["page"].rows}
    assert (len(pks), len(rest), pks & rest) == (50, 3, set())
    back = client.get(second.context["previous_url"])
    assert {row.pk for row in back.context["page"].rows} == pks


def test_assignment_by_the_pages_tells_who_was_faster(client: Client, world: World) -> None:
    application = world.at_province()
    signed(client, world, "clerk")
    to = reverse("pipeline:assign", args=[application.pk])
    assert client.post(to, {"seen": "0", "me": "1"}, follow=True).status_code == 200
    late = signed(client, world, "province").post(to, {"seen": "0", "me": "1"}, follow=True)
    assert "clerk has this case now." in text(late)
    assert client.post(to, {"me": "1"}).status_code == 400
    wrong = client.post(to, {"seen": "1", "officer": world.users["county"].pk}, follow=True)
    assert "Choose an officer of the list." in text(wrong)
    for who, status in (("owner", 403), ("jiangsu", 404), ("county", 403), ("auditor", 403)):
        answer = signed(client, world, who).post(to, {"seen": "0", "me": "1"})
        assert answer.status_code == status, who


def test_grid_keeps_words_on_ticked_cases_each_whole(client: Client, world: World) -> None:
    application = world.at_province()
    first, second = copies(world, application, 2)
    signed(client, world, "province")
    to = reverse("pipeline:grid")
    page = client.get(to)
    assert page.content.decode().count("<tr") == 4
    data: dict[str, Any] = {}
    for one in (application, first, second):
        data |= {f"v{one.pk}": one.version, f"o{one.pk}:I-3": "agreed"}
    data |= {f"done{application.pk}": "on", f"w{application.pk}": "seen", f"done{first.pk}": "on"}
    answer = client.post(to, data)
    assert answer.status_code == 409
    said = text(answer)
    assert "1 case kept." in said
    assert "I-3 is judged by a person: say why." in said
    rows = CriterionReview.objects.values_list("application", "criterion", "opinion", "reason")
    assert list(rows) == [(application.pk, "I-3", "agreed", "seen")]
    assert list(Reviewed.objects.values_list("application", flat=True)) == [application.pk]
    assert "Tick the cases" in text(client.post(to, {}, follow=True))


@pytest.mark.parametrize(
    ("who", "status"), [("province", 200), ("owner", 403), ("auditor", 403), ("expert", 403)]
)
def test_grid_is_for_offices(client: Client, world: World, who: str, status: int) -> None:
    world.at_province()
    assert signed(client, world, who).get(reverse("pipeline:grid")).status_code == status


def test_pages_take_the_same_queries_for_one_row_and_three(client: Client, world: World) -> None:
    application = world.at_province()
    signed(client, world, "province")
    paths = {
        QUEUE: 11,
        reverse("pipeline:grid"): 9,
        reverse("pipeline:review", args=[application.pk]): 35,
        reverse("pipeline:return", args=[application.pk]): 10,
    }
    ones = {path: queries(client, path) for path in paths}
    for other in copies(world, application, 2):
        assigning.assign(other, world.user("province"), by=world.user("province"))
    for code in ("I-1", "I-2", "I-3"):
        CriterionReview.objects.create(
            application=application, level="county", criterion=code, opinion="agreed", reason="x"
        )
    assert {path: queries(client, path) for path in paths} == ones
    for path, most in paths.items():
        assert ones[path] <= most, (path, ones[path])


def test_fix_list_takes_the_same_queries_for_one_thing_and_three(
    client: Client, world: World
) -> None:
    counts = []
    application = world.at_province()
    words = [
        Ask("report:2025:revenue", words="x"),
        Ask("answer:product", words="y"),
        Ask("criterion:I-2", words="z"),
    ]
    for asks in (words[:1], words):
        returning.send_back(application, asks, by=world.user("province"))
        path = reverse("pipeline:correction", args=[application.pk])
        counts.append(queries(signed(client, world, "owner"), path))
        world.step(application, "resubmit", "owner")
        application.corrections.all().delete()
    assert counts[0] == counts[1]
    assert counts[0] <= 23, counts
