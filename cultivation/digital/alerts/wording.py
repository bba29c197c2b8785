"""An alert in a sentence (预警措辞)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.digital.models import CoverageAlert

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = CoverageAlert.Kind


def said(alert: CoverageAlert) -> str:
    """Return what an alert says, with the figures of the last day it was seen."""
    return SAYING[Kind(alert.kind)](alert)


def _behind(alert: CoverageAlert) -> str:
    return _(
        "%(transformed)s of %(total)s transformed where the path asks for %(asked)s: "
        "%(firms)s missing."
    ) % {
        "transformed": f"{alert.figures['transformed']:,}",
        "total": f"{alert.total:,}",
        "asked": f"{alert.figures['transformed'] + alert.firms:,}",
        "firms": f"{alert.firms:,}",
    }


def _stalled(alert: CoverageAlert) -> str:
    return _(
        "%(now)s transformed, %(then)s on %(since)s: no progress, and %(firms)s left for the goal."
    ) % {
        "now": f"{alert.figures['transformed']:,}",
        "then": f"{alert.figures['then']:,}",
        "since": date_format(dt.date.fromisoformat(alert.figures["since"]), "Y-m-d"),
        "firms": f"{alert.firms:,}",
    }


def _stale(alert: CoverageAlert) -> str:
    return _("%(firms)s of %(total)s assessments that decide are older than %(months)s months.") % {
        "firms": f"{alert.firms:,}",
        "total": f"{alert.total:,}",
        "months": settings.COVERAGE_STALE_MONTHS,
    }


def _expiring(alert: CoverageAlert) -> str:
    return _(
        "%(firms)s of %(total)s firms count as transformed by an assessment that expires within "
        "%(days)s days."
    ) % {
        "firms": f"{alert.firms:,}",
        "total": f"{alert.total:,}",
        "days": settings.COVERAGE_EXPIRING_DAYS,
    }


SAYING: dict[Kind, Callable[[CoverageAlert], str]] = {
    Kind.BEHIND: _behind,
    Kind.STALLED: _stalled,
    Kind.STALE: _stale,
    Kind.EXPIRING: _expiring,
}
