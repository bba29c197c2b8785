from __future__ import annotations

import csv
import datetime as dt
import io
import re
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from cultivation.digital.helping import closing, dates, tasks
from cultivation.digital.helping.wording import reason
from cultivation.digital.models import CoverageDefinition, HelpTask, TransformationProject
from cultivation.digital.tasks import close_help_tasks_tonight
from cultivation.digital.views import help_tasks, helping
from enterprises.accounts.models import Seat
from enterprises.audit.models import AuditRecord
from enterprises.jobs.models import JobRun
from enterprises.notifications.models import Notification
from enterprises.notifications.wording import said
from enterprises.registry.models import Title
from tests.digital.conftest import TODAY, assess

NEXT, TASKS, GIVE = (reverse(f"digital:{n}") for n in ("help", "help_tasks", "help_give"))
SOON = dt.date(2026, 9, 30)


def links(page) -> list[str]:
    """Return where the links of the main part of a page lead."""
    return re.findall(r'href="([^"]*)"', page.text[page.text.index("<main") :])


def asked(firms, owner, **more) -> dict[str, object]:
    return {
        "firm": [firm.pk for firm in firms], "owner": owner.pk, "due_on": "2026-09-30",
        "region": "440106", "tier": "little_giant", "definition": "L2_ONSITE", **more,
    }  # fmt: skip


# Making


def test_tasks_are_made_of_a_selection_and_the_owner_is_told_once(
    firm, county, definition, seated
) -> None:
    city, firms = seated("city", code="440100"), [firm("440106") for _ in range(3)]
    aim, wish = tasks.Aim("little_giant", definition), tasks.Wish(county, SOON, "call first")
    made, before = tasks.give(
        {firms[0].pk: "on_site", firms[1].pk: "scenario"}, aim=aim, wish=wish, by=city
    )
    assert [(one.enterprise, one.kind, one.owner, one.due_on) for one in made] == [
        (firms[0], "on_site", county, SOON),
        (firms[1], "scenario", county, SOON),
    ]
    assert before == []
    (told,) = Notification.objects.all()
    assert (told.recipient, told.kind, told.params) == (
        county, "help_tasks_given", {"number": 2, "day": "2026-09-30"},
    )  # fmt: skip
    noted = AuditRecord.objects.filter(action="help.give")
    assert sorted(noted.values_list("enterprise_id", flat=True)) == [firms[0].pk, firms[1].pk]
    assert "call first" not in str(list(noted.values_list("after", flat=True)))
    again, before = tasks.give(
        {firms[0].pk: "on_site", firms[2].pk: "on_site"}, aim=aim, wish=wish, by=city
    )
    assert ([one.enterprise for one in again], before) == ([firms[2]], [firms[0]])


def test_an_owner_who_makes_a_task_is_not_told_of_it(firm, give, county) -> None:
    give(firm())
    assert Notification.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "code", "may", "allowed"),
    [
        ("nation", "000000", {}, True),
        ("city", "440100", {}, True),
        ("county", "440106", {}, True),
        ("county", "440106", {"may_review": False}, False),
        ("county", "440103", {}, False),
        ("auditor", "000000", {}, False),
    ],
)
def test_reviewers_of_the_region_make_tasks(
    firm, give, county, seated, django_user_model, role, code, may, allowed
) -> None:
    country_officer = county
    by = county if (role, code, may) == ("county", "440106", {}) else None
    if may:
        django_user_model.objects.filter(pk=county.pk).update(username="colleague")
    by = by or seated(role, code=code, **may)
    if allowed:
        assert give(firm(), by=by, owner=country_officer).made_by == by
    else:
        with pytest.raises(PermissionDenied):
            give(firm(), by=by, owner=country_officer)
        assert HelpTask.objects.count() == 0


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (dt.date(2026, 6, 29), "2026-06-29"),
        (dt.date(2029, 7, 1), "2029-07-01"),
        (dt.date(9999, 12, 31), "9999-12-31"),
    ],
)
def test_a_due_day_out_of_reach_is_refused(firm, give, day, message) -> None:
    with pytest.raises(ValidationError, match=message):
        give(firm(), due_on=day)


