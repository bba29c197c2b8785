"""Tables of the pipeline (数据表)."""

from cultivation.pipeline.models.applications import (
    LIVE,
    Application,
    CriterionReview,
    Move,
    StageChange,
    Status,
)
from cultivation.pipeline.models.invitations import Invitation

__all__ = [
    "LIVE",
    "Application",
    "CriterionReview",
    "Invitation",
    "Move",
    "StageChange",
    "Status",
]
