"""Who may stop a run (任务权限); seeing is the queryset's matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.jobs.models import JobRun


def may_cancel(run: JobRun, user: User) -> bool:
    """Tell whether a user may stop a run: who started it, or a national officer (取消权限).

    A part stops with the run that it is a part of.
    """
    if not run.is_live or run.parent_id:
        return False
    return run.started_by_id == user.pk or user.is_superuser or user.scope.level == "nation"
