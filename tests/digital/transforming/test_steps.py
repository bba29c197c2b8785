from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cultivation.digital import projects, tasks
from cultivation.digital.models import ProjectStep, ServiceProvider
from cultivation.digital.transforming import providers, steps, telling
from cultivation.pipeline.calendar import sources
from enterprises.accounts.models import Seat
from enterprises.jobs.models import JobRun
from enterprises.notifications.models import Notification
from tests.digital.conftest import TODAY

BEGUN = dt.date(2026, 1, 5)
DUE = {
    "diagnosis": dt.date(2026, 2, 1),
    "plan": dt.date(2026, 6, 29),
    "contract": TODAY,
    "work": dt.date(2026, 9, 1),
    "acceptance": None,
}


@pytest.fixture
def owned(firm, seated):
    """Give a project with stages, its firm's owner and the officer of the county."""
    one = firm()
    owner = seated("owner", of=one)
    project = projects.register(one, name="改造", started_on=BEGUN, by=owner, due=DUE)
    return project, owner, seated("county", code="440106")


def step(project, stage) -> ProjectStep:
    return ProjectStep.objects.get(project=project, stage=stage)


def refused(deed) -> str:
    with pytest.raises(ValidationError) as refusal:
        deed()
    return " ".join(refusal.value.messages)


def test_stages_are_done_in_their_order_or_left_out_for_a_reason(owned) -> None:
    project, owner, _officer = owned
    contract, plan = step(project, "contract"), step(project, "plan")
    assert refused(lambda: steps.complete(contract, on=TODAY, by=owner)) == (
        "First note as done, or leave out: diagnosis; plan."
    )
    steps.complete(step(project, "diagnosis"), on=dt.date(2026, 2, 10), by=owner)
    assert refused(lambda: steps.complete(plan, on=dt.date(2026, 2, 9), by=owner)) == (
        "“diagnosis” was done on 2026-02-10, which is later."
    )
    assert refused(lambda: steps.leave_out(plan, " ", by=owner)) == "Say why the step is left out."
    steps.leave_out(plan, "small project", by=owner)
    assert refused(lambda: steps.complete(plan, on=TODAY, by=owner)) == "“plan” is settled already."
    tomorrow = TODAY + dt.timedelta(days=1)
    said = refused(lambda: steps.complete(contract, on=tomorrow, by=owner))
    assert said == "The day lies in the future."
    steps.complete(contract, on=TODAY, by=owner)
    mile = steps.add_milestone(project, name="上线", due_on=TODAY, by=owner)
    assert refused(lambda: projects.finish(project, on=TODAY, by=owner)) == (
        "First note as done, or leave out: 上线."
    )
    steps.complete(mile, on=TODAY, by=owner)
    done = projects.finish(project, on=TODAY, by=owner)
    assert (done.finished_on, step(project, "work").done_on) == (TODAY, TODAY)
    assert (
        refused(lambda: steps.add_milestone(project, name="x", due_on=TODAY, by=owner))
        == "The work is done; no milestone can be added."
    )


@pytest.mark.parametrize("stage", ["work", "acceptance"])
def test_the_work_and_the_acceptance_are_steps_of_the_project_itself(owned, stage) -> None:
    project, owner, _officer = owned
    row = step(project, stage)
    assert refused(lambda: steps.complete(row, on=TODAY, by=owner)) == (
        "Finish or accept the project itself."
    )
    assert refused(lambda: steps.leave_out(row, "x", by=owner)) == (
        "The work and the acceptance cannot be left out."
    )


def test_strangers_keep_no_steps(owned, firm, seated) -> None:
    project, _owner, _officer = owned
    row = step(project, "diagnosis")
    for user in (seated("owner", of=firm()), seated("auditor", code="000000")):
        for deed in (
            lambda by: steps.complete(row, on=TODAY, by=by),
            lambda by: steps.move(row, TODAY, by=by),
            lambda by: steps.add_milestone(project, name="x", due_on=TODAY, by=by),
            lambda by: projects.change(project, {"name": "x"}, version=1, by=by),
        ):
            with pytest.raises(PermissionDenied):
                deed(user)


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(9999, 12, 31)])
def test_a_due_day_that_cannot_be_meant_is_refused(owned, day) -> None:
    project, owner, _officer = owned
    said = refused(lambda: steps.move(step(project, "work"), day, by=owner))
    assert said == f"{day} lies too far from the day the project began."


def test_overdue_is_what_was_due_before_today_and_is_open(owned) -> None:
    project, owner, _officer = owned
    assert [str(row) for row in steps.overdue()] == ["diagnosis", "plan"]
    steps.leave_out(step(project, "diagnosis"), "none needed", by=owner)
    steps.move(step(project, "plan"), TODAY, by=owner)
    assert list(steps.overdue()) == []
    assert [str(row) for row in steps.overdue(TODAY + dt.timedelta(days=1))] == ["plan", "contract"]


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.order_by("pk")
    return [(row.recipient.username.split("-")[0], row.params["step"]) for row in rows]


def test_everybody_concerned_is_reminded_once_of_a_step_that_is_late(owned, seated) -> None:
    project, owner, _officer = owned
    seated("city", code="440100")
    assert telling.remind() == 4
    assert told() == [
        ("owner", "diagnosis"),
        ("county", "diagnosis"),
        ("owner", "plan"),
        ("county", "plan"),
    ]
    assert telling.remind() == 0
    steps.move(step(project, "plan"), dt.date(2026, 6, 28), by=owner)
    assert telling.remind() == 2


