"""Dates of expert panels: for who is seated, and for the office that holds one (评审日程).

An expert reads the panel's name and phase, nothing of a firm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.calendar.sources import LATELY, Date
from cultivation.pipeline.models import Panel, PanelPhase, PanelTask

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.accounts.models import User


def phases_of_expert(user: User) -> list[Date]:
    """Return when the phases close in which an expert has cases to read (专家日程)."""
    if not user.scope.expert:
        return []
    mine = PanelTask.objects.filter(member__profile__user=user, case__void=False)
    panels = mine.exclude(state=PanelTask.State.REPLACED).values("case__panel")
    rows = _phases().filter(panel__in=panels, panel__state=Panel.State.DRAWN)
    url = reverse("pipeline:panel_work")
    return [
        Date(
            f"panel:{one.panel.token}:{one.kind}:mine",
            one.closes_at,
            _("Your panel closes: %(phase)s") % {"phase": one.get_kind_display()},
            one.panel.name,
            url,
        )
        for one in rows
    ]


def phases_of_office(user: User) -> list[Date]:
    """Return when the phases of the panels that a user's offices hold open and close (评审阶段)."""
    held = Q(pk__in=[])
    for path, level in user.scope.offices:
        held |= Q(panel__region_path=path, panel__level=level)
    if not user.scope.offices:
        return []
    rows = _phases().filter(held).exclude(panel__state=Panel.State.CANCELLED)
    found = []
    for one in rows:
        url = reverse("pipeline:panel", args=[one.panel_id])
        said = {"phase": one.get_kind_display()}
        key, name = f"panel:{one.panel.token}:{one.kind}", one.panel.name
        found += [
            Date(f"{key}:opens", one.opens_at, _("Panel opens: %(phase)s") % said, name, url),
            Date(f"{key}:closes", one.closes_at, _("Panel closes: %(phase)s") % said, name, url),
        ]
    return found


def _phases() -> QuerySet[PanelPhase]:
    rows = PanelPhase.objects.filter(closes_at__gte=timezone.now() - LATELY)
    return rows.select_related("panel").order_by("closes_at", "pk")
