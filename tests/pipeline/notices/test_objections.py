"""Objections in a real name: who may, who handles them, what they hold up (异议)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import NoticeEntry, Objection, Status
from cultivation.pipeline.notices import docket, handlers, objections, sweeping
from cultivation.pipeline.notices.objections import Statement
from enterprises.accounts.models import PersonalDataReading, Seat
from enterprises.notifications.models import Notification

if TYPE_CHECKING:
    from django.test import Client

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db
NAME, CONTACT = "虚构异议人", "0571-00000000"
SAID = Statement("The revenue stated is not that of the audit report.", NAME, CONTACT)


def proof(name: str = "报告.pdf", content: bytes = b"%PDF-1.7 fictional") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def application(world: World) -> Application:
    """Give an application on the province's notice, and a second officer without part in it."""
    found = world.on_notice()
    user = world.users["second"] = world.users["nobody"].__class__.objects.create_user("second")
    Seat.objects.create(user=user, role="province", region=world.places["330000"])
    return found


def raised(application: Application) -> objections.Raised:
    entry = NoticeEntry.objects.get(application=application)
    return objections.object_to(entry, SAID, files=[proof()])


def in_hand(world: World, application: Application) -> Objection:
    return docket.take_up(raised(application).objection, by=world.user("second"))


def closed(world: World, objection: Objection, outcome: str) -> Objection:
    second = world.user("second")
    docket.weigh(objection, material=outcome == "upheld", by=second, reason="compared")
    return docket.close(
        objection, outcome, by=second, reply="We compared the reports.", summary="Figures compared."
    )


def test_open_objection_holds_recognition_until_it_is_answered(
    world: World, application: Application
) -> None:
    objection = in_hand(world, application)
    world.wait()
    with pytest.raises(MoveError, match="not answered yet"):
        world.step(application, "recognise", "province")
    closed(world, objection, "rejected")
    world.step(application, "recognise", "province")
    assert application.status == Status.RECOGNISED


def test_immaterial_objection_holds_nothing(world: World, application: Application) -> None:
    objection = in_hand(world, application)
    docket.weigh(objection, material=False, by=world.user("second"), reason="about another firm")
    world.wait()
    world.step(application, "recognise", "province")
    assert application.status == Status.RECOGNISED


def test_upheld_objection_leads_back(world: World, application: Application) -> None:
    closed(world, in_hand(world, application), "upheld")
    world.wait()
    with pytest.raises(MoveError, match="was upheld"):
        world.step(application, "recognise", "province")
    world.step(application, "return", "province", "an objection was upheld")
    world.step(application, "resubmit", "owner")
    world.judge(application, "province")
    world.step(application, "put_on_notice", "province")
    world.wait()
    world.step(application, "recognise", "province")
    assert application.status == Status.RECOGNISED


def test_taken_to_the_end_of_the_last_day_and_no_longer(
    world: World, application: Application
) -> None:
    entry = NoticeEntry.objects.get()
    world.clock.move_to("2026-05-13T23:59:59+08:00")
    objections.object_to(entry, SAID, files=[proof()])
    world.clock.move_to("2026-05-14T00:00:00+08:00")
    with pytest.raises(MoveError, match="2026-05-13"):
        objections.object_to(entry, SAID, files=[proof()])
    assert Objection.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "files", "field"),
    [
        (Statement("", NAME, CONTACT), [proof()], "text"),
        (Statement("wrong", " ", CONTACT), [proof()], "name"),
        (Statement("wrong", NAME, ""), [proof()], "contact"),
        (SAID, [], "evidence"),
        (SAID, [proof("a.exe", b"MZ")], "evidence"),
        (SAID, [proof("a.pdf", b"not a pdf")], "evidence"),
        (SAID, [proof("a.pdf", b"")], "evidence"),
    ],
)
def test_nameless_or_unproven_objections_are_refused_whole(
    application: Application, said: Statement, files: list[Any], field: str
) -> None:
    entry = NoticeEntry.objects.get()
    with pytest.raises(MoveError) as refused:
        objections.object_to(entry, said, files=files)
    assert refused.value.field == field
    assert Objection.objects.count() == 0


def test_who_had_a_part_in_the_case_does_not_handle_it(
    world: World, application: Application
) -> None:
    objection = raised(application).objection
    said = {who: handlers.conflicts(objection, world.user(who)) for who in ("province", "second")}
    assert len(said["province"]) == 2
    assert said["second"] == []
    assert [user.username for user in handlers.possible(objection)] == ["second"]
    with pytest.raises(MoveError, match="without a conflict"):
        docket.take_up(objection, by=world.user("province"))
    for who in ("county", "jiangsu", "owner", "auditor", "expert", "clerk"):
        with pytest.raises(PermissionDenied):
            docket.take_up(objection, by=world.user(who))


def test_where_everybody_is_bound_the_level_above_answers(
    world: World, application: Application
) -> None:
    objection = raised(application).objection
    docket.recuse(objection, by=world.user("second"), reason="worked there")
    assert [user.username for user in handlers.possible(objection)] == ["nation"]
    told = Notification.objects.filter(kind="objection_received", recipient__username="nation")
    assert told.count() == 1


def test_first_who_takes_it_keeps_it(world: World, application: Application) -> None:
    objection = in_hand(world, application)
    with pytest.raises(MovedMeanwhileError, match="second"):
        docket.take_up(objection, by=world.user("nation"))


