"""What an expert may do and see now: phases are switches with a date (评审阶段)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline.models import PanelPhase

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.models import Panel, PanelTask

Kind, Others = PanelPhase.Kind, PanelPhase.Others


@dataclass(frozen=True, slots=True)
class Sight:
    """What a phase lets an expert see and do with a task (权限)."""

    phase: PanelPhase
    declares: bool
    scores: bool
    discusses: bool
    sees_firm: bool
    sees_experts: bool
    sees_others: bool


def current(panel: Panel, *, at: dt.datetime | None = None) -> PanelPhase | None:
    """Return the phase that is open; nothing before, between and after them."""
    now = at or timezone.now()
    return next(
        (one for one in panel.phases.all() if one.opens_at <= now < one.closes_at),
        None,
    )


def closed(panel: Panel) -> bool:
    """Tell whether the last phase of a drawn panel is over (评审结束)."""
    last = max((one.closes_at for one in panel.phases.all()), default=None)
    return panel.state == panel.State.DRAWN and last is not None and last <= timezone.now()


def sight(task: PanelTask, phase: PanelPhase) -> Sight:
    """Return what a phase allows with a task."""
    mine = task.state == task.State.FINAL
    clear = task.declared == task.Declared.CLEAR
    return Sight(
        phase=phase,
        declares=task.state in {task.State.OPEN, task.State.KEPT, task.State.FINAL},
        scores=clear and phase.kind in {Kind.SCORE, Kind.DISCUSS},
        discusses=clear and phase.kind == Kind.DISCUSS,
        sees_firm=not phase.hide_firm,
        sees_experts=not phase.hide_experts,
        sees_others=clear
        and (phase.others == Others.ALWAYS or (phase.others == Others.AFTER_MINE and mine)),
    )
