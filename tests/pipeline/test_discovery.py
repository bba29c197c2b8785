"""Active discovery: who is found, who sees it, who is invited and what comes of it (主动发现)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from cultivation.pipeline import discovery, invitations, titles
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.invitations import Text
from cultivation.pipeline.models import Application, Invitation
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment
from enterprises.accounts.models import Seat
from enterprises.jobs.models import JobRun
from enterprises.places.models import Chain, Industry
from enterprises.registry import paging
from enterprises.registry.models import Enterprise, Title

from .conftest import enterprise
from .test_pages import EVERYBODY, signed, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db
INN, TECH, SRDI, GIANT = "innovative", "technology", "srdi", "little_giant"


@pytest.fixture(autouse=True)
def _apart(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.SNAPSHOT_DIR = tmp_path
    with override("en"):
        yield


def judged() -> None:
    judge_registry(timezone.localdate())


def tiers(world: World, firm: Enterprise, who: str = "nation") -> set[str]:
    """Return the tiers for which a firm is on a user's worklist as qualifying."""
    rows = discovery.candidates(world.user(who)).filter(discovery.QUALIFY, enterprise=firm)
    return set(rows.values_list("edition__tier", flat=True))


def found(world: World, tier: str = INN, firm: Enterprise | None = None) -> Assessment:
    rows = Assessment.objects.filter(enterprise=firm or world.firm, edition__tier=tier)
    one = rows.filter(kind="recognition").first()
    assert one is not None
    return one


def invited(world: World, tier: str = INN, who: str = "province", **said: Any) -> Invitation:
    done = invitations.invite([found(world, tier).pk], by=world.user(who), text=Text(**said))
    (one,) = done.made
    return one


def no_title(_world: World) -> None:
    pass


def holds(*held: str, day: str = "2026-01-05") -> Callable[[World], None]:
    def enter(world: World) -> None:
        for tier in held:
            world.holds(tier, day=day)

    return enter


def applies(world: World) -> None:
    world.draft(INN)


def lost_for_cause(world: World) -> None:
    world.holds(INN)
    title = Title.objects.get(tier=INN)
    world.end(title, "province", "fabrication")


def lost_plainly(world: World) -> None:
    world.holds(INN)
    title = Title.objects.get(tier=INN)
    world.end(title, "province", "asked", "cancelled")


def lost_long_ago(world: World) -> None:
    lost_for_cause(world)
    Title.objects.update(granted_on="2020-01-01", valid_to="2022-12-31", ended_on="2023-05-06")


def lost_not_quite_long_ago(world: World) -> None:
    lost_for_cause(world)
    Title.objects.update(granted_on="2020-01-01", valid_to="2023-12-31", ended_on="2023-05-07")


def poor(world: World) -> None:
    world.firm.reports.update(revenue=1)


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (no_title, {TECH, INN}),
        (holds(TECH), {INN, SRDI}),
        (holds(INN), {SRDI}),
        (holds(TECH, INN), {SRDI}),
        (holds(INN, SRDI), {GIANT}),
        (holds(INN, SRDI, GIANT), set()),
        (holds(INN, day="2022-01-05"), {TECH, INN}),  # it ran out
        (applies, {TECH}),
        (lost_for_cause, set()),
        (lost_plainly, {TECH, INN}),
        (lost_long_ago, {TECH, INN}),
        (lost_not_quite_long_ago, set()),
        (poor, set()),
    ],
)
def test_who_is_on_the_worklist(
    world: World, situation: Callable[[World], None], expected: set[str]
) -> None:
    Enterprise.objects.filter(pk=world.firm.pk).update(size_class="small", mainland_entity=True)
    world.firm.reports.update(revenue=90_000_000_00, rd_expense=20_000_000_00)
    situation(world)
    judged()
    assert tiers(world, world.firm) == expected


