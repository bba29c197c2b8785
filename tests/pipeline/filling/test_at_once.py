"""Two hands in a form at the same moment, on a database that locks rows (并发填报)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from cultivation.pipeline.filling import saving
from cultivation.pipeline.filling.saving import Wish
from cultivation.pipeline.filling.sheet import Sheet
from cultivation.pipeline.models import Application, Entry
from enterprises.registry.models import AnnualReport, Change

if TYPE_CHECKING:
    from tests.pipeline.conftest import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
REVENUE = "report:2025:revenue"
WAN = 1_000_000


def at_once(world: World, draft: Application, *hands: tuple[str, str, object, str]) -> list[str]:
    """Save in threads of their own, all from the same versions; return what became of each."""
    marks = {subject: Sheet(draft).mark(subject) for _who, subject, _value, _id in hands}
    barrier = Barrier(len(hands))

    def save(hand: tuple[str, str, object, str]) -> str:
        who, subject, value, save_id = hand
        try:
            mine, by = Application.objects.get(pk=draft.pk), world.user(who)
            barrier.wait(timeout=20)
            wish = Wish(subject, value, marks[subject])
            return saving.keep(mine, [wish], by=by, save_id=save_id)[subject].state
        finally:
            connection.close()

    with ThreadPoolExecutor(len(hands)) as pool:
        return sorted(pool.map(save, hands))


def test_saves_at_the_same_moment(world: World, draft: Application) -> None:
    same = ("owner", REVENUE, 6_100 * WAN, "a" * 32)
    assert at_once(world, draft, *[same] * 4) == ["saved"] * 4
    assert Change.objects.filter(subject="report:2025").count() == 1

    both = at_once(
        world, draft, ("owner", "answer:niche", "mine", "b" * 32),
        ("editor", "answer:niche", "yours", "c" * 32),
    )  # fmt: skip
    assert both == ["clash", "saved"]

    apart = at_once(
        world, draft, ("owner", "answer:product", "mine", "d" * 32),
        ("editor", REVENUE, 6_200 * WAN, "e" * 32),
        ("editor", "report:2025:market_share", 120_000, "f" * 32),
    )  # fmt: skip
    assert apart == ["saved"] * 3
    draft.refresh_from_db()
    report = AnnualReport.objects.get(enterprise=world.firm, year=2025)
    assert (draft.answers["product"], report.revenue, report.market_share) == (
        "mine", 6_200 * WAN, 120_000,
    )  # fmt: skip
    assert Entry.objects.filter(application=draft).count() == 4
