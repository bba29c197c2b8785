"""An application as it stood at the end of a day, by its steps (申报历史时点)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cultivation.pipeline.models import Status
from enterprises.registry.past import end_of

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.models import Application, Move
    from cultivation.standards.models import Judgement


@dataclass(frozen=True, slots=True)
class Then:
    """Where an application stood, and what it rested on (时点状态)."""

    begun: bool
    status: Status
    moves: list[Move]
    judgement: Judgement | None  # kept with the last submission by then


def as_of(application: Application, on: dt.date) -> Then:
    """Return an application as it stood at the end of a day."""
    end = end_of(on)
    rows = application.moves.filter(made_at__lt=end).select_related("made_by", "judgement__edition")
    moves = list(rows)
    sent = [one for one in moves if one.name in {"submit", "resubmit"} and one.judgement]
    return Then(
        begun=application.created_at < end,
        status=Status(moves[-1].target) if moves else Status.DRAFT,
        moves=moves,
        judgement=sent[-1].judgement if sent else None,
    )
