"""Who may change what in the form of an application (填报权限)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.pipeline.correcting.opened import NOTHING, Opened, opened
from cultivation.pipeline.models import Status

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User

OPEN = (Status.DRAFT, Status.RETURNED)


def may_fill(application: Application, user: User) -> bool:
    """Tell whether a user fills in an application now: own staff, while it is open."""
    return (
        user.is_authenticated
        and application.enterprise_id in user.scope.enterprises
        and application.status in OPEN
    )


def may_edit(application: Application, subject: str, user: User) -> bool:
    """Tell whether a field is open to a user (字段是否开放).

    `subject` is the name of a field ("answer:niche", "report:2025:revenue", "statement:own_brand"),
    of a paper ("paper:audit_report:2025") or of a criterion ("criterion:L26-3a"). In an application
    that was returned only what was sent back is open, see `correcting.opened`.
    """
    return bool(subject) and open_to(application, user).covers(subject)


def open_to(application: Application, user: User) -> Opened:
    """Return what is open to a user, for asking about many fields at once (开放范围)."""
    return opened(application) if may_fill(application, user) else NOTHING
