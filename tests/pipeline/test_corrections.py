"""Sending back by field: what opens, what is told, what differs, when it is late (退回补正)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import translation

from cultivation.pipeline import applications, moves, opinions
from cultivation.pipeline.correcting import clock, mending, opened, returning, sweeping
from cultivation.pipeline.correcting.returning import Ask, AskError
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.filling import evidence, saving
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Application, Correction, CorrectionItem, Reason, Status
from cultivation.pipeline.opinions import Word
from enterprises.audit.models import AuditRecord
from enterprises.notifications.models import Notification
from enterprises.registry import models as registry
from enterprises.registry import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .conftest import World

pytestmark = pytest.mark.django_db
LONG = "the words are too long; 1,000 characters are the most."
REVENUE = Ask("report:2025:revenue", words="not that of the audit report")
PRODUCT = Ask("answer:product", words="say what it is used for")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def sent_back(world: World, asks: Sequence[Ask] = (REVENUE,), **given: object) -> Application:
    """Return an application that the province sent back."""
    application = world.at_province()
    returning.send_back(application, asks, by=world.user("province"), **given)  # type: ignore[arg-type]
    return application


def refused(application: Application, by: object, name: str = "resubmit") -> str:
    """Return why a move is not possible now."""
    with pytest.raises(MoveError) as caught:
        moves.advance(application, name, by=by)  # type: ignore[arg-type]
    return str(caught.value)


def heard(world: World, who: str) -> list[str]:
    rows = Notification.objects.filter(recipient=world.users[who]).order_by("pk")
    return list(rows.exclude(key__startswith="move:").values_list("kind", flat=True))


def test_return_names_fields_and_opens_only_those(world: World) -> None:
    application = sent_back(world, [PRODUCT])
    assert application.status == Status.RETURNED
    assert application.due_on == dt.date(2026, 5, 20)  # ten working days after a Wednesday
    owner = world.user("owner")
    applications.save_answers(application, {"product": "for wind turbines"}, by=owner)
    with pytest.raises(MoveError) as caught:
        applications.save_answers(application, {"declares_truth": False}, by=owner)
    assert str(caught.value) == (
        "Not sent back to be corrected, so it stays as submitted: "
        "All that is stated here and in the record is true."
    )
    application.refresh_from_db()
    assert application.answers["declares_truth"] is True
    assert opened.may_write(application, "answer:product") is True
    assert opened.may_write(application, "report:2025:revenue") is False


def test_unchanged_answers_of_a_whole_section_may_be_posted(world: World) -> None:
    application = sent_back(world, [PRODUCT])
    everything = dict(application.answers) | {"product": "for wind turbines"}
    applications.save_answers(application, everything, by=world.user("owner"))
    assert application.answers["product"] == "for wind turbines"


def test_documents_come_only_where_papers_prove_what_was_sent_back(world: World) -> None:
    papers = [
        registry.Document.objects.create(
            enterprise=world.firm, file=f"{n}.pdf", name=f"{n}.pdf", media_type="application/pdf",
            size=1, sha256=str(n) * 64,
        )
        for n in (1, 2)
    ]  # fmt: skip
    draft = world.draft()
    owner = world.user("owner")
    applications.save_answers(draft, {}, by=owner, documents=papers[:1])
    for name, who in (("submit", "owner"), ("recommend", "county"), ("recommend", "city")):
        world.step(draft, name, who)
    returning.send_back(draft, [PRODUCT], by=world.user("province"))
    with pytest.raises(MoveError, match=r"stays as submitted: 2\.pdf"):
        applications.save_answers(draft, {}, by=owner, documents=papers)
    with pytest.raises(MoveError, match=r"stays as submitted: 1\.pdf"):
        applications.save_answers(draft, {}, by=owner, documents=[])
    world.step(draft, "resubmit", "owner")
    returning.send_back(draft, [Ask(f"document:{papers[0].pk}", words="x")], by=world.user("clerk"))
    applications.save_answers(draft, {}, by=owner, documents=papers[1:])
    assert list(draft.documents.all()) == papers[1:]


def test_every_writer_of_the_form_keeps_to_what_is_open(world: World) -> None:
    application = sent_back(world)
    owner = world.user("owner")
    sheet = Sheet(application)
    wishes = [
        saving.Wish(name, value, sheet.mark(name))
        for name, value in (
            ("report:2025:revenue", 70_000_000_00),
            ("report:2025:rd_expense", 4_000_000_00),
            ("answer:product", "another"),
        )
    ]
    found = saving.keep(application, wishes, by=owner)
    assert {name: one.state.value for name, one in found.items()} == {
        "report:2025:revenue": "saved",
        "report:2025:rd_expense": "refused",
        "answer:product": "refused",
    }
    report = registry.AnnualReport.objects.get(enterprise=world.firm, year=2025)
    assert (report.revenue, report.rd_expense) == (70_000_000_00, 3_000_000_00)
    document = registry.Document.objects.create(
        enterprise=world.firm, file="x.pdf", name="x.pdf", media_type="application/pdf", size=1
    )
    with pytest.raises(MoveError):
        evidence.use_again(application, "paper:licence", document, by=owner)
    assert application.evidence.count() == 0


def test_criterion_opens_what_it_rests_on(world: World) -> None:
    application = sent_back(world, [Ask("criterion:I-2", words="no special audit")])
    scope = opened.opened(application)
    assert scope.covers("report:2025:rd_expense")
    assert scope.covers("criterion:I-2")
    assert not scope.covers("report:2025:revenue")
    assert scope.takes_papers


def test_asks_without_reason_or_of_unknown_things_send_nothing_back(world: World) -> None:
    Reason.objects.create(code="old", uses=["return"], text_zh="旧", text_en="old", in_use=False)
    application = world.at_province()
    asks = [
        Ask("report:2025:revenue"),
        Ask("answer:nonsense", words="x"),
        Ask("report:2025:rd_expense", grounds="old"),
        Ask("answer:product", words="x" * 1001),
    ]
    with pytest.raises(AskError) as caught:
        returning.send_back(application, asks, by=world.user("province"))
    assert caught.value.faults == {
        "report:2025:revenue": (
            "“2025 · revenue” needs a reason: of the library, in your own words, or both."
        ),
        "answer:nonsense": (
            "“answer:nonsense” is nothing of this application that can be sent back."
        ),
        "report:2025:rd_expense": (
            "“2025 · R&D expense”: choose a reason of the library that is in use."
        ),
        "answer:product": f"“Leading product and its field”: {LONG}",
    }
    assert (Correction.objects.count(), CorrectionItem.objects.count()) == (0, 0)


@pytest.mark.parametrize("day", ["2026-05-06", "2020-01-01", "2027-06-01", "9999-12-31"])
def test_last_day_lies_ahead_and_not_too_far(world: World, day: str) -> None:
    application = world.at_province()
    with pytest.raises(MoveError, match="last day has to lie after") as caught:
        returning.send_back(
            application, [REVENUE], by=world.user("province"), due_on=dt.date.fromisoformat(day)
        )
    assert caught.value.field == "due_on"
    assert application.moves.count() == 3


@pytest.mark.parametrize("who", ["owner", "county", "city", "jiangsu", "auditor", "nation"])
def test_only_the_office_that_has_it_sends_back(world: World, who: str) -> None:
    application = world.at_province()
    with pytest.raises(PermissionDenied):
        returning.send_back(application, [REVENUE], by=world.user(who))
    assert Correction.objects.count() == 0


def test_of_two_who_return_at_once_one_is_told(world: World) -> None:
    application = world.at_province()
    first, second = (Application.objects.get(pk=application.pk) for _ in range(2))
    returning.send_back(first, [REVENUE], by=world.user("province"))
    with pytest.raises(MovedMeanwhileError, match="province already took “return for correction”"):
        returning.send_back(second, [PRODUCT], by=world.user("clerk"))
    assert list(CorrectionItem.objects.values_list("subject", flat=True)) == [REVENUE.subject]


def test_resubmission_waits_until_each_thing_is_mended_or_answered(world: World) -> None:
    application = sent_back(world, [REVENUE, PRODUCT])
    owner = world.user("owner")
    assert refused(application, owner) == (
        "Still to mend, or to say why it stays: 2025 · revenue; Leading product and its field"
    )
    registry.AnnualReport.objects.update(revenue=70_000_000_00)
    assert refused(application, owner) == (
        "Still to mend, or to say why it stays: Leading product and its field"
    )
    mending.answer(application, {"answer:product": "it says so in line two"}, by=owner)
    moves.advance(application, "resubmit", by=owner)
    assert application.status == Status.AT_PROVINCE
    correction = application.corrections.get()
    assert (correction.outcome, correction.closed_at is not None) == ("resubmitted", True)
    state = mending.state_of(correction)
    assert [(one.changed, one.row.answer) for one in state.items] == [
        (True, ""),
        (False, "it says so in line two"),
    ]
    (field,) = state.difference.fields
    assert (field.before, field.after) == ("CNY 60 million", "CNY 70 million")
    assert (field.asked, field.beyond) == (True, False)


def test_what_changed_beyond_what_was_asked_owes_a_sentence_and_is_shown(world: World) -> None:
    application = sent_back(world)
    registry.AnnualReport.objects.update(revenue=70_000_000_00, rd_expense=4_000_000_00)
    owner = world.user("owner")
    assert refused(application, owner) == (
        "Changed beyond what was asked; say why: 2025 · R&D expense"
    )
    mending.answer(application, {}, by=owner, beyond="the audit corrected it as well")
    moves.advance(application, "resubmit", by=owner)
    last = application.moves.last()
    assert last is not None
    assert last.note["beyond"] == ["2025 · R&D expense"]
    state = mending.state_of(application.corrections.get())
    assert [one.label for one in state.difference.fields] == [
        "2025 · R&D expense",
        "2025 · revenue",
    ]
    assert [one.code for one in state.difference.criteria] == ["I-1", "I-2"]


def test_what_others_and_time_change_owes_no_sentence(world: World) -> None:
    application = sent_back(world)
    registry.AnnualReport.objects.update(revenue=70_000_000_00)
    world.holds("technology")
    owner = world.user("owner")
    state = mending.state_of(application.corrections.get())
    follows = {one.label for one in state.difference.fields if not one.own}
    assert follows == {"valid technology-based SME entry", "highest title held"}
    moves.advance(application, "resubmit", by=owner)
    assert application.status == Status.AT_PROVINCE


def test_figure_is_compared_by_its_year_across_the_new_year(world: World) -> None:
    application = sent_back(world, due_on=dt.date(2027, 3, 1))
    registry.AnnualReport.objects.create(
        enterprise=world.firm, year=2026, revenue=80_000_000_00, rd_expense=3_000_000_00
    )
    world.clock.move_to(dt.datetime(2027, 1, 20, 2, 0, tzinfo=dt.UTC), tick=False)
    state = mending.state_of(application.corrections.get())
    assert [one.label for one in state.difference.fields if one.beyond] == [
        "2026 · revenue",
        "2026 · R&D expense",
    ]


def test_statement_changed_by_the_firm_is_beyond(world: World) -> None:
    application = sent_back(world)
    records.change(world.firm, {"own_brand": True}, by=world.user("owner"))
    state = mending.state_of(application.corrections.get())
    assert state.difference.beyond == ["own brand facing the market"]


def test_opinions_on_what_did_not_change_stay(world: World) -> None:
    application = world.at_province()
    words = [Word("I-1", "objected", "doubtful"), Word("I-2", "agreed"), Word("I-3", "agreed", "y")]
    opinions.record(application, words, by=world.user("province"))
    returning.send_back(application, [REVENUE], by=world.user("province"))
    registry.AnnualReport.objects.update(revenue=70_000_000_00)
    moves.advance(application, "resubmit", by=world.user("owner"))
    left = application.criterion_reviews.order_by("criterion")
    assert list(left.values_list("criterion", flat=True)) == ["I-2", "I-3"]


def test_answers_are_the_enterprises_and_bounded(world: World) -> None:
    application = sent_back(world)
    for who in ("province", "other_owner", "auditor"):
        with pytest.raises(PermissionDenied):
            mending.answer(application, {REVENUE.subject: "x"}, by=world.user(who))
    editor = world.user("editor")
    with pytest.raises(MoveError, match="at most 1000 characters"):
        mending.answer(application, {REVENUE.subject: "x" * 1001}, by=editor)
    with pytest.raises(MoveError, match="was not sent back"):
        mending.answer(application, {"answer:product": "x"}, by=editor)
    kept = mending.answer(application, {REVENUE.subject: "x"}, by=editor, version=1)
    assert kept.version == 2
    with pytest.raises(MovedMeanwhileError):
        mending.answer(application, {REVENUE.subject: "y"}, by=editor, version=1)
    assert AuditRecord.objects.filter(action="correction.answered").count() == 1


def test_people_are_told_once(world: World) -> None:
    application = sent_back(world)
    assert heard(world, "owner") == heard(world, "editor") == ["application_returned"]
    assert heard(world, "other_owner") == []
    world.step(application, "resubmit", "owner")
    assert heard(world, "province") == heard(world, "clerk") == ["application_resubmitted"]
    assert heard(world, "county") == []


def test_sweep_reminds_marks_late_and_closes_nothing(world: World) -> None:
    application = sent_back(world)
    assert sweeping.sweep() == {"reminded": 0, "overdue": 0, "lapsed": 0}
    world.wait(9)  # the 15th; three working days to the 20th
    assert sweeping.sweep() == {"reminded": 1, "overdue": 0, "lapsed": 0}
    assert sweeping.sweep() == {"reminded": 0, "overdue": 0, "lapsed": 0}
    world.wait(6)  # the 21st
    assert sweeping.sweep()["overdue"] == 1
    assert sweeping.sweep()["overdue"] == 1
    told = ["application_returned", "correction_due_soon", "correction_overdue"]
    assert heard(world, "owner") == told
    assert heard(world, "province") == ["correction_overdue_at_office"]
    application.refresh_from_db()
    assert application.status == Status.RETURNED
    world.step(application, "resubmit", "owner")  # late, and still taken
    assert application.status == Status.AT_PROVINCE


def test_office_closes_what_was_not_corrected_in_time_and_only_then(world: World) -> None:
    application = sent_back(world)
    province = world.user("province")
    assert refused(application, province, "lapse") == (
        "The enterprise has until the end of 2026-05-20 to correct."
    )
    world.wait(15)
    for who in ("owner", "county", "nation"):
        with pytest.raises(PermissionDenied):
            moves.advance(application, "lapse", by=world.user(who))
    moves.advance(application, "lapse", by=world.user("province"))
    assert application.status == Status.WITHDRAWN
    assert application.corrections.get().outcome == "lapsed"


def test_setting_lets_the_sweep_close(world: World, settings: object) -> None:
    settings.CORRECTION_LAPSES = True  # type: ignore[attr-defined]
    application = sent_back(world)
    world.wait(15)
    assert sweeping.sweep() == {"reminded": 0, "overdue": 0, "lapsed": 1}
    application.refresh_from_db()
    last = application.moves.last()
    assert (application.status, last.name, last.made_by) == (Status.WITHDRAWN, "lapse", None)
    assert sweeping.sweep() == {"reminded": 0, "overdue": 0, "lapsed": 0}


def test_system_takes_no_other_move(world: World) -> None:
    application = world.at_province()
    for name in moves.STEPS.keys() - {"lapse"}:
        with pytest.raises(PermissionDenied):
            moves.advance(application, name, by=None)


def test_more_time_is_given_with_a_reason_by_the_office(world: World) -> None:
    application = sent_back(world)
    correction = application.corrections.get()
    province, later = world.user("province"), dt.date(2026, 6, 1)
    with pytest.raises(PermissionDenied):
        returning.extend(correction, later, by=world.user("nation"), reason="x")
    with pytest.raises(MoveError, match="Say why"):
        returning.extend(correction, later, by=province, reason=" ")
    with pytest.raises(MoveError, match="last day has to lie after"):
        returning.extend(correction, dt.date(2026, 5, 20), by=province, reason="x")
    returning.extend(correction, later, by=province, reason="the auditor is late", version=1)
    with pytest.raises(MovedMeanwhileError):
        returning.extend(correction, dt.date(2026, 6, 2), by=province, reason="x", version=1)
    application.refresh_from_db()
    correction.refresh_from_db()
    assert (application.due_on, correction.due_on) == (later, later)
    assert heard(world, "owner") == ["application_returned", "correction_extended"]


def test_withdrawal_closes_the_correction(world: World) -> None:
    application = sent_back(world)
    world.step(application, "withdraw", "owner")
    assert application.corrections.get().outcome == "withdrawn"


def test_clock_pauses_while_the_enterprise_corrects(world: World) -> None:
    application = world.at_province()  # Wednesday 6 May
    assert application.due_on == dt.date(2026, 6, 3)  # twenty working days
    world.wait(2)  # Friday: two days used
    returning.send_back(application, [REVENUE], by=world.user("province"))
    world.wait(7)  # five working days paused
    world.step(application, "resubmit", "owner")
    assert application.due_on == dt.date(2026, 6, 10)
    world.wait(3)  # Monday: one more
    times = {one.level: one for one in clock.times_of(application.moves.all())}
    assert (times["province"].hand, times["province"].paused, times["province"].left) == (3, 5, 17)
    assert times["county"].hand == 0


def test_constraints_hold_whatever_writes(world: World) -> None:
    application = sent_back(world)
    correction = application.corrections.get()
    for wrong in (
        {"level": "city", "opened_at": correction.opened_at, "due_on": correction.due_on},
        {
            "level": "city",
            "opened_at": None,
            "closed_at": correction.opened_at,
            "outcome": "lapsed",
        },
        {"level": "city", "closed_at": None, "outcome": "lapsed"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.create(application=application, **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionItem.objects.create(correction=correction, subject="answer:product")