def test_an_owner_holds_the_region_of_every_firm(firm, give, definition, county, seated) -> None:
    city = seated("city", code="440100")
    aim, wish = tasks.Aim("little_giant", definition), tasks.Wish(county, SOON)
    chosen = {firm("440106").pk: "on_site", firm("440103").pk: "on_site"}
    with pytest.raises(ValidationError, match="every enterprise"):
        tasks.give(chosen, aim=aim, wish=wish, by=city)
    assert HelpTask.objects.count() == 0
    assert set(tasks.owners(city.seats.get().region, city)) == {city, county}
    assert set(tasks.owners(county.seats.get().region, county)) == {county}


def test_nothing_chosen_and_too_much_are_refused(definition, county, give) -> None:
    aim, wish = tasks.Aim("little_giant", definition), tasks.Wish(county, SOON)
    with pytest.raises(ValidationError, match="at least one"):
        tasks.give({}, aim=aim, wish=wish, by=county)
    with pytest.raises(ValidationError, match="At most 200"):
        tasks.give(dict.fromkeys(range(201), "on_site"), aim=aim, wish=wish, by=county)
    with pytest.raises(PermissionDenied):
        tasks.give({10**15: "on_site"}, aim=aim, wish=wish, by=county)


def test_the_database_holds_one_open_task_of_a_kind_and_says_when_it_closed(firm, give) -> None:
    one = give(firm())
    twin = {"enterprise": one.enterprise, "kind": "on_site", "tier": "srdi", "owner": one.owner,
            "definition": one.definition, "due_on": TODAY, "made_on": TODAY}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpTask.objects.create(**twin)
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpTask.objects.filter(pk=one.pk).update(state="done")


# Changing and closing by hand


def test_a_new_owner_is_told_and_an_old_day_may_stay(firm, give, county, seated) -> None:
    one, city = give(firm()), seated("city", code="440100")
    HelpTask.objects.update(made_on=dt.date(2026, 1, 1), due_on=dt.date(2026, 2, 1))
    one.refresh_from_db()
    changed = tasks.change(one, tasks.Wish(city, one.due_on, "late"), by=county)
    assert (changed.owner, changed.note) == (city, "late")
    assert list(Notification.objects.values_list("recipient", flat=True)) == [city.pk]
    tasks.change(one, tasks.Wish(city, one.due_on), by=county)
    assert Notification.objects.count() == 1


def test_an_owner_is_told_each_time_that_a_task_is_given(firm, give, county, seated) -> None:
    city, other = seated("city", code="440100"), seated("province", code="440000")
    task = give(firm(), by=city)
    for owner in (other, county, county, other, county):
        task = tasks.change(task, tasks.Wish(owner, SOON), by=city)
    told = Notification.objects.filter(kind="help_tasks_given").order_by("pk")
    assert list(told.values_list("recipient", flat=True)) == [
        county.pk, other.pk, county.pk, other.pk, county.pk,
    ]  # fmt: skip


def test_a_change_that_nobody_saw_is_not_written_over(client, firm, give, county, seated) -> None:
    task = give(firm(), note="one")
    client.force_login(seated("city", code="440100"))
    client.cookies["django_language"] = "en"
    url = reverse("digital:help_task", args=[task.pk])
    form = client.get(url).context["form"]
    assert [name for _pk, name in form.fields["owner"].choices][1:] == [
        "city-440100 · 440100", "county-440106 · 440106",
    ]  # fmt: skip
    given = {name: form[name].value() for name in ("owner", "due_on", "seen")}
    tasks.change(task, tasks.Wish(county, TODAY, "two"), by=county)
    page = client.post(url, {**given, "note": "three"})
    assert (page.status_code, HelpTask.objects.get().note) == (400, "two")
    form = page.context["form"]
    assert form["note"].value() == "three"
    assert (
        client.post(url, {**given, "note": "three", "seen": form["seen"].value()}).status_code
        == 302
    )
    assert HelpTask.objects.get().note == "three"


