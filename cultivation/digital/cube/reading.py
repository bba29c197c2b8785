"""Reading coverage: figures by dimension, over time, and the firms behind each (读取覆盖数据).

The day the cube stands for is read from the cube; other days from the stored snapshots where those
say it, else counted from the dated rows. `counted` gives the firms by the same expression.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.cube import history, states
from cultivation.digital.cube.cells import UNIT
from cultivation.digital.cube.grouping import (
    NOT_ASSESSED,
    NOT_TRANSFORMED,
    TRANSFORMED,
    assessed,
    begun,
    firms,
    held,
)
from cultivation.digital.cube.labels import labels
from cultivation.digital.cube.states import LEVELS
from cultivation.digital.definitions import rule_on
from cultivation.digital.models import (
    CoverageSnapshot,
    CubeCell,
    CubeDay,
    CubeFirm,
    CubeLevel,
    MaturityAssessment,
    TransformationProject,
)
from cultivation.digital.path import WHOLE
from cultivation.standards.tables import among
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from cultivation.digital.models import CoverageDefinition

DIMENSIONS = ("region", "chain", "park", "cluster", "industry", "section", "size_class", "batch")
FIELDS = {
    "chain": "chain_id",
    "park": "park_id",
    "cluster": "cluster_id",
    "industry": "industry_id",
    "section": "industry__section",
    "size_class": "size_class",
}
_NONE = Value(None, output_field=IntegerField())
UNSTATED = ""  # the member of those of whom it is not stated
PARTS = ("transformed", "not_transformed", "not_assessed")
Sums = Sequence[int]  # in this order


@dataclass(frozen=True, slots=True)
class CubeRow:
    """The firms of a member of a dimension, by group (覆盖数据行)."""

    member: str
    label: str
    total: int
    transformed: int
    not_transformed: int
    not_assessed: int

    @property
    def rate(self) -> int | None:
        """Return the share of all, the not assessed included, in ppm; None of none."""
        return self.transformed * WHOLE // self.total if self.total else None


@dataclass(frozen=True, slots=True)
class LevelRow:
    """How many firms are at a level; `level` is None for those without assessment (等级行)."""

    level: int | None
    firms: int


def day() -> dt.date | None:
    """Return the day the cube stands for, None where it was never built (立方日期)."""
    return CubeDay.objects.values_list("on", flat=True).first()


def figures(
    region: Region,
    *,
    tier: str,
    definition: CoverageDefinition,
    on: dt.date,
    by: str | None = None,
) -> list[CubeRow]:
    """Return the figures of a region on a day: one row, or one a member of a dimension (覆盖数据).

    By region these are the regions right below; rows come in the order of their names' codes. A
    member without firms has no row. The first row may be those of whom the dimension is not stated.
    """
    if by not in {None, *DIMENSIONS}:
        raise ValueError(by)
    if by in {None, "region"}:
        return _of_regions(region, tier, definition, on, below=by is not None)
    sums = _of_members(region, tier, definition, on, str(by))
    names = labels(str(by), sums)
    return [_row(member, names[member], sums[member]) for member in names]


def series(region: Region, *, tier: str, definition: CoverageDefinition) -> list[CubeRow]:
    """Return the stored figures of a region, a row a day, oldest first (历史序列)."""
    rows = CoverageSnapshot.objects.filter(region=region, tier=tier, definition=definition)
    return [
        _row(row.on.isoformat(), row.on.isoformat(), _parts(row)) for row in rows.order_by("on")
    ]


def levels(region: Region, *, tier: str, on: dt.date, way: str = "") -> list[LevelRow]:
    """Return how many firms of a region are at each level on a day, none first (等级分布).

    By the latest valid assessment of any kind, or by those of a way under the newest index.
    """
    stands = Exists(CubeDay.objects.filter(on=on))
    rows = CubeLevel.objects.filter(stands, tier=tier, way=way, path=region.path)
    found = dict(rows.values_list("level", "firms"))
    if not found and on != day():
        found = _levels_counted(region, tier, on, way)
    return [LevelRow(None if level < 0 else level, found.get(level, 0)) for level in range(-1, 5)]


def counted(
    of_these: QuerySet[Enterprise],
    definition: CoverageDefinition,
    *,
    tier: str,
    on: dt.date,
    by: str | None = None,
    member: str | None = None,
    region: Region | None = None,
) -> QuerySet[Enterprise]:
    """Return the firms behind a figure, of those the caller may see, each with its `group` (名单).

    `assessment` is the id of the assessment that decides, `project` that of the project, where the
    definition counts projects. `region` keeps those that stood there on the day.
    """
    rule = rule_on(definition, on)
    rows = firms(of_these, definition, tier=tier, on=on)
    if region is not None:
        rows = history.standing_in(rows, region, on=on)
    if by is not None and member is not None:
        rows = _of_member(rows, by, member, tier=tier, on=on)
    project = Subquery(begun(rule, on).values("pk")) if "milestone" in rule.count else _NONE
    return rows.annotate(assessment=Subquery(assessed(rule, on).values("pk")), project=project)


def deciding(
    page: Iterable[Any],
) -> dict[int, tuple[MaturityAssessment | None, TransformationProject | None]]:
    """Return by enterprise what decides for the firms of a page that `counted` gave (依据)."""
    rows = list(page)
    assessments = MaturityAssessment.objects.in_bulk([r.assessment for r in rows if r.assessment])
    projects = TransformationProject.objects.in_bulk([r.project for r in rows if r.project])
    return {r.pk: (assessments.get(r.assessment), projects.get(r.project)) for r in rows}


def caveats(on: dt.date, *, by: str | None = None) -> list[str]:
    """Return in words what a figure of a past day cannot know, nothing for today's (历史说明)."""
    if on >= timezone.localdate():
        return []
    said = [_("Firms are counted in the region where they stood on the day, as far as noted.")]
    if by == "size_class":
        said.append(_("No history of the size class is kept: the present one is taken."))
    elif by in FIELDS:
        said.append(_("Industry, chain, park and cluster are those of the day, as far as noted."))
    return said


