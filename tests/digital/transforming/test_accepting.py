from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from cultivation.digital import definitions, projects
from cultivation.digital.models import (
    AcceptanceItem,
    AcceptanceRule,
    PilotBatch,
    PilotCity,
    ProjectTick,
)
from cultivation.digital.transforming import accepting, gains, steps
from enterprises.places.models import Region
from tests.digital.conftest import TODAY, answers, assess
from tests.digital.transforming.conftest import paper

LIST = "General list (this system's own)"
LACKED = "contract and proof of payment; the systems are in real use"
BEGUN, DONE = dt.date(2026, 1, 5), dt.date(2026, 5, 1)


@pytest.fixture
def officer(seated):
    return seated("county", code="440106")


@pytest.fixture
def finished(firm, officer):
    """Give a project whose work is done."""
    project = projects.register(firm(), name="改造", started_on=BEGUN, by=officer)
    return projects.finish(project, on=DONE, by=officer)


def missing(project) -> list[str]:
    return [item.code for item in accepting.check_list(project).missing]


def test_a_project_is_accepted_only_with_all_that_is_required(finished, officer) -> None:
    assert missing(finished) == ["contract", "in_use"]
    with pytest.raises(ValidationError) as refusal:
        projects.accept(finished, on=TODAY, by=officer)
    said = "Not accepted yet: the check-list “General list (this system's own)” still lacks: "
    said += "contract and proof of payment; the systems are in real use."
    assert refusal.value.messages == [said]
    contract, in_use = (AcceptanceItem.objects.get(code=c) for c in ("contract", "in_use"))
    with pytest.raises(ValidationError, match="needs a document that proves it"):
        accepting.tick(finished, contract, by=officer)
    accepting.tick(finished, contract, by=officer, document=paper(finished.enterprise))
    accepting.tick(finished, in_use, by=officer, remark="seen at work")
    accepting.untick(finished, in_use, by=officer)
    assert missing(finished) == ["in_use"]
    accepting.tick(finished, in_use, by=officer)
    project = projects.accept(finished, on=TODAY, by=officer)
    assert (project.accepted_on, project.acceptance_rule.code) == (TODAY, "general")
    with pytest.raises(ValidationError, match="accepted already"):
        accepting.untick(project, in_use, by=officer)


def test_staff_and_strangers_tick_nothing(finished, firm, seated, officer) -> None:
    item = AcceptanceItem.objects.get(code="in_use")
    for user in (
        seated("owner", of=finished.enterprise),
        seated("county", code="440103"),
        seated("auditor", code="000000"),
    ):
        with pytest.raises(PermissionDenied):
            accepting.tick(finished, item, by=user)
    assert not ProjectTick.objects.exists()


def test_what_the_system_finds_and_what_is_anothers_cannot_be_ticked(
    finished, firm, officer
) -> None:
    found = AcceptanceItem.objects.get(rule__code="general", code="work")
    with pytest.raises(ValidationError, match="found by the system itself"):
        accepting.tick(finished, found, by=officer)
    contract = AcceptanceItem.objects.get(code="contract")
    with pytest.raises(ValidationError, match="belongs to another enterprise"):
        accepting.tick(finished, contract, by=officer, document=paper(firm()))
    other = AcceptanceRule.objects.create(
        code="other", name_zh="x", name_en="x", valid_from=TODAY, confidence="L",
        region=Region.objects.get(code="110000"),
    )  # fmt: skip
    item = AcceptanceItem.objects.create(rule=other, code="x", number=1, text_zh="x", text_en="x")
    with pytest.raises(ValidationError, match="another check-list"):
        accepting.tick(finished, item, by=officer)


def test_the_list_is_that_of_the_nearest_region_in_force_on_the_day(finished, places) -> None:
    def rule(code, region, first, last=None):
        return AcceptanceRule.objects.create(
            code=code, name_zh=code, name_en=code, confidence="M", region=places[region],
            valid_from=first, valid_to=last,
        )  # fmt: skip

    assert accepting.rule_for(finished).code == "general"
    rule("province", "440000", dt.date(2026, 1, 1))
    rule("city", "440100", dt.date(2026, 3, 1), dt.date(2026, 4, 30))
    rule("city-2", "440100", dt.date(2026, 7, 1))
    rule("elsewhere", "440300", dt.date(2026, 1, 1))
    days = [(2025, 12, 31), (2026, 2, 1), (2026, 4, 30), (2026, 5, 1), (2026, 7, 1)]
    found = [accepting.rule_for(finished, on=dt.date(*day)).code for day in days]
    assert found == ["general", "province", "city", "province", "city-2"]


