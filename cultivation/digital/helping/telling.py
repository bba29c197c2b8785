"""What owners are told of tasks, once (任务通知)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.notifications import kinds, notifying

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.digital.models import HelpTask
    from enterprises.accounts.models import User

WHAT: dict[str, Any] = {
    "due": _("the task is due on %(day)s now."),
    "taken": _("somebody else has the task now."),
    "done": _("the task was closed as done."),
    "dropped": _("the task was dropped."),
}


def _words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "what": str(WHAT[params["what"]]) % params}


kinds.register(
    kinds.Kind(
        "help_tasks_given",
        _("Tasks given to you"),
        _("%(number)s tasks to help enterprises forward are yours, the first due on %(day)s."),
        audience="office",
    ),
    kinds.Kind(
        "help_tasks_ended",
        _("Tasks of yours ended"),
        _("Tasks of yours that ended by themselves: %(done)s done, %(dropped)s dropped."),
        daily=True,
        audience="office",
    ),
    kinds.Kind(
        "help_task_changed",
        _("A task of yours was changed"),
        _("%(firm)s: %(what)s"),
        audience="office",
        words=_words,
    ),
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


def changed(task: HelpTask, what: str, owner: User, *, by: User) -> None:
    """Tell an owner what somebody else did to a task: `what` is one of WHAT (任务变更通知)."""
    if owner.pk == by.pk:
        return
    notifying.notify(
        [owner],
        "help_task_changed",
        key=f"help:{task.pk}:{task.handed}:{what}:{owner.pk}",
        url=reverse("digital:help_task", args=[task.pk]),
        params={"firm": task.enterprise.name, "what": what, "day": task.due_on.isoformat()},
        region_path=task.enterprise.region_path,
    )


def ended(tasks: Iterable[HelpTask]) -> None:
    """Tell owners which of their tasks ended at night, one notification each (任务自动结束通知)."""
    of_owner: dict[User, list[HelpTask]] = defaultdict(list)
    for task in tasks:
        of_owner[task.owner].append(task)
    notifying.notify_each(
        [
            notifying.Telling(
                [owner],
                key=f"help:ended:{min(task.pk for task in some)}",  # a task ends once
                url=f"{reverse('digital:help_tasks')}?mine=on",
                params={
                    state: sum(task.state == state for task in some)
                    for state in ("done", "dropped")
                },
                region_path=some[0].enterprise.region_path,
            )
            for owner, some in of_owner.items()
        ],
        "help_tasks_ended",
    )
