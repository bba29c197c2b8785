"""Time that a case was not with an office: it does not count against one (审核时限)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from cultivation.pipeline import routes
from cultivation.pipeline.rounds import windows

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from cultivation.pipeline.rounds.windows import Span

AWAY = ("returned", "refused")
STEPS = ("return", "resubmit", "hand_over", "refuse", "reopen")  # that lead there and back


def paused(application: Application) -> dt.timedelta:
    """Return how long the case was with its enterprise for correction, all returns together.

    The time from a refusal to its reopening after a reconsideration counts as well.
    """
    total, since = dt.timedelta(0), None
    steps = application.moves.filter(name__in=STEPS)
    for source, target, made_at in steps.values_list("source", "target", "made_at"):
        if target in AWAY and since is None:
            since = made_at
        elif source in AWAY and target not in AWAY and since is not None:
            total, since = total + (made_at - since), None
    return total


def office_span(application: Application) -> Span | None:
    """Return the window of the level that has the application in hand; None where it has none."""
    if application.round is None:
        return None
    level = routes.holding_level(application)
    told = windows.of_firm(
        application.round, application.enterprise_id, application.region_path
    ).get(level)
    return replace(told, paused=paused(application)) if told else None
