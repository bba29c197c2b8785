"""Digital maturity, transformation projects, and coverage against 2027 (数字化转型)."""

from cultivation.digital.models.assessing import MaturityAssessment
from cultivation.digital.models.coverage import CoverageDefinition, CoverageSnapshot, RequiredPath
from cultivation.digital.models.transforming import TransformationProject

__all__ = [
    "CoverageDefinition",
    "CoverageSnapshot",
    "MaturityAssessment",
    "RequiredPath",
    "TransformationProject",
]
