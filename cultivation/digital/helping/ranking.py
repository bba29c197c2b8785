"""Which firms are the fewest steps from counting as transformed (帮扶排序).

There is no score. Firms come by what is missing, least first; within that by levels missing, then
by points missing, then by name; each of these is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, IsNull
from django.utils import timezone

from cultivation.digital import coverage, index, maturity
from cultivation.digital.cube import grouping
from cultivation.digital.forecasting import reading
from cultivation.digital.helping import needs
from cultivation.digital.models import HelpTask, TransformationProject
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.digital.helping.needs import Needs
    from cultivation.digital.models import CoverageDefinition
    from enterprises.places.models import Region

# What is missing, least first.
ASSESSMENT, ACCEPTANCE, RENEWAL, PROJECT, LEVEL, LEVELS, BEGUN, NOTHING = range(8)
SOON = dt.timedelta(days=90)
UNKNOWN_POINTS = 99_999  # only a level was entered: such firms come after those with a score
STEP, A_LEVEL = 10_000_000, 1_000_000  # of the order: step, levels missing, points missing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A firm with what it lacks, as the list shows it (待帮扶企业)."""

    enterprise: Enterprise
    step: int
    level: int | None  # under the definition; None is not assessed
    any_level: int | None  # by any valid assessment
    levels_missing: int | None
    points_missing: int | None  # hundredths
    chance: int | None  # ppm, of counting within a year, of firms in this state
    needs: Needs | None
    has_project: bool
    finished_on: dt.date | None
    assessment_ends: dt.date | None
    title_ends: dt.date | None
    tasks: int  # open ones
    kind: str  # of the task that helps first
    providers: tuple[str, ...] = ()  # who could serve what is missing


def kind_for(step: int, definition: CoverageDefinition) -> str:
    """Return the kind of task that a step asks for first (任务类别)."""
    kinds = {
        ACCEPTANCE: HelpTask.Kind.ACCEPTANCE,
        LEVEL: HelpTask.Kind.SCENARIO,
        LEVELS: HelpTask.Kind.SCENARIO,
    }
    if step in (ASSESSMENT, RENEWAL) and "on_site" in definition.count.get("ways", ()):
        return HelpTask.Kind.ON_SITE.value
    return str(kinds.get(step, HelpTask.Kind.DIAGNOSIS).value)


def next_firms(
    region: Region,
    *,
    tier: str,
    definition: CoverageDefinition,
    limit: int = 20,
    among: QuerySet[Enterprise] | None = None,
) -> list[Candidate]:
    """Return the firms of a region to help next (下一步帮扶企业).

    `among` narrows to what somebody may see; without it all firms of the region are meant.
    """
    seen = Enterprise.objects.all() if among is None else among
    rows = ranked(seen, region, tier=tier, definition=definition).order_by("order", "pk")
    return candidates(rows[:limit], region, tier=tier, definition=definition)


def ranked(
    among: QuerySet[Enterprise],
    region: Region,
    *,
    tier: str,
    definition: CoverageDefinition,
) -> QuerySet[Any]:
    """Return the firms that do not count, or soon no longer, with their `order` (排序查询)."""
    on = timezone.localdate()
    count = definition.count
    inside = among.filter(region_path__startswith=region.path)
    rows: QuerySet[Any] = coverage.firms(inside, definition, tier=tier, on=on)
    rows = rows.annotate(**_dated(definition, tier, on))
    lacking = ~Q(group=coverage.TRANSFORMED)
    if "at_least" in count:
        lacking |= Q(assessment_ends__lte=on + SOON)
    rows = rows.filter(lacking)
    rows = rows.annotate(
        step=_step(definition),
        levels_missing=_lacking(Coalesce(F("own_level"), F("any_level")), count.get("at_least")),
        points_missing=_lacking(F("newest_score"), _score(definition)),
    )
    points = Coalesce(F("points_missing"), Value(UNKNOWN_POINTS))
    found: QuerySet[Any] = rows.annotate(
        order=F("step") * STEP + Coalesce(F("levels_missing"), Value(9)) * A_LEVEL + points
    )
    return found