def test_an_owner_is_told_what_somebody_else_does_to_a_task(firm, give, county, seated) -> None:
    city, other, later = seated("city", code="440100"), seated("province", code="440000"), SOON
    one = firm()
    task = give(one, by=county)
    for due in (later, later, TODAY, later):
        task = tasks.change(task, tasks.Wish(county, due), by=city)
    tasks.change(task, tasks.Wish(other, later), by=city)
    tasks.close(task, "dropped", reason="x", by=city)
    told = Notification.objects.filter(kind="help_task_changed").order_by("pk")
    assert [(row.recipient, said(row.kind, row.params).text) for row in told] == [
        (county, f"{one.name}: the task is due on 2026-09-30 now."),
        (county, f"{one.name}: the task is due on 2026-06-30 now."),
        (county, f"{one.name}: the task is due on 2026-09-30 now."),
        (county, f"{one.name}: somebody else has the task now."),
        (other, f"{one.name}: the task was dropped."),
    ]


def test_tasks_whose_owner_left_are_named_and_found(client, firm, give, county, seated) -> None:
    city = seated("city", code="440100")
    kept, left = give(firm(), owner=city, by=city), give(firm(), by=city)
    client.force_login(city)
    assert client.get(TASKS).context["lost"] == 0
    Seat.objects.filter(user=county).update(active=False)
    page = client.get(TASKS, {"lost": "on"})
    assert (page.context["lost"], [row for row, _reason in page.context["rows"]]) == (1, [left])
    assert [one.owner_holds for one in tasks.with_hold(HelpTask.objects.order_by("pk"))] == [
        True, False,
    ]  # fmt: skip
    tasks.change(left, tasks.Wish(city, TODAY), by=city)
    assert kept.owner == city
    assert client.get(TASKS).context["lost"] == 0


def test_a_task_is_closed_once_and_with_a_reason(firm, give, county, seated) -> None:
    one = give(firm())
    with pytest.raises(ValidationError, match="Say why"):
        tasks.close(one, "done", reason="  ", by=county)
    with pytest.raises(PermissionDenied):
        tasks.close(one, "done", reason="x", by=seated("county", code="440103"))
    closed = tasks.close(one, "dropped", reason="moved\0 away", by=county)
    assert (closed.state, closed.closed_on, reason(closed)) == ("dropped", TODAY, "moved away")
    with pytest.raises(ValidationError, match="closed already"):
        tasks.close(one, "done", reason="x", by=county)
    with pytest.raises(ValidationError, match="closed already"):
        tasks.change(one, tasks.Wish(county, SOON), by=county)


# Closing by itself


def test_tasks_close_when_the_firm_has_got_there_and_say_why(firm, give) -> None:
    on_site, accepted, diagnosed, risen, lapsed, waiting = (firm() for _ in range(6))
    kinds = ["on_site", "acceptance", "diagnosis", "scenario", "scenario", "scenario"]
    firms = [on_site, accepted, diagnosed, risen, lapsed, waiting]
    rows = [give(one, kind, due_on=SOON) for one, kind in zip(firms, kinds, strict=True)]
    assess(on_site, 1, assessed_on=TODAY)
    TransformationProject.objects.create(
        enterprise=accepted, name="x", started_on=dt.date(2025, 1, 1), accepted_on=TODAY
    )
    assess(diagnosed, 0, assessed_on=TODAY, way="self_declared")
    assess(risen, 2, assessed_on=TODAY)
    Title.objects.filter(enterprise=lapsed).update(ended_on=TODAY)
    assert close_help_tasks_tonight() == 5
    for row in rows:
        row.refresh_from_db()
    assert [(row.state, reason(row)) for row in rows] == [
        ("done", "An assessment on site of 2026-06-30 gives level 1."),
        ("done", "A project was accepted on 2026-06-30."),
        ("done", "An assessment or project of 2026-06-30 is on record."),
        ("done", "The enterprise counts as transformed on 2026-06-30."),
        ("dropped", "The enterprise held no valid title on 2026-06-30."),
        ("open", ""),
    ]
    (told,) = Notification.objects.all()
    assert (told.recipient, told.kind, told.params) == (
        rows[0].owner, "help_tasks_ended", {"done": 4, "dropped": 1},
    )  # fmt: skip
    assert AuditRecord.objects.filter(action="help.reached").count() == 5
    assert closing.close_reached(TODAY) == 0
    assert AuditRecord.objects.filter(action="help.reached").count() == 5


