"""Tables of the pipeline (数据表)."""

from cultivation.pipeline.models.appeals import (
    ContestedPoint,
    MoreTimeRequest,
    Reconsideration,
    ReconsiderationStep,
)
from cultivation.pipeline.models.applications import (
    LIVE,
    Application,
    CriterionReview,
    Move,
    StageChange,
    Status,
)
from cultivation.pipeline.models.calendar import CalendarFeed
from cultivation.pipeline.models.corrections import (
    Correction,
    CorrectionExtension,
    CorrectionItem,
)
from cultivation.pipeline.models.experts import ExpertProfile, ExpertTie, ProfileReading
from cultivation.pipeline.models.filling import Entry, Evidence, Presence
from cultivation.pipeline.models.invitations import Invitation
from cultivation.pipeline.models.life import (
    Consequence,
    MajorChange,
    RecheckWaiver,
    Relation,
    YearlyUpdate,
)
from cultivation.pipeline.models.notices import (
    ListedTitle,
    Notice,
    NoticeEntry,
    Objection,
    ObjectionFile,
    ObjectionStep,
    PublishedList,
)
from cultivation.pipeline.models.panels import (
    Panel,
    PanelBar,
    PanelCase,
    PanelDraw,
    PanelDuty,
    PanelMember,
    PanelPhase,
)
from cultivation.pipeline.models.places import Handover, QuotaPlace
from cultivation.pipeline.models.reasons import Reason
from cultivation.pipeline.models.releases import Ending, Proposal, Release
from cultivation.pipeline.models.reviewing import Assignment, Reviewed
from cultivation.pipeline.models.rounds import (
    Extension,
    IntakeRule,
    Quota,
    Round,
    RoundWindow,
    RouteRule,
    WindowLevel,
)
from cultivation.pipeline.models.rubrics import Rubric, RubricLine
from cultivation.pipeline.models.scores import (
    CaseDocument,
    CaseRemark,
    PanelTask,
    Replacement,
    TaskVersion,
)
from cultivation.pipeline.models.visit_draws import VisitDraw, VisitListed
from cultivation.pipeline.models.visits import (
    Visit,
    VisitComment,
    VisitFile,
    VisitRecord,
    VisitRecusal,
    VisitRuleUse,
)

__all__ = [
    "LIVE",
    "Application",
    "Assignment",
    "CalendarFeed",
    "CaseDocument",
    "CaseRemark",
    "Consequence",
    "ContestedPoint",
    "Correction",
    "CorrectionExtension",
    "CorrectionItem",
    "CriterionReview",
    "Ending",
    "Entry",
    "Evidence",
    "ExpertProfile",
    "ExpertTie",
    "Extension",
    "Handover",
    "IntakeRule",
    "Invitation",
    "ListedTitle",
    "MajorChange",
    "MoreTimeRequest",
    "Move",
    "Notice",
    "NoticeEntry",
    "Objection",
    "ObjectionFile",
    "ObjectionStep",
    "Panel",
    "PanelBar",
    "PanelCase",
    "PanelDraw",
    "PanelDuty",
    "PanelMember",
    "PanelPhase",
    "PanelTask",
    "Presence",
    "ProfileReading",
    "Proposal",
    "PublishedList",
    "Quota",
    "QuotaPlace",
    "Reason",
    "RecheckWaiver",
    "Reconsideration",
    "ReconsiderationStep",
    "Relation",
    "Release",
    "Replacement",
    "Reviewed",
    "Round",
    "RoundWindow",
    "RouteRule",
    "Rubric",
    "RubricLine",
    "StageChange",
    "Status",
    "TaskVersion",
    "Visit",
    "VisitComment",
    "VisitDraw",
    "VisitFile",
    "VisitListed",
    "VisitRecord",
    "VisitRecusal",
    "VisitRuleUse",
    "WindowLevel",
    "YearlyUpdate",
]
