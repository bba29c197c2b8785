"""What a firm reads of the tasks that its office has for it (企业所见任务)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.digital.helping.wording import FAIR
from cultivation.digital.models import HelpTask

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise


def with_firm(enterprise: Enterprise, user: User) -> list[tuple[HelpTask, str]]:
    """Return the open tasks of the user's own firm in fair words; nothing of others (企业所见)."""
    if enterprise.pk not in user.scope.enterprises:
        return []
    rows = HelpTask.objects.visible_to(user).filter(enterprise=enterprise, state="open")
    return [(row, str(FAIR[row.kind])) for row in rows]
