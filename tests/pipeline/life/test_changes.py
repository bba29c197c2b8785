"""Major changes, related enterprises, re-check cohorts, and the pages of all (动态管理)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cultivation.pipeline import applications, titles
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.life import changing, cohorts, relations
from cultivation.pipeline.models import Consequence, MajorChange
from enterprises.notifications.models import Notification
from enterprises.registry import records
from enterprises.registry.models import Title
from tests.pipeline.conftest import enterprise

if TYPE_CHECKING:
    from django.test import Client

    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
NEW = "更名后（虚构）有限公司"


@pytest.fixture(autouse=True)
def _holder(world: World) -> None:
    world.holds("srdi", day="2025-06-10")


def reported(world: World, kind: str = "rename", day: str = "2026-04-20") -> MajorChange:
    return changing.report(
        world.firm,
        kind,
        happened_on=dt.date.fromisoformat(day),
        text="what changed",
        new_name=NEW if kind == "rename" else "",
        by=world.user("owner"),
    )


def test_simple_rename_keeps_titles_and_enters_the_name(world: World) -> None:
    change = reported(world)
    assert (change.due_on, change.is_late) == (dt.date(2026, 7, 20), False)
    changing.decide(change, "simple_rename", by=world.user("province"), reason="licence seen")
    world.firm.refresh_from_db()
    assert world.firm.name == NEW
    assert titles.running(world.firm).count() == 1
    assert changing.unreported(world.firm) == []
    told = Notification.objects.filter(kind="change_simple_rename")
    assert sorted(told.values_list("recipient__username", flat=True)) == ["editor", "owner"]


def test_not_qualified_ends_nothing_by_itself_but_asks_who_recognised(world: World) -> None:
    world.holds("little_giant", day="2025-07-01")
    change = reported(world, "restructuring")
    changing.decide(change, "unqualified", by=world.user("province"), reason="control changed")
    assert titles.running(world.firm).count() == 2
    told = Notification.objects.filter(kind="change_ends_title")
    assert sorted(told.values_list("recipient__username", flat=True)) == ["nation", "province"]


def test_late_report_is_taken_and_put_before_the_office(world: World) -> None:
    change = reported(world, day="2026-02-05")
    assert change.is_late
    found = Consequence.objects.get()
    assert (found.kind, found.state, found.rule) == ("recheck_lost", "proposed", "change_2022")
    in_time = reported(world, "merger", day="2026-02-06")
    assert not in_time.is_late


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"happened_on": dt.date(2026, 5, 7)}, "happened_on"),
        ({"happened_on": dt.date(2020, 1, 1)}, "happened_on"),
        ({"text": " "}, "text"),
        ({"new_name": ""}, "new_name"),
    ],
)
def test_odd_reports_name_the_field(world: World, changes: dict[str, Any], field: str) -> None:
    said = {"happened_on": dt.date(2026, 5, 1), "text": "x", "new_name": NEW} | changes
    with pytest.raises(MoveError) as refused:
        changing.report(world.firm, "rename", by=world.user("owner"), **said)
    assert refused.value.field == field
    assert MajorChange.objects.count() == 0


def test_who_may_report_and_who_may_weigh(world: World) -> None:
    change = reported(world)
    for who in ("province", "other_owner", "expert"):
        with pytest.raises(PermissionDenied):
            changing.report(
                world.firm, "other", happened_on=dt.date(2026, 5, 1), text="x", by=world.user(who)
            )
    for who in ("jiangsu", "county", "city", "clerk", "owner", "auditor"):
        with pytest.raises(PermissionDenied):
            changing.decide(change, "qualified", by=world.user(who), reason="x")
    seen = MajorChange.objects.get()
    changing.decide(change, "qualified", by=world.user("province"), reason="looked at")
    with pytest.raises(MovedMeanwhileError):
        changing.decide(seen, "unqualified", by=world.user("province"), reason="too")
    with pytest.raises(MoveError, match="decided already"):
        changing.withdraw(change, by=world.user("owner"))


def test_rename_without_a_report_shows(world: World) -> None:
    records.change(world.firm, {"name": NEW}, by=world.user("county"), reason="licence")
    assert [row.name for row in changing.unreported(world.firm)] != []


def test_relations_warn_of_what_the_notices_name(world: World) -> None:
    sister = enterprise(world.places, "330108", 5)
    world.holds("srdi", firm=sister)
    world.holds("little_giant", firm=sister)
    sister.refresh_from_db()
    relations.enter(world.firm, sister, "controls", source="register", by=world.user("owner"))
    said = [one.warnings for one in relations.of(world.firm)]
    assert len(said) == 1
    assert "is not recommended" in said[0][0]
    world.end(Title.objects.get(enterprise=sister, tier="little_giant"), "nation")
    (again,) = relations.of(world.firm)
    assert [("before" in text) for text in again.warnings] == [True]
    for other, kind, source in ((world.firm, "controls", "x"), (sister, "same_group", " ")):
        with pytest.raises(MoveError):
            relations.enter(world.firm, other, kind, source=source, by=world.user("owner"))
    with pytest.raises(PermissionDenied):
        relations.enter(world.firm, sister, "continues", source="x", by=world.user("jiangsu"))


def test_cohort_tells_where_each_recheck_stands(world: World) -> None:
    firms = [world.firm, *(enterprise(world.places, "330108", n) for n in (5, 6))]
    for firm in firms[1:]:
        world.holds("srdi", firm=firm, day="2025-06-10")
    rows = cohorts.titles_of(world.user("province"), year=2028, tier="srdi")
    assert cohorts.counts(rows)["waiting"] == 3
    own = Title.objects.get(enterprise=world.firm)
    cohorts.give_up(own, by=world.user("owner"), reason="sold the business")
    Consequence.objects.create(
        enterprise=firms[1], title=firms[1].titles.get(), kind="recheck_lost", state="applied",
        cause="update:2025", rule="update_2022", clause="x", confidence="H",
    )  # fmt: skip
    found = {row.enterprise_id: row.recheck for row in rows.all()}
    assert found == {
        firms[0].pk: "given_up", firms[1].pk: "right_lost", firms[2].pk: "waiting",
    }  # fmt: skip
    assert cohorts.titles_of(world.user("jiangsu"), year=2028, tier="srdi").count() == 0
    world.clock.move_to("2028-03-01T09:00:00+08:00")
    assert "given up" in applications.hindrance(world.firm, "srdi", kind="recheck")
    with pytest.raises(MoveError, match="given up already"):
        cohorts.give_up(own, by=world.user("owner"), reason="again")


def test_pages_are_for_whom_they_concern(client: Client, world: World) -> None:
    change = reported(world)
    title = Title.objects.get()
    pages = {
        "life": reverse("pipeline:life", args=[world.firm.pk]),
        "change": reverse("pipeline:change", args=[change.pk]),
        "report": reverse("pipeline:report_change", args=[world.firm.pk]),
        "give_up": reverse("pipeline:give_up", args=[title.pk]),
        "cohort": reverse("pipeline:cohort"),
        "duties": reverse("pipeline:duties"),
    }
    expected = {
        "owner": (200, 200, 200, 200, 403, 403),
        "editor": (200, 200, 200, 403, 403, 403),
        "province": (200, 200, 403, 403, 200, 200),
        "county": (200, 200, 403, 403, 200, 200),
        "auditor": (200, 200, 403, 403, 200, 200),
        "jiangsu": (404, 404, 404, 404, 200, 200),
        "other_owner": (404, 404, 404, 404, 403, 403),
        "expert": (404, 404, 404, 404, 403, 403),
        "nobody": (404, 404, 404, 404, 403, 403),
    }
    for who, codes in expected.items():
        client.force_login(world.users[who])
        found = tuple(client.get(page).status_code for page in pages.values())
        assert (who, found) == (who, codes)


def test_forms_do_what_they_say(client: Client, world: World) -> None:
    client.force_login(world.users["owner"])
    to = reverse("pipeline:report_change", args=[world.firm.pk])
    odd = client.post(to, {"kind": "rename", "happened_on": "0000-01-01", "text": "a\x00"})
    assert odd.status_code == 400
    data = {"kind": "rename", "happened_on": "2026-05-01", "text": "x", "new_name": NEW}
    assert client.post(to, data)["Location"] == reverse(
        "pipeline:change", args=[MajorChange.objects.get().pk]
    )
    relate = reverse("pipeline:life", args=[world.firm.pk])
    data = {"kind": "controls", "other": world.other.credit_code.lower(), "source": "register"}
    assert client.post(relate, data | {"other": "9"}).status_code == 400
    assert client.post(relate, data).status_code == 302
    assert client.post(relate, data).status_code == 400
    client.force_login(world.users["province"])
    weigh = reverse("pipeline:change", args=[MajorChange.objects.get().pk])
    assert client.post(weigh, {"outcome": "merged", "reason": "x"}).status_code == 400
    assert client.post(weigh, {"outcome": "qualified", "reason": "x"}).status_code == 302
    csv = client.get(reverse("pipeline:cohort"), {"tier": "srdi", "year": "2028", "format": "csv"})
    assert b"".join(csv.streaming_content).decode().count("\n") == 2
    for odd_year in ("9" * 400, "-1", "x", "0000"):
        assert client.get(reverse("pipeline:cohort"), {"year": odd_year}).status_code == 200


def test_lists_take_the_same_queries_for_more_rows(
    client: Client, world: World, django_assert_num_queries: Any
) -> None:
    client.force_login(world.users["province"])
    pages = {
        reverse("pipeline:cohort") + "?tier=srdi&year=2028": 10,
        reverse("pipeline:duties"): 7,
    }
    for number in (5, 6, 7):
        for url, queries in pages.items():
            client.get(url)
            with django_assert_num_queries(queries):
                client.get(url)
        firm = enterprise(world.places, "330108", number)
        world.holds("srdi", firm=firm, day="2025-06-10")
        Consequence.objects.create(
            enterprise=firm, title=firm.titles.get(), kind="cancel", state="proposed",
            cause="update:2027", rule="update_2026", clause="x", confidence="M",
        )  # fmt: skip
