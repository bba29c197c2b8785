from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cultivation.digital import maturity, projects
from cultivation.digital.models import AcceptanceItem, MaturityAssessment
from enterprises.registry.models import Change
from tests.digital.conftest import TODAY, answers, assess

ON = dt.date(2026, 5, 1)
SELF, ON_SITE = "self_declared", "on_site"


def record(one, by, **fields):
    return maturity.record(
        one,
        **{
            "way": ON_SITE,
            "index_version": 2024,
            "level": 2,
            "assessed_on": ON,
            "assessor": "评定中心（虚构）",
            "by": by,
            **fields,
        },
    )


def test_an_officer_records_a_level_on_site_and_the_enterprise_keeps_it(firm, seated) -> None:
    one, officer = firm(), seated("county", code="440106")
    version = one.version
    row = record(one, officer, level=3, score=6100, valid_to=dt.date(2028, 5, 1))
    one.refresh_from_db()
    assert (row.level, row.score, row.way, row.made_by) == (3, 6100, ON_SITE, officer)
    assert (one.digital_level, one.version) == (3, version + 1)
    change = Change.objects.get(enterprise=one)
    assert (change.subject, change.made_by) == (f"maturity:{row.pk}", officer)
    assert change.before == {"digital_level": None}
    assert change.after == {
        "digital_level": 3,
        "level": 3,
        "way": ON_SITE,
        "assessed_on": "2026-05-01",
    }


def test_staff_record_answers_and_the_level_follows(firm, seated) -> None:
    one = firm()
    owner = seated("owner", of=one)
    given = answers({1: "BCDE", 2: "E", 3: "E"}, [1] * 6 + [0] * 10)
    row = record(one, owner, way=SELF, level=None, answers=given, assessor="")
    assert (row.level, row.score, row.answers) == (1, 2000, given)
    one.refresh_from_db()
    assert one.digital_level == 1


@pytest.mark.parametrize(
    ("role", "place", "way", "allowed"),
    [
        ("county", "440106", ON_SITE, True),
        ("city", "440100", ON_SITE, True),
        ("province", "440000", ON_SITE, True),
        ("nation", "000000", ON_SITE, True),
        ("county", "440103", ON_SITE, False),
        ("city", "440300", ON_SITE, False),
        ("auditor", "000000", ON_SITE, False),
        ("county", "440106", SELF, False),
        ("owner", None, SELF, True),
        ("editor", None, SELF, True),
        ("owner", None, ON_SITE, False),
    ],
)
def test_staff_declare_and_officers_of_the_region_assess(
    firm, seated, role, place, way, allowed
) -> None:
    one = firm()
    user = seated(role, code=place) if place else seated(role, of=one)
    if allowed:
        assert record(one, user, way=way).level == 2
        return
    with pytest.raises(PermissionDenied):
        record(one, user, way=way)
    assert not MaturityAssessment.objects.exists()


def test_staff_of_another_enterprise_may_not_declare(firm, seated) -> None:
    one, other = firm(), firm()
    with pytest.raises(PermissionDenied):
        record(one, seated("owner", of=other), way=SELF)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"assessed_on": TODAY + dt.timedelta(days=1)},
            "The day of the assessment lies in the future.",
        ),
        (
            {"assessed_on": dt.date(2024, 9, 3)},
            "The 2024 index is in use since 2024-09-04; the assessment is dated earlier.",
        ),
        (
            {"valid_to": dt.date(2026, 4, 30)},
            "The assessment would expire before it was made.",
        ),
        ({"assessor": " "}, "An assessment on site names its assessor."),
        ({"index_version": 2023}, "There is no index version 2023."),
        ({"level": 5}, "A level lies between 0 and 4."),
        ({"level": None}, "An assessment needs its answers or its level."),
        ({"score": 10_001}, "A score lies between 0 and 100."),
        ({"level": 3, "score": 5999}, "Level 3 needs at least 60 points."),
        (
            {"level": 4, "answers": answers({}, [0] * 16)},
            "The answers give level 0, not 4.",
        ),
        (
            {"index_version": 2022, "level": None, "answers": answers({}, [0] * 16)},
            "Only the 2024 index can be answered here.",
        ),
    ],
)
def test_an_assessment_that_cannot_be_is_refused(firm, seated, fields, message) -> None:
    one, officer = firm(), seated("county", code="440106")
    with pytest.raises(ValidationError) as refusal:
        record(one, officer, **fields)
    assert refusal.value.messages == [message]
    assert not MaturityAssessment.objects.exists()
    assert not Change.objects.exists()


def test_a_2022_score_gives_its_level(firm, seated) -> None:
    row = record(
        firm(), seated("county", code="440106"), index_version=2022, level=None, score=5999
    )
    assert row.level == 2


def test_an_older_assessment_entered_late_does_not_displace_a_later_one(firm, seated) -> None:
    one, officer = firm(), seated("county", code="440106")
    record(one, officer, level=3)
    record(one, officer, level=1, assessed_on=dt.date(2025, 1, 1))
    one.refresh_from_db()
    assert one.digital_level == 3