def test_what_was_recorded_before_a_task_was_made_does_not_close_it(firm, give) -> None:
    one = firm()
    assess(one, 2, assessed_on=dt.date(2026, 6, 29), valid_to=dt.date(2026, 8, 1))
    give(one, "on_site")
    assert closing.close_reached(TODAY) == 0


@pytest.mark.parametrize(
    ("code", "kind", "way"),
    [("L2_ONSITE", "on_site", "on_site"), ("L2_SELF", "self", "self_declared"),
     ("L2_SELF", "diagnosis", "self_declared"), ("L1_ANY", "self", "on_site")],
)  # fmt: skip
def test_a_task_to_renew_stays_open_until_what_counts_is_valid_for_longer(
    firm, county, code, kind, way
) -> None:
    one, ends = firm(), dt.date(2026, 8, 1)
    assess(one, 2, way=way, valid_to=ends)
    aim = tasks.Aim("little_giant", CoverageDefinition.objects.get(code=code))
    (task,), _before = tasks.give({one.pk: kind}, aim=aim, wish=tasks.Wish(county, SOON), by=county)
    assert (task.expires_on, closing.close_reached(TODAY)) == (ends, 0)
    later = TODAY + dt.timedelta(days=2)
    with time_machine.travel(dt.datetime.combine(later, dt.time(4), dt.UTC), tick=False):
        if kind != "diagnosis":  # which any new assessment is
            assess(one, 2, way=way, assessed_on=later, valid_to=ends)
            assert closing.close_reached(later) == 0
        assess(one, 2, way=way, assessed_on=later, valid_to=ends + dt.timedelta(days=1))
        assert closing.close_reached(later) == 1
    task.refresh_from_db()
    assert (task.state, task.reason["code"]) == (
        "done", kind if (kind, way) != ("self", "on_site") else "renewed",
    )  # fmt: skip


def test_what_was_assessed_earlier_on_the_day_does_not_close_a_task(firm, give) -> None:
    one, noon = firm(), dt.datetime.combine(TODAY, dt.time(4), dt.UTC)
    assess(one, 1, way="self_declared", assessed_on=TODAY)
    with time_machine.travel(noon + dt.timedelta(hours=1), tick=False):
        give(one, "diagnosis")
        assert closing.close_reached(TODAY) == 0
    with time_machine.travel(noon + dt.timedelta(hours=2), tick=False):
        assess(one, 1, way="self_declared", assessed_on=TODAY)
        assert closing.close_reached(TODAY) == 1


def test_closing_costs_the_same_for_one_task_and_three(
    firm, give, django_assert_num_queries
) -> None:
    for number in (1, 3):
        for _ in range(number):
            one = firm()
            give(one)
            assess(one, 1, assessed_on=TODAY)
        with django_assert_num_queries(9):
            assert closing.close_reached(TODAY) == number


# Days


def test_owners_and_firms_have_the_days_in_their_calendars(firm, give, county, seated) -> None:
    one, other = firm(), firm()
    give(one, due_on=SOON)
    give(other, "diagnosis", due_on=SOON)
    (date,) = dates.of_owner(county)
    assert (date.key, date.day, date.what, date.about) == (
        "help:2026-09-30", SOON, "2 tasks to help enterprises are due", "",
    )  # fmt: skip
    (date,) = dates.of_firm(seated("owner", of=one))
    assert (date.what, date.about) == (
        "Your office plans an assessment on site with you.", one.name,
    )  # fmt: skip
    assert dates.of_owner(seated("owner", of=other)) == []


# Pages


