"""Digital maturity, transformation projects, and coverage against 2027 (数字化转型)."""

from cultivation.digital.models.alerts import CoverageAlert
from cultivation.digital.models.assessing import MaturityAssessment
from cultivation.digital.models.coverage import (
    CoverageDefinition,
    CoverageSnapshot,
    FormerRule,
    RequiredPath,
)
from cultivation.digital.models.cube import CubeCell, CubeDay, CubeFirm, CubeLevel, CubeMark
from cultivation.digital.models.stages import StageSnapshot
from cultivation.digital.models.targets import (
    ParkFinding,
    ParkItem,
    PilotBatch,
    PilotCity,
    Target,
    TargetFigure,
)
from cultivation.digital.models.transforming import TransformationProject

__all__ = [
    "CoverageAlert",
    "CoverageDefinition",
    "CoverageSnapshot",
    "CubeCell",
    "CubeDay",
    "CubeFirm",
    "CubeLevel",
    "CubeMark",
    "FormerRule",
    "MaturityAssessment",
    "ParkFinding",
    "ParkItem",
    "PilotBatch",
    "PilotCity",
    "RequiredPath",
    "StageSnapshot",
    "Target",
    "TargetFigure",
    "TransformationProject",
]
