"""What the system can count of the goals, each under a name (可计量指标).

A measure of firms gives those it looks at with a `group`: those of GROUPS, or SIZE_UNKNOWN where it
cannot be told whether they belong. What is counted and the list of firms behind it are the same
query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Subquery, Value, When

from cultivation.digital import coverage, maturity
from cultivation.digital.cube.history import members_then, put_back, then
from cultivation.digital.definitions import rule_on
from cultivation.digital.models import (
    CoverageDefinition,
    ParkFinding,
    PilotCity,
    TransformationProject,
)
from cultivation.digital.targets.scale import ABOVE, BELOW, UNKNOWN, scaled
from cultivation.standards.tables import among
from enterprises.registry.models import SizeClass, Tier

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

    from cultivation.digital.cube.grouping import Counts

    Rows = QuerySet[Any]

SIZE_UNKNOWN = -1
BENCHMARK = 3  # levels 3 and 4
SMES = (SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO)


def strictest() -> CoverageDefinition | None:
    """Return the definition by which the goals are read: the strictest one (最严口径)."""
    return CoverageDefinition.objects.order_by("strictness").first()


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the measures of a day share, read once (计量依据)."""

    on: dt.date
    definition: CoverageDefinition
    rule: Counts  # what the definition counts on the day
    pilots: tuple[str, ...]  # paths of the pilot cities known by name
    first_pilots: tuple[str, ...]  # those of the first batch
    parks: frozenset[int]  # whose check-list was begun
    moved: Mapping[int, str]  # where firms stood that have moved since
    parked: Mapping[int, int | None]  # in which park those stood that have changed it since


def grounds(on: dt.date) -> Grounds | None:
    """Read what the measures need; None where no definitions are loaded."""
    definition = strictest()
    if definition is None:
        return None
    cities = list(
        PilotCity.objects.filter(batch__year__lte=on.year).values_list(
            "region__path", "batch__number"
        )
    )
    begun = ParkFinding.objects.filter(on__lte=on).values_list("park_id", flat=True).distinct()
    return Grounds(
        on,
        definition,
        rule_on(definition, on),
        tuple(path for path, _batch in cities),
        tuple(path for path, batch in cities if batch == 1),
        frozenset(begun),
        then(on),
        members_then(on, "park"),
    )


def within(paths: tuple[str, ...], moved: Mapping[int, str]) -> Q:
    """Return the filter for enterprises that stand, or stood on the day, in any of some regions."""
    here = Q(pk__in=[])
    for path in paths:
        here |= Q(region_path__startswith=path) if path else Q(pk__isnull=False)
    return put_back(here, moved, lambda path: path.startswith(paths))


def above_scale(rows: Rows, found: Grounds) -> Rows:
    """Return the above-scale industrial firms by group, with those of unknown size (规上企业)."""
    group = Case(
        When(scale=UNKNOWN, then=Value(SIZE_UNKNOWN)),
        When(scale=ABOVE, then=coverage.group_of(found.rule, found.on)),
        output_field=IntegerField(),
    )
    known: Rows = scaled(rows, found.on).exclude(scale=BELOW)
    grouped: Rows = known.annotate(group=group)
    return grouped


def _cover(tier: Tier) -> Callable[[Rows, Grounds], Rows]:
    def firms(rows: Rows, found: Grounds) -> Rows:
        return coverage.firms(rows, found.definition, tier=tier, on=found.on)

    return firms


def _srdi_level2(rows: Rows, found: Grounds) -> Rows:
    return _cover(Tier.SRDI)(rows.filter(within(found.pilots, found.moved)), found)


def _all_counted(rows: Rows) -> Rows:
    counted: Rows = rows.annotate(group=Value(coverage.TRANSFORMED, output_field=IntegerField()))
    return counted


def _benchmarks(rows: Rows, found: Grounds) -> Rows:
    newest = maturity.latest(found.on, versions=[2024]).values("level")
    assessed = rows.filter(size_class__in=SMES).annotate(benchmark_level=Subquery(newest))
    return _all_counted(assessed.filter(benchmark_level__gte=BENCHMARK))


def _smes_in_pilots(rows: Rows, found: Grounds) -> Rows:
    accepted = TransformationProject.objects.filter(
        enterprise=OuterRef("pk"), accepted_on__lte=found.on
    )
    return _all_counted(
        rows.filter(within(found.pilots, found.moved), Exists(accepted), size_class__in=SMES)
    )


def _srdi_in_pilots(rows: Rows, found: Grounds) -> Rows:
    return _smes_in_pilots(rows, found).filter(pk__in=coverage.holders(Tier.SRDI, found.on))


def _park_firms(rows: Rows, found: Grounds) -> Rows:
    here = put_back(Q(park__in=found.parks), found.parked, found.parks.__contains__)
    return above_scale(rows.filter(here), found)


def _pilot_level2(rows: Rows, found: Grounds) -> Rows:
    return above_scale(rows.filter(within(found.first_pilots, found.moved)), found)


FIRMS: dict[str, Callable[[Rows, Grounds], Rows]] = {
    "cover_little_giant": _cover(Tier.LITTLE_GIANT),
    "cover_srdi": _cover(Tier.SRDI),
    "srdi_level2": _srdi_level2,
    "benchmarks": _benchmarks,
    "smes_in_pilots": _smes_in_pilots,
    "srdi_in_pilots": _srdi_in_pilots,
    "park_firms": _park_firms,
    "pilot_level2": _pilot_level2,
}
PARKS = {"parks_complete": "", "park_network": "4.1", "park_services": "2.2"}  # item looked at
NATION_ONLY = frozenset({"pilot_cities"})


# The size class has no history: of a past day these read that of today (无历史数据的指标).
WITHOUT_HISTORY = frozenset({"benchmarks", "smes_in_pilots", "srdi_in_pilots"})


def by_place(rows: Rows, moved: Mapping[int, str]) -> list[tuple[str, int, int]]:
    """Return how many grouped firms stand, or stood on the day, at each path, by group (计数)."""
    places = rows.exclude(among(list(moved), name="pk")) if moved else rows
    counted = places.order_by().values_list("region_path", "group").annotate(firms=Count("pk"))
    found = list(counted)
    if moved:
        before = rows.filter(among(list(moved), name="pk")).order_by()
        found += [(moved[pk], group, 1) for pk, group in before.values_list("pk", "group")]
    return found
