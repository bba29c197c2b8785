"""What the audit log keeps of visits (留痕)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.pipeline.models import Visit
    from enterprises.accounts.models import User


def note(
    action: str,
    visit: Visit,
    *,
    by: User,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    """Write down a deed on a visit, in its transaction."""
    recording.note(
        f"visit.{action}",
        visit,
        by=by,
        before=before,
        after=after,
        reason=reason,
        enterprise_id=visit.application.enterprise_id,
        region_path=visit.application.region_path,
    )


def said(visit: Visit) -> dict[str, object]:
    """Return what of a plan the log keeps."""
    return {
        "state": visit.state,
        "planned_on": visit.planned_on.isoformat() if visit.planned_on else None,
        "first": visit.first_id,
        "second": visit.second_id,
    }
