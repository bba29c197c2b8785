"""An invented registry of any size, made in the database by SQL (基准数据)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import connection

from enterprises.places.models import Region
from enterprises.registry.models import AnnualReport, Enterprise, IntellectualProperty, Touch

if TYPE_CHECKING:
    from django.db.models import Model

AS_OF = dt.date(2026, 5, 6)
UNITS = (
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "DL",
    "NB", "XM", "QD", "SZ",
)  # fmt: skip


def registry_of(firms: int) -> None:
    """Replace the registry by invented enterprises, three reports and two rights each."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Region._meta.db_table} CASCADE")
        cursor.execute("SELECT setseed(0.5)")
    ids = [
        Region.objects.create(code=f"{n:06}", path=unit, level="province", name_zh=unit).pk
        for n, unit in enumerate(UNITS, 1)
    ]
    first = Enterprise.objects.create(
        credit_code="0", name="虚构", name_key="虚构", fictional=True, region_id=ids[0],
        region_path=UNITS[0], size_class="small",
        mainland_entity=True, obeys_laws=True, on_abnormal_list=False, on_dishonest_list=False,
        prohibited_product=False, events_declared=True, truth_declared=True, own_brand=True,
        niche_since=dt.date(2018, 3, 1), digital_level=2,
    )  # fmt: skip
    report = AnnualReport.objects.create(enterprise=first, year=2025)
    right = IntellectualProperty.objects.create(
        enterprise=first, kind="invention", ip_class=1, number="0", obtained="own",
        granted_on=dt.date(2022, 1, 1), related=True, applied=True, benefit=True,
    )  # fmt: skip
    multiply(first, f"generate_series(1, {firms - 1}) AS n", {
        "id": f"{first.pk} + n", "credit_code": "n::text", "name": "'虚构' || n",
        "name_key": "'虚构' || n",
        "region_id": f"(ARRAY{ids})[1 + n % {len(ids)}]",
        "region_path": f"(ARRAY{list(UNITS)})[1 + n % {len(ids)}]",
        "niche_since": "DATE '2010-01-01' + (random() * 5500)::int",
    })  # fmt: skip
    money = "(10 ^ (9 + 2.5 * random()))::bigint"
    share = "(10 ^ (9 + 2.5 * random()) * 0.06 * random())::bigint"
    multiply(
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
    multiply(
        right,
        "registry_enterprise AS e CROSS JOIN generate_series(1, 2) AS n",
        {"id": f"{right.pk} + row_number() OVER ()", "enterprise_id": "e.id", "number": "n::text"},
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Touch._meta.db_table}")
        cursor.execute("ANALYZE")


def multiply(row: Model, source: str, changes: dict[str, str]) -> None:
    """Insert copies of a row, one for each row of `source`, with some columns made anew.

    The row is read before any copy is written: a plan may else look for it among all its copies.
    """
    table = row._meta.db_table
    columns = [field.column for field in row._meta.concrete_fields]
    made = ", ".join(changes.get(column, f"t.{column}") for column in columns)
    joined, where, rest = source.partition(" WHERE ")
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH t AS MATERIALIZED (SELECT * FROM {table} WHERE id = {row.pk}) "  # noqa: S608
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {made} FROM {joined} CROSS JOIN t{where}{rest}"
        )
