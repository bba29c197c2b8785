"""What is counted beside coverage for a day: the goals, the stages (覆盖之外的计数)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.digital.dashboard import stages
from cultivation.digital.targets import measuring

if TYPE_CHECKING:
    import datetime as dt


def take(on: dt.date) -> dict[str, int]:
    """Count and store the goals and the stages of a day; again is safe (计数)."""
    return {"targets": measuring.measure(on), "stages": stages.take(on)}
