"""Who is told of the steps of an application, of invitations and claims (流转通知)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.utils import translation

from cultivation.pipeline import moves, telling
from cultivation.pipeline.models import Invitation
from enterprises.accounts import claims
from enterprises.accounts.models import Claim
from enterprises.jobs import runs
from enterprises.jobs.models import JobRun
from enterprises.notifications import wording
from enterprises.notifications.models import Batch, Delivery, Notification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import SettingsWrapper

    from enterprises.accounts.models import User

    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def heard(user: User) -> list[str]:
    rows = Notification.objects.filter(recipient=user, shown=True).order_by("pk")
    return [row.kind for row in rows]


def test_firm_and_next_office_are_told_of_each_step(world: World) -> None:
    world.recognised()
    steps = ["application_submitted", *["application_moved"] * 3, "application_recognised"]
    assert {name: heard(world.users[name]) for name in ("owner", "editor")} == {
        "owner": steps,
        "editor": steps,
    }
    arrived = {
        name: heard(user)
        for name, user in world.users.items()
        if name not in {"owner", "editor"} and heard(user)
    }
    assert arrived == {
        name: ["application_arrived"] for name in ("county", "city", "province", "clerk")
    }
    assert set(Notification.objects.values_list("region_path", flat=True)) == {"330108"}
    last = Notification.objects.filter(recipient=world.users["owner"]).first()
    assert last is not None
    assert wording.of(last).text == f"{world.firm.name} holds the title innovative SME now."


def test_a_refusal_is_told_the_firm_and_a_return_once(world: World) -> None:
    application = world.at_province()
    world.step(application, "refuse", "province", "figures do not hold")
    assert heard(world.users["owner"])[-1] == "application_refused"
    again = world.draft(firm=world.other)
    world.step(again, "submit", "other_owner")
    assert heard(world.users["other_owner"]) == ["application_submitted"]


def test_a_step_costs_few_statements_more_for_being_told(
    world: World, django_assert_max_num_queries: Any
) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    by = world.user("county")
    assert by.scope
    with django_assert_max_num_queries(40):
        moves.advance(application, "recommend", by=by)


def test_many_invitations_at_once_are_held_as_one_event(
    world: World, settings: SettingsWrapper
) -> None:
    settings.MAIL_HOLD_ABOVE = 2
    edition = world.draft().edition
    made = [
        Invitation.objects.create(enterprise=firm, tier="srdi", edition=edition)
        for firm in (world.firm, world.other)
    ]
    telling.invited(made)
    assert (Batch.objects.get().people, heard(world.users["owner"])) == (3, [])
    settings.MAIL_HOLD_ABOVE = 3
    Notification.objects.all().delete()
    telling.invited(made)
    assert heard(world.users["owner"])[-1] == "invitation_made"


@pytest.mark.parametrize(
    ("answer", "kind"), [("approve", "claim_approved"), ("refuse", "claim_refused")]
)
def test_the_answer_to_a_claim_is_told_by_mail(
    world: World,
    answer: str,
    kind: str,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    nobody = world.user("nobody")
    nobody.email = "nobody@example.org"
    nobody.save()
    claim = Claim.objects.create(user=nobody, enterprise=world.other, statement="x")
    world.other.seats.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        getattr(claims, answer)(claim, by=world.user("jiangsu"), reason="seen")
    assert heard(nobody) == [kind]
    assert [one.to for one in mail.outbox] == [["nobody@example.org"]]
    assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize(("fails", "kind"), [(False, "run_done"), (True, "run_failed")])
def test_the_end_of_an_import_is_told_to_who_began_it(world: World, fails: bool, kind: str) -> None:
    by = world.user("county")
    run, _new = runs.begin("import", task="x", by=by)
    other, _new = runs.begin("judge", task="x", by=by)
    for one in (run, other):
        expected = pytest.raises(ZeroDivisionError) if fails else nullcontext()
        with expected, runs.working(one.pk):
            assert 1 / (0 if fails else 1) == 1
    assert heard(by) == [kind]
    told = Notification.objects.get(recipient=by)
    assert wording.of(told).text.startswith(f"Import {run.pk} has ")
    assert JobRun.objects.get(pk=run.pk).status == ("failed" if fails else "done")
