"""Coverage: snapshot, figures of a dashboard, 10,000 changes, against one GROUP BY (覆盖基准).

Every enterprise holds a title, one in four of them two, in 3,000 counties; so the cube holds more
than it would at home, where some 150,000 hold one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from django.db import connection
from django.db.models import Max
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.benchmarks import Figure, peak_mib
from cultivation.digital import coverage, definitions
from cultivation.digital.cube import keeping, reading
from cultivation.digital.models import (
    CoverageDefinition,
    CoverageSnapshot,
    CubeCell,
    CubeMark,
    MaturityAssessment,
    TransformationProject,
)
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Chain, Cluster, Industry, Park, Region
from enterprises.registry.models import Enterprise, Title
from tests.bench.registry_of import UNITS, multiply

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SIZE = 1_000_000
CITIES, COUNTIES = 9, 9  # of a unit, and of a city
CHANGES = 10_000
MOST_OVER_GROUPING = 1.3
MOST_OF_GROUPING = 0.05
MOST_OF_A_REBUILD = 0.3
ROUNDS = 3  # the best counts
READS = 20  # of what takes milliseconds
GROUPING = (
    "SELECT region_path, tier, digital_level, COUNT(*) FROM registry_enterprise GROUP BY 1, 2, 3"
)
TABLES = (CoverageSnapshot, CubeMark, MaturityAssessment, TransformationProject, Title, Enterprise)


def figures(size: int | None) -> Iterable[Figure]:
    """Yield times of coverage with a hundredth, a tenth and all of `size` enterprises.

    Limits hold for a million: of fewer, the fixed cost of a query is most of the time.
    """
    most = size or SIZE
    _country()
    queries: dict[str, int] = {}  # of the smallest size: more may not be asked of a larger
    for firms in (most // 100, most // 10, most):
        if firms >= CHANGES or firms == most:
            yield from _of_size(firms, bound=firms >= SIZE, queries=queries)
    yield Figure("peak memory", peak_mib(), None, "MiB")


def _of_size(firms: int, *, bound: bool, queries: dict[str, int]) -> Iterator[Figure]:
    def figure(name: str, measured: float, unit: str, limit: float | None = None) -> Figure:
        return Figure(f"{firms} firms: {name}", measured, limit if bound else None, unit)

    today = timezone.localdate()
    _firms(firms)
    officer = _officer()
    grouping = min(_timed(_grouped)[0] for _ in range(ROUNDS))
    yield figure("one GROUP BY of the enterprises", grouping * 1000, "ms")
    rebuilding = min(_timed(lambda: keeping.rebuild(today))[0] for _ in range(2))
    yield figure("cube built anew", rebuilding, "s")
    yield figure("cells of the cube", CubeCell.objects.count(), "rows")

    taking = min(_timed(lambda: coverage.take_snapshot(today))[0] for _ in range(ROUNDS))
    yield figure("snapshot stored", taking * 1000, "ms")
    yield figure("rows of the snapshot", CoverageSnapshot.objects.count(), "rows")
    yield figure("snapshot over GROUP BY", taking / grouping, "times", MOST_OVER_GROUPING)

    read = min(_timed(_dashboard)[0] for _ in range(READS))
    with CaptureQueriesContext(connection) as asked:
        _dashboard()
    yield figure("dashboard read", read * 1000, "ms")
    yield figure("dashboard over GROUP BY", read / grouping, "times", MOST_OF_GROUPING)
    every = min(_timed(lambda: _dashboard(reading.DIMENSIONS))[0] for _ in range(ROUNDS))
    yield figure("the same by every dimension", every * 1000, "ms")
    most = queries.setdefault("dashboard", len(asked))
    yield Figure(f"{firms} firms: its queries", len(asked), most, "queries")

    shown = min(_timed(lambda: _page(officer))[0] for _ in range(ROUNDS))
    with CaptureQueriesContext(connection) as of_the_page:
        _page(officer)
    yield figure("the start page, drawn", shown * 1000, "ms")
    yield figure("the start page over GROUP BY", shown / grouping, "times")
    most = queries.setdefault("page", len(of_the_page))
    yield Figure(f"{firms} firms: queries of the page", len(of_the_page), most, "queries")

    _change(firms)
    applying, kept = _timed(lambda: keeping.keep(today))
    assert not kept.whole
    assert kept.changed > CHANGES / 2
    yield figure("firms that changed", kept.changed, "firms")
    yield figure("changes applied", applying, "s")
    yield figure("changes over a rebuild", applying / rebuilding, "times", MOST_OF_A_REBUILD)
    comparing, found = _timed(lambda: keeping.compare(today))
    yield figure("compared with one built anew", comparing, "s")
    yield Figure(f"{firms} firms: rows apart", found.apart, 0, "rows")


def _country() -> None:
    """Write 37 units with cities and counties, the definitions, and what firms are grouped by."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Region._meta.db_table} CASCADE")
    nation = Region.objects.create(code="000000", path="", level="nation", name_zh="全国")

    def below(above: list[Region], level: str, names: list[str]) -> list[Region]:
        rows = [
            Region(
                code=f"{place.path}{name}".ljust(6, "0"), path=f"{place.path}{name}", level=level,
                name_zh=f"{place.path}{name}", parent=place, is_unit=level == "province",
            )
            for place in above
            for name in names
        ]  # fmt: skip
        return Region.objects.bulk_create(rows)

    units = below([nation], "province", list(UNITS))
    cities = below(units, "city", [f"{n:02}" for n in range(1, CITIES + 1)])
    below(cities, "county", [f"{n:02}" for n in range(1, COUNTIES + 1)])
    definitions.load()
    Chain.objects.bulk_create(Chain(code=f"c{n}", name_zh=f"链{n}") for n in range(40))
    Cluster.objects.bulk_create(Cluster(code=f"k{n}", name_zh=f"集群{n}") for n in range(80))
    Park.objects.bulk_create(
        Park(code=f"p{n}", name_zh=f"园{n}", region=units[n % len(units)]) for n in range(400)
    )
    Industry.objects.bulk_create(
        Industry(code=f"{n}", section="CFIM"[n % 4], name_zh=f"行业{n}") for n in range(10, 97)
    )


