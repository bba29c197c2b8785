"""What is counted beside coverage for a day: the goals, the stages, the levels (覆盖之外的计数)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.digital.dashboard import levels, stages
from cultivation.digital.models import StageSnapshot
from cultivation.digital.targets import measuring

if TYPE_CHECKING:
    import datetime as dt

LAST = StageSnapshot  # what is written last, for the nation always


def take(on: dt.date) -> dict[str, int]:
    """Count and store the goals, the stages and the levels of a day; again is safe (计数)."""
    return {
        "targets": measuring.measure(on),
        "levels": levels.take(on),
        "stages": stages.take(on),
    }
