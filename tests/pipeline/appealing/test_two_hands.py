"""Two hands on one reconsideration at the same moment: one has it, the others are told (并发)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from cultivation.pipeline.appealing import asking, deciding
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Move, Reconsideration
from enterprises.accounts.models import Seat, User

from .conftest import answers, draft

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(*hands: Callable[[], object]) -> list[str]:
    """Do things in threads of their own; return what became of each."""
    barrier = Barrier(len(hands))

    def do(hand: Callable[[], object]) -> str:
        try:
            barrier.wait(timeout=20)
            hand()
        except MoveError:
            return "told"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(hands)) as pool:
        return list(pool.map(do, hands))


def test_begun_sent_confirmed_and_withdrawn_at_once_each_happens_once(
    world: World, application: Application
) -> None:
    owner, editor = world.user("owner"), world.user("editor")
    begun = at_once(
        lambda: asking.save(application, {}, by=owner, words="mine", version=0),
        lambda: asking.save(application, {}, by=editor, words="mine", version=0),
    )
    assert sorted(begun) == ["done", "told"]
    kept = draft(world, application)
    assert sorted(at_once(*[lambda: asking.send(kept, by=owner)] * 2)) == ["done", "told"]
    case = Reconsideration.objects.get()
    said = answers(case)
    deciding.propose(
        case, dict.fromkeys(said, True), said, by=world.user("third"), reply="You are right."
    )
    fifth = User.objects.create_user("fifth")
    Seat.objects.create(user=fifth, role="province", region=world.places["330000"])
    fourth = world.user("fourth")
    done = at_once(
        lambda: deciding.confirm(case, by=fourth),
        lambda: deciding.confirm(case, by=fifth),
        lambda: asking.withdraw(case, by=owner),
    )
    assert sorted(done) == ["done", "told", "told"]
    case.refresh_from_db()
    application.refresh_from_db()
    reopened = Move.objects.filter(name="reopen").count()
    assert reopened == (case.status == "reopened")
    assert application.status == ("at_province" if reopened else "refused")
