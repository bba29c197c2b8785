"""That a decision waits for the panel its round owes (评审前置条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline import ahead, routes
from cultivation.pipeline.models import Panel

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application


def scores_in(application: Application) -> str | None:
    """Hinder while the panel that the round owes at this level has not given its scores."""
    level = routes.holding_level(application)
    if application.round is None:
        return None
    if not any(duty.level == level for duty in application.round.panel_duties.all()):
        return None
    cases = ahead.panel_cases_of(application)
    case = next((one for one in cases if one.level == level), None)
    if case is None or case.panel.state != Panel.State.DRAWN:
        return _("The round asks for an expert panel at this level first; none has been drawn yet.")
    there: int = case.scored  # type: ignore[attr-defined]
    if there >= case.panel.least:
        return None
    return _("The expert panel “%(panel)s” has given %(there)s of %(least)s scores.") % {
        "panel": case.panel,
        "there": there,
        "least": case.panel.least,
    }
