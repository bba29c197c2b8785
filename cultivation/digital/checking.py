"""Asking for the coverage of a day to be checked in the background (发起覆盖检查)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from cultivation.digital import coverage
from enterprises.jobs import runs

if TYPE_CHECKING:
    import datetime as dt

    from enterprises.accounts.models import User
    from enterprises.jobs.models import JobRun

KIND = "check_coverage"
TASK = "cultivation.digital.tasks.check_coverage"


def may_check(user: User) -> bool:
    """Tell whether a user may start a check: deciding officers of nation and provinces."""
    return any(role in ("nation", "province") for _path, role in user.scope.decide_paths)


def begin(on: dt.date, *, by: User | None = None) -> tuple[JobRun, bool]:
    """Begin the check of a day, or find the live one; raise ValidationError for a future day."""
    if by is not None and not may_check(by):
        raise PermissionDenied
    coverage.refuse_future(on)
    return runs.start(KIND, task=TASK, key=str(on), params={"on": str(on)}, by=by)


def summary(taken: dict[str, Any]) -> dict[str, Any]:
    """Return what a run shows of a snapshot: by tier, the national share of each definition."""
    shares = {
        tier: {
            code: f"{figure['transformed']} / {figure['total']}" for code, figure in figures.items()
        }
        for tier, figures in taken["national"].items()
    }
    return {"on": taken["on"], "rows": taken["rows"], **shares}
