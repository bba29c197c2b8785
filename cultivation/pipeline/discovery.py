"""Enterprises that qualify for a title but have not applied: the worklist (主动发现).

They are found by the verdicts of the last run, by the same editions as everybody; the standards are
not lowered for anybody (2026 Measures).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language

from cultivation.pipeline.models import LIVE, Application, Invitation
from cultivation.pipeline.stages import BAR_YEARS, LADDER, ORDER
from cultivation.standards import editions
from cultivation.standards.evaluation import requirements
from cultivation.standards.models import Assessment, Verdict
from cultivation.standards.policy import Case as Situation
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.models import Edition
    from cultivation.standards.policy import Policy
    from enterprises.accounts.models import User

KIND = Assessment.Kind.RECOGNITION
STEP = 1_000_000  # hundredths of a point between two verdicts in the order
QUALIFY = Q(verdict__gte=Verdict.MANUAL)  # nothing is unmet or unknown (符合条件)
NEAR = Q(verdict__lt=Verdict.MANUAL) & (  # exactly one requirement is short (仅差一项)
    Q(unmet=1, unknown=0) | Q(unmet=0, unknown=1)
)


@dataclass(frozen=True, slots=True)
class Target:
    """A tier with the edition by which new applications are judged now (目标梯度)."""

    tier: str
    edition: Edition
    policy: Policy

    @property
    def line(self) -> int:
        """Return the points that the edition asks for, in hundredths; nought where it asks none."""
        scored = (c for c in self.policy.root.walk() if c.line and c.need in {"sum", "best"})
        return next((int(c.line.threshold) for c in scored if c.line), 0)  # type: ignore[arg-type]


def targets(on: dt.date | None = None) -> list[Target]:
    """Return the tiers that can be applied for anew today, each with its editions (适用标准)."""
    return [
        Target(edition.tier, edition, policy)
        for edition, policy, kind in editions.in_force(on or timezone.localdate())
        if kind == KIND
    ]


def candidates(user: User, *, aims: Sequence[Target] | None = None) -> QuerySet[Any]:
    """Return the verdicts on enterprises in sight that could apply anew and have not (候选企业).

    They hold what the tier builds on and neither the title nor a higher one, no application for it
    is under way, and no revocation bars them. Annotated: `sureness` to sort by, `asked` the outcome
    of the last invitation.
    """
    aims = targets() if aims is None else aims
    return _ordered(
        Assessment.objects.visible_to(user)
        .filter(_fitting(aims), kind=KIND)
        .exclude(Exists(_under_way()))
        .exclude(Exists(_revoked(timezone.localdate()))),
        aims,
    )


@dataclass(frozen=True, slots=True)
class Short:
    """The requirement that is missing (所差条件)."""

    code: str
    label_zh: str
    label_en: str
    verdict: Verdict

    @property
    def label(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.label_en if english else self.label_zh


def short_of(row: Assessment, policy: Policy, *, on: dt.date) -> Short | None:
    """Return the first requirement that a verdict says is unmet or unknown."""
    said = dict(zip(policy.order, row.verdicts, strict=False))
    standard = policy.standard(Situation(row.kind, on, row.enterprise.region_path))
    for one in requirements(standard):
        if said.get(one.code) in {"0", "1"}:
            return Short(one.code, one.label_zh, one.label_en, Verdict(int(said[one.code])))
    return None


def tiers_below(tier: str) -> list[str]:
    """Return the highest titles from which a tier is applied for; none is an empty text."""
    rung = LADDER[Tier(tier)]
    below = ["", *(str(lower) for lower in ORDER[: ORDER.index(rung.tier)])]
    return [held for held in below if all(held in group for group in rung.needs)]


def free_since(today: dt.date) -> dt.date:
    """Return the last day of a revocation that no longer bars."""
    try:
        return today.replace(year=today.year - BAR_YEARS)
    except ValueError:  # 29 February
        return dt.date(today.year - BAR_YEARS, 2, 28)


def _fitting(aims: Sequence[Target]) -> Q:
    found = Q(pk__in=[])
    for aim in aims:
        found |= Q(edition=aim.edition, enterprise__tier__in=tiers_below(aim.tier))
    return found


def _under_way() -> QuerySet[Application]:
    return Application.objects.filter(
        enterprise=OuterRef("enterprise"), tier=OuterRef("edition__tier"), status__in=LIVE
    )


def _revoked(today: dt.date) -> QuerySet[Title]:
    return Title.objects.filter(
        enterprise=OuterRef("enterprise"),
        end_kind=Title.End.REVOKED,
        ended_on__gt=free_since(today),
    )


def _ordered(rows: QuerySet[Assessment], aims: Sequence[Target]) -> QuerySet[Assessment]:
    lines: Any = Case(
        *(When(edition=aim.edition, then=Value(aim.line)) for aim in aims if aim.line),
        default=Value(0),
        output_field=IntegerField(),
    )
    last = Invitation.objects.filter(
        enterprise=OuterRef("enterprise"), tier=OuterRef("edition__tier")
    ).order_by("-pk")
    return rows.annotate(
        sureness=F("verdict") * STEP + Coalesce(F("score_low") - lines, Value(0)),
        asked=Coalesce(Subquery(last.values("outcome")[:1]), Value("")),
    )
