"""Digital maturity, transformation projects, and coverage against 2027 (数字化转型)."""

from cultivation.digital.models.acceptance import AcceptanceItem, AcceptanceRule
from cultivation.digital.models.alerts import CoverageAlert
from cultivation.digital.models.assessing import (
    AssessmentDraft,
    DraftField,
    DraftPresence,
    LevelRule,
    LevelThreshold,
    MaturityAssessment,
)
from cultivation.digital.models.coverage import (
    CoverageDefinition,
    CoverageSnapshot,
    FormerRule,
    RequiredPath,
)
from cultivation.digital.models.cube import CubeCell, CubeDay, CubeFirm, CubeLevel, CubeMark
from cultivation.digital.models.forecasting import Forecast
from cultivation.digital.models.helping import HelpTask
from cultivation.digital.models.providing import ProviderScenario, ServiceProvider
from cultivation.digital.models.stages import LevelSnapshot, StageSnapshot
from cultivation.digital.models.targets import (
    ParkFinding,
    ParkItem,
    PilotBatch,
    PilotCity,
    Target,
    TargetFigure,
)
from cultivation.digital.models.transforming import (
    ProjectStep,
    ProjectTick,
    TransformationProject,
)

__all__ = [
    "AcceptanceItem",
    "AcceptanceRule",
    "AssessmentDraft",
    "CoverageAlert",
    "CoverageDefinition",
    "CoverageSnapshot",
    "CubeCell",
    "CubeDay",
    "CubeFirm",
    "CubeLevel",
    "CubeMark",
    "DraftField",
    "DraftPresence",
    "Forecast",
    "FormerRule",
    "HelpTask",
    "LevelRule",
    "LevelSnapshot",
    "LevelThreshold",
    "MaturityAssessment",
    "ParkFinding",
    "ParkItem",
    "PilotBatch",
    "PilotCity",
    "ProjectStep",
    "ProjectTick",
    "ProviderScenario",
    "RequiredPath",
    "ServiceProvider",
    "StageSnapshot",
    "Target",
    "TargetFigure",
    "TransformationProject",
]