def _firms(firms: int) -> None:
    """Replace the firms by so many: titles, up to two assessments each, projects of a half."""
    with connection.cursor() as cursor:
        tables = ", ".join(model._meta.db_table for model in TABLES)
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        cursor.execute("SELECT setseed(0.5)")
    county = list(Region.objects.filter(level="county").values_list("pk", "path"))
    first = Enterprise.objects.create(
        credit_code="0", name="虚构", name_key="虚构", fictional=True, region_id=county[0][0],
        region_path=county[0][1], size_class="small", digital_level=2, tier="srdi",
    )  # fmt: skip
    pick = f"1 + (n::bigint * 7919 % {len(county)})::int"
    multiply(first, f"generate_series(1, {firms - 1}) AS n", {
        "id": f"{first.pk} + n", "credit_code": "n::text", "name": "'虚构' || n",
        "name_key": "'虚构' || n",
        "region_id": f"(ARRAY{[pk for pk, _path in county]})[{pick}]",
        "region_path": f"(ARRAY{[path for _pk, path in county]})[{pick}]",
        "size_class": "(ARRAY['medium', 'small', 'micro'])[1 + n % 3]",
        "digital_level": "CASE WHEN random() < 0.7 THEN (5 * random())::int % 5 END",
        "tier": "CASE WHEN random() < 0.25 THEN 'little_giant' ELSE 'srdi' END",
        "chain_id": _any(Chain, 0.6), "park_id": _any(Park, 0.3), "cluster_id": _any(Cluster, 0.3),
        "industry_id": _any(Industry, 0.95),
    })  # fmt: skip
    _titles_and_facts(first)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {CubeMark._meta.db_table}")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _any(model: type[Chain | Park | Cluster | Industry], share: float) -> str:
    ids = list(model.objects.values_list("pk", flat=True))
    return (
        f"CASE WHEN random() < {share} THEN (ARRAY{ids})[1 + (random() * {len(ids) - 1})::int] END"
    )


