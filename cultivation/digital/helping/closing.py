"""Tasks close by themselves when the firm has got there (任务自动结束).

Run every night; a task that is closed stays so, and a second run finds nothing to do. A task made
for a firm that counted then, by an assessment that expires, asks for one that is valid for longer.
"""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import DateField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from cultivation.digital import coverage
from cultivation.digital.cube import grouping
from cultivation.digital.definitions import rule_on
from cultivation.digital.helping import telling
from cultivation.digital.models import HelpTask, MaturityAssessment, TransformationProject
from enterprises.audit import recording
from enterprises.audit.recording import Deed
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cultivation.digital.models import CoverageDefinition

State, Kind, Way = HelpTask.State, HelpTask.Kind, MaturityAssessment.Way
Groups = dict[int, tuple[int, dt.date | None]]  # by firm: group, and until when that is valid


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
        telling.ended(closed)
    return len(closed)


def _open(on: dt.date) -> QuerySet[Any]:
    """Return open tasks with what was recorded since they were made."""
    made = OuterRef("made_on")
    assessed = _assessed(on)
    projects = TransformationProject.objects.filter(enterprise=OuterRef("enterprise"))
    begun = projects.filter(started_on__gte=made, started_on__lte=on).order_by("started_on")
    accepted = projects.filter(accepted_on__gte=made, accepted_on__lte=on).order_by("accepted_on")
    lasting = assessed.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=Coalesce(OuterRef("expires_on"), made))
    )
    on_site, own = (lasting.filter(way=way)[:1] for way in (Way.ON_SITE, Way.SELF))
    rows: QuerySet[Any] = (
        HelpTask.objects.filter(state=State.OPEN, made_on__lte=on)
        .select_related("enterprise", "definition", "owner")
        .annotate(
            on_site_on=Subquery(on_site.values("assessed_on")),
            on_site_level=Subquery(on_site.values("level")),
            self_on=Subquery(own.values("assessed_on")),
            self_level=Subquery(own.values("level")),
            assessed_on=Subquery(assessed.values("assessed_on")[:1]),
            begun_on=Subquery(begun.values("started_on")[:1]),
            accepted_on=Subquery(accepted.values("accepted_on")[:1]),
        )
        .order_by("tier", "definition", "pk")
    )
    return rows


def _assessed(on: dt.date) -> QuerySet[MaturityAssessment]:
    """Return the assessments made since a task was, the first one first: on its day by the hour."""
    later = Q(assessed_on__gt=OuterRef("made_on"))
    same_day = Q(assessed_on=OuterRef("made_on"), made_at__gte=OuterRef("made_at"))
    rows = MaturityAssessment.objects.filter(later | same_day, enterprise=OuterRef("enterprise"))
    return rows.filter(assessed_on__lte=on).order_by("assessed_on", "pk")


def _groups(rows: list[Any], on: dt.date) -> dict[tuple[str, int], Groups]:
    """Return by tier and definition how each holder that has a task is counted."""
    found: dict[tuple[str, int], Groups] = {}
    for (tier, definition), some in groupby(rows, key=lambda row: (row.tier, row.definition)):
        firms = Enterprise.objects.filter(pk__in=[row.enterprise_id for row in some])
        found[tier, definition.pk] = counted(firms, definition, tier=tier, on=on)
    return found


def counted(
    among: QuerySet[Enterprise], definition: CoverageDefinition, *, tier: str, on: dt.date
) -> Groups:
    """Return the group of each holder on a day, and until when what decides is valid (口径状态)."""
    firms: QuerySet[Any] = coverage.firms(among, definition, tier=tier, on=on)
    rule = rule_on(definition, on)
    if rule.count["basis"] == "level":
        ends: Any = Subquery(grouping.assessed(rule, on).values("valid_to"))
    else:
        ends = Value(None, output_field=DateField())
    rows = firms.annotate(decides_until=ends).values_list("pk", "group", "decides_until")
    return {pk: (group, until) for pk, group, until in rows}


def _ends(row: Any, groups: dict[tuple[str, int], Groups], on: dt.date) -> bool:
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
    if row.kind == Kind.SELF and row.self_on:
        return {"code": "self", "day": str(row.self_on), "level": row.self_level}
    if row.kind == Kind.ACCEPTANCE and row.accepted_on:
        return {"code": "acceptance", "day": str(row.accepted_on)}
    if row.kind == Kind.DIAGNOSIS and (row.assessed_on or row.begun_on):
        days = [day for day in (row.assessed_on, row.begun_on) if day]
        return {"code": "diagnosis", "day": str(min(days))}
    return None


def _counts(groups: Groups, row: Any, on: dt.date) -> dict[str, Any] | None:
    """Tell whether the firm counts for longer than when the task was made, or holds no title."""
    if row.enterprise_id not in groups:
        return {"code": "no_title", "day": str(on)}
    group, until = groups[row.enterprise_id]
    if group != coverage.TRANSFORMED:
        return None
    if row.expires_on is None:
        return {"code": "transformed", "day": str(on)}
    if until is None or until > row.expires_on:
        return {"code": "renewed", "day": str(row.expires_on)}
    return None


def overdue(on: dt.date) -> Q:
    """Return the filter for open tasks that are late (逾期)."""
    return Q(state=State.OPEN, due_on__lt=on)
