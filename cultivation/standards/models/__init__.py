"""Tables of the standards (数据表)."""

from cultivation.standards.models.editions import (
    Draft,
    DraftEvent,
    Edition,
    Overlay,
    Trial,
    Verdict,
    Window,
)
from cultivation.standards.models.judging import (
    Assessment,
    Judgement,
    JudgingRun,
    Replay,
    Snapshot,
    VerdictChange,
)
from cultivation.standards.models.planning import Plan, Scenario

__all__ = [
    "Assessment",
    "Draft",
    "DraftEvent",
    "Edition",
    "Judgement",
    "JudgingRun",
    "Overlay",
    "Plan",
    "Replay",
    "Scenario",
    "Snapshot",
    "Trial",
    "Verdict",
    "VerdictChange",
    "Window",
]