def candidates(
    rows: Iterable[Any], region: Region, *, tier: str, definition: CoverageDefinition
) -> list[Candidate]:
    """Return ranked rows with their needs and chances (企业明细)."""
    found = list(rows)
    said = reading.latest(region, tier=tier, definition=definition)
    climbs = said.climbs if said else []
    target = definition.count.get("at_least")
    wanted = needs.of([row.newest for row in found if row.newest], target) if target else {}
    serving = needs.serving({row.pk: (row, wanted.get(row.newest)) for row in found})
    return [
        replace(
            _candidate(row, climbs, wanted.get(row.newest), definition),
            providers=serving.get(row.pk, ()),
        )
        for row in found
    ]


def _candidate(
    row: Any, climbs: list[int], wanted: Needs | None, definition: CoverageDefinition
) -> Candidate:
    state = row.group if row.own_level is None else row.own_level + 1
    return Candidate(
        enterprise=row,
        step=row.step,
        level=row.own_level,
        any_level=row.any_level,
        levels_missing=row.levels_missing,
        points_missing=row.points_missing,
        chance=climbs[state] if state < len(climbs) else None,
        needs=wanted,
        has_project=row.has_project,
        finished_on=row.project_finished_on,
        assessment_ends=row.assessment_ends,
        title_ends=row.title_ends,
        tasks=row.tasks,
        kind=kind_for(row.step, definition),
    )


def _dated(definition: CoverageDefinition, tier: str, on: dt.date) -> dict[str, Any]:
    """Return what is read of each firm: its levels, its project, last days, open tasks."""
    count = definition.count
    own = grouping.assessed(definition, on) if count["basis"] == "level" else None
    projects = TransformationProject.objects.filter(enterprise=OuterRef("pk"))
    waiting = projects.filter(finished_on__lte=on, accepted_on__isnull=True)
    newest = maturity.latest(on)
    titles = Title.objects.filter(enterprise=OuterRef("pk"), tier=tier, ended_on__isnull=True)
    nothing = Value(None, output_field=IntegerField())
    tasks = HelpTask.objects.filter(enterprise=OuterRef("pk"), state=HelpTask.State.OPEN)
    return {
        "own_level": Subquery(own.values("level")) if own is not None else nothing,
        "assessment_ends": nothing if own is None else Subquery(own.values("valid_to")),
        "newest": Subquery(newest.values("pk")),
        "any_level": Subquery(newest.values("level")),
        "newest_score": Subquery(newest.values("score")),
        "has_project": Exists(projects.filter(started_on__lte=on)),
        "project_finished_on": Subquery(waiting.order_by("finished_on").values("finished_on")[:1]),
        "title_ends": Subquery(
            titles.order_by().values("enterprise").annotate(last=Max("valid_to")).values("last")
        ),
        "tasks": Coalesce(
            Subquery(tasks.order_by().values("enterprise").annotate(n=Count("pk")).values("n")), 0
        ),
    }


def _score(definition: CoverageDefinition) -> int | None:
    """Return the hundredths that the level which counts asks for."""
    wanted = definition.count.get("at_least")
    return next((one.score for one in index.levels(index.ASKED) if one.no == wanted), None)


def _lacking(own: Any, wanted: int | None) -> Any:
    """Return what is missing to a number; unknown where there is none, 0 where none is asked."""
    if wanted is None:
        return Value(0, output_field=IntegerField())
    # Not Greatest: where one is unknown, SQLite and PostgreSQL differ about it.
    return Case(
        When(IsNull(own, rhs=True), then=Value(None)),
        When(GreaterThanOrEqual(own, wanted), then=Value(0)),
        default=Value(wanted) - own,
        output_field=IntegerField(),
    )


def _step(definition: CoverageDefinition) -> Case:
    """Return what is missing, as a number: least first."""
    falling = When(group=coverage.TRANSFORMED, then=Value(RENEWAL))
    at_least = definition.count.get("at_least")
    if at_least is None:
        accepted = definition.count["milestone"] == "accepted"
        steps = [
            *([When(project_finished_on__isnull=False, then=Value(ACCEPTANCE))] * accepted),
            When(has_project=True, then=Value(PROJECT)),
            When(group=coverage.NOT_TRANSFORMED, then=Value(BEGUN)),
        ]
    else:
        steps = [
            falling,
            When(any_level__gte=at_least, then=Value(ASSESSMENT)),
            When(own_level=at_least - 1, then=Value(LEVEL)),
            When(own_level__isnull=False, then=Value(LEVELS)),
            When(Q(has_project=True) | Q(any_level__isnull=False), then=Value(BEGUN)),
        ]
    return Case(*steps, default=Value(NOTHING), output_field=IntegerField())
