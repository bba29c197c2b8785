"""What owners are told of tasks, once (任务通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.notifications import kinds, notifying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.digital.models import HelpTask
    from enterprises.accounts.models import User

kinds.register(
    kinds.Kind(
        "help_tasks_given",
        _("Tasks given to you"),
        _("%(number)s tasks to help enterprises forward are yours, the first due on %(day)s."),
        audience="office",
    )
)


def given(tasks: Sequence[HelpTask], owner: User, *, by: User) -> None:
    """Tell the owner of tasks given together, each time anew, unless the owner did it."""
    if not tasks or owner.pk == by.pk:
        return
    first = min(tasks, key=lambda task: task.pk)
    notifying.notify(
        [owner],
        "help_tasks_given",
        key=f"help:{first.pk}:{first.handed}:{owner.pk}",
        url=f"{reverse('digital:help_tasks')}?mine=on&state=open",
        params={
            "number": len(tasks),
            "day": min(task.due_on for task in tasks).isoformat(),
        },
        region_path=tasks[0].enterprise.region_path,
    )