def test_the_worklist_bars_whom_an_application_would_be_refused(world: World) -> None:
    """29 February: the last day that bars is the same as when an application is begun."""
    for today in (dt.date(2028, 2, 28), dt.date(2028, 2, 29), dt.date(2028, 3, 1)):
        for ended in (dt.date(2025, 2, 27), dt.date(2025, 2, 28), dt.date(2025, 3, 1)):
            Title.objects.all().delete()
            Title.objects.create(
                enterprise=world.firm, tier=INN, number="1", year=2024, end_kind="revoked",
                granted_on=dt.date(2024, 1, 1), valid_to=dt.date(2026, 12, 31), ended_on=ended,
            )  # fmt: skip
            barred = titles.barred_until(world.firm, on=today) is not None
            assert (ended > discovery.free_since(today)) == barred, (today, ended)


@pytest.mark.parametrize("held", [(), (TECH,), (INN,), (TECH, INN), (INN, SRDI), (GIANT,)])
def test_tiers_below_agree_with_what_an_application_needs(
    world: World, held: tuple[str, ...]
) -> None:
    for one in held:
        world.holds(one)
    world.firm.refresh_from_db()
    ladder = [TECH, INN, SRDI, GIANT]
    for tier in ladder:
        none_higher = not any(ladder.index(one) >= ladder.index(tier) for one in held)
        fits = not titles.lacking(world.firm, tier) and none_higher
        assert (world.firm.tier in discovery.tiers_below(tier)) == fits, tier


def test_one_requirement_short_is_shown_apart_with_which(client: Client, world: World) -> None:
    poor(world)
    world.other.reports.update(revenue=None)
    judged()
    page = text(signed(client, world, "nation").get(reverse("pipeline:discovery")))
    assert "No enterprise fits these filters" in page
    page = text(client.get(reverse("pipeline:discovery"), {"show": "near", "tier": INN}))
    assert "2 are one requirement short" in page
    assert "Revenue I-1 unmet" in page
    assert "Revenue I-1 unknown" in page
    assert page.index("Revenue I-1 unknown") < page.index("Revenue I-1 unmet")  # surer first
    world.firm.reports.update(rd_expense=1)
    judged()
    page = text(client.get(reverse("pipeline:discovery"), {"show": "near", "tier": INN}))
    assert "1 is one requirement short" in page


SIGHT = {
    "county": {"firm"}, "city": {"firm"}, "province": {"firm"}, "nation": {"firm", "other"},
    "other_county": set(), "jiangsu": {"other"}, "jiangsu_city": {"other"}, "ningbo": set(),
    "ningbo_county": set(),
    "auditor": {"firm", "other"}, "clerk": {"firm"},
}  # fmt: skip


def test_worklist_by_role_and_region(client: Client, world: World) -> None:
    judged()
    names = {"firm": world.firm.name, "other": world.other.name}
    for who in (*EVERYBODY, "jiangsu_city"):
        signed(client, world, who)
        pages = [client.get(reverse("pipeline:discovery"), {"tier": INN})]
        pages += [client.get(reverse("pipeline:invitations"))]
        exported: Any = client.post(reverse("pipeline:discovery_export"), {"tier": INN})
        answers = [page.status_code for page in (*pages, exported)]
        assert answers == [200 if who in SIGHT else 403] * 3, who
        if who in SIGHT:
            shown = {key for key, name in names.items() if name in text(pages[0])}
            lines = b"".join(exported.streaming_content).decode("utf-8-sig")
            rows = list(csv.reader(io.StringIO(lines)))
            assert shown == SIGHT[who], who
            assert {row[0] for row in rows[1:]} == {names[key] for key in SIGHT[who]}, who


def test_only_reviewing_offices_above_invite(client: Client, world: World) -> None:
    judged()
    data = {"row": found(world).pk, "confirmed": "1"}
    for who in EVERYBODY:
        signed(client, world, who)
        answer = client.post(reverse("pipeline:discovery_invite"), data)
        office = who in SIGHT and who != "auditor"
        assert answer.status_code == (302 if office else 403), who
        above = office and "firm" in SIGHT[who]
        assert Invitation.objects.all().delete()[0] == above, who


