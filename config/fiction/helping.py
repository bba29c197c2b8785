"""The forecast of the demonstration, and tasks that its officers gave themselves (预测与帮扶)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from config.fiction.words import MARK
from cultivation.digital.forecasting import making
from cultivation.digital.helping import ranking, tasks
from cultivation.digital.models import CoverageDefinition, HelpTask
from enterprises.accounts.models import User
from enterprises.registry.models import Enterprise, Tier

if TYPE_CHECKING:
    from config.fiction.building import Listener

DAYS = (14, 45, 75)  # until tasks are due


class _Told:
    """A listener that takes what a run of the house says."""

    def __init__(self, told: Listener) -> None:
        self.told = told

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:  # noqa: ARG002
        self.told.report(done, total)


def look_ahead(told: Listener) -> dict[str, int]:
    """Forecast from today, make a few tasks; return how many rows of what were made (预测)."""
    made = making.make(timezone.localdate(), progress=_Told(told))
    return {"forecasts": made["rows"], "help_tasks": give_tasks()}


def give_tasks() -> int:
    """Let the officer of the city give some tasks to that of the county; return how many (任务)."""
    city, county = (User.objects.filter(username=name).first() for name in ("city", "county"))
    definition = CoverageDefinition.objects.filter(headline=True).first()
    if city is None or county is None or definition is None:
        return 0
    number = 0
    for tier in (Tier.LITTLE_GIANT, Tier.SRDI):
        aim = tasks.Aim(tier.value, definition)
        for days, (firm, kind) in zip(DAYS, _wanted(county, aim), strict=False):
            due = timezone.localdate() + dt.timedelta(days=days)
            wish = tasks.Wish(county, due, f"先电话联系{MARK}")
            made, _before = tasks.give({firm: kind}, aim=aim, wish=wish, by=city)
            number += len(made)
    _let_one_be_late()
    return number


def _wanted(county: User, aim: tasks.Aim) -> list[tuple[int, str]]:
    """Return the firms of the county to help next, with what each lacks; the owner's own first."""
    seat = county.seats.select_related("region").get(role="county")
    assert seat.region is not None  # noqa: S101
    seen = Enterprise.objects.visible_to(county)
    found = ranking.next_firms(
        seat.region, tier=aim.tier, definition=aim.definition, limit=len(DAYS), among=seen
    )
    owner = User.objects.filter(username="owner").first()
    own = seen.filter(pk__in=owner.scope.enterprises if owner else [], tier=aim.tier)
    first = [(firm.pk, HelpTask.Kind.ON_SITE.value) for firm in own]
    return [*first, *((one.enterprise.pk, one.kind) for one in found)]


def _let_one_be_late() -> None:
    """Let the first task have been made and due before today."""
    first = HelpTask.objects.order_by("due_on", "pk").first()
    if first is not None:
        today = timezone.localdate()
        HelpTask.objects.filter(pk=first.pk).update(
            made_on=today - dt.timedelta(days=40), due_on=today - dt.timedelta(days=5)
        )
