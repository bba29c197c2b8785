"""An office says that it has seen an alert, and what it does about it (预警确认)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.models import CoverageAlert
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.models import User

MOST = 1000  # characters of a note


def may_acknowledge(alert: CoverageAlert, user: User) -> bool:
    """Tell whether a user may answer an alert: officers of its region or above who may review."""
    return user.scope.reviews(alert.region.path)


def stamp(alert: CoverageAlert) -> str:
    """Return when an alert was answered last, as a page shows and sends it (答复时间)."""
    return alert.acknowledged_at.isoformat() if alert.acknowledged_at else ""


@transaction.atomic
def acknowledge(
    alert: CoverageAlert, *, by: User, note: str, seen: str | None = None
) -> CoverageAlert:
    """Note that an office has seen an open alert and what it does; a later note replaces it.

    Raises ValidationError where somebody answered since the answer of the time `seen`.
    """
    rows = CoverageAlert.objects.select_for_update(of=("self",)).select_related("region")
    locked: CoverageAlert = rows.get(pk=alert.pk)
    if not may_acknowledge(locked, by):
        raise PermissionDenied(_("Only officers of the region or above answer its alerts."))
    if not locked.is_open:
        raise ValidationError(_("The alert was closed already."))
    if seen is not None and seen != stamp(locked):
        raise ValidationError(
            {"note": _("%(user)s answered meanwhile. Look at that answer, then change it.")
             % {"user": locked.acknowledged_by}}
        )  # fmt: skip
    text = note.strip()
    if not text:
        raise ValidationError({"note": _("Say what the office makes of it.")})
    if len(text) > MOST or "\0" in text:
        raise ValidationError(
            {"note": _("A note has at most %(most)s characters, and no null characters.")
             % {"most": MOST}}
        )  # fmt: skip
    before = {"note": locked.note}
    locked.note, locked.acknowledged_by, locked.acknowledged_at = text, by, timezone.now()
    locked.save(update_fields=["note", "acknowledged_by", "acknowledged_at"])
    recording.note(
        "coverage.acknowledged",
        locked,
        by=by,
        before=before,
        after={"note": text},
        region_path=locked.region.path,
    )
    return locked
