"""Closing lists and drawing: at once for few cases, as a run for many (名单封闭与抽取任务).

A run works on the panel as it stood when it was asked for: killed and run again, after it has done
its work or after somebody else moved the panel on, it does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Panel, PanelBar, PanelTask
from cultivation.pipeline.panels import draws, pools
from enterprises.audit import recording
from enterprises.jobs import runs
from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

AT_ONCE = 300  # cases closed or drawn while the page waits
CLOSE, DRAW = "close_panel_lists", "draw_panel"
TASKS = {
    CLOSE: "cultivation.pipeline.tasks.close_panel_lists",
    DRAW: "cultivation.pipeline.tasks.draw_panel",
}
ASKED = {CLOSE: "panel.lists_asked_for", DRAW: "panel.draw_asked_for"}
GOALS = {CLOSE: Panel.State.LISTED, DRAW: Panel.State.DRAWN}


def close(panel: Panel, *, by: User) -> JobRun | None:
    """Close the lists now, or begin the run that does; MoveError where that is not possible."""
    if pools.applications(panel).count() <= AT_ONCE:
        draws.close_lists(panel, by=by)
        return None
    return _begin(CLOSE, panel, by, Panel.State.COMMITTED)


def draw(panel: Panel, *, by: User, word: str = "") -> JobRun | None:
    """Draw now, or begin the run that does; the word of the witness is noted with the asking."""
    if panel.cases.count() <= AT_ONCE:
        draws.draw(panel, by=by, word=word)
        return None
    return _begin(DRAW, panel, by, Panel.State.LISTED, word=word.strip())


def current(panel: Panel) -> JobRun | None:
    """Return the last run on a panel as it stands: under way, or one that came to nothing."""
    last: JobRun | None = JobRun.objects.filter(kind__in=TASKS, key=str(panel.pk)).first()
    if last is None or last.params.get("version") != panel.version:
        return None
    return last


@transaction.atomic
def _begin(kind: str, panel: Panel, by: User, state: str, **said: Any) -> JobRun:
    locked = draws.held(panel, by, state)
    before = JobRun.objects.filter(kind__in=TASKS, key=str(panel.pk), status__in=runs.LIVE)
    live: JobRun | None = before.first()
    if live is not None:
        return live
    params = {"panel": locked.pk, "version": locked.version, **said}
    run, _is_new = runs.start(kind, task=TASKS[kind], key=str(locked.pk), params=params, by=by)
    recording.note(ASKED[kind], locked, by=by, after=said, region_path=locked.region_path)
    return run


def work(progress: Progress) -> dict[str, Any]:
    """Do the work of a run; return what came of it, or why it could not be done (执行)."""
    run = progress.run
    panel = Panel.objects.get(pk=run.params["panel"])
    total = pools.applications(panel).count() if run.kind == CLOSE else panel.cases.count()
    progress.report(0, total, always=True)
    try:
        _take(panel, run)
    except (MoveError, PermissionDenied) as error:
        return {"refused_because": [str(error)]}
    panel.refresh_from_db()
    done = {"cases": panel.cases.count(), "barred": 0, "tasks": 0}
    done["barred"] = PanelBar.objects.filter(case__panel=panel).count()
    done["tasks"] = PanelTask.objects.filter(case__panel=panel).count()
    return {name: number for name, number in done.items() if number}


def _take(panel: Panel, run: JobRun) -> None:
    """Take the step in the name of who asked for it, if the panel is still as it was then."""
    by = run.started_by
    if by is None:
        raise PermissionDenied(_("Who asked for it is gone."))
    with transaction.atomic():
        locked = draws.held(panel, by, *Panel.State.values)
        if locked.version == run.params["version"]:
            if run.kind == CLOSE:
                draws.close_lists(locked, by=by)
            else:
                draws.draw(locked, by=by, word=str(run.params["word"]))
        elif locked.state != GOALS[run.kind]:
            raise MoveError(_("The panel was changed meanwhile; look at it and ask anew."))
