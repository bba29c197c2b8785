"""Where an enterprise stands: the next title, what is missing for it, dates to keep (企业现状)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from cultivation.pipeline import applications, checklist, titles
from cultivation.pipeline.appealing import recent
from cultivation.pipeline.calendar import sources
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import reminding
from cultivation.pipeline.models import LIVE, Application, Invitation
from cultivation.standards import explanation
from enterprises.registry.models import Enterprise, Tier

if TYPE_CHECKING:
    from cultivation.pipeline.appealing.recent import Refused
    from cultivation.pipeline.calendar.sources import Date
    from cultivation.pipeline.checklist import Missing
    from cultivation.pipeline.filling.reminding import Unsent
    from cultivation.standards.models import Edition, Verdict
    from enterprises.accounts.models import User
    from enterprises.registry.models import Title

FIRMS = 3  # in full; whoever keeps more finds the rest in the list
STEPS = 2
NAMED = 5  # criteria by name


@dataclass(frozen=True, slots=True)
class Step:
    """A title within reach and what today's facts say of it (下一梯度)."""

    tier: str
    edition: Edition
    verdict: Verdict
    missing: list[Missing]
    unmet: list[Missing]
    url: str
    ready: bool  # nothing is missing or unmet, and no application for it is under way

    @property
    def shown_missing(self) -> list[Missing]:
        return self.missing[:NAMED]

    @property
    def shown_unmet(self) -> list[Missing]:
        return self.unmet[:NAMED]

    @property
    def more(self) -> int:
        """Return how many criteria are not named."""
        return max(0, len(self.missing) - NAMED) + max(0, len(self.unmet) - NAMED)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the start page says of one enterprise (企业现状)."""

    enterprise: Enterprise
    steps: list[Step]
    applications: list[Application]
    days: list[Date]
    invitations: list[Invitation]
    unsent: list[Unsent]  # complete, and not sent
    refused: list[Refused]  # of late


def of(user: User) -> list[Standing]:
    """Return where the enterprises stand whose staff the user is (本企业)."""
    rows = Enterprise.objects.visible_to(user).filter(pk__in=user.scope.enterprises)
    ahead = [date for date in sources.dates_of(user) if date.left >= 0]
    return [
        _standing(firm, [date for date in ahead if date.enterprise_id == firm.pk])
        for firm in rows.select_related("region").order_by("pk")[:FIRMS]
    ]


def _standing(enterprise: Enterprise, days: list[Date]) -> Standing:
    live = Application.objects.filter(enterprise=enterprise, status__in=LIVE)
    under_way = list(live.select_related("enterprise"))
    held = list(titles.running(enterprise).order_by("valid_to"))
    asked = Invitation.objects.filter(enterprise=enterprise, outcome=Invitation.Outcome.OPEN)
    return Standing(
        enterprise,
        _steps(enterprise, held, under_way),
        under_way,
        days,
        list(asked.select_related("edition")),
        reminding.unsent(under_way),
        recent.refused_of(enterprise),
    )


def _steps(enterprise: Enterprise, held: list[Title], under_way: list[Application]) -> list[Step]:
    """Return the next titles not held yet; without one, the re-check of the highest held."""
    offered = applications.tiers_that_make_sense(enterprise)
    holds = {title.tier for title in held}
    ahead = [tier for tier in offered if tier not in holds][:STEPS] or offered[-1:]
    applied = {application.tier for application in under_way}
    found = [_step(enterprise, tier, applied=tier in applied) for tier in ahead]
    return [step for step in found if step is not None]


def _step(enterprise: Enterprise, tier: str, *, applied: bool) -> Step | None:
    kind = applications.kind_for(enterprise, tier)
    try:
        edition = checklist.edition_of(enterprise, tier, kind=kind)
    except MoveError:  # no edition covers this tier today
        return None
    said = explanation.explain(enterprise, edition, kind=kind, as_of=timezone.localdate())
    root: dict[str, Any] = said.as_json()
    missing, unmet = checklist.missing_figures(root), checklist.unmet_criteria(root)
    return Step(
        tier=str(Tier(tier).label),
        edition=edition,
        verdict=said.verdict,
        missing=missing,
        unmet=unmet,
        url=reverse("standards:explanation", args=[enterprise.pk, edition.code]),
        ready=not (missing or unmet or applied),
    )
