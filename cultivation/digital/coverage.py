"""Counting who is transformed, and the dated snapshots of it (数字化改造覆盖检查).

A definition is turned into one SQL expression that gives each enterprise a group; the counts of a
snapshot and the list of firms behind a figure use the same expression.

- Counted are the holders of a tier's title valid on the day, once each, at the region where the
  enterprise stands now.
- An assessment or project counts from the day it is dated, whenever it was entered; so running a
  past date again includes what was entered late.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    Expression,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.maturity import latest
from cultivation.digital.models import (
    CoverageDefinition,
    CoverageSnapshot,
    RequiredPath,
    TransformationProject,
)
from cultivation.digital.path import WHOLE, Line
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from cultivation.digital.models import MaturityAssessment
    from enterprises.jobs.models import JobRun

TIERS = (Tier.LITTLE_GIANT, Tier.SRDI)
NOT_ASSESSED, NOT_TRANSFORMED, TRANSFORMED = 0, 1, 2
GROUPS = {
    "transformed": TRANSFORMED,
    "not_transformed": NOT_TRANSFORMED,
    "not_assessed": NOT_ASSESSED,
}
BATCH = 2000

# (tier, path) → for each definition: not assessed, not transformed, transformed
Tallies = dict[tuple[str, str], list[list[int]]]


class Reports(Protocol):
    """What a run listens to; see enterprises.jobs.runs.Progress."""

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:
        """Note progress."""


def holders(tier: str, on: dt.date) -> QuerySet[Title, int]:
    """Return the ids of enterprises whose title of a tier is valid on a day (有效认定)."""
    running = Q(ended_on__isnull=True) | Q(ended_on__gt=on)
    titles = Title.objects.filter(running, tier=tier, granted_on__lte=on, valid_to__gte=on)
    return titles.order_by().values_list("enterprise_id", flat=True)


def group_of(definition: CoverageDefinition, on: dt.date) -> Expression:
    """Return the group of an enterprise under a definition on a day, as an expression (分组)."""
    count = definition.count
    if count["basis"] == "level":
        return _graded(
            latest(on, ways=count["ways"], versions=count["index_versions"]), count["at_least"]
        )
    projects = TransformationProject.objects.filter(enterprise=OuterRef("pk"))
    reached = {f"{count['milestone']}_on__lte": on}
    return Case(
        When(Exists(projects.filter(**reached)), then=Value(TRANSFORMED)),
        When(Exists(projects.filter(started_on__lte=on)), then=Value(NOT_TRANSFORMED)),
        When(Exists(latest(on)), then=Value(NOT_TRANSFORMED)),
        default=Value(NOT_ASSESSED),
        output_field=IntegerField(),
    )


def _graded(found: QuerySet[MaturityAssessment], at_least: int) -> Expression:
    grade = Case(
        When(level__gte=at_least, then=Value(TRANSFORMED)),
        default=Value(NOT_TRANSFORMED),
        output_field=IntegerField(),
    )
    return Coalesce(Subquery(found.values_list(grade)), Value(NOT_ASSESSED))


def firms(
    among: QuerySet[Enterprise], definition: CoverageDefinition, *, tier: str, on: dt.date
) -> QuerySet[Enterprise]:
    """Return those of some enterprises that count on a day, each with its `group` (企业名单)."""
    rows = among.filter(pk__in=holders(tier, on))
    return rows.annotate(group=group_of(definition, on))


def take_snapshot(
    on: dt.date, *, progress: Reports | None = None, job: JobRun | None = None
) -> dict[str, Any]:
    """Count coverage on a day for every region, tier and definition, and store it (覆盖快照).

    The rows of the day are replaced in one transaction: whoever looks sees the old ones or the new
    ones, and a run killed in the middle leaves the old ones. Raises ValidationError for a future
    day, or where no definitions are loaded. Returns what a run shows as its result.
    """
    refuse_future(on)
    definitions = list(CoverageDefinition.objects.all())
    if not definitions:
        raise ValidationError(_("No coverage definitions are loaded; run load_seeds first."))
    tallies: Tallies = {}
    for step, tier in enumerate(TIERS):
        tallies |= _tally(tier, on, definitions)
        if progress:
            progress.report(step + 1, len(TIERS) + 2, always=True)
    with transaction.atomic():
        # One writer at a time, also where two runs were asked for.
        list(CoverageDefinition.objects.select_for_update().values_list("pk"))
        rows = _rows(on, definitions, tallies, job)
        CoverageSnapshot.objects.filter(on=on).delete()
        for start in range(0, len(rows), BATCH):
            CoverageSnapshot.objects.bulk_create(rows[start : start + BATCH])
            if progress:
                progress.report(len(TIERS) + 1)
    return {"on": on.isoformat(), "rows": len(rows), "national": _national(rows)}


def refuse_future(on: dt.date) -> None:
    """Raise ValidationError for a day that has not come."""
    if on > timezone.localdate():
        raise ValidationError(
            _("Coverage on %(day)s cannot be counted yet: the day lies in the future.")
            % {"day": on}
        )


def _tally(tier: str, on: dt.date, definitions: list[CoverageDefinition]) -> Tallies:
    """Count one tier in one query, then add each path's counts to every region above it."""
    names = [f"group_{definition.pk}" for definition in definitions]
    groups = {
        name: group_of(definition, on) for name, definition in zip(names, definitions, strict=True)
    }
    found = (
        Enterprise.objects.filter(pk__in=holders(tier, on))
        .order_by()
        .annotate(**groups)
        .values_list("region_path", *names)
        .annotate(firms=Count("pk"))
    )
    tallies: Tallies = defaultdict(lambda: [[0, 0, 0] for _name in names])
    for path, *own, number in found:
        for length in range(len(path) + 1):
            counts = tallies[tier, path[:length]]
            for place, group in enumerate(own):
                counts[place][group] += number
    return dict(tallies)