def test_objector_is_read_by_the_handler_alone_and_noted(
    world: World, application: Application
) -> None:
    objection = in_hand(world, application)
    with pytest.raises(PermissionDenied):
        docket.read_objector(objection, by=world.user("nation"))
    read = docket.read_objector(objection, by=world.user("second"))
    assert (read["objector_name"], read["objector_contact"]) == (NAME, CONTACT)
    noted = PersonalDataReading.objects.get()
    assert (noted.user.username, noted.purpose) == ("second", objection.number)


def test_neither_the_firm_nor_the_public_learns_who_objected(
    world: World, application: Application
) -> None:
    objection = in_hand(world, application)
    second = world.user("second")
    with pytest.raises(MoveError, match="without the name"):
        docket.put_to_firm(objection, by=second, text=f"{NAME} says the revenue is wrong.")
    docket.put_to_firm(objection, by=second, text="The revenue is said to be wrong.")
    docket.firm_answers(objection, by=world.user("owner"), text="It is right.")
    docket.weigh(objection, material=True, by=second, reason="compared")
    with pytest.raises(MoveError, match="take it out"):
        docket.close(objection, "rejected", by=second, reply="no", summary=f"{CONTACT} was wrong")
    assert closed(world, objection, "rejected").firm_answer == "It is right."


def test_pages_show_each_what_is_theirs(
    client: Client, world: World, application: Application
) -> None:
    made = raised(application)
    docket.take_up(made.objection, by=world.user("second"))
    docket.put_to_firm(made.objection, by=world.user("second"), text="Is the revenue right?")
    page, answer = (
        reverse(name, args=[made.objection.pk])
        for name in ("pipeline:objection", "pipeline:objection_answer")
    )
    expected = {
        "second": (200, 404), "province": (200, 404), "nation": (200, 404), "auditor": (200, 404),
        "county": (404, 404), "jiangsu": (404, 404), "owner": (403, 200), "editor": (403, 200),
        "other_owner": (403, 404), "expert": (403, 404), "nobody": (403, 404),
    }  # fmt: skip
    for who, codes in expected.items():
        client.force_login(world.users[who])
        pages = [client.get(page), client.get(answer)]
        assert (who, *(one.status_code for one in pages)) == (who, *codes)
        said = "".join(one.content.decode() for one in pages)
        assert NAME not in said
        assert CONTACT not in said
    client.force_login(world.users["second"])
    shown = client.post(reverse("pipeline:objector", args=[made.objection.pk]))
    assert NAME in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"


def test_key_opens_the_answer_and_nothing_else_does(
    client: Client, world: World, application: Application
) -> None:
    made = raised(application)
    closed(world, docket.take_up(made.objection, by=world.user("second")), "rejected")
    url = reverse("pipeline:objection_status")
    right = client.post(url, {"number": made.objection.number, "key": made.key})
    assert "We compared the reports." in right.content.decode()
    wrong = client.post(url, {"number": made.objection.number, "key": made.key[:-1]})
    assert (wrong.status_code, "We compared" in wrong.content.decode()) == (400, False)
    outcomes = client.get(reverse("pipeline:notices") + "?list=outcomes").content.decode()
    assert "Figures compared." in outcomes
    assert "We compared the reports." not in outcomes


def test_form_takes_an_objection_without_sign_in_but_not_without_end(
    client: Client, application: Application
) -> None:
    entry = NoticeEntry.objects.get()
    url = reverse("pipeline:object", args=[entry.notice_id, entry.position])
    data = {"text": "wrong", "name": NAME, "contact": CONTACT, "real": "on"}
    assert client.get(url).status_code == 200
    assert client.post(url, data).status_code == 400
    for _ in range(10):
        assert client.post(url, data | {"evidence": proof()}).status_code == 200
    assert client.post(url, data | {"evidence": proof()}).status_code == 429
    assert Objection.objects.count() == 10
    nul = client.post(url, data | {"text": "a\x00b", "evidence": proof()})
    assert nul.status_code == 400


def test_docket_takes_the_same_queries_for_more_rows(
    client: Client, world: World, application: Application, django_assert_num_queries: Any
) -> None:
    client.force_login(world.users["second"])
    raised(application)
    url = reverse("pipeline:docket")
    client.get(url)
    with django_assert_num_queries(6):
        client.get(url)
    for _ in range(2):
        raised(application)
    with django_assert_num_queries(6):
        client.get(url)


def test_due_answers_are_reminded_once_and_late_ones_daily(
    world: World, application: Application
) -> None:
    objection = in_hand(world, application)
    assert sweeping.remind() == 0
    world.clock.move_to(f"{objection.reply_due}T09:00:00+08:00")
    assert [sweeping.remind(), sweeping.remind()] == [1, 0]
    world.wait(1)
    assert [sweeping.remind(), sweeping.remind()] == [1, 0]
    world.wait(1)
    assert sweeping.remind() == 1


def test_complaint_about_a_title_goes_to_who_recognised(
    world: World, application: Application
) -> None:
    world.wait()
    world.step(application, "recognise", "province")
    made = objections.complain_of(application.title, SAID, files=[proof()])
    assert (made.objection.level, made.objection.title) == ("province", application.title)
    assert [user.username for user in handlers.possible(made.objection)] == ["second"]