def test_the_reminders_of_a_day_are_one_run(owned) -> None:
    run = tasks.remind_of_steps_today()
    assert tasks.remind_of_steps_today() == run
    tasks.remind_of_steps(run)
    assert JobRun.objects.get(pk=run).result == {"told": 4}


def test_due_steps_stand_in_the_calendar_of_those_concerned(owned, seated, firm) -> None:
    _project, owner, officer = owned

    def days(user) -> list[tuple[str, str]]:
        found = telling.dates_of(user)
        return [(date.what, str(date.at)) for date in found]

    assert telling.dates_of in sources._sources
    shown = [
        ("Digital project, due: plan", "2026-06-29"),
        ("Digital project, due: contract", "2026-06-30"),
    ]
    later = [("Digital project, due: completion of the work", "2026-09-01")]
    assert days(owner) == shown + later
    assert days(officer) == shown  # the next sixty days
    assert days(seated("county", code="440103")) == []
    assert days(seated("owner", of=firm())) == []


def test_money_and_versions_of_a_project_are_kept_straight(owned) -> None:
    project, owner, _officer = owned
    values = {"public_money": 100, "public_paid": 101}
    said = refused(lambda: projects.change(project, values, version=1, by=owner))
    assert said == "More public money is paid than promised; correct one of them."
    said = refused(lambda: projects.change(project, {"own_paid": -1}, version=1, by=owner))
    assert said == "Money spent is not negative."
    made = projects.change(project, values | {"public_paid": 100}, version=1, by=owner)
    assert (made.public_money, made.public_paid, made.version) == (100, 100, 2)
    said = refused(lambda: projects.change(project, {"name": "x"}, version=1, by=owner))
    assert said.startswith("Somebody changed this project")


def test_an_accepted_project_takes_payments_alone(owned) -> None:
    project, owner, _officer = owned
    project.finished_on = project.accepted_on = TODAY
    project.save()
    assert projects.change(project, {"own_paid": 5}, version=1, by=owner).own_paid == 5
    said = refused(lambda: projects.change(project, {"name": "x"}, version=2, by=owner))
    assert said == "The project is accepted already; only payments can be noted."


def provider(by, places, name, scenarios, *regions, **fields) -> ServiceProvider:
    values = {
        "name": name, "credit_code": "", "about": "", "nationwide": not regions,
        "regions": [places[code] for code in regions], "contact_name": "", "contact_phone": "",
        "contact_email": "", "active": True, "scenarios": scenarios,
    }  # fmt: skip
    return providers.add(values | fields, kept_by=places["000000"], by=by)


def test_fitting_providers_serve_most_and_work_in_the_region(places, seated) -> None:
    nation = seated("nation", code="000000", may_register=True)
    one = provider(nation, places, "一", [1, 2])
    two = provider(nation, places, "二", [1, 2, 3], "440000")
    provider(nation, places, "三", [1, 2, 3], "440300")
    provider(nation, places, "四", [9])
    provider(nation, places, "五", [1, 2, 3], active=False)
    here = places["440106"].path
    lacking = {1: (here, [1, 3, 2]), 2: (here, [9]), 3: (here, [])}
    found = providers.fitting(lacking, most=3)
    said = {key: [(fit.provider.name, fit.serves) for fit in fits] for key, fits in found.items()}
    assert said == {1: [(two.name, 3), (one.name, 2)], 2: [("四", 1)], 3: []}
    only = providers.fitting({1: (here, [1, 9])}, most=1)[1]
    assert [fit.provider.name for fit in only] == ["一"]


def test_providers_are_kept_by_their_office(places, seated) -> None:
    nation = seated("nation", code="000000", may_register=True)
    one = provider(nation, places, "一", [1])
    county = seated("county", code="440106", may_register=True)
    with pytest.raises(PermissionDenied):
        providers.change(one, {}, version=1, by=county)
    with pytest.raises(PermissionDenied):
        provider(county, places, "二", [1])
    assert refused(lambda: provider(nation, places, "一", [1])) == (
        "A provider of this name is in the list already."
    )
    assert refused(lambda: provider(nation, places, "二", [])) == (
        "Choose the scenarios that the provider serves."
    )
    assert refused(lambda: provider(nation, places, "二", [1], nationwide=False)) == (
        "Choose regions, or say that the provider works nationwide."
    )


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(1999, 12, 31)])
def test_days_that_nobody_can_mean_are_refused(owned, firm, day) -> None:
    project, owner, officer = owned
    said = f"{day} lies before the year 2000; check the year."
    deeds = [
        lambda: projects.register(firm(), name="x", started_on=day, by=officer),
        lambda: steps.complete(step(project, "diagnosis"), on=day, by=owner),
    ]
    assert [refused(deed) for deed in deeds] == [said, said]


def test_officers_who_do_not_review_are_not_reminded(owned, seated) -> None:
    _project, owner, officer = owned
    Seat.objects.filter(user=officer).update(may_review=False)
    city = seated("city", code="440100")
    telling.remind()
    assert set(Notification.objects.values_list("recipient", flat=True)) == {owner.pk, city.pk}