def _rows(
    on: dt.date,
    definitions: list[CoverageDefinition],
    tallies: Tallies,
    job: JobRun | None,
) -> list[CoverageSnapshot]:
    """Return the rows of a day: units and provinces always, other regions where firms stand."""
    nothing = [[0, 0, 0] for _definition in definitions]
    regions = list(Region.objects.values_list("pk", "path", "level", "is_unit"))
    rows: list[CoverageSnapshot] = []
    for tier in TIERS:
        national = tallies.get((tier, ""), nothing)
        rates = [rate_of(counts[TRANSFORMED], sum(counts)) for counts in national]
        required = [line.required(on) for line in lines_for(tier, definitions, on, rates)]
        for pk, path, level, is_unit in regions:
            counts = tallies.get((tier, path))
            if counts is None and not (is_unit or level in ("nation", "province")):
                continue
            rows += [
                CoverageSnapshot(
                    on=on,
                    definition=definition,
                    region_id=pk,
                    tier=tier,
                    total=sum(own),
                    not_assessed=own[NOT_ASSESSED],
                    not_transformed=own[NOT_TRANSFORMED],
                    transformed=own[TRANSFORMED],
                    path_required=asked,
                    job=job,
                )
                for definition, own, asked in zip(
                    definitions, counts or nothing, required, strict=True
                )
            ]
    return rows


def lines_for(
    tier: str, definitions: Sequence[CoverageDefinition], on: dt.date, rates: Sequence[int]
) -> list[Line]:
    """Return the path of a tier under each definition; `rates` are the national ones on the day.

    A path without a start begins at the first national snapshot before the day, or, where there is
    none, on the day at its rate.
    """
    path = RequiredPath.objects.get(tier=tier)
    if path.start_on:
        line = Line(path.start_on, path.start_ppm, path.due_on, path.due_ppm)
        return [line] * len(definitions)
    earlier = CoverageSnapshot.objects.filter(
        tier=tier, region__level=Region.Level.NATION, on__lt=on
    )
    firsts: dict[int, CoverageSnapshot] = {}
    for row in earlier.filter(on__in=earlier.order_by("on").values("on")[:1]):
        firsts[row.definition_id] = row
    return [
        _line_from(firsts.get(definition.pk), path, on, rate)
        for definition, rate in zip(definitions, rates, strict=True)
    ]


def _line_from(first: CoverageSnapshot | None, path: RequiredPath, on: dt.date, rate: int) -> Line:
    if first is None:
        return Line(on, rate, path.due_on, path.due_ppm)
    return Line(first.on, rate_of(first.transformed, first.total), path.due_on, path.due_ppm)


def rate_of(transformed: int, total: int) -> int:
    """Return the share transformed in ppm, 0 of none."""
    return transformed * WHOLE // total if total else 0


def _national(rows: Iterable[CoverageSnapshot]) -> dict[str, dict[str, dict[str, int]]]:
    """Return the national figures by tier and definition, as a run's result keeps them."""
    nation = set(Region.objects.filter(level=Region.Level.NATION).values_list("pk", flat=True))
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        if row.region_id in nation:
            found.setdefault(row.tier, {})[row.definition.code] = {
                "total": row.total,
                "transformed": row.transformed,
                "not_transformed": row.not_transformed,
                "not_assessed": row.not_assessed,
                "required_ppm": row.path_required,
            }
    return found
