"""A visit holds the decision until two officers signed what they found (现场核查)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from cultivation.pipeline import findings, moves
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Relation, Visit, VisitFile, VisitRecord
from cultivation.pipeline.visits import checking, officers, planning, pools, recording, rules, using
from cultivation.pipeline.visits.guards import visited
from cultivation.pipeline.visits.planning import Plan
from enterprises.accounts.models import Seat
from enterprises.audit import guards
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification
from enterprises.registry import records
from enterprises.registry.models import AnnualReport, IntellectualProperty

from .conftest import values_of

if TYPE_CHECKING:
    from .conftest import Site

pytestmark = pytest.mark.django_db
CODE = "L"


def test_rules_are_read_and_what_is_not_sure_binds_nowhere_of_itself() -> None:
    said = {one.rule: (one.scope, one.confidence, one.binds) for one in rules.rules()}

    assert said["giant_2026"] == ("each", "H", True)
    assert said["srdi_2026"] == ("each", "M", False)
    assert said["giant_nation"] == ("sample", "H", False)
    assert [one for one in rules.rules() if one.binds and one.waivable] == []


def test_the_province_sees_a_little_giant_before_it_recommends(site: Site) -> None:
    told = [str(visited(site.case))]
    visit = site.begun()
    told.append(str(visited(site.case)))
    visit = site.planned(visit)
    told.append(str(visited(site.case)))
    by = site.world.user("province")
    recording.save(visit, {"told": "x"}, by=by)
    told.append(str(visited(site.case)))
    recording.save(visit, values_of(recording.current(visit, by=by)), by=by)
    recording.hand_in(visit, by=by)
    told.append(str(visited(site.case)))
    recording.sign(visit, by=site.world.user("province2"))

    assert visited(site.case) is None
    starts = [text[:38] for text in told]
    assert starts == [
        "A check on site is owed first (工信部企业〔2",
        "A check on site waits to be planned: d",
        "The check on site planned for May 6, 2",
        "The record of the check on site planne",
        "The record of the check on site lacks ",
    ]


def test_a_case_submitted_before_the_measures_owes_none_by_them(site: Site) -> None:
    site.case.submitted_at = timezone.now() - dt.timedelta(days=60)

    assert rules.owed(site.case, "province") is None
    assert visited(site.case) is None


def test_the_guard_holds_notice_and_recommendation_but_no_refusal(site: Site) -> None:
    holding = [name for name, step in moves.STEPS.items() if visited in step.guards]

    assert holding == ["recommend", "put_on_notice", "recognise"]
    site.world.judge(site.case, "province")
    with pytest.raises(MoveError, match="check on site"):
        moves.advance(site.case, "put_on_notice", by=site.world.user("province"))
    site.world.step(site.case, "refuse", "province", "does not hold")
    assert site.case.status == "refused"


def test_two_different_officers_go_and_the_writer_does_not_sign(site: Site) -> None:
    by, second = site.world.user("province"), site.world.user("province2")
    visit = site.begun()
    with pytest.raises(MoveError, match="Two different"):
        planning.plan(visit, Plan(timezone.localdate(), by.pk, by.pk), by=by)
    record = site.written(site.planned(visit))
    with pytest.raises(MoveError, match="The other officer signs"):
        recording.sign(record.visit, by=by)
    for name in ("clerk", "nation", "city", "owner"):
        with pytest.raises(PermissionDenied):
            recording.sign(record.visit, by=site.world.user(name))
    recording.sign(record.visit, by=second)

    signed = VisitRecord.objects.get()
    assert (signed.written_by, signed.signed_by) == (by, second)
    with (
        pytest.raises(IntegrityError, match=r"two_different_officers_go|CHECK"),
        transaction.atomic(),
    ):
        Visit.objects.update(second=by)


@pytest.mark.parametrize("tie", ["seat", "related", "recused"])
def test_an_officer_with_a_tie_is_not_offered_and_not_taken(site: Site, tie: str) -> None:
    by, tied = site.world.user("province"), site.world.user("province2")
    visit = site.planned()
    firm = {"seat": site.world.firm, "related": site.world.other}.get(tie)
    if firm is not None:
        Seat.objects.create(user=tied, role="editor", enterprise=firm, active=False)
        Relation.objects.create(
            enterprise=site.world.firm, other=site.world.other, kind="same_group", source="test"
        )
    else:
        planning.recuse(visit, by=tied, reason="my brother works there")
        visit.refresh_from_db()
        assert (visit.state, visit.second) == ("open", None)

    assert tied not in officers.possible(visit)
    assert set(officers.conflicts(site.case, [by, tied], visit=visit)) == {tied.pk}
    with pytest.raises(MoveError, match="without a conflict"):
        planning.plan(visit, Plan(timezone.localdate(), by.pk, tied.pk), by=by)


def test_a_tie_found_after_the_plan_keeps_an_officer_from_signing(site: Site) -> None:
    record = site.written()
    tied = site.world.user("province2")
    Seat.objects.create(user=tied, role="owner", enterprise=site.world.firm, active=False)

    with pytest.raises(MoveError, match="holds or held a seat in the enterprise"):
        recording.sign(record.visit, by=tied)


@pytest.mark.parametrize(("days", "told"), [(-1, "is past"), (400, "more than a year")])
def test_a_day_that_makes_no_sense_is_named(site: Site, days: int, told: str) -> None:
    with pytest.raises(MoveError, match=told):
        site.planned(days=days)


def test_a_deviation_becomes_an_objection_of_the_level_and_holds_the_case(site: Site) -> None:
    visit = site.signed(c1="the ledger says less")

    review = site.case.criterion_reviews.get(criterion=f"{CODE}-1")
    assert (review.level, review.opinion) == ("province", "objected")
    assert review.reason == "2026-05-06现场核查：所见为“4,000”。the ledger says less"
    assert visit.records.get().findings[f"{CODE}-1"]["objection"] == review.reason
    site.world.judge(site.case, "province")
    with pytest.raises(MoveError, match="Objections stand"):
        moves.advance(site.case, "put_on_notice", by=site.world.user("province"))


def test_a_correction_is_a_new_version_and_takes_its_objection_back(site: Site) -> None:
    visit, by = site.signed(c1="the ledger says less"), site.world.user("province")
    recording.correct(visit, by=by, reason="the second ledger was found")
    assert visited(site.case) is None  # the signed version counts meanwhile
    recording.save(visit, values_of(recording.current(visit, by=by)), by=by)
    recording.hand_in(visit, by=by)
    recording.sign(visit, by=site.world.user("province2"))

    assert not site.case.criterion_reviews.filter(criterion=f"{CODE}-1").exists()
    first, second = visit.records.all()
    assert (first.findings[f"{CODE}-1"]["outcome"], second.findings[f"{CODE}-1"]["outcome"]) == (
        "deviates", "agrees",
    )  # fmt: skip
    assert first.seal != second.seal


def test_an_officer_s_own_objection_outlives_a_correction(site: Site) -> None:
    visit, by = site.signed(c1="the ledger says less"), site.world.user("province")
    site.case.criterion_reviews.filter(criterion=f"{CODE}-1").update(reason="my own words")
    recording.correct(visit, by=by, reason="found")
    recording.save(visit, values_of(recording.current(visit, by=by)), by=by)
    recording.hand_in(visit, by=by)
    recording.sign(visit, by=site.world.user("province2"))

    said = findings.opinions_at(site.case, "province")
    assert said == {f"{CODE}-1": "objected"}


@pytest.mark.parametrize("by_hand", ["update", "delete"])
def test_the_database_refuses_to_change_what_is_signed(site: Site, by_hand: str) -> None:
    visit = site.signed()
    record = visit.records.get()
    rows = VisitRecord.objects.filter(pk=record.pk)
    VisitFile.objects.bulk_create(
        [VisitFile(record=record, name="a", media_type="b", size=1, sha256="c", kept=True)]
    )

    for some in (VisitFile.objects.all(), rows):
        with pytest.raises(DatabaseError, match="what is signed"), transaction.atomic():
            some.update(**({"told": "x"} if some is rows else {"name": "x"}))
        with pytest.raises(DatabaseError, match="what is signed"), transaction.atomic():
            some._raw_delete(some.db) if by_hand == "delete" else some.update(id=9)
    with pytest.raises(MoveError, match="a correction is a new version"):
        recording.save(visit, {"told": "x"}, by=site.world.user("province"))
    assert rows.get().told == "what we saw"


def test_what_a_record_lacks_is_named_and_nothing_is_handed_in(site: Site) -> None:
    visit, by = site.planned(), site.world.user("province")
    code = f"{CODE}-1"
    recording.save(visit, {f"outcome:{code}": "unseen"}, by=by)

    record = recording.current(visit, by=by)
    assert recording.lacking(record) == [
        "the day of the visit",
        f"an outcome for {CODE}-2, {CODE}-3",
        f"a sentence on {CODE}-1",
        "the outcome in words for the enterprise",
    ]
    with pytest.raises(MoveError, match="Still open in the record"):
        recording.hand_in(visit, by=by)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("visited_on", "9999-12-31", "between 2026-05-06"),
        ("visited_on", "0000-01-01", "Give the day as"),
        ("told", "a\0b", "cannot be kept"),
        ("told", "x" * 4001, "4001 characters"),
        ("outcome:L-1", "perhaps", "Choose agrees"),
        ("found:nothing", "x", "no field of this record"),
        ("version_of_mine", "x", "no field of this record"),
    ],
)
def test_bad_input_names_its_field_and_keeps_nothing(
    site: Site, name: str, text: str, told: str
) -> None:
    visit, by = site.planned(), site.world.user("province")

    with pytest.raises(MoveError, match=told) as caught:
        recording.save(visit, {"remarks": "kept?", name: text}, by=by)
    assert caught.value.field == name
    assert not VisitRecord.objects.exclude(remarks="").exists()


def test_two_officers_do_not_overwrite_a_whole_page_of_each_other(site: Site) -> None:
    visit, by = site.planned(), site.world.user("province")
    recording.save(visit, {"told": "mine"}, by=by, version=1)

    with pytest.raises(MovedMeanwhileError):
        recording.save(visit, {"told": "theirs"}, by=site.world.user("province2"), version=1)
    assert VisitRecord.objects.get().told == "mine"


def test_a_visit_owed_by_law_is_not_waived_and_a_drawn_or_unsure_one_by_two(site: Site) -> None:
    by, second = site.world.user("province"), site.world.user("province2")
    with pytest.raises(MoveError, match="no room for a waiver"):
        planning.ask_waiver(site.begun(), by=by, reason="far away")
    visit = planning.begin(site.pool[0], by=by)
    with pytest.raises(MoveError, match="Say why"):
        planning.ask_waiver(visit, by=by, reason=" ")
    planning.ask_waiver(visit, by=by, reason="seen last month")
    with pytest.raises(MoveError, match="A second officer"):
        planning.waive(visit, by=by, agreed=True)
    with pytest.raises(PermissionDenied):
        planning.waive(visit, by=site.world.user("clerk"), agreed=True)
    assert str(visited(site.pool[0])).startswith("A check on site waits")
    planning.waive(visit, by=second, agreed=True)

    assert visited(site.pool[0]) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(waived_by=by)


def test_only_the_office_s_own_wish_is_called_off(site: Site) -> None:
    by = site.world.user("province")
    with pytest.raises(MoveError, match="owed or was drawn"):
        planning.call_off(site.begun(), by=by, reason="no")
    visit = planning.begin(site.pool[0], by=by)
    planning.call_off(visit, by=by, reason="not needed")

    assert visited(site.pool[0]) is None
    assert planning.begin(site.pool[0], by=by).pk != visit.pk


def test_an_unsure_rule_binds_where_the_deciding_office_took_it_into_use(site: Site) -> None:
    world, case = site.world, site.pool[0]
    case.tier = "srdi"
    case.save()
    zhejiang, by = world.places["330000"], world.user("province")
    assert rules.owed(case, "province") is None
    for name in ("clerk", "jiangsu", "city", "nation", "owner"):
        with pytest.raises(PermissionDenied):
            using.use(zhejiang, "srdi_2026", by=world.user(name), wanted=True)
    with pytest.raises(MoveError, match="binds of itself"):
        using.use(zhejiang, "giant_2026", by=by, wanted=False)
    using.use(zhejiang, "srdi_2026", by=by, wanted=True)

    assert str(visited(case)).startswith("A check on site is owed first")
    using.use(zhejiang, "srdi_2026", by=by, wanted=False)
    assert visited(case) is None


def test_every_owed_visit_of_an_office_is_begun_once(site: Site) -> None:
    by = site.world.user("province")

    assert pools.begin_owed(by) == 1
    assert pools.begin_owed(site.world.user("province2")) == 0
    assert [(one.application, one.rule) for one in Visit.objects.all()] == [
        (site.case, "giant_2026")
    ]
    with pytest.raises(MovedMeanwhileError):
        planning.begin(site.case, by=by)


def test_a_technology_sme_owes_a_visit_for_what_it_shows(site: Site) -> None:
    case, world = site.pool[0], site.world
    case.tier = "technology"
    case.save()
    world.holds("technology", firm=case.enterprise, day="2026-01-05")
    using.use(world.places["330000"], "technology_each", by=world.user("province"), wanted=True)
    assert rules.owed(case, "province") is not None  # no rights
    IntellectualProperty.objects.create(
        enterprise=case.enterprise, kind="invention", ip_class=1, number="1", obtained="own",
        granted_on="2025-01-01",
    )  # fmt: skip
    assert rules.owed(case, "province") is None
    AnnualReport.objects.filter(enterprise=case.enterprise).update(employees=5)
    assert rules.owed(case, "province") is not None


def test_every_deed_is_in_the_log_and_tells_who_is_concerned(site: Site) -> None:
    visit = site.signed(c1="less")

    actions = list(
        AuditRecord.objects.filter(subject=f"visit:{visit.pk}")
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert actions == [
        "visit.begun", "visit.planned", "visit.recorded", "visit.handed_in", "visit.signed",
    ]  # fmt: skip
    rows = Notification.objects.filter(kind__startswith="visit_")
    told = set(rows.values_list("kind", "recipient__username"))
    assert told == {
        ("visit_planned", "owner"), ("visit_planned", "editor"), ("visit_given", "province"),
        ("visit_given", "province2"), ("visit_to_sign", "province2"), ("visit_signed", "owner"),
        ("visit_signed", "editor"),
    }  # fmt: skip


def test_a_signed_record_rewritten_behind_the_triggers_is_found(site: Site) -> None:
    visit = site.signed()
    assert list(checking.SignedRecords(None).faults()) == []
    guards.remove()
    visit.records.update(told="all was well")
    (fault,) = checking.SignedRecords(None).faults()
    assert (fault.wrong, fault.detail) == ("otherwise", f"visitrecord {visit.records.get().pk}")
    AuditRecord.objects.filter(action="visit.signed").delete()

    assert [one.wrong for one in checking.SignedRecords(None).faults()] == ["unrecorded"]


def test_a_colleague_takes_a_record_back_where_the_two_are_gone(site: Site) -> None:
    record, clerk = site.written(), site.world.user("clerk")
    wanted = Plan(timezone.localdate(), clerk.pk, site.world.user("province2").pk)
    with pytest.raises(MoveError, match="waits for its signature"):
        planning.plan(record.visit, wanted, by=clerk)
    recording.take_back(record.visit, by=clerk)
    planning.plan(record.visit, wanted, by=clerk)

    assert recording.hand_in(record.visit, by=clerk).written_by == clerk


def test_no_visit_of_a_case_that_has_ended_is_planned(site: Site) -> None:
    visit = site.begun()
    site.world.step(site.case, "withdraw", "owner")

    with pytest.raises(MoveError, match="nothing left to check"):
        site.planned(visit)
    assert not Visit.objects.open().exists()


def test_what_was_seen_counts_only_for_what_is_still_said(site: Site) -> None:
    world, by = site.world, site.world.user("province")
    visit = site.signed(c1="the ledger says less")
    world.step(site.case, "return", "province", "say what the ledger says")
    records.save_report(world.firm, 2025, {"revenue": 70_000_000_00}, by=None, reason="mended")
    world.step(site.case, "resubmit", "owner")
    site.case.refresh_from_db()

    told = visited(site.case)
    assert told is not None
    assert f"{CODE}-1" in told
    recording.correct(visit, by=by, reason="seen again")
    recording.save(visit, values_of(recording.current(visit, by=by)), by=by)
    recording.hand_in(visit, by=by)
    recording.sign(visit, by=world.user("province2"))
    site.case.refresh_from_db()
    assert visited(site.case) is None


def test_no_visit_is_waived_over_a_record_or_by_who_has_a_tie(site: Site) -> None:
    record = site.written()
    Visit.objects.update(rule="")
    with pytest.raises(MoveError, match="waits for its signature"):
        planning.ask_waiver(record.visit, by=site.world.user("province"), reason="no time")
    recording.take_back(record.visit, by=record.written_by)
    tied = site.world.user("province2")
    Seat.objects.create(user=tied, role="owner", enterprise=site.world.firm, active=False)
    with pytest.raises(MoveError, match="conflict of interest"):
        planning.ask_waiver(record.visit, by=tied, reason="no time")
