"""Which firms are the fewest steps from counting as transformed (帮扶排序).

There is no score. Firms come by what is missing, least first; within that by levels missing, then
by points missing; each of these is shown. Levels and points are those of the assessment that the
definition counts, held against the thresholds in force on the day. Only where there is none, an
assessment of another way under an index that counts says how far the firm is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
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

from cultivation.digital import coverage, maturity
from cultivation.digital.assessing import rules
from cultivation.digital.cube import grouping
from cultivation.digital.forecasting import reading
from cultivation.digital.helping import needs
from cultivation.digital.models import HelpTask, TransformationProject
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.digital.helping.needs import Needs
    from cultivation.digital.models import CoverageDefinition
    from enterprises.places.models import Region

# What is missing, least first.
ASSESSMENT, ACCEPTANCE, RENEWAL, PROJECT, LEVEL, LEVELS, BEGUN, NOTHING = range(8)
UNKNOWN_POINTS = 99_999  # only a level was entered: such firms come after those with a score
STEP, A_LEVEL = 10_000_000, 1_000_000  # of the order: step, levels missing, points missing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A firm with what it lacks, as the list shows it (待帮扶企业)."""

    enterprise: Enterprise
    step: int
    level: int | None  # under the definition; None is not assessed
    any_level: int | None  # by any valid assessment under an index that counts
    recorded: bool  # whether any assessment is valid, under whatever index
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
        PROJECT: HelpTask.Kind.ACCEPTANCE,
        LEVEL: HelpTask.Kind.SCENARIO,
        LEVELS: HelpTask.Kind.SCENARIO,
    }
    if step in (ASSESSMENT, RENEWAL):
        own = "self_declared" in definition.count.get("ways", ())
        return str((HelpTask.Kind.SELF if own else HelpTask.Kind.ON_SITE).value)
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
    rows = lacking(among, region, tier=tier, definition=definition)
    rows = rows.annotate(
        levels_missing=_lacking(
            Coalesce(F("own_level"), F("any_level")), definition.count.get("at_least")
        ),
        points_missing=_points(definition, timezone.localdate()),
    )
    points = Coalesce(F("points_missing"), Value(UNKNOWN_POINTS))
    found: QuerySet[Any] = rows.annotate(
        order=F("step") * STEP + Coalesce(F("levels_missing"), Value(9)) * A_LEVEL + points
    )
    return found


def lacking(
    among: QuerySet[Enterprise],
    region: Region,
    *,
    tier: str,
    definition: CoverageDefinition,
) -> QuerySet[Any]:
    """Return the firms that do not count, or soon no longer, with their `step` (待帮扶企业)."""
    on = timezone.localdate()
    count = definition.count
    inside = among.filter(region_path__startswith=region.path)
    rows: QuerySet[Any] = coverage.firms(inside, definition, tier=tier, on=on)
    rows = rows.annotate(**_dated(definition, tier, on))
    missing = ~Q(group=coverage.TRANSFORMED)
    if "at_least" in count:
        soon = dt.timedelta(days=settings.COVERAGE_EXPIRING_DAYS)  # as the alert of a region has it
        missing |= Q(assessment_ends__lte=on + soon)
    found: QuerySet[Any] = rows.filter(missing).annotate(step=_step(definition))
    return found


def candidates(
    rows: Iterable[Any], region: Region, *, tier: str, definition: CoverageDefinition
) -> list[Candidate]:
    """Return ranked rows with their needs and chances (企业明细)."""
    found = list(rows)
    said = reading.latest(region, tier=tier, definition=definition)
    climbs = said.climbs if said else []
    target = definition.count.get("at_least")
    keys = [row.newest for row in found if row.newest]
    wanted = needs.of(keys, target, on=timezone.localdate()) if target else {}
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
        recorded=row.recorded,
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
    newest = maturity.latest(on, versions=count.get("index_versions", ()))
    titles = grouping.held(on).filter(enterprise=OuterRef("pk"), tier=tier)
    nothing = Value(None, output_field=IntegerField())
    tasks = HelpTask.objects.filter(enterprise=OuterRef("pk"), state=HelpTask.State.OPEN)
    return {
        "own_level": Subquery(own.values("level")) if own is not None else nothing,
        "assessment_ends": nothing if own is None else Subquery(own.values("valid_to")),
        "own_score": nothing if own is None else Subquery(own.values("score")),
        "own_index": nothing if own is None else Subquery(own.values("index_version")),
        "newest": Subquery(newest.values("pk"))
        if own is None
        else Coalesce(Subquery(own.values("pk")), Subquery(newest.values("pk"))),
        "any_level": Subquery(newest.values("level")),
        "recorded": Exists(maturity.latest(on)),
        "has_project": Exists(projects.filter(started_on__lte=on)),
        "project_finished_on": Subquery(waiting.order_by("finished_on").values("finished_on")[:1]),
        "title_ends": Subquery(
            titles.order_by().values("enterprise").annotate(last=Max("valid_to")).values("last")
        ),
        "tasks": Coalesce(
            Subquery(tasks.order_by().values("enterprise").annotate(n=Count("pk")).values("n")), 0
        ),
    }


def _points(definition: CoverageDefinition, on: dt.date) -> Case:
    """Return the hundredths missing to the points that the level asks for on the day."""
    wanted = definition.count.get("at_least")
    known, whens = rules.every(), []
    for version in definition.count.get("index_versions", ()):
        levels = rules.levels_of(rules.chosen(known, version, on), version)
        score = next((one.score for one in levels if one.no == wanted), None)
        whens.append(When(own_index=version, then=_lacking(F("own_score"), score)))
    return Case(*whens, default=Value(None), output_field=IntegerField())


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
            When(Q(has_project=True) | Q(recorded=True), then=Value(BEGUN)),
        ]
    return Case(*steps, default=Value(NOTHING), output_field=IntegerField())