def test_own_invitation_of_a_stranger_is_not_there(client: Client, world: World) -> None:
    judged()
    one = invited(world)
    for who in EVERYBODY:
        signed(client, world, who)
        page = client.get(reverse("pipeline:invitation", args=[one.pk]))
        sees = who in {
            "county",
            "city",
            "province",
            "nation",
            "auditor",
            "owner",
            "editor",
            "clerk",
        }
        assert page.status_code == (200 if sees else 404), who
        for word, mays in (
            ("assign", {"county", "city", "province", "nation", "clerk"}),
            ("withdraw", {"county", "city", "province", "nation", "clerk"}),
            ("decline", {"owner", "editor"}),
        ):
            answer = client.post(reverse(f"pipeline:invitation_{word}", args=[one.pk]), {})
            assert answer.status_code == (400 if who in mays else 403 if sees else 404), (who, word)
    one.refresh_from_db()
    assert (one.outcome, one.version) == ("open", 1)


def test_bulk_invitation_asks_first_and_says_how_many(client: Client, world: World) -> None:
    judged()
    rows = [found(world).pk, found(world, firm=world.other).pk]
    url = reverse("pipeline:discovery_invite")
    signed(client, world, "nation")
    page = client.post(url, {"row": rows, "tier": INN})
    assert "Invite 2 enterprises to apply" in text(page)
    assert Invitation.objects.count() == 0
    said = {"due_on": "2026-05-05", "message": "Come", "note": "n", "mine": "on"}
    page = client.post(url, {"row": rows, "confirmed": "1", **said})
    assert page.status_code == 400
    assert "2026-05-05" in text(page) or "May 5, 2026" in text(page)
    assert "Come" in page.content.decode()
    page = client.post(url, {"row": rows, "confirmed": "1", **said, "due_on": "2026-06-01"})
    assert page.status_code == 302
    page = text(client.get(page["Location"]))
    assert "2 enterprises were invited." in page
    made = Invitation.objects.values_list("enterprise", "tier", "message", "assigned_to__username")
    firms = (world.firm, world.other)
    assert set(made) == {(firm.pk, INN, "Come", "nation") for firm in firms}
    page = client.post(url, {"row": rows, "confirmed": "1"}, follow=True)
    assert "0 enterprises were invited." in text(page)
    assert "2 were left out" in text(page)
    assert Invitation.objects.count() == 2


def test_all_that_fit_are_invited_at_once(client: Client, world: World) -> None:
    judged()
    signed(client, world, "nation")
    data = {"every": "1", "tier": INN, "region": "330000"}
    page = client.post(reverse("pipeline:discovery_invite"), data)
    assert "Invite 1 enterprise to apply" in text(page)
    assert f'name="row" value="{found(world).pk}"' in page.content.decode()


def test_bad_choices_change_nothing(client: Client, world: World) -> None:
    judged()
    url = reverse("pipeline:discovery_invite")
    signed(client, world, "nation")
    assert "No enterprise was chosen" in text(client.post(url, {}, follow=True))
    assert client.post(url, {"row": "x", "confirmed": "1"}).status_code == 400
    many = [str(10**6 + n) for n in range(501)]
    page = client.post(url, {"row": many, "confirmed": "1"})
    assert "501 were chosen; at most 500 can be invited at a time." in text(page)
    assert Invitation.objects.count() == 0


def test_only_one_invitation_of_a_firm_for_a_tier_is_open(world: World) -> None:
    judged()
    first = invited(world)
    again = invitations.invite([found(world).pk], by=world.user("county"), text=Text())
    assert (again.made, again.left_out) == ([], 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            enterprise=world.firm, tier=INN, edition=first.edition, invited_by=first.invited_by
        )
    with pytest.raises(PermissionDenied):
        invitations.invite([found(world).pk], by=world.user("auditor"), text=Text())
    invitations.end(first, "withdrawn", by=world.user("province"), reason="by mistake")
    assert invited(world).outcome == "open"


def test_who_applied_or_got_worse_meanwhile_is_left_out(world: World) -> None:
    judged()
    chosen = [found(world).pk, found(world, firm=world.other).pk, 10**9]
    world.draft(INN)
    done = invitations.invite(chosen, by=world.user("nation"), text=Text())
    assert [one.enterprise for one in done.made] == [world.other]
    assert done.left_out == 2


