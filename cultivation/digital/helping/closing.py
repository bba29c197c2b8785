"""Tasks close by themselves when the firm has got there (任务自动结束).

Run every night; a task that is closed stays so, and a second run finds nothing to do.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from cultivation.digital import coverage
from cultivation.digital.models import HelpTask, MaturityAssessment, TransformationProject
from enterprises.audit import recording
from enterprises.audit.recording import Deed
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

State, Kind = HelpTask.State, HelpTask.Kind


def close_reached(on: dt.date) -> int:
    """Close the open tasks whose firm is where they wanted it; return how many (自动结束)."""
    with transaction.atomic():
        rows = list(_open(on).select_for_update(of=("self",)))
        groups = _groups(rows, on)
        closed = [row for row in rows if _ends(row, groups, on)]
        HelpTask.objects.bulk_update(closed, ["state", "closed_on", "reason"], batch_size=500)
        recording.note_many(
            [
                Deed("help.reached", row, {"state": State.OPEN},
                     {"state": row.state, **row.reason}, "", row.enterprise_id,
                     row.enterprise.region_path)
                for row in closed
            ],
            by=None,
        )  # fmt: skip
    return len(closed)


def _open(on: dt.date) -> QuerySet[Any]:
    """Return open tasks with what was recorded since they were made."""
    since = {"enterprise": OuterRef("enterprise")}
    made = OuterRef("made_on")
    assessed = MaturityAssessment.objects.filter(**since, assessed_on__gte=made)
    on_site = assessed.filter(way=MaturityAssessment.Way.ON_SITE, assessed_on__lte=on)
    projects = TransformationProject.objects.filter(**since)
    begun = projects.filter(started_on__gte=made, started_on__lte=on).order_by("started_on")
    accepted = projects.filter(accepted_on__gte=made, accepted_on__lte=on).order_by("accepted_on")
    rows: QuerySet[Any] = (
        HelpTask.objects.filter(state=State.OPEN, made_on__lte=on)
        .select_related("enterprise", "definition")
        .annotate(
            on_site_on=Subquery(on_site.order_by("assessed_on").values("assessed_on")[:1]),
            on_site_level=Subquery(on_site.order_by("assessed_on").values("level")[:1]),
            assessed_on=Subquery(
                assessed.filter(assessed_on__lte=on)
                .order_by("assessed_on")
                .values("assessed_on")[:1]
            ),
            begun_on=Subquery(begun.values("started_on")[:1]),
            accepted_on=Subquery(accepted.values("accepted_on")[:1]),
        )
        .order_by("tier", "definition", "pk")
    )
    return rows


def _groups(rows: list[Any], on: dt.date) -> dict[tuple[str, int], dict[int, int]]:
    """Return by tier and definition the group of each holder that has a task."""
    found: dict[tuple[str, int], dict[int, int]] = {}
    for (tier, definition), some in groupby(rows, key=lambda row: (row.tier, row.definition)):
        firms = Enterprise.objects.filter(pk__in=[row.enterprise_id for row in some])
        counted: QuerySet[Any] = coverage.firms(firms, definition, tier=tier, on=on)
        found[tier, definition.pk] = dict(counted.values_list("pk", "group"))
    return found


def _ends(row: Any, groups: dict[tuple[str, int], dict[int, int]], on: dt.date) -> bool:
    """Note on a task why it ends, where it does."""
    reason = _reached(row) or _counts(groups[row.tier, row.definition_id], row, on)
    if reason is None:
        return False
    row.state = State.DROPPED if reason["code"] == "no_title" else State.DONE
    row.closed_on, row.reason = on, reason
    return True


def _reached(row: Any) -> dict[str, Any] | None:
    if row.kind == Kind.ON_SITE and row.on_site_on:
        return {"code": "on_site", "day": str(row.on_site_on), "level": row.on_site_level}
    if row.kind == Kind.ACCEPTANCE and row.accepted_on:
        return {"code": "acceptance", "day": str(row.accepted_on)}
    if row.kind == Kind.DIAGNOSIS and (row.assessed_on or row.begun_on):
        days = [day for day in (row.assessed_on, row.begun_on) if day]
        return {"code": "diagnosis", "day": str(min(days))}
    return None


def _counts(groups: dict[int, int], row: Any, on: dt.date) -> dict[str, Any] | None:
    """Tell whether the firm counts, or holds no title any more."""
    group = groups.get(row.enterprise_id)
    if group is None:
        return {"code": "no_title", "day": str(on)}
    # A firm whose assessment expires counts already: its task is to keep it so.
    if group == coverage.TRANSFORMED and row.kind != Kind.ON_SITE:
        return {"code": "transformed", "day": str(on)}
    return None


def overdue(on: dt.date) -> Q:
    """Return the filter for open tasks that are late (逾期)."""
    return Q(state=State.OPEN, due_on__lt=on)
