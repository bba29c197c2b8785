"""Profiles of experts: who keeps, who checks, who reads, and that reading is noted (专家档案)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import ExpertProfile, ExpertTie, ProfileReading
from cultivation.pipeline.panels import experts
from cultivation.pipeline.panels.experts import Facts, Tie
from enterprises.accounts.models import Seat, User
from enterprises.notifications.models import Notification

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import Bench

pytestmark = pytest.mark.django_db


def newcomer(bench: Bench, region: str = "") -> tuple[User, ExpertProfile]:
    user = User.objects.create_user("iris")
    Seat.objects.create(user=user, role="expert", region=bench.places.get(region))
    user = User.objects.get(pk=user.pk)
    return user, experts.own(user)


def filled(bench: Bench, region: str = "") -> tuple[User, ExpertProfile]:
    user, profile = newcomer(bench, region)
    facts = Facts(("34",), (), bench.places["110101"], available=True)
    profile = experts.keep(profile, facts, by=user, version=profile.version)
    experts.add_tie(profile, Tie("employer", "某研究院", "", 2015), by=user)
    profile.refresh_from_db()
    return user, profile


def test_a_profile_goes_from_the_expert_to_the_office_and_into_the_pool(bench: Bench) -> None:
    user, profile = newcomer(bench)
    with pytest.raises(MoveError) as refused:
        experts.submit(profile, by=user, declared=True)
    assert str(refused.value) == (
        "Still missing: a field of expertise; the county of residence; an employer, now or before."
    )
    profile.delete()
    User.objects.all().filter(username="iris").delete()
    user, profile = filled(bench)
    with pytest.raises(MoveError, match="Declare"):
        experts.submit(profile, by=user, declared=False)
    profile = experts.submit(profile, by=user, declared=True)
    told = Notification.objects.filter(kind="expert_profile_submitted")
    assert {one.recipient.username for one in told} == {"nation", "nation2"}
    with pytest.raises(MoveError, match="has to be mended"):
        experts.check(profile, by=bench.user("nation"), approve=False, version=profile.version)
    with pytest.raises(MovedMeanwhileError):
        experts.check(profile, by=bench.user("nation"), approve=True, version=1)
    drawable = ExpertProfile.objects.drawable_for
    assert profile not in drawable("")
    profile = experts.check(profile, by=bench.user("nation"), approve=True, version=profile.version)
    assert profile in drawable("")
    assert profile.ties.get().checked is True
    with pytest.raises(MoveError, match="seen this tie"):
        experts.drop_tie(profile.ties.get(), by=user)
    experts.end_tie(profile.ties.get(), by=user, until=2026)
    profile.refresh_from_db()
    assert (profile.state, profile in drawable("")) == ("draft", False)  # to be checked again


def test_availability_alone_needs_no_new_check(bench: Bench) -> None:
    ada = bench.profile("ada")
    facts = Facts(("34",), (), ada.county, available=False)
    kept = experts.keep(ada, facts, by=bench.user("ada"), version=ada.version)
    assert (kept.state, kept in ExpertProfile.objects.drawable_for("")) == ("approved", False)


@pytest.mark.parametrize(
    ("tie", "field"),
    [
        (Tie("friend", "甲"), "kind"),
        (Tie("work", "  "), "name"),
        (Tie("work", "甲", "91330108MA2TEST001"), "code"),
        (Tie("work", "甲", "", 1900), "since"),
        (Tie("work", "甲", "", 2020, 2031), "until"),
        (Tie("work", "甲", "", 2020, 2019), "until"),
    ],
)
def test_a_wrong_tie_is_refused_with_its_field(bench: Bench, tie: Tie, field: str) -> None:
    user, profile = newcomer(bench)
    with pytest.raises(MoveError) as refused:
        experts.add_tie(profile, tie, by=user)
    assert (refused.value.field, ExpertTie.objects.filter(profile=profile).count()) == (field, 0)


def test_nobody_else_keeps_a_profile(bench: Bench) -> None:
    ada = bench.profile("ada")
    facts = Facts(("34",), (), None, available=True)
    for name in ("bo", "nation", "auditor", "owner", "nobody"):
        user = bench.user(name)
        with pytest.raises(PermissionDenied):
            experts.keep(ada, facts, by=user, version=ada.version)
        with pytest.raises(PermissionDenied):
            experts.add_tie(ada, Tie("work", "甲"), by=user)
    with pytest.raises(PermissionDenied):
        experts.own(bench.user("nation"))


READS = {"nation", "nation2", "auditor"}


@pytest.mark.parametrize(
    "who",
    ["nation", "nation2", "auditor", "zhejiang_auditor", "province", "jiangsu", "city", "county",
     "bo", "owner", "nobody"],
)  # fmt: skip
def test_who_reads_a_profile_and_that_it_is_noted(client: Client, bench: Bench, who: str) -> None:
    ada = bench.profile("ada")
    client.force_login(bench.user(who))
    answer = client.get(f"/experts/{ada.pk}/")
    keeps = who in {*READS, "province", "jiangsu", "zhejiang_auditor"}
    assert answer.status_code == (200 if who in READS else 404 if keeps else 403)
    assert ProfileReading.objects.count() == (1 if who in READS else 0)
    listed = client.get("/experts/")
    assert listed.status_code == (200 if keeps else 403)
    assert ProfileReading.objects.count() == (1 if who in READS else 0)  # a list is no reading
    if keeps:
        assert (f"/experts/{ada.pk}/" in listed.content.decode()) == (who in READS)
    posted = client.post(f"/experts/{ada.pk}/check/", {"version": 1, "do": "approve"})
    assert posted.status_code == (
        400 if who in {"nation", "nation2"} else 403 if who == "auditor" else answer.status_code
    )


def test_a_province_keeps_the_experts_it_seats(client: Client, bench: Bench) -> None:
    user, profile = filled(bench, "330000")
    experts.submit(profile, by=user, declared=True)
    told = Notification.objects.filter(kind="expert_profile_submitted")
    assert {one.recipient.username for one in told} == {"province"}
    client.force_login(bench.user("province"))
    page = client.get(f"/experts/{profile.pk}/").content.decode()
    assert "某研究院" in page
    profile.refresh_from_db()
    answer = client.post(
        f"/experts/{profile.pk}/check/", {"version": profile.version, "do": "approve"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/experts/")
    assert list(ExpertProfile.objects.drawable_for("33")) == [profile]
    assert list(ExpertProfile.objects.drawable_for("32")) == []
    assert ExpertProfile.objects.drawable_for("").count() == 9


def test_the_expert_sees_who_read_the_profile(client: Client, bench: Bench) -> None:
    experts.read(bench.profile("ada"), by=bench.user("nation2"))
    experts.read(bench.profile("ada"), by=bench.user("ada"))
    client.force_login(bench.user("ada"))
    page = client.get("/expertise/").content.decode()
    assert page.count("nation2") == 1
    assert ProfileReading.objects.count() == 1


def test_the_own_page_takes_what_is_typed_and_names_what_is_wrong(
    client: Client, bench: Bench
) -> None:
    user, profile = newcomer(bench)
    client.force_login(user)
    client.cookies["django_language"] = "en"

    def post(**typed: Any) -> Any:
        said = {"version": profile.version, "industries": ["34"], "county": "东城区"} | typed
        return client.post("/expertise/", said)

    for typed, said in (
        ({"county": "无此县"}, "No county or district is called “无此县”"),
        ({"county": "\x00"}, "Null characters are not allowed"),
        ({"industries": ["99"]}, "Select a valid choice"),
        ({"version": "9" * 400}, "Ensure this value is less than or equal to"),
        ({"version": "7"}, "changed meanwhile"),
    ):
        answer = post(**typed)
        assert (answer.status_code, said in answer.content.decode()) == (400, True), typed
    assert post(available="on").status_code == 302
    profile.refresh_from_db()
    assert (profile.industries, profile.county) == (["34"], bench.places["110101"])
    for typed in ({"kind": "work", "name": "甲", "since": "9" * 400}, {"kind": "x", "name": "甲"}):
        assert client.post("/expertise/ties/", typed).status_code == 400
    assert client.post("/expertise/ties/", {"kind": "work", "name": "甲"}).status_code == 302
    tie = profile.ties.get()
    assert client.post(f"/expertise/ties/{tie.pk}/burn/").status_code == 404
    client.post(f"/expertise/ties/{tie.pk}/end/", {"until": "年"})
    tie.refresh_from_db()
    assert tie.until is None
    client.post(f"/expertise/ties/{tie.pk}/end/", {"until": "2025"})
    tie.refresh_from_db()
    assert tie.until == 2025
    client.post(f"/expertise/ties/{tie.pk}/drop/")
    assert profile.ties.count() == 0
    ada = bench.profile("ada").ties.first()
    assert ada is not None
    assert client.post(f"/expertise/ties/{ada.pk}/drop/").status_code == 404