def test_an_invitation_is_followed_to_recognition(client: Client, world: World) -> None:
    judged()
    one = invited(world)
    signed(client, world, "owner")
    for name, args in (("start", []), ("pipeline:of_enterprise", [world.firm.pk])):
        page = text(client.get(reverse(name, args=args)))
        assert "You are invited to apply: innovative SME" in page
    application = world.draft(INN)
    assert application.intake == Application.Intake.DISCOVERED
    one.refresh_from_db()
    assert (one.outcome, one.application) == ("open", application)
    page = text(
        signed(client, world, "province").get(reverse("pipeline:invitation", args=[one.pk]))
    )
    assert "has begun its application" in page
    world.step(application, "submit", "owner")
    one.refresh_from_db()
    assert (one.outcome, one.ended_by) == ("applied", world.users["owner"])
    world.step(application, "recommend", "county")
    world.step(application, "recommend", "city")
    world.judge(application, "province")
    world.step(application, "put_on_notice", "province")
    world.wait()
    world.step(application, "recognise", "province")
    rows = Invitation.objects.visible_to(world.user("nation"))
    (tally,) = invitations.tallies(rows, "")
    assert tally.region == world.places["330000"]
    counts = (tally.invited, tally.open, tally.applied, tally.recognised, tally.declined)
    assert counts == (1, 0, 1, 1, 0)
    (tally,) = invitations.tallies(rows, "33")
    assert tally.region == world.places["330100"]


def test_an_application_without_invitation_came_by_itself(world: World) -> None:
    judged()
    invited(world, TECH)
    assert world.draft(INN).intake == Application.Intake.SELF_APPLIED


def test_a_withdrawn_draft_leaves_the_invitation_open(world: World) -> None:
    judged()
    one = invited(world)
    first = world.draft(INN)
    world.step(first, "withdraw", "owner")
    second = world.draft(INN)
    one.refresh_from_db()
    assert (one.outcome, one.application, second.intake) == ("open", second, "discovered")


def test_declining_needs_a_reason_and_shows_on_the_worklist(client: Client, world: World) -> None:
    judged()
    one = invited(world, note="seen at the fair", message="Do apply")
    signed(client, world, "editor")
    page = text(client.get(reverse("pipeline:invitation", args=[one.pk])))
    assert "Do apply" in page
    assert "seen at the fair" not in page
    assert "Followed up by" not in page
    url = reverse("pipeline:invitation_decline", args=[one.pk])
    assert client.post(url, {"version": 1, "reason": " "}).status_code == 400
    assert client.post(url, {"reason": "no time"}).status_code == 400
    assert client.post(url, {"version": 1, "reason": "no time"}).status_code == 302
    late = client.post(url, {"version": 1, "reason": "no time"})
    assert late.status_code == 409
    assert "This invitation is declined already." in text(late)
    signed(client, world, "county")
    page = text(client.get(reverse("pipeline:invitation", args=[one.pk])))
    assert "no time" in page
    assert "seen at the fair" in page
    page = text(client.get(reverse("pipeline:discovery"), {"asked": "declined"}))
    assert world.firm.name in page
    page = text(client.get(reverse("pipeline:discovery"), {"asked": "no", "tier": INN}))
    assert world.firm.name not in page


def test_followers_are_officers_there_below_who_assigns(client: Client, world: World) -> None:
    judged()
    one = invited(world)
    path = world.firm.region_path

    def names(who: str) -> set[str]:
        return {user.username for user in invitations.followers(world.user(who), path)}

    assert names("province") == {"province", "clerk", "city", "county"}
    assert names("county") == {"county"}
    assert names("nation") == {"nation", "province", "clerk", "city", "county"}
    assert names("jiangsu") == set()
    Seat.objects.filter(user__username="city").update(may_review=False)
    assert names("province") == {"province", "clerk", "county"}
    url = reverse("pipeline:invitation_assign", args=[one.pk])
    signed(client, world, "province")
    answer = client.post(url, {"version": 1, "assigned_to": world.users["jiangsu"].pk})
    assert answer.status_code == 400
    answer = client.post(url, {"version": 1, "assigned_to": world.users["county"].pk})
    assert answer.status_code == 302
    one.refresh_from_db()
    assert one.assigned_to == world.users["county"]
    assert client.post(url, {"version": 1, "assigned_to": ""}).status_code == 409
    page = text(
        signed(client, world, "county").get(reverse("pipeline:invitations"), {"mine": "mine"})
    )
    assert world.firm.name in page
    with pytest.raises(MoveError, match="no officer who reviews there"):
        invitations.assign(one, world.users["jiangsu"], by=world.user("province"))
    with pytest.raises(MovedMeanwhileError):
        invitations.assign(one, None, by=world.user("province"), version=1)


