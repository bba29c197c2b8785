"""What a refused enterprise reads, and the pages of a reconsideration (反馈与页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from cultivation.pipeline.appealing import dates, deciding, feedback, subjects
from cultivation.pipeline.models import Application, Move, Reconsideration
from cultivation.standards.models import Window
from enterprises.notifications.models import Notification
from tests.pipeline.test_rounds import at

from .conftest import SAID, answers, asked, code, draft, proof, proposed

if TYPE_CHECKING:
    from django.test import Client

    from tests.pipeline.conftest import World

pytestmark = pytest.mark.django_db


def page(client: Client, world: World, who: str, name: str, pk: int) -> str:
    client.force_login(world.user(who))
    answer = client.get(reverse(f"pipeline:{name}", args=[pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_feedback_says_criterion_by_criterion_what_stood_against_it(
    world: World, application: Application
) -> None:
    (refusal,) = feedback.refusals_of(application)
    told = feedback.of(application, refusal)
    assert (told.level, told.words) == ("province", "does not hold, says SECRET-OFFICE")
    lines = {line.finding.code: line for line in told.lines}
    second = lines[code(application, 2)]
    assert second.word == feedback.Word(
        "objected", "Short.\nhalf of it is not shown", objected=True
    )
    third = lines[code(application, 3)]
    assert third.word == feedback.Word("agreed", "", objected=False)  # how it was seen is not told
    assert [line.finding.code for line in told.against] == [code(application, 2)]
    assert told.again is not None
    assert (told.again.hindrance, [str(one) for one, _line in told.again.rounds]) == (
        "", ["first"],
    )  # fmt: skip


def test_reasons_of_the_library_stand_with_their_criteria(
    world: World, application: Application
) -> None:
    move = Move.objects.filter(name="refuse")
    given = [
        {
            "code": "short",
            "criterion": code(application, 1),
            "text_zh": "不足",
            "text_en": "Short.",
        },
        {"code": "late", "criterion": "", "text_zh": "过期", "text_en": "Too late."},
    ]
    refusal = move.get()
    refusal.note["reasons"] = given
    told = feedback.of(application, refusal)
    assert told.reasons == ["Too late."]
    first = next(line for line in told.lines if line.finding.code == code(application, 1))
    assert (first.reasons, first.stands_against) == (["Short."], True)
    assert [one.subject for one in subjects.contestable(refusal)][:3] == [
        f"reason:short:{code(application, 1)}", "reason:late", "words",
    ]  # fmt: skip


def test_window_not_published_comes_from_the_notices_with_its_confidence(
    world: World, application: Application
) -> None:
    world.clock.move_to(at("2026-05-21 00:00:00"), tick=False)  # the round is over
    Window.objects.create(
        tier="innovative", kinds=["recognition"], year=2026, closes="2026-09-30",
        document="a blog", confidence="L", verified=False,
    )  # fmt: skip
    (refusal,) = feedback.refusals_of(application)
    again = feedback.of(application, refusal).again
    assert again is not None
    assert again.rounds == []
    assert again.known == "Window of 2026: … – 2026-09-30 (a blog)"
    assert again.verified is False


@pytest.mark.parametrize("name", ["feedback", "feedback_print"])
def test_enterprise_reads_no_names_of_who_reviewed(
    client: Client, world: World, application: Application, name: str
) -> None:
    for who in ("province", "province2", "county", "city"):
        world.users[who].display_name = f"NAME-OF-{who}"
        world.users[who].save()
    text = page(client, world, "owner", name, application.pk)
    assert "NAME-OF" not in text
    assert "seen on site" not in text
    for said in ("SECRET-OFFICE", "half of it is not shown", "until the end of 2026-05-20"):
        assert said in text
    assert "unverified" in text


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("county", 200), ("nation", 200), ("auditor", 200), ("jiangsu", 404),
     ("other_owner", 404), ("other_county", 404), ("expert", 404), ("nobody", 404)],
)  # fmt: skip
def test_feedback_is_for_the_enterprise_and_its_offices(
    client: Client, world: World, application: Application, who: str, status: int
) -> None:
    client.force_login(world.user(who))
    answer = client.get(reverse("pipeline:feedback", args=[application.pk]))
    assert answer.status_code == status


def test_application_never_refused_has_no_feedback(client: Client, world: World) -> None:
    found = world.draft()
    client.force_login(world.user("owner"))
    assert client.get(reverse("pipeline:feedback", args=[found.pk])).status_code == 404
    assert client.get(reverse("pipeline:ask_again", args=[found.pk])).status_code == 404


def test_notification_of_the_refusal_leads_to_the_feedback(
    world: World, application: Application
) -> None:
    told = Notification.objects.get(kind="application_refused", recipient=world.users["owner"])
    assert told.url == reverse("pipeline:feedback", args=[application.pk])


def test_start_page_and_application_lead_there(
    client: Client, world: World, application: Application
) -> None:
    url = reverse("pipeline:feedback", args=[application.pk])
    client.force_login(world.user("owner"))
    start = client.get("/").content.decode()
    assert url in start
    assert "until the end of 2026-05-20" in start
    assert url in page(client, world, "owner", "application", application.pk)


def test_request_is_written_saved_and_sent_on_its_page(
    client: Client, world: World, application: Application
) -> None:
    url = reverse("pipeline:ask_again", args=[application.pk])
    client.force_login(world.user("owner"))
    form = client.get(url).context
    (prefix,) = (
        point.prefix for subject, point in form["against"]
        if subject.subject == f"criterion:{code(application, 2)}"
    )  # fmt: skip
    data: dict[str, Any] = {f"{prefix}-contested": "on", f"{prefix}-words": SAID, "words": "all"}
    assert client.post(url, data).status_code == 400  # without its version
    saved = client.post(url, data | {"version": "0", "evidence": proof(), "do": "save"})
    assert saved.status_code == 302
    case = Reconsideration.objects.get()
    assert (case.status, case.words, case.documents.count()) == ("draft", "all", 1)
    text = client.get(url).content.decode()
    assert SAID in text
    assert "审计报告.pdf" in text
    assert client.post(url, data | {"version": "0", "do": "send"}).status_code == 409  # is older
    assert client.post(url, data | {"version": "1", "words": "\x00"}).status_code == 400
    sent = client.post(url, data | {"version": str(case.version), "do": "send"}, follow=True)
    assert "Sent. You are told" in sent.content.decode()
    case.refresh_from_db()
    assert (case.status, case.number[:2]) == ("examined", "FH")
    assert case.number in sent.content.decode()
    withdrawn = client.post(reverse("pipeline:withdraw_reconsideration", args=[application.pk]))
    assert withdrawn.status_code == 302
    case.refresh_from_db()
    assert case.status == "withdrawn"


def test_what_is_not_confirmed_is_not_told_to_the_enterprise(
    client: Client, world: World, application: Application
) -> None:
    case = proposed(world, application)
    text = page(client, world, "owner", "ask_again", application.pk)
    text += page(client, world, "owner", "feedback", application.pk)
    assert "You are right." not in text
    assert "compared with the report" not in text
    assert "second officer" not in text
    deciding.confirm(case, by=world.user("fourth"))
    text = page(client, world, "owner", "ask_again", application.pk)
    assert "You are right." in text
    assert "compared with the report" in text
    assert "third" not in text.replace("one third", "")


def test_case_is_handled_on_its_page(
    client: Client, world: World, application: Application
) -> None:
    case = asked(world, application)
    url = reverse("pipeline:reconsideration", args=[case.pk])
    point = case.points.get()
    step = f"{url}reopen/"
    said = {
        "version": str(case.version), f"a{point.pk}-founded": "yes", f"a{point.pk}-answer": "seen",
        "reply": "right",
    }  # fmt: skip
    client.force_login(world.user("province"))
    assert "You cannot handle this" in client.get(url).content.decode()
    assert client.post(step, said).status_code == 403
    client.force_login(world.user("third"))
    assert client.post(f"{url}uphold/", said).status_code == 409  # a point is founded
    assert client.post(step, said | {"reply": ""}).status_code == 409
    assert client.post(step, said).status_code == 302
    assert client.post(f"{url}confirm/", {"version": "9"}).status_code == 409
    client.force_login(world.user("fourth"))
    case.refresh_from_db()
    assert client.post(f"{url}confirm/", {"version": "abc"}).status_code == 400
    assert client.post(f"{url}nothing/", {}).status_code == 404
    assert client.post(f"{url}confirm/", {"version": str(case.version)}).status_code == 302
    text = page(client, world, "province", "review", application.pk)
    assert case.number in text


@pytest.mark.parametrize(
    ("who", "status"),
    [("third", 200), ("nation", 200), ("auditor", 200), ("county", 404), ("city", 404),
     ("jiangsu", 404), ("owner", 403), ("other_owner", 403), ("expert", 403)],
)  # fmt: skip
def test_docket_is_for_the_level_that_refused_and_those_above(
    client: Client, world: World, application: Application, who: str, status: int
) -> None:
    case = asked(world, application)
    client.force_login(world.user(who))
    assert client.get(reverse("pipeline:reconsideration", args=[case.pk])).status_code == status
    listed = client.get(reverse("pipeline:reconsiderations"))
    assert (listed.status_code == 200) is (status != 403)
    if status != 403:
        assert (case.number in listed.content.decode()) is (status == 200)


def copies(case: Reconsideration, number: int) -> None:
    """Copy a reconsideration with a refusal of its own."""
    move = case.refusal
    for place in range(number):
        move.pk, move.version = None, 100 + place
        move.save(force_insert=True)
        case.pk, case.refusal, case.number = None, move, f"FH-{place}"
        case.save(force_insert=True)


def test_lists_cost_the_same_however_many_there_are(
    client: Client, world: World, application: Application, django_assert_num_queries: Any
) -> None:
    case = asked(world, application)
    client.force_login(world.user("third"))
    url = reverse("pipeline:reconsiderations")
    client.get(url)
    with django_assert_num_queries(9):
        assert len(client.get(url, {"show": "open"}).context["page"].rows) == 1
    copies(case, 2)
    with django_assert_num_queries(9):
        assert len(client.get(url, {"show": "open"}).context["page"].rows) == 3
    for show, number in (("mine", 3), ("late", 0), ("closed", 0), ("", 3)):
        assert len(client.get(url, {"show": show}).context["page"].rows) == number


def test_case_costs_the_same_however_much_is_contested(
    client: Client, world: World, application: Application, django_assert_num_queries: Any
) -> None:
    case = asked(world, application)
    client.force_login(world.user("third"))
    url = reverse("pipeline:reconsideration", args=[case.pk])
    client.get(url)
    with django_assert_num_queries(16):
        assert len(client.get(url).context["contested"]) == 1
    for number in (1, 3):
        subject = f"criterion:{code(application, number)}"
        case.points.create(subject=subject, words=SAID)
    with django_assert_num_queries(16):
        assert len(client.get(url).context["contested"]) == 3


def test_feedback_costs_a_known_number_of_queries(
    client: Client, world: World, application: Application, django_assert_num_queries: Any
) -> None:
    client.force_login(world.user("owner"))
    url = reverse("pipeline:feedback", args=[application.pk])
    client.get(url)
    with django_assert_num_queries(33):
        client.get(url)


def test_calendar_has_the_last_days_of_both_sides(world: World, application: Application) -> None:
    def of(who: str) -> list[tuple[str, str]]:
        user = world.user(who)
        found = [*dates.of_firms(user), *dates.of_offices(user)]
        return [(one.day.isoformat(), one.what.partition(":")[0]) for one in found]

    assert of("owner") == [("2026-05-20", "Last day to ask for a reconsideration")]
    draft(world, application)
    assert of("owner") == [("2026-05-20", "Last day to ask for a reconsideration")]
    case = asked(world, application)
    assert of("owner") == [("2026-05-27", "Answer to the reconsideration due")]
    assert of("third") == [("2026-05-27", "Reconsideration to be answered")]
    assert of("fourth") == []
    deciding.uphold(case, answers(case), by=world.user("third"), reply="no")
    assert (of("owner"), of("third")) == ([], [])