def test_the_seeds_hold_four_cities_and_a_list_of_this_system(places) -> None:
    for code in ("530100", "350200", "640100", "411000"):
        Region.objects.create(code=code, path=code[:4], level="city", name_zh=code)
    definitions.load()
    rules = {rule.code: rule for rule in AcceptanceRule.objects.all()}
    assert {code: (rule.own, rule.confidence) for code, rule in rules.items()} == {
        "general": (True, "L"),
        "kunming_2025": (False, "M"),
        "xiamen_2025": (False, "M"),
        "yinchuan_2025": (False, "M"),
        "xuchang_2026": (False, "M"),
    }
    assert all(rule.source_en and rule.source_zh for rule in rules.values())
    assert rules["xiamen_2025"].items.get(code="on_site").found == "on_site"
    assert not any(rule.verified for rule in rules.values())


def test_a_list_that_was_used_stays_as_it_was(finished, officer, accept_all) -> None:
    accept_all(finished, officer)
    projects.accept(finished, on=TODAY, by=officer)
    AcceptanceRule.objects.update(name_en="as it was")
    definitions.load()
    assert AcceptanceRule.objects.get().name_en == "as it was"


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({}, []),
        ({"level": 2, "way": "self_declared", "assessed_on": DONE}, ["assessed", "level_2"]),
        ({"level": 1, "assessed_on": TODAY}, ["assessed", "on_site"]),
        ({"level": 3, "assessed_on": TODAY}, ["assessed", "on_site", "level_2"]),
        ({"level": 3, "assessed_on": DONE - dt.timedelta(days=1)}, []),
    ],
)
def test_what_the_system_finds_out_by_itself(finished, fields, holds) -> None:
    rule = AcceptanceRule.objects.get()
    for number, found in enumerate(("assessed", "on_site", "level_2")):
        AcceptanceItem.objects.filter(rule=rule, code=found).delete()
        AcceptanceItem.objects.create(
            rule=rule, code=found, number=20 + number, text_zh="x", text_en="x", found=found
        )
    if fields:
        assess(finished.enterprise, fields.pop("level"), **fields)
    points = accepting.check_list(finished).points
    assert [p.item.code for p in points if p.holds and p.item.number >= 20] == holds


def test_the_gain_lies_between_the_assessment_before_and_the_one_after(
    finished, officer, accept_all
) -> None:
    one = finished.enterprise
    assess(one, 4, assessed_on=dt.date(2024, 10, 1), valid_to=dt.date(2025, 10, 1))
    before = assess(one, 1, score=2500, answers=answers({}, [1] * 16))
    assess(one, 4, assessed_on=dt.date(2026, 2, 1))  # while the work was under way
    after = assess(
        one, 2, score=4150, answers=answers({}, [2] * 7 + [1] * 9), assessed_on=dt.date(2026, 6, 1)
    )
    gain = gains.of(finished)
    assert (gain.before, gain.after) == (before, after)
    assert (gain.levels, gain.points, gain.raised) == (1, 1650, 7)
    accept_all(finished, officer)
    project = projects.accept(finished, on=TODAY, by=officer)
    assess(one, 3, assessed_on=TODAY)
    assert (project.before, project.after, gains.of(project).levels) == (before, after, 1)


def test_a_project_without_assessments_has_no_gain(finished) -> None:
    gain = gains.of(finished)
    assert (gain.levels, gain.points, gain.raised) == (None, None, 0)


def at(day: dt.date):
    """Let the work be done at noon of a day."""
    return time_machine.travel(dt.datetime.combine(day, dt.time(4), dt.UTC), tick=False)


def test_an_acceptance_is_not_dated_before_its_proof(finished, officer, accept_all) -> None:
    ticked = dt.date(2026, 6, 20)
    with at(ticked):
        accept_all(finished, officer)
    with pytest.raises(ValidationError) as refusal:
        projects.accept(finished, on=ticked - dt.timedelta(days=1), by=officer)
    said = "Ticks count from their day, the last is of 2026-06-20; those with a document that "
    assert refusal.value.messages == [
        f"On 2026-06-19 the check-list “{LIST}” still lacked: the systems are in real use.",
        said + "proves them count earlier, too.",
    ]
    assert projects.accept(finished, on=ticked, by=officer).accepted_on == ticked


def test_an_acceptance_on_paper_is_entered_later_with_its_documents(finished, officer) -> None:
    for code in ("contract", "in_use"):
        item = AcceptanceItem.objects.get(code=code)
        accepting.tick(finished, item, by=officer, document=paper(finished.enterprise))
    day = dt.date(2026, 5, 20)
    assert projects.accept(finished, on=day, by=officer).accepted_on == day


def test_before_the_first_list_nothing_is_accepted_without_one(firm, officer) -> None:
    project = projects.register(firm(), name="早", started_on=dt.date(2022, 1, 1), by=officer)
    projects.finish(project, on=dt.date(2022, 6, 1), by=officer)
    with pytest.raises(ValidationError, match=f"still lacked: .*{LACKED}"):
        projects.accept(project, on=dt.date(2022, 12, 31), by=officer)
    project.refresh_from_db()
    assert project.accepted_on is None