FILTERS: tuple[tuple[dict[str, str], int], ...] = (
    ({}, 4),
    ({"tier": INN}, 2),
    ({"tier": SRDI}, 0),
    ({"region": "330000"}, 2),
    ({"region": "330108"}, 2),
    ({"size": "small"}, 2),
    ({"size": "large"}, 0),
    ({"q": "传动2"}, 2),
    ({"asked": "open"}, 1),
    ({"asked": "no"}, 3),
    ({"show": "near"}, 0),
    ({"section": "C"}, 2),
    ({"section": "I"}, 0),
    ({"chain": "X1"}, 2),
    ({"after": "rubbish"}, 4),
    ({"sort": "name"}, 4),
)


def test_filters(client: Client, world: World) -> None:
    for section in "CI":
        Industry.objects.create(code=section, section=section, is_section=True, name_zh=section)
    one = Industry.objects.create(code="34", section="C", name_zh="设备")
    chain = Chain.objects.create(code="X1", name_zh="链")
    Enterprise.objects.filter(pk=world.other.pk).update(
        size_class="small", industry=one, chain=chain
    )
    judged()
    invited(world)
    signed(client, world, "nation")
    for data, number in FILTERS:
        page = client.get(reverse("pipeline:discovery"), data)
        assert page.context["page"].count == len(page.context["rows"]) == number, data


def test_pages_follow_one_another_by_key(world: World) -> None:
    for number in range(3, 8):
        enterprise(world.places, "330108", number)
    judged()
    rows = discovery.candidates(world.user("nation")).filter(discovery.QUALIFY)
    seen, after = [], ""
    while True:
        page = paging.take(rows, sort="-sureness", after=after, size=4)
        seen += [row.pk for row in page.rows]
        after = page.following
        if not after:
            break
    assert seen == list(rows.order_by("-sureness", "-pk").values_list("pk", flat=True))
    assert len(seen) == 14


@pytest.mark.parametrize("firms", [1, 3])
@pytest.mark.parametrize("name", ["discovery", "invitations"])
def test_lists_take_the_same_queries(
    client: Client, world: World, firms: int, name: str, django_assert_num_queries: Any
) -> None:
    world.other.reports.all().delete()
    for number in range(3, 2 + firms):
        enterprise(world.places, "330108", number)
    judged()
    rows = discovery.candidates(world.user("province")).filter(discovery.QUALIFY, edition__tier=INN)
    pks = list(rows.values_list("pk", flat=True))
    invitations.invite(pks, by=world.user("province"), text=Text())
    signed(client, world, "province")
    with django_assert_num_queries({"discovery": 13, "invitations": 10}[name]):
        page = client.get(reverse(f"pipeline:{name}"), {"tier": INN})
    assert page.context["page"].count == firms


def test_workbook_holds_the_worklist_and_is_noted(client: Client, world: World) -> None:
    poor(world)
    judged()
    signed(client, world, "province")
    data = {"format": "xlsx", "show": "near", "tier": INN}
    answer = client.post(reverse("pipeline:discovery_export"), data)
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    heading, row = book.get_sheet_by_index(0).to_python()
    assert dict(zip(heading, row, strict=True)) == {
        "Name": world.firm.name, "Credit code": world.firm.credit_code, "Region code": "330108",
        "Region": "滨江区", "Tier": "innovative SME", "Standard": "test_innovative",
        "Verdict": "unmet", "Score": "", "Requirement short": "I-1 Revenue", "Size": "unknown",
        "Industry": "", "Invitation": "",
    }  # fmt: skip
    noted = JobRun.objects.get(kind="export")
    assert noted.params["filters"] == {"list": "discovery", "show": "near", "tier": INN}
    assert noted.result == {"rows": 1}