def test_levels_lapse_when_their_assessment_expires(firm) -> None:
    lapsed, standing = firm(digital_level=3), firm(digital_level=2)
    assess(lapsed, 3, valid_to=TODAY - dt.timedelta(days=1))
    assess(standing, 2)
    assert maturity.refresh_levels(TODAY) == 1
    lapsed.refresh_from_db()
    standing.refresh_from_db()
    assert (lapsed.digital_level, standing.digital_level) == (None, 2)
    change = Change.objects.get()
    assert (change.enterprise, change.before, change.after) == (
        lapsed,
        {"digital_level": 3},
        {"digital_level": None},
    )
    assert maturity.refresh_levels(TODAY) == 0


def test_many_are_recorded_at_once_under_the_same_rules(firm) -> None:
    first, second = firm(), firm()
    self_declared = {"enterprise_id": first.pk, "way": SELF, "index_version": 2024}
    on_site = {
        "enterprise_id": second.pk,
        "way": ON_SITE,
        "index_version": 2024,
        "answers": answers({1: "BCDE", 2: "E", 3: "E"}, [1] * 6 + [0] * 10),
        "assessor": "评定中心（虚构）",
    }
    rows = [
        {**self_declared, "level": 1, "assessed_on": ON},
        {**on_site, "assessed_on": ON},
        {**self_declared, "level": 2, "assessed_on": TODAY},
    ]
    assert maturity.record_many(rows) == 3
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.digital_level, second.digital_level) == (2, 1)
    with pytest.raises(ValidationError):
        maturity.record_many([{**rows[0], "level": 7}])
    assert MaturityAssessment.objects.count() == 3


def test_recording_many_takes_the_same_queries_for_one_and_for_three(
    firm, django_assert_max_num_queries
) -> None:
    row = {"way": SELF, "index_version": 2024, "level": 1, "assessed_on": ON}
    firms = [firm() for _ in range(4)]
    with django_assert_max_num_queries(10):
        maturity.record_many([{**row, "enterprise_id": firms[0].pk}])
    with django_assert_max_num_queries(10):
        maturity.record_many([{**row, "enterprise_id": one.pk} for one in firms[1:]])


def test_a_project_is_registered_finished_and_accepted(firm, seated) -> None:
    one, officer = firm(), seated("county", code="440106")
    owner = seated("owner", of=one)
    project = projects.register(one, name=" 产线改造 ", started_on=ON, by=owner, own_money=100)
    project = projects.finish(project, on=dt.date(2026, 6, 1), by=owner)
    AcceptanceItem.objects.update(required=False)
    project = projects.accept(project, on=TODAY, by=officer)
    assert (project.name, project.finished_on, project.accepted_on) == (
        "产线改造",
        dt.date(2026, 6, 1),
        TODAY,
    )
    subjects = list(Change.objects.values_list("subject", "after"))
    assert subjects == [
        (f"project:{project.pk}", {"accepted_on": "2026-06-30", "rule": "general"}),
        (f"project:{project.pk}", {"finished_on": "2026-06-01"}),
        (f"project:{project.pk}", {"name": "产线改造", "started_on": "2026-05-01"}),
    ]


def test_staff_may_not_accept_their_own_project(firm, seated) -> None:
    one = firm()
    owner = seated("owner", of=one)
    project = projects.register(one, name="改造", started_on=ON, by=owner)
    project = projects.finish(project, on=TODAY, by=owner)
    with pytest.raises(PermissionDenied):
        projects.accept(project, on=TODAY, by=owner)


def test_an_auditor_keeps_no_projects(firm, seated) -> None:
    with pytest.raises(PermissionDenied):
        projects.register(firm(), name="改造", started_on=ON, by=seated("auditor", code="000000"))


def test_steps_of_a_project_keep_their_order(firm, seated) -> None:
    one, officer = firm(), seated("county", code="440106")
    project = projects.register(one, name="改造", started_on=ON, by=officer)
    tomorrow = TODAY + dt.timedelta(days=1)

    def refused(step, on: dt.date) -> list[str]:
        with pytest.raises(ValidationError) as refusal:
            step(project, on=on, by=officer)
        return refusal.value.messages

    assert refused(projects.accept, TODAY) == ["A project is finished before it is accepted."]
    early = ON - dt.timedelta(days=1)
    assert refused(projects.finish, early) == ["A project is not finished before it begins."]
    assert refused(projects.finish, tomorrow) == ["The day lies in the future."]
    projects.finish(project, on=ON, by=officer)
    assert refused(projects.finish, ON) == ["The project is finished already."]
    assert refused(projects.accept, early) == ["A project is not accepted before it is finished."]
    assert refused(projects.accept, tomorrow) == ["The day lies in the future."]
    AcceptanceItem.objects.update(required=False)
    projects.accept(project, on=ON, by=officer)
    assert refused(projects.accept, ON) == ["The project is accepted already."]