def test_a_tick_made_anew_counts_from_then(finished, officer) -> None:
    item = AcceptanceItem.objects.get(code="in_use")
    with at(dt.date(2026, 6, 1)):
        accepting.tick(finished, item, by=officer)
    accepting.tick(finished, item, by=officer, remark="other proof")
    lacking = accepting.check_list(finished, on=dt.date(2026, 6, 1)).missing
    assert [one.code for one in lacking] == ["contract", "in_use"]


def test_a_project_is_accepted_by_the_list_in_force_on_its_day(
    finished, officer, places, accept_all
) -> None:
    with at(dt.date(2026, 6, 1)):
        accept_all(finished, officer)
    AcceptanceRule.objects.create(
        code="county", name_zh="x", name_en="x", confidence="M", region=places["440106"],
        valid_from=dt.date(2026, 6, 15),
    ).items.create(code="more", number=1, text_zh="x", text_en="more")  # fmt: skip
    with pytest.raises(ValidationError, match="still lacks: more"):
        projects.accept(finished, on=TODAY, by=officer)
    project = projects.accept(finished, on=dt.date(2026, 6, 14), by=officer)
    assert project.acceptance_rule.code == "general"


@pytest.mark.parametrize(
    ("made", "until", "accepted"),
    [
        ((2026, 6, 10), None, (2026, 6, 9)),  # not yet
        ((2026, 6, 10), (2026, 6, 20), (2026, 6, 21)),  # expired
    ],
)
def test_only_an_assessment_valid_on_the_day_counts(
    finished, officer, made, until, accepted
) -> None:
    rule = AcceptanceRule.objects.get()
    rule.items.filter(found="").delete()
    rule.items.filter(found="assessed").update(required=True)
    row = assess(
        finished.enterprise, 2, assessed_on=dt.date(*made), valid_to=until and dt.date(*until)
    )
    with pytest.raises(ValidationError, match="still lacked: the level was assessed"):
        projects.accept(finished, on=dt.date(*accepted), by=officer)
    project = projects.accept(finished, on=dt.date(*made), by=officer)
    assert (project.after, gains.of(project).after) == (row, row)
    assert missing(project) == []  # also today, when it may have expired


def test_the_gain_of_a_project_under_way_leaves_out_what_has_expired(finished) -> None:
    assess(finished.enterprise, 3, assessed_on=DONE, valid_to=dt.date(2026, 6, 1))
    assert gains.of(finished).after is None


def test_an_office_seat_without_the_right_only_reads(finished, seated) -> None:
    reader = seated("city", code="440100", may_review=False)
    item = AcceptanceItem.objects.get(code="in_use")
    deeds = [
        lambda: accepting.tick(finished, item, by=reader),
        lambda: accepting.untick(finished, item, by=reader),
        lambda: projects.accept(finished, on=TODAY, by=reader),
        lambda: projects.change(finished, {"name": "x"}, version=2, by=reader),
        lambda: projects.register(finished.enterprise, name="x", started_on=BEGUN, by=reader),
        lambda: steps.plan(finished, {"plan": TODAY}, by=reader),
        lambda: steps.add_milestone(finished, name="x", due_on=TODAY, by=reader),
    ]
    for deed in deeds:
        with pytest.raises(PermissionDenied):
            deed()


@pytest.mark.parametrize(("pilot", "holds"), [(False, [False, True]), (True, [False, False])])
def test_what_was_found_on_site_goes_before_what_is_declared(
    finished, places, pilot, holds
) -> None:
    """A pilot city counts only what was found on site (工信厅企业〔2024〕56号)."""
    rule = AcceptanceRule.objects.get()
    rule.items.create(code="two", number=20, text_zh="x", text_en="x", found="level_2")
    PilotCity.objects.all().delete()
    if pilot:
        batch = PilotBatch.objects.create(number=9, year=2024, cities=1, term_years=2)
        PilotCity.objects.create(batch=batch, region=places["440100"])

    def two() -> bool:
        found = accepting.check_list(finished)
        assert found.on_site_alone is pilot
        before = accepting.check_list(finished, on=dt.date(2023, 12, 31))
        assert not before.on_site_alone  # no pilot city yet
        return next(point.holds for point in found.points if point.item.code == "two")

    low = assess(finished.enterprise, 1, assessed_on=dt.date(2026, 6, 1))
    assess(finished.enterprise, 3, way="self_declared", assessed_on=TODAY)
    found_low = two()
    low.delete()
    assert [found_low, two()] == holds


def test_what_a_list_no_longer_asks_for_is_not_asked(finished, officer) -> None:
    rule = AcceptanceRule.objects.get()
    for number, code in enumerate(("old", "ticked"), start=30):
        rule.items.create(code=code, number=number, text_zh="x", text_en="x")
    accepting.tick(finished, rule.items.get(code="ticked"), by=officer)
    accepting.load()
    assert missing(finished) == ["contract", "in_use"]
    assert list(rule.items.filter(number__gte=30).values_list("code", "required")) == [
        ("ticked", False)
    ]
