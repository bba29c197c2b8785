"""That a decision waits for the panel its round owes (评审前置条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F
from django.utils.translation import gettext as _

from cultivation.pipeline import routes
from cultivation.pipeline.models import Panel, PanelCase, PanelDuty, PanelTask

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application


def scores_in(application: Application) -> str | None:
    """Hinder while the panel that the round owes at this level has not given its scores."""
    level = routes.holding_level(application)
    if application.round_id is None:
        return None
    if not PanelDuty.objects.filter(round=application.round_id, level=level).exists():
        return None
    case = (
        PanelCase.objects.filter(application=application, level=level, void=False)
        .select_related("panel")
        .first()
    )
    if case is None or case.panel.state != Panel.State.DRAWN:
        return _("The round asks for an expert panel at this level first; none has been drawn yet.")
    there = scored(case)
    if there >= case.panel.least:
        return None
    return _("The expert panel “%(panel)s” has given %(there)s of %(least)s scores.") % {
        "panel": case.panel,
        "there": there,
        "least": case.panel.least,
    }


def scored(case: PanelCase) -> int:
    """Return how many scores of the application as it stands now a case has."""
    return PanelTask.objects.filter(
        case=case,
        state=PanelTask.State.FINAL,
        submission=F("case__application__submission"),
    ).count()
