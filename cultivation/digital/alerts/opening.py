"""Opening and closing alerts by what a day shows (预警开启与解除)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from cultivation.digital.alerts.measuring import findings
from cultivation.digital.cube import keeping
from cultivation.digital.models import CoverageAlert
from enterprises.audit import recording

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.alerts.measuring import Finding, Key

BATCH = 500


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of alerts did (预警检查结果)."""

    opened: int
    closed: int
    open: int


@transaction.atomic
def check(on: dt.date) -> Checked:
    """Open what a day's snapshot shows and close what it no longer does; again changes nothing.

    An alert that lasts keeps its row: its figures are those of the last day it was seen.
    """
    keeping.hold()
    found = findings(on)
    standing = {_key(alert): alert for alert in CoverageAlert.objects.open().select_for_update()}
    fresh = [_alert(key, finding, on) for key, finding in found.items() if key not in standing]
    gone = [alert.pk for key, alert in standing.items() if key not in found]
    _follow({key: alert for key, alert in standing.items() if key in found}, found)
    for start in range(0, len(gone), BATCH):
        CoverageAlert.objects.filter(pk__in=gone[start : start + BATCH]).update(closed_on=on)
    CoverageAlert.objects.bulk_create(fresh, batch_size=BATCH)
    CoverageAlert.objects.open().update(seen_on=on)
    if fresh or gone:
        recording.note(
            "coverage.alerts",
            "coverage",
            by=None,
            after={"on": on, "opened": len(fresh), "closed": len(gone)},
        )
    return Checked(opened=len(fresh), closed=len(gone), open=len(found))


def _key(alert: CoverageAlert) -> Key:
    return alert.region_id, alert.tier, alert.definition_id, alert.kind


def _alert(key: Key, finding: Finding, on: dt.date) -> CoverageAlert:
    region, tier, definition, kind = key
    return CoverageAlert(
        region_id=region,
        tier=tier,
        definition_id=definition,
        kind=kind,
        opened_on=on,
        seen_on=on,
        firms=finding.firms,
        total=finding.total,
        figures=finding.figures,
    )


def _follow(standing: dict[Key, CoverageAlert], found: dict[Key, Finding]) -> None:
    """Bring the figures of alerts that last up to date."""
    moved = []
    for key, alert in standing.items():
        now = found[key]
        if (alert.firms, alert.total, alert.figures) != (now.firms, now.total, now.figures):
            alert.firms, alert.total, alert.figures = now.firms, now.total, now.figures
            moved.append(alert)
    CoverageAlert.objects.bulk_update(moved, ["firms", "total", "figures"], batch_size=BATCH)
