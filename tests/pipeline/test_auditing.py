"""Moves and titles are held against the audit log: what was rewritten is found (交叉核对)."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.db.models import Q
from django.utils import translation

from cultivation.pipeline import invitations, titles
from cultivation.pipeline.models import Application, Invitation, Move, Proposal
from cultivation.pipeline.titles import Grant
from cultivation.standards.models import Judgement
from enterprises.audit import sealing
from enterprises.audit.models import AuditRecord
from enterprises.audit.verifying import Walk
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def story(world: World) -> World:
    """Let one firm be recognised, another hold two titles of which one is revoked."""
    Enterprise.objects.update(fictional=False)
    world.recognised()
    for tier in ("technology", "innovative"):
        day, by = dt.date(2026, 1, 5), world.user("jiangsu")
        titles.import_title(world.other, tier, granted_on=day, by=by, reason="list")
    title = Title.objects.get(enterprise=world.other, tier="technology")
    world.end(title, "jiangsu", "false figures", "cancelled")
    sealing.sweep()
    return world


def faults() -> list[str]:
    sealing.sweep()
    return [f"{fault.wrong} {fault.detail}".strip() for fault in Walk().faults()]


def test_the_log_tells_of_every_step_and_every_title(story: World) -> None:
    ours = Q(action__startswith="application.") | Q(action__startswith="title.")
    said = AuditRecord.objects.filter(ours)
    assert Counter(said.values_list("action", flat=True)) == {
        "application.begun": 1,
        "application.submit": 1,
        "application.recommend": 2,
        "application.judged": 1,
        "application.put_on_notice": 1,
        "application.recognise": 1,
        "title.granted": 1,
        "title.entered": 2,
        "title.cancelled": 1,
    }
    step = said.get(action="application.recognise")
    move = Move.objects.get(name="recognise")
    assert (step.subject, step.enterprise_id) == (
        f"application:{move.application_id}",
        story.firm.pk,
    )
    assert (step.made_by, step.region_path) == (story.users["province2"], "330108")
    assert step.before == {"status": "on_notice", "version": move.version}
    assert step.after["result_hash"] == move.judgement.result_hash
    assert step.after["status"] == "recognised"
    assert faults() == []


def rewritten(move: Move) -> None:
    """Give another judgement, the same everywhere: the row, the hashes noted, the receipt."""
    Judgement.objects.update(facts_hash="f" * 64)
    submit = Move.objects.get(name="submit")
    Move.objects.filter(pk=submit.pk).update(note=submit.note | {"facts_hash": "f" * 64})
    Application.objects.update(receipt="2026-33-00000001-ffffffff")


def reason_changed(move: Move) -> None:
    Move.objects.filter(pk=move.pk).update(reason="another")


def backdated(move: Move) -> None:
    Move.objects.filter(pk=move.pk).update(made_at=move.made_at - dt.timedelta(days=1))


def forged(move: Move) -> None:
    move.pk, move.version = None, move.version + 1
    move.name = "refuse"
    move.save(force_insert=True)


def removed(move: Move) -> None:
    Proposal.objects.all().delete()
    move.delete()


def prolonged(move: Move) -> None:
    Title.objects.filter(tier="innovative").update(valid_to=dt.date(2035, 1, 1))


def revived(move: Move) -> None:
    Title.objects.filter(tier="technology").update(ended_on=None, end_kind="")


def title_forged(move: Move) -> None:
    title = Title.objects.get(tier="technology")
    title.pk, title.number, title.tier = None, "forged", "srdi"
    title.save(force_insert=True)


STEPS = ("submit", "recommend", "recommend", "put_on_notice", "recognise")
TAMPERING: dict[Callable[[Move], None], list[str]] = {
    rewritten: [f"otherwise move {name}" for name in STEPS],
    reason_changed: ["otherwise move recognise"],
    backdated: ["otherwise move recognise"],
    forged: ["unrecorded move refuse"],
    removed: ["gone move"],
    prolonged: ["otherwise title", "otherwise title"],
    revived: ["otherwise title"],
    title_forged: ["unrecorded title"],
}


def test_what_was_rewritten_behind_the_log_is_found(story: World) -> None:
    move = Move.objects.get(name="recognise")
    found: dict[Callable[[Move], None], list[str]] = {}
    for tamper in TAMPERING:
        with transaction.atomic():
            tamper(Move.objects.get(pk=move.pk))
            found[tamper] = [" ".join(re.findall(r"\b[a-z_]+\b", told)) for told in faults()]
            transaction.set_rollback(True)
    assert {t: [told.removesuffix(" forged") for told in f] for t, f in found.items()} == TAMPERING
    assert faults() == []


def test_the_fictional_moves_of_the_demonstration_may_be_spread_over_weeks(story: World) -> None:
    Enterprise.objects.update(fictional=True)
    backdated(Move.objects.get(name="recognise"))
    assert faults() == []
    reason_changed(Move.objects.get(name="recognise"))
    assert len(faults()) == 1


def test_a_list_of_titles_an_expiry_and_a_recheck_are_in_the_log(world: World) -> None:
    rows = [
        Grant(world.other.pk, "innovative", dt.date(2020, 3, 1)),
        Grant(world.other.pk, "innovative", dt.date(2023, 5, 8), number="LIST-1"),
    ]
    titles.grant_many(rows, cause="list of the test")
    world.holds("innovative", day="2023-05-20")
    world.recognised()  # a re-check: the title before is replaced
    world.wait(30)
    titles.expire()
    told = AuditRecord.objects.filter(action__startswith="title.").order_by("pk")
    assert list(told.values_list("action", flat=True)) == [
        "title.listed", "title.listed", "title.entered", "title.replaced", "title.granted",
        "title.expired",
    ]  # fmt: skip
    assert faults() == []


def test_an_invitation_and_its_answer_are_in_the_log(world: World) -> None:
    application = world.at_province()
    made = Invitation.objects.create(
        enterprise=world.other, tier="innovative", edition=application.edition
    )
    invitations.end(made, "declined", by=world.user("other_owner"), reason="not this year")
    (said,) = AuditRecord.objects.filter(action="invitation.changed")
    assert (said.reason, said.after["outcome"], said.region_path) == (
        "not this year", "declined", "320583",
    )  # fmt: skip


def test_verification_reads_moves_and_titles_in_few_statements(
    story: World, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        assert list(Walk().faults()) == []
