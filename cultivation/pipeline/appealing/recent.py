"""Refusals of late, for the start page of an enterprise's staff (近期不予通过)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline.appealing import limits
from cultivation.pipeline.models import Application, Reconsideration, Status

if TYPE_CHECKING:
    from cultivation.pipeline.appealing.limits import Limit
    from enterprises.registry.models import Enterprise

LATELY = dt.timedelta(days=90)
MOST = 3


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal of late, and how its reconsideration stands (近期不予通过)."""

    application: Application
    limit: Limit
    case: Reconsideration | None
    may_ask: bool


def refused_of(enterprise: Enterprise) -> list[Refused]:
    """Return the refusals of late of an enterprise, the last first."""
    rows = Application.objects.filter(
        enterprise=enterprise,
        status=Status.REFUSED,
        held_since__gte=timezone.now() - LATELY,
    )
    found = []
    for application in rows.order_by("-held_since", "-pk")[:MOST]:
        refusal = limits.last_refusal(application)
        if refusal is None:
            continue
        case = Reconsideration.objects.filter(refusal=refusal).first()
        limit = limits.of(refusal)
        said = limits.hindrance(application, refusal, limit, case)
        found.append(Refused(application, limit, case, may_ask=not said))
    return found