def _kept(on: dt.date, tier: str, definition: CoverageDefinition) -> QuerySet[CubeCell]:
    """Return the cells of a tier and definition, none where the cube stands for another day."""
    stands = Exists(CubeDay.objects.filter(on=on))
    return CubeCell.objects.filter(stands, tier=tier, definition=definition.pk)


def _of_regions(
    region: Region, tier: str, definition: CoverageDefinition, on: dt.date, *, below: bool
) -> list[CubeRow]:
    regions = list(Region.objects.filter(parent=region)) if below else [region]
    paths = [row.path for row in regions]
    cells = _kept(on, tier, definition).filter(by="", path__in=paths, member="")
    by_path = {path: sums for path, *sums in cells.values_list("path", *PARTS)}
    if not by_path and on != day():
        by_path = _stored(region, regions, tier, definition, on)
    none = (0, 0, 0)
    rows = [_row(row.code, str(row), by_path.get(row.path, none)) for row in regions]
    return [row for row in rows if row.total] if below else rows


def _stored(
    region: Region, regions: list[Region], tier: str, definition: CoverageDefinition, on: dt.date
) -> dict[str, Sums]:
    """Return figures by path from the snapshots of a day, or counted where there are none."""
    snapshots = CoverageSnapshot.objects.filter(tier=tier, definition=definition, on=on)
    rows = snapshots.filter(region__in=regions).select_related("region")
    found = {row.region.path: _parts(row) for row in rows}
    if found or snapshots.exists():
        return found
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    moved = history.then(on)
    counts = _grouped(region, tier, definition, on)
    for pk, path, group in counts.values_list("pk", "region_path", "group"):
        for row in regions:
            if moved.get(pk, path).startswith(row.path):
                sums[row.path][group] += 1
    return {path: _ordered(numbers) for path, numbers in sums.items()}


