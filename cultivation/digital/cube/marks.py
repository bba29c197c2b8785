"""Whose figures may be others since the cube was last kept: changed rows, passing days (待更新).

Triggers mark an enterprise whenever a row that coverage depends on changes, however it is written.
Whom the day itself changes is read from the dates: titles and assessments begin and end, projects
reach a milestone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from cultivation.digital.cube.grouping import TIERS
from cultivation.digital.models import (
    CubeDay,
    CubeMark,
    MaturityAssessment,
    TransformationProject,
)
from cultivation.standards.measures import DAY, within
from enterprises.registry.marking import Watch
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    import datetime as dt

MARKS = CubeMark._meta.db_table
WATCH = Watch(
    prefix="cube_mark_of_",
    marks=MARKS,
    firms=Enterprise._meta.db_table,
    watched={
        Enterprise: (
            "id", "region_path", "size_class", "industry_id", "chain_id", "park_id", "cluster_id",
        ),
        Title: ("enterprise_id", "tier", "batch", "granted_on", "valid_to", "ended_on"),
        MaturityAssessment: (
            "enterprise_id", "way", "index_version", "level", "assessed_on", "valid_to",
        ),
        TransformationProject: ("enterprise_id", "started_on", "finished_on", "accepted_on"),
    },
    missed=f"DELETE FROM {CubeDay._meta.db_table}",  # noqa: S608 - so that it is built anew
)  # fmt: skip


def taken() -> set[int]:
    """Drop the marks there are and return whose they were; those left meanwhile stay (认领)."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {MARKS} RETURNING enterprise_id")  # noqa: S608
        return {enterprise for (enterprise,) in cursor.fetchall()}


def waiting() -> set[int]:
    """Return the enterprises with a mark (待更新企业)."""
    return set(CubeMark.objects.values_list("enterprise_id", flat=True))


def due(since: dt.date, on: dt.date) -> set[int]:
    """Return the enterprises that the days after one, up to another, may change (到期变动)."""
    if since >= on:
        return set()
    ends = within("valid_to", since - DAY, on - DAY)
    titles = Title.objects.filter(
        within("granted_on", since, on) | within("ended_on", since, on) | ends, tier__in=TIERS
    )
    assessments = MaturityAssessment.objects.filter(within("assessed_on", since, on) | ends)
    projects = TransformationProject.objects.filter(
        within("started_on", since, on)
        | within("finished_on", since, on)
        | within("accepted_on", since, on)
    )
    ids = [
        rows.order_by().values_list("enterprise_id", flat=True)
        for rows in (titles, assessments, projects)
    ]
    return set(ids[0].union(*ids[1:]))