def test_the_page_makes_tasks_of_what_is_chosen(client, firm, county) -> None:
    client.force_login(county)
    client.cookies["django_language"] = "en"
    assess(self_only := firm(), 2, way="self_declared")
    nothing = firm()
    page = client.get(NEXT)
    assert page.content.decode().count('name="firm"') == 2
    answer = client.post(GIVE, asked([self_only, nothing], county), follow=True)
    assert "2 tasks made." in answer.content.decode()
    assert sorted(HelpTask.objects.values_list("enterprise", "kind")) == [
        (self_only.pk, "on_site"), (nothing.pk, "diagnosis"),
    ]  # fmt: skip
    answer = client.post(GIVE, asked([nothing], county, kind="diagnosis"), follow=True)
    assert "There was an open task already" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"due_on": "0000-00-00"}, "Due on: "),
        ({"due_on": "9999-12-31"}, "9999-12-31"),
        ({"owner": "9" * 400}, "Owner: "),
        ({"firm": ["\0", "x", "9" * 400]}, "at least one"),
        ({"kind": "feast"}, "Task: "),
        ({"note": "x" * 1001}, "Note for colleagues: "),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(client, firm, county, change, said) -> None:
    client.force_login(county)
    client.cookies["django_language"] = "en"
    answer = client.post(GIVE, {**asked([one := firm()], county), **change})
    assert (answer.status_code, HelpTask.objects.count()) == (400, 0)
    kept = f'name="firm" value="{one.pk}" checked' in answer.content.decode()
    assert (kept, answer.context["form"].data["owner"]) == (
        "firm" not in change, str(change.get("owner", county.pk)),
    )  # fmt: skip
    assert said in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_for_one_row_and_three(
    client, firm, give, county, django_assert_num_queries, number, language
) -> None:
    for _ in range(number):
        give(firm())
    client.force_login(county)
    client.cookies["django_language"] = language
    client.get(NEXT)
    with django_assert_num_queries(16):
        assert len(client.get(NEXT).context["firms"]) == number
    with django_assert_num_queries(7):
        text = client.get(TASKS).content.decode()
    assert text.count("/coverage/tasks/") >= number
    assert 'style="' not in text


def test_tasks_out_of_sight_are_not_found_and_auditors_only_read(
    client, firm, give, county, seated
) -> None:
    one = give(firm())
    url, close = (reverse(f"digital:{n}", args=[one.pk]) for n in ("help_task", "help_close"))
    client.force_login(seated("county", code="440103"))
    assert (client.get(url).status_code, client.post(close).status_code) == (404, 404)
    assert len(client.get(TASKS).context["rows"]) == 0
    client.force_login(seated("auditor", code="000000"))
    page = client.get(url)
    assert (page.status_code, page.context["form"]) == (200, None)
    assert client.post(close, {"state": "done", "reason": "x"}).status_code == 403
    wish = {"owner": county.pk, "due_on": "2026-09-30"}
    assert client.post(url, wish).status_code == 403
    assert client.post(GIVE, asked([one.enterprise], county)).status_code == 403
    client.force_login(seated("owner", of=one.enterprise))
    assert (client.get(url).status_code, client.get(NEXT).status_code) == (403, 403)


def test_a_task_is_changed_and_closed_on_its_page(client, firm, give, county) -> None:
    one = give(firm())
    url = reverse("digital:help_task", args=[one.pk])
    client.force_login(county)
    client.cookies["django_language"] = "en"
    client.post(url, {"owner": county.pk, "due_on": "2026-09-30", "note": "n"})
    one.refresh_from_db()
    assert (one.due_on, one.note) == (SOON, "n")
    bad = client.post(url, {"owner": county.pk, "due_on": "2026-01-01"})
    assert "2026-01-01" in bad.content.decode()
    close = reverse("digital:help_close", args=[one.pk])
    client.post(close, {"state": "done", "reason": "done by phone"})
    assert "done by phone" in client.get(url).content.decode()


def test_a_change_of_a_task_closed_meanwhile_says_so_and_gives_the_note_back(
    client, firm, give, county
) -> None:
    one = give(firm())
    tasks.close(one, "done", reason="x", by=county)
    url = reverse("digital:help_task", args=[one.pk])
    client.force_login(county)
    client.cookies["django_language"] = "en"
    wish = {"owner": county.pk, "due_on": "2026-09-30", "note": "ask <Mr> X"}
    for more in ({}, {"due_on": ""}):
        page = client.post(url, {**wish, **more}, follow=True)
        assert page.redirect_chain == [(url, 302)]
        assert [str(said) for said in page.context["messages"]] == [
            "The task is closed already.", "Not kept: ask <Mr> X",
        ]  # fmt: skip
        assert "Not kept: ask &lt;Mr&gt; X" in page.text
    assert HelpTask.objects.get().note == ""


