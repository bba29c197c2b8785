"""Judging the registry from a snapshot, against a bare COPY of the same results (评价基准)."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from typing import TYPE_CHECKING, TypeVar

from django.db import connection

from config.benchmarks import Figure, peak_mib
from cultivation.standards import editions, snapshots
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, Snapshot
from enterprises.places.models import Region
from enterprises.registry.models import AnnualReport, Enterprise, IntellectualProperty

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import Model

SIZE = 200_000
AS_OF = dt.date(2026, 5, 6)
MOST_OVER_COPY = 2.0
MOST_MIB = 1024.0
ROUNDS = 3  # in turn; the best of each counts
TABLE = Assessment._meta.db_table
UNITS = ("11", "31", "32", "33", "35", "37", "44", "SZ")


def figures(size: int | None) -> Iterable[Figure]:
    """Yield the times and the memory of judging `size` enterprises with three reports each."""
    firms = size or SIZE
    editions.load_all()
    _registry(firms)
    seconds, snapshot = _timed(lambda: snapshots.take(AS_OF))
    yield Figure("snapshot of the registry", seconds, None, "s")

    rounds = [(_judged_anew(snapshot), _copied()) for _ in range(ROUNDS)]
    judging, copying = (min(times) for times in zip(*rounds, strict=True))
    yield Figure("enterprises judged", firms, None, "rows")
    yield Figure("results stored", Assessment.objects.count(), None, "rows")
    yield Figure("peak memory", peak_mib(), MOST_MIB, "MiB")
    yield Figure("judging from snapshot to stored", judging, None, "s")
    yield Figure("COPY of the same rows", copying, None, "s")
    yield Figure("judging over COPY", judging / copying, MOST_OVER_COPY, "times")

    again, _ = _timed(lambda: judge_registry(AS_OF, snapshot=snapshot))
    yield Figure("judging again, nothing changed", again, None, "s")
    _spoil_a_tenth()
    seconds, run = _timed(lambda: judge_registry(AS_OF, snapshot=snapshot))
    yield Figure("judging again, a tenth of the rows stale", seconds, None, "s")
    yield Figure("rows written then", run.stored, None, "rows")


def _judged_anew(snapshot: Snapshot) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")
        cursor.execute("CHECKPOINT")
    return _timed(lambda: judge_registry(AS_OF, snapshot=snapshot))[0]


def _copied() -> float:
    """Return the seconds of one COPY of all results into a table of the same shape."""
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE copied (LIKE {TABLE} INCLUDING ALL)")
        with cursor.copy(f"COPY {TABLE} TO STDOUT (FORMAT csv)") as out:
            for row in out:
                file.write(row)
        file.seek(0)
        cursor.execute("CHECKPOINT")
        begun = time.perf_counter()
        with cursor.copy("COPY copied FROM STDIN (FORMAT csv)") as into:
            while block := file.read(1 << 20):
                into.write(block)
        taken = time.perf_counter() - begun
        cursor.execute("DROP TABLE copied")
    return taken


def _spoil_a_tenth() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET verdict = 9 - verdict WHERE id % 10 = 0")  # noqa: S608


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


def _registry(firms: int) -> None:
    """Fill the registry with invented enterprises, three reports and two rights each."""
    regions = [
        Region.objects.create(code=f"{n:06}", path=unit, level="province", name_zh=unit)
        for n, unit in enumerate(UNITS, 1)
    ]
    first = Enterprise.objects.create(
        credit_code="0", name="虚构", name_key="虚构", fictional=True, region=regions[0],
        size_class="small",
        mainland_entity=True, obeys_laws=True, on_abnormal_list=False, on_dishonest_list=False,
        prohibited_product=False, events_declared=True, truth_declared=True, own_brand=True,
        niche_since=dt.date(2018, 3, 1), digital_level=2,
    )  # fmt: skip
    report = AnnualReport.objects.create(enterprise=first, year=2025)
    right = IntellectualProperty.objects.create(
        enterprise=first, kind="invention", ip_class=1, number="0", obtained="own",
        granted_on=dt.date(2022, 1, 1), related=True, applied=True, benefit=True,
    )  # fmt: skip
    ids = [region.pk for region in regions]
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
    _multiply(first, f"generate_series(1, {firms - 1}) AS n", {
        "id": f"{first.pk} + n", "credit_code": "n::text", "name": "'虚构' || n",
        "name_key": "'虚构' || n",
        "region_id": f"(ARRAY{ids})[1 + n % {len(ids)}]",
        "region_path": f"(ARRAY{list(UNITS)})[1 + n % {len(ids)}]",
        "niche_since": "DATE '2010-01-01' + (random() * 5500)::int",
    })  # fmt: skip
    money = "(10 ^ (9 + 2.5 * random()))::bigint"
    share = "(10 ^ (9 + 2.5 * random()) * 0.06 * random())::bigint"
    _multiply(
        report,
        f"registry_enterprise AS e CROSS JOIN generate_series(2023, 2025) AS y "
        f"WHERE NOT (e.id = {first.pk} AND y = 2025)",
        {
            "id": f"{report.pk} + row_number() OVER ()", "enterprise_id": "e.id", "year": "y",
            "revenue": money, "main_business_revenue": money, "leading_product_revenue": money,
            "total_assets": money, "total_liabilities": money, "net_profit": share,
            "rd_expense": f"CASE WHEN random() < 0.9 THEN {share} END", "sales_revenue": money,
            "cost_and_expense": money, "employees": "(10 + 500 * random())::int",
            "rd_staff": "(50 * random())::int", "tech_staff": "(100 * random())::int",
            "market_share": "(200000 * random())::int", "quality_score": "(9000 * random())::int",
        },
    )  # fmt: skip
    _multiply(
        right,
        "registry_enterprise AS e CROSS JOIN generate_series(1, 2) AS n",
        {"id": f"{right.pk} + row_number() OVER ()", "enterprise_id": "e.id", "number": "n::text"},
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _multiply(row: Model, source: str, changes: dict[str, str]) -> None:
    """Insert copies of a row, one for each row of `source`, with some columns made anew."""
    table = row._meta.db_table
    columns = [field.column for field in row._meta.concrete_fields]
    made = ", ".join(changes.get(column, f"t.{column}") for column in columns)
    source = source.replace(" WHERE ", f" CROSS JOIN {table} AS t WHERE t.id = {row.pk} AND ")
    if " WHERE " not in source:
        source += f" CROSS JOIN {table} AS t WHERE t.id = {row.pk}"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {made} FROM {source}")  # noqa: S608