def _of_members(
    region: Region, tier: str, definition: CoverageDefinition, on: dt.date, by: str
) -> dict[str, Sums]:
    if len(region.path) <= UNIT:
        cells = _kept(on, tier, definition).filter(by=by, path=region.path)
        found = {member: sums for member, *sums in cells.values_list("member", *PARTS)}
        if found:
            return found
    if on == day():
        return _of_few(region, tier, definition, by) if len(region.path) > UNIT else {}
    member: Any = F(FIELDS[by]) if by in FIELDS else _batch(tier, on)
    counts = _grouped(region, tier, definition, on).annotate(of=member)
    sums = counts.values_list("of", "group").annotate(firms=Count("pk"))
    return _summed([*sums, *_changed_since(counts, by, on)])


def _changed_since(counts: QuerySet[Any], by: str, on: dt.date) -> Iterator[tuple[Any, Any, int]]:
    """Take firms that have changed their member since a day from it, and give them to the old."""
    before = history.members_then(on, by)
    if not before:
        return
    for pk, member, group in counts.filter(among(list(before), name="pk")).values_list(
        "pk", "of", "group"
    ):
        yield member, group, -1
        yield before[pk], group, 1


def _grouped(
    region: Region, tier: str, definition: CoverageDefinition, on: dt.date
) -> QuerySet[Any]:
    """Return all firms of a region that count on a day with their group, in no order."""
    rows = firms(Enterprise.objects.order_by(), definition, tier=tier, on=on)
    return history.standing_in(rows, region, on=on)


def _of_few(region: Region, tier: str, definition: CoverageDefinition, by: str) -> dict[str, Sums]:
    """Count the firms of a city or county from their rows, since they are few."""
    place = next(
        (n for n, (pk, _v) in enumerate(CubeDay.objects.get().rules) if pk == definition.pk), None
    )
    if place is None:
        return {}
    rows = CubeFirm.objects.filter(tier=tier, region_path__startswith=region.path)
    groups = rows.order_by().annotate(of=F(by), group=Substr("groups", place + 1, 1))
    return _summed(groups.values_list("of", "group").annotate(firms=Count("pk")))


def _summed(groups: Iterable[tuple[Any, Any, int]]) -> dict[str, Sums]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for member, group, number in groups:
        sums[UNSTATED if member is None else str(member)][int(group)] += number
    return {member: _ordered(numbers) for member, numbers in sums.items() if any(numbers)}


def _ordered(numbers: list[int]) -> Sums:
    return numbers[TRANSFORMED], numbers[NOT_TRANSFORMED], numbers[NOT_ASSESSED]


def _batch(tier: str, on: dt.date) -> Coalesce:
    titles = held(on).filter(tier=tier, enterprise=OuterRef("pk")).order_by("-granted_on", "-pk")
    return Coalesce(Subquery(titles.values("batch")[:1]), Value(UNSTATED))


def _of_member(rows: Any, by: str, member: str, *, tier: str, on: dt.date) -> Any:
    if by == "region":
        region = Region.objects.filter(code=member).first()
        return rows.none() if region is None else history.standing_in(rows, region, on=on)
    if by == "batch":
        return rows.annotate(batch=_batch(tier, on)).filter(batch=member)
    field = FIELDS[by]
    if member != UNSTATED and field.endswith("_id") and not _is_id(member):
        return rows.none()
    here = Q(**({f"{field}__isnull": True} if member == UNSTATED else {field: member}))
    before = history.members_then(on, by)
    asked = None if member == UNSTATED else member
    return rows.filter(
        history.put_back(here, before, lambda was: (was if was is None else str(was)) == asked)
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _levels_counted(region: Region, tier: str, on: dt.date, way: str) -> dict[int, int]:
    frame = states.past(on, [])
    inside = frame.filter(
        (frame["tier"] == tier) & frame["region_path"].str.starts_with(region.path)
    )
    return dict(inside[LEVELS[way]].fill_null(-1).value_counts().rows())


def _parts(row: CoverageSnapshot) -> Sums:
    return row.transformed, row.not_transformed, row.not_assessed


def _row(member: str, label: str, sums: Sums) -> CubeRow:
    return CubeRow(member, label, sum(sums), *sums)
