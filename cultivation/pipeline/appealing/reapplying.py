"""From when a refused enterprise may apply again, as far as that is known (再次申报)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline import applications, titles
from cultivation.pipeline.models import Application
from cultivation.pipeline.rounds import choosing
from cultivation.pipeline.rounds.telling import Line
from cultivation.standards.plan_pages import round_text
from cultivation.standards.windows import window_for

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.models import Round
    from cultivation.standards.models import Window


@dataclass(frozen=True, slots=True)
class Again:
    """When the enterprise may apply for the same title again (再次申报时间)."""

    kind: str
    hindrance: str  # why not now; nothing where it may at once
    rounds: list[tuple[Round, Line]] = field(default_factory=list)  # open or ahead, as published
    known: str = ""  # what notices gave, where no round is published here
    window: Window | None = None  # on which that rests
    barred_until: dt.date | None = None

    @property
    def verified(self) -> bool:
        """Tell whether the notice it rests on is sure."""
        return self.window is None or self.window.verified


def of(application: Application) -> Again:
    """Return from when the enterprise of a refused application may apply again."""
    enterprise, tier = application.enterprise, application.tier
    kind = applications.kind_for(enterprise, tier)
    reach, now = choosing.reach_of(enterprise), timezone.now()
    entries = [one for one in reach.entries(tier, kind) if not one.said(now) or one.is_ahead(now)]
    found = window_for(tier, kind, timezone.localdate(), enterprise.region_path)
    return Again(
        kind=str(Application.Kind(kind).label),
        hindrance=applications.hindrance(enterprise, tier, kind=kind, reach=reach),
        rounds=[(one.round, Line(one.span, now)) for one in entries],
        known="" if entries else round_text(found),
        window=None if entries else found.window or found.last,
        barred_until=titles.barred_until(enterprise),
    )
