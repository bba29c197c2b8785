"""What rounds hold up: an application or an office outside its window, a full quota (批次约束)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.models import Status
from cultivation.pipeline.rounds import choosing, clock, quotas

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application


def company_window(application: Application) -> str | None:
    """Hinder where applications come in rounds and none takes this one now.

    A case returned for correction comes back by its own due date, whatever the window.
    """
    if application.status != Status.DRAFT and application.taken_in is None:
        return None
    return choosing.intake_of(application).hindrance or None


def office_window(application: Application) -> str | None:
    """Hinder an office before its window opens and after it closed (审核时段)."""
    span = clock.office_span(application)
    said = span.said(application.moment or timezone.now()) if span else ""
    if not span or not said:
        return None
    return _("The window of the %(level)s in round “%(round)s” is not open: %(why)s.") % {
        "level": span.label,
        "round": application.round,
        "why": said,
    }


def place_left(application: Application) -> str | None:
    """Hinder a recommendation where a quota of the region has no place left (名额)."""
    full = next((one for one in quotas.crossed(application) if not one.left), None)
    return quotas.full(full) if full else None
