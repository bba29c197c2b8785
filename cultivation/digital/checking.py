"""Asking for the coverage of a day to be checked in the background, and the check (覆盖检查)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital import beside, coverage, maturity
from cultivation.digital.alerts import opening, reminding, telling
from cultivation.digital.cube import keeping
from cultivation.digital.forecasting import pruning
from cultivation.digital.models import CoverageSnapshot
from enterprises.jobs import runs
from enterprises.places.models import Region

if TYPE_CHECKING:
    from cultivation.digital.cube.keeping import Compared
    from enterprises.accounts.models import User
    from enterprises.jobs.models import JobRun

CAUGHT_UP = dt.timedelta(days=31)  # nights missed before are asked for by hand
KIND, COMPARISON = "check_coverage", "compare_cube"
TASK = "cultivation.digital.tasks.check_coverage"
COMPARING = "cultivation.digital.tasks.compare_cube"


class Reports(Protocol):
    """What a run listens to; see enterprises.jobs.runs.Progress."""

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:
        """Note progress."""

    def log(self, text: str) -> None:
        """Add a line to the run's log."""


def may_check(user: User) -> bool:
    """Tell whether a user may start a check: deciding officers of nation and provinces."""
    return any(role in ("nation", "province") for _path, role in user.scope.decide_paths)


def begin(on: dt.date, *, by: User | None = None) -> tuple[JobRun, bool]:
    """Begin the check of a day, or find the live one; raise ValidationError for a future day."""
    if by is not None and not may_check(by):
        raise PermissionDenied
    coverage.refuse_future(on)
    return runs.start(KIND, task=TASK, key=str(on), params={"on": str(on)}, by=by)


def begin_due() -> list[JobRun]:
    """Begin the check of today unless it is done, and of nights that were missed (每晚检查与补检).

    A night is missed where it has no snapshot, or not all that is counted beside it, though an
    earlier one of the last 31 days has: the broker, the workers or the whole machine were down.
    """
    today = timezone.localdate()
    due = [] if runs.is_done(KIND, str(today)) else [today]
    return [begin(on)[0] for on in (*_missed(today), *due)]


def _missed(today: dt.date) -> list[dt.date]:
    first, last = (
        {
            *model._default_manager.filter(
                region__level=Region.Level.NATION, on__gte=today - CAUGHT_UP, on__lt=today
            ).values_list("on", flat=True)
        }
        for model in (CoverageSnapshot, beside.LAST)
    )
    since = min(first, default=today)
    days = [since + dt.timedelta(days=n) for n in range((today - since).days)]
    return [day for day in days if day not in first & last]


def begin_comparison() -> tuple[JobRun, bool]:
    """Begin the weekly comparison of the kept figures with those built anew (每周比对)."""
    return runs.start(COMPARISON, task=COMPARING, key=str(timezone.localdate()))


def begin_comparison_due() -> JobRun | None:
    """Begin the comparison of today unless it is done (每周比对)."""
    done = runs.is_done(COMPARISON, str(timezone.localdate()))
    return None if done else begin_comparison()[0]


def conduct(
    on: dt.date, *, progress: Reports | None = None, job: JobRun | None = None
) -> dict[str, Any]:
    """Check the coverage of a day: what a night does, and what may be done by hand (覆盖检查).

    Each step is a transaction of its own and changes nothing when done again, so a run that was
    killed is simply run anew. A past day gets its snapshot; levels, alerts, digests, reminders
    and the clearing of old forecasts belong to today.
    """
    today = on == timezone.localdate()
    lapsed = maturity.refresh_levels(on) if today else 0
    taken = coverage.take_snapshot(on, progress=progress, job=job)
    beside.take(on)
    if today:
        checked = opening.check(on)
        taken |= {
            "levels_lapsed": lapsed,
            "alerts_opened": checked.opened,
            "alerts_closed": checked.closed,
            "alerts_open": checked.open,
            "officers_told": telling.tell(on),
            "forecasts_dropped": pruning.prune(on),
            "firms_reminded": reminding.remind(
                on, report=(lambda _told: progress.report(2)) if progress else None
            ),
        }
    return taken


def compare(*, progress: Reports | None = None, job: JobRun | None = None) -> Compared:
    """Hold the kept cube against one built anew; tell those who run it of a difference (比对)."""
    today = timezone.localdate()
    found = keeping.compare(today)
    if found.apart and progress is not None:
        progress.log(
            _("Apart and mended: %(firms)s firms, %(cells)s sums, %(levels)s levels.")
            % {
                "firms": found.firms_apart,
                "cells": found.cells_apart,
                "levels": found.levels_apart,
            }
        )
    if found.apart and job is not None:
        telling.tell_of_difference(today, found, run=job.pk)
    return found


def summary(taken: dict[str, Any]) -> dict[str, Any]:
    """Return what a run shows of a snapshot: by tier, the national share of each definition."""
    shares = {
        tier: {
            code: f"{figure['transformed']} / {figure['total']}" for code, figure in figures.items()
        }
        for tier, figures in taken["national"].items()
    }
    return {**{name: value for name, value in taken.items() if name != "national"}, **shares}