def test_a_file_of_more_tasks_than_it_holds_is_refused(
    client, firm, give, county, monkeypatch
) -> None:
    monkeypatch.setattr(help_tasks, "MOST", 2)
    for _ in range(3):
        give(firm())
    client.force_login(county)
    client.cookies["django_language"] = "en"
    to, wish = reverse("digital:help_tasks_export"), {"state": "open", "format": "csv"}
    page = client.post(to, wish, follow=True)
    assert page.redirect_chain == [(f"{TASKS}?state=open", 302)]
    assert "A file holds at most 2 tasks, these are 3. Narrow the list." in page.text
    assert JobRun.objects.filter(kind="export").count() == 0
    monkeypatch.setattr(help_tasks, "MOST", 3)
    assert len(b"".join(client.post(to, wish).streaming_content).splitlines()) == 4


def test_links_of_a_page_that_was_refused_keep_what_was_asked(
    client, firm, county, monkeypatch
) -> None:
    monkeypatch.setattr(helping, "SIZE", 1)
    for _ in range(3):
        firm()
    client.force_login(county)
    kept = {"region": "440106", "tier": "little_giant", "definition": "L2_ONSITE"}
    (step,) = (one for one, *_more in client.get(NEXT, kept).context["steps"])
    first = client.get(NEXT, {**kept, "step": step})
    after = first.context["following_url"].partition("after=")[2]
    read = client.get(NEXT, {**kept, "step": step, "after": after})
    posted = asked([], county, step=step, after=after)
    refused = client.post(GIVE, posted)
    assert refused.status_code == 400
    narrowed = f"{NEXT}?{urlencode({**kept, 'step': step})}"
    for page in (read, refused):
        context = page.context
        assert context["previous_url"].startswith(f"{narrowed}&before=")
        assert context["following_url"].startswith(f"{narrowed}&after=")
        assert context["all_url"] == f"{NEXT}?{urlencode(kept)}"
        assert [one[-1] for one in context["steps"]] == [narrowed]
    assert links(refused) == links(read)


def test_lists_are_narrowed_and_handed_out_harmless(client, named, give, county) -> None:
    one, other = named("=cmd()"), named("plain")
    give(one)
    give(other, "diagnosis", note="+1")
    HelpTask.objects.filter(enterprise=other).update(
        made_on=dt.date(2026, 1, 1), due_on=dt.date(2026, 2, 1)
    )
    client.force_login(county)
    client.cookies["django_language"] = "en"
    page = client.get(TASKS, {"late": "on", "mine": "on"})
    assert [row.enterprise for row, _reason in page.context["rows"]] == [other]
    assert "1 open task is overdue." in page.content.decode()
    answer = client.post(reverse("digital:help_tasks_export"), {"q": "plain", "format": "csv"})
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [line[2] for line in lines] == ["Enterprise", "plain"]
    assert lines[1][-1] == "'+1"
    chosen = {"region": "440106", "format": "csv"}
    answer = client.post(reverse("digital:help_export"), chosen)
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [line[1] for line in lines] == ["Name", "'=cmd()", "plain"]
    book = client.post(reverse("digital:help_export"), {**chosen, "format": "xlsx"})
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert JobRun.objects.filter(kind="export").count() == 3


def test_a_firm_reads_its_own_task_in_fair_words_and_no_rank(client, firm, give, seated) -> None:
    one, other = firm(), firm()
    give(one, note="stubborn owner")
    give(other, "acceptance")
    client.force_login(seated("owner", of=one))
    client.cookies["django_language"] = "en"
    text = client.get(reverse("digital:of_enterprise", args=[one.pk])).content.decode()
    assert "Your office plans an assessment on site with you. Meant until 2026-06-30." in text
    assert "stubborn" not in text
    assert "acceptance of your project" not in text
    assert CoverageDefinition.objects.get(code="L2_ONSITE").name_en not in text
