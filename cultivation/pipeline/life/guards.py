"""What hinders a re-check (复核的前置条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline.life import consequences
from cultivation.pipeline.models import RecheckWaiver

if TYPE_CHECKING:
    from enterprises.registry.models import Title


def recheck_hindrance(title: Title) -> str:
    """Say why the re-check of a title cannot be asked for, or nothing."""
    lost = consequences.recheck_lost(title)
    if lost is not None:
        return _("The right to a re-check of %(number)s is lost (%(clause)s).") % {
            "number": title.number,
            "clause": lost.clause,
        }
    if RecheckWaiver.objects.filter(title=title).exists():
        return _("The re-check of %(number)s was given up.") % {"number": title.number}
    return ""
