"""What the audit log keeps of visits (留痕)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def note_begun(visits: Iterable[Visit], *, by: User) -> None:
    """Write down that visits were begun, a record each."""
    deeds = (
        recording.Deed(
            "visit.begun",
            visit,
            after={"level": visit.level, "rule": visit.rule, "drawn": visit.listed_id is not None},
            enterprise_id=visit.application.enterprise_id,
            region_path=visit.application.region_path,
        )
        for visit in visits
    )
    recording.note_many(deeds, by=by)


def said(visit: Visit) -> dict[str, object]:
    """Return what of a plan the log keeps."""
    return {
        "state": visit.state,
        "planned_on": visit.planned_on.isoformat() if visit.planned_on else None,
        "first": visit.first_id,
        "second": visit.second_id,
    }