def _titles_and_facts(first: Enterprise) -> None:
    today = timezone.localdate()
    firm = {"enterprise_id": "e.id"}
    for tier, share in (("srdi", 1), ("little_giant", 0.25)):
        last = Title.objects.aggregate(last=Max("pk"))["last"] or 0
        title = Title.objects.create(
            pk=last + 1, enterprise=first, tier=tier, number=f"{tier}0", year=today.year - 1,
            batch="一",
            granted_on=today.replace(year=today.year - 1, day=1),
            valid_to=today.replace(year=today.year + 2, day=1),
        )  # fmt: skip
        multiply(
            title,
            f"registry_enterprise AS e WHERE e.id <> {first.pk} AND random() < {share}",
            {**firm, "id": f"{title.pk} + row_number() OVER ()", "number": f"'{tier}' || e.id",
             "batch": "(ARRAY['一', '二', '三', '四'])[1 + e.id % 4]"},
        )  # fmt: skip
    made = MaturityAssessment.objects.create(
        enterprise=first, index_version=2024, way="on_site", level=2,
        assessed_on=today.replace(year=today.year - 1, day=1),
    )  # fmt: skip
    multiply(
        made,
        "registry_enterprise AS e CROSS JOIN generate_series(1, 2) AS n WHERE random() < 0.7",
        {**firm, "id": f"{made.pk} + row_number() OVER ()", "level": "(4 * random())::int",
         "way": "CASE WHEN n = 1 THEN 'on_site' ELSE 'self_declared' END",
         "assessed_on": f"DATE '{made.assessed_on}' + (200 * random())::int"},
    )  # fmt: skip
    project = TransformationProject.objects.create(
        enterprise=first, name="改造", started_on=made.assessed_on
    )
    multiply(
        project,
        "registry_enterprise AS e WHERE random() < 0.5",
        {**firm, "id": f"{project.pk} + row_number() OVER ()",
         "accepted_on": f"CASE WHEN random() < 0.4 THEN DATE '{made.assessed_on}' + 90 END"},
    )  # fmt: skip


def _dashboard(dimensions: Sequence[str] = ("region", "chain")) -> None:
    """Read what the start page shows: every definition, the regions, one dimension, the levels."""
    nation = Region.objects.get(path="")
    today, tier = timezone.localdate(), "little_giant"
    found = list(CoverageDefinition.objects.all())
    for definition in found:
        reading.figures(nation, tier=tier, definition=definition, on=today)
    for by in dimensions:
        reading.figures(nation, tier=tier, definition=found[0], on=today, by=by)
    reading.levels(nation, tier=tier, on=today)


def _officer() -> Client:
    user, _new = User.objects.get_or_create(username="nation")
    Seat.objects.get_or_create(user=user, role="nation", region=Region.objects.get(path=""))
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def _page(officer: Client) -> None:
    """Ask for the start page of the nation as its officer does, all that it shows included."""
    answer = officer.get(reverse("digital:dashboard"), {"tier": "little_giant"})
    assert answer.status_code == 200, answer.status_code


def _grouped() -> None:
    with connection.cursor() as cursor:
        cursor.execute(GROUPING)
        cursor.fetchall()


def _change(firms: int) -> None:
    """Change 10,000 firms past the application: a third each moved, assessed, re-sized."""
    step = 3 * max(1, firms // CHANGES)
    firm, made = Enterprise._meta.db_table, MaturityAssessment._meta.db_table
    with connection.cursor() as cursor:
        for table, change, key, rest in (
            (made, "level = (level + 2) % 5", "enterprise_id", 0),
            (firm, "region_path = '110101'", "id", step // 3),
            (firm, "size_class = 'large'", "id", 2 * (step // 3)),
        ):
            cursor.execute(f"UPDATE {table} SET {change} WHERE {key} % {step} = {rest}")  # noqa: S608
        cursor.execute("CHECKPOINT")


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made
