"""What waits for an office, an expert or an auditor, counted and with its first rows (待办)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext as _

from cultivation.digital import coverage
from cultivation.digital.models import CoverageAlert
from cultivation.digital.overview import Overview, home
from cultivation.pipeline.models import Application
from cultivation.standards import drafting
from cultivation.standards.models import Replay
from enterprises.accounts.models import Claim, PersonalDataReading
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise, Stage, StagedImport, Tier

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope
    from enterprises.places.models import Region

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Stat:
    """A number with its name and where it leads (数字卡片)."""

    label: str
    value: int
    url: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows that wait, the first of them, and how many there are (待办一类)."""

    rows: list[Any]
    count: int


def _pile(rows: QuerySet[Any]) -> Pile:
    first = list(rows[: SHOWN + 1])
    count = rows.count() if len(first) > SHOWN else len(first)
    return Pile(first[:SHOWN], count)


def applications(user: User) -> Pile:
    """Return the applications whose next step is this user's, the oldest first (待审申报)."""
    rows = Application.objects.waiting_for(user).exclude(enterprise_id__in=user.scope.enterprises)
    return _pile(rows.select_related("enterprise__region").order_by("submitted_at", "pk"))


def claims(user: User) -> Pile:
    """Return the open claims this user may answer, the oldest first (待批认领)."""
    rows = Claim.objects.waiting_for(user)
    return _pile(rows.select_related("enterprise", "user").order_by("pk"))


def alerts(user: User) -> Pile:
    """Return the open alerts of coverage that nobody answered, widest regions first (覆盖预警)."""
    rows = CoverageAlert.objects.visible_to(user).open().filter(acknowledged_at=None)
    wide = rows.annotate(depth=Length("region__path")).order_by("depth", "region__code", "pk")
    return _pile(wide.select_related("region", "definition"))


def drafts(user: User) -> Pile:
    """Return the drafts of standards that this user may approve, the oldest first (待审批草案)."""
    return _pile(drafting.awaiting(user).defer("text", "cases", "base__text", "base__cases"))


def imports(user: User) -> list[StagedImport]:
    """Return the user's last imports (近期导入)."""
    return list(StagedImport.objects.filter(made_by=user)[:SHOWN])


def runs(user: User) -> list[JobRun]:
    """Return the live runs in sight (进行中的任务)."""
    rows = JobRun.objects.visible_to(user).live().select_related("started_by")
    return list(rows.defer("log", "params", "result")[:SHOWN])


def readings(user: User) -> list[PersonalDataReading]:
    """Return the last readings of personal data an auditor watches (查阅记录)."""
    rows = PersonalDataReading.objects.visible_to(user).select_related("user", "enterprise")
    return list(rows[:SHOWN])


def drifted(user: User) -> Replay | None:
    """Return the last replay where something came out otherwise, for who may see it (重演差异)."""
    rows = Replay.objects.visible_to(user).filter(finished_at__isnull=False)
    last = rows.defer("drift").first()
    return last if last and last.drifted else None


def ladder(user: User) -> list[Stat]:
    """Return how many enterprises in sight stand at each stage, and hold the top tiers (梯度)."""
    counts = {stage.value: Count("pk", filter=Q(stage=stage)) for stage in Stage}
    counts["little_giant"] = Count("pk", filter=Q(tier=Tier.LITTLE_GIANT))
    found = Enterprise.objects.visible_to(user).order_by().aggregate(**counts)
    url = reverse("registry:list")
    stats = [
        Stat(str(stage.label), found[stage.value], f"{url}?stage={stage.value}") for stage in Stage
    ]
    giants = Stat(_("Little giants"), found["little_giant"], f"{url}?tier={Tier.LITTLE_GIANT}")
    return [*stats, giants]


def region_of(scope: Scope) -> Region | None:
    """Return the region of the user's widest office or audit (本地区)."""
    return home(scope)


def coverage_of(region: Region) -> list[dict[str, Any]]:
    """Return the newest coverage of a region by tier, where it was ever counted (覆盖情况)."""
    found = []
    for tier in coverage.TIERS:
        view = Overview(region, tier=tier)
        if view.figure is not None:
            found.append(
                {
                    "tier": Tier(tier).label,
                    "figure": view.figure,
                    "definition": view.definition,
                    "url": f"{reverse('digital:coverage')}?tier={tier}",
                }
            )
    return found
