"""Importing enterprises from CSV beside a raw COPY of the same rows (导入基准).

The file has what real files have: several spellings of capital, lower-case codes, wrong check
characters, missing cells, other provinces and repeated rows.
"""

from __future__ import annotations

import csv
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from config.benchmarks import Figure, peak_mib
from enterprises.places import seeds
from enterprises.places.models import Region
from enterprises.registry import credit_code, imports
from enterprises.registry.models import Enterprise, ImportRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SIZE = 100_000
HEADER = (
    "企业名称",
    "统一社会信用代码",
    "注册日期",
    "企业类型",
    "注册资金",
    "所在省份",
    "地区",
    "注册地址",
)
TIMES = 10.0
GROWTH = 32.0  # MiB that ten times the rows may add


def figures(size: int | None) -> Iterable[Figure]:
    """Yield the ratio of the import to a raw COPY, and how memory grows with the rows."""
    rows = size or SIZE
    seeds.load()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.csv", Path(folder) / "large.csv"
        write(small, rows // 10, first=rows)
        write(large, rows, first=0)
        _import(small)
        before = peak_mib()
        taken, counts = _timed(lambda: _import(large))
        grown = peak_mib() - before
        floor = _floor(Path(folder) / "rows")
        again, second = _timed(lambda: _import(large))
    if counts["new"] + counts["unchanged"] + counts["refused"] != rows or second["new"]:
        raise AssertionError(f"the counts do not add up: {counts} {second}")
    yield Figure("rows", rows, None, "rows")
    yield Figure("raw COPY", floor, None, "s")
    yield Figure("import checked and committed", taken, None, "s")
    yield Figure("import over raw COPY", taken / floor, TIMES, "times")
    yield Figure("same file again over raw COPY", again / floor, TIMES, "times")
    yield Figure("rows with a remark", ImportRow.objects.count(), None, "rows")
    yield Figure("memory growth for ten times the rows", grown, GROWTH, "MiB")
    yield Figure("peak memory", peak_mib(), None, "MiB")


def write(path: Path, rows: int, *, first: int) -> None:
    """Write a file of invented enterprises, the same for the same numbers."""
    random_ = random.Random(first)
    counties = list(
        Region.objects.filter(in_use=True, level="county", parent__level="city")
        .order_by("code")
        .values_list("code", "name_zh", "parent__name_zh", "parent__code")
    )
    provinces = dict(Region.objects.filter(level="province").values_list("code", "name_zh"))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(random_, rows, first, counties, provinces))


def _rows(
    random_: random.Random,
    rows: int,
    first: int,
    counties: list[tuple[str, str, str, str]],
    provinces: dict[str, str],
) -> Iterator[tuple[str, ...]]:
    for number in range(first, first + rows):
        area, county, city, _prefecture = random_.choice(counties)
        province = provinces[f"{area[:2]}0000"]
        code = _code(area, number)
        trouble = random_.random()
        if trouble < 0.02:
            code = code.lower()
        elif trouble < 0.03:
            code = code[:17] + ("A" if code[17] != "A" else "B")
        elif trouble < 0.04:
            province, city = "西藏自治区", "拉萨市"
        amount = random_.randrange(10, 90_000)
        capital = random_.choice(
            (
                f"{amount}万人民币",
                f"{amount}万元人民币",
                f"{amount:,}(万元)",
                f"{amount}(万)",
                "N/A",
            )
        )
        yield (
            f"虚构{county}第{number}试验设备有限公司",
            code,
            f"{random_.randrange(1985, 2024)}-{random_.randrange(1, 13):02}-15",
            "有限责任公司",
            capital,
            province,
            city,
            f"{province}{city}{county}虚构路{number % 999}号",
        )


def _code(area: str, number: int) -> str:
    body = f"MB{number:06d}"
    head = f"91{area}{body}{credit_code.organisation_character(body)}"
    return head + credit_code.check_character(head)


def _import(path: Path) -> dict[str, int]:
    staged = imports.stage(path, kind="enterprises", by=None)
    counts: dict[str, int] = imports.commit(staged, by=None).counts
    return counts


def _timed(work: Callable[[], dict[str, int]]) -> tuple[float, dict[str, int]]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _floor(rows: Path) -> float:
    """Return the seconds that PostgreSQL needs to COPY the same rows into a table like it."""
    table = Enterprise._meta.db_table
    with connection.cursor() as cursor:
        with rows.open("wb") as out, cursor.copy(f"COPY {table} TO STDOUT") as copy:
            for block in copy:
                out.write(block)
        cursor.execute(f"CREATE TABLE floor (LIKE {table} INCLUDING ALL)")
        start = time.perf_counter()
        with rows.open("rb") as source, cursor.copy("COPY floor FROM STDIN") as copy:
            while block := source.read(1 << 16):
                copy.write(block)
        return time.perf_counter() - start
