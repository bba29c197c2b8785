"""Size by the 16 rows of the SME standard (中小企业划型标准规定, 工信部联企业〔2011〕300号)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from enterprises.registry.models import SizeClass

if TYPE_CHECKING:
    from collections.abc import Mapping

# Sections by division of GB/T 4754-2017, for codes that begin with two digits.
_SECTIONS = (
    ("A", 1, 5), ("B", 6, 12), ("C", 13, 43), ("D", 44, 46), ("E", 47, 50), ("F", 51, 52),
    ("G", 53, 60), ("H", 61, 62), ("I", 63, 65), ("J", 66, 69), ("K", 70, 70), ("L", 71, 72),
    ("M", 73, 75), ("N", 76, 79), ("O", 80, 82), ("P", 83, 83), ("Q", 84, 85), ("R", 86, 90),
    ("S", 91, 96), ("T", 97, 97),
)  # fmt: skip
_SCALE = {"10k yuan": 1_000_000, "persons": 1}


@dataclass(frozen=True, slots=True)
class Limit:
    """The lower limits of large, medium and small for one figure, in fen or heads (下限)."""

    figure: str
    large: int
    medium: int
    small: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the standard: an industry and its limits (行业)."""

    number: int
    name_zh: str
    name_en: str
    codes: tuple[str, ...]
    limits: tuple[Limit, ...]


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Return the rows of the standard as the seed file has them (标准各行)."""
    path = Path(settings.SEEDS_DIR) / "sme_classification.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    numbers = dict.fromkeys(int(line["industry_no"]) for line in lines)
    return tuple(_row(n, [x for x in lines if int(x["industry_no"]) == n]) for n in numbers)


@lru_cache(maxsize=4096)
def row_for(industry_code: str) -> Row | None:
    """Return the row for a code of GB/T 4754, None where the standard has none (适用行业)."""
    code = industry_code.strip().upper()
    code = code[1:] if code[:1].isalpha() and len(code) > 1 else code
    section = code if code.isalpha() else _section(code)
    best: tuple[int, Row] | None = None
    for row in rows():
        for given in row.codes:
            fits = given == section if given.isalpha() else code.startswith(given)
            if fits and (best is None or len(given) > best[0]):
                best = (0 if given.isalpha() else len(given), row)
    return best[1] if best else None


def classify(
    industry_code: str,
    employees: int | None,
    revenue_fen: int | None,
    assets_fen: int | None,
) -> SizeClass:
    """Return the size class; unknown where the figures at hand do not decide it (划型).

    Large, medium and small must reach every lower limit of the row, else the class drops; one
    figure below the least makes it micro, whatever is missing.
    """
    row = row_for(industry_code) if industry_code else None
    if row is None:
        return SizeClass.UNKNOWN
    given = {"employees": employees, "revenue": revenue_fen, "assets": assets_fen}
    values = [given[limit.figure] for limit in row.limits]
    ranks = [
        None if value is None else _rank(value, limit)
        for value, limit in zip(values, row.limits, strict=True)
    ]
    known = [rank for rank in ranks if rank is not None]
    if known and min(known) == 0:
        return SizeClass.MICRO
    if len(known) < len(ranks):
        return SizeClass.UNKNOWN
    order = (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE)
    return order[min(known)]


def of_reports(
    industry_code: str, reports: Mapping[int, Mapping[str, int | None]]
) -> tuple[SizeClass, int | None]:
    """Return the class by the newest year that decides it, and that year (按年度划型)."""
    for year in sorted(reports, reverse=True):
        report = reports[year]
        size = classify(
            industry_code, report["employees"], report["revenue"], report["total_assets"]
        )
        if size != SizeClass.UNKNOWN:
            return size, year
    return SizeClass.UNKNOWN, None


def _rank(value: int, limit: Limit) -> int:
    return (value >= limit.small) + (value >= limit.medium) + (value >= limit.large)


def _section(code: str) -> str:
    if not code[:2].isdigit():
        return ""
    division = int(code[:2])
    return next((name for name, low, high in _SECTIONS if low <= division <= high), "")


def _row(number: int, lines: list[dict[str, str]]) -> Row:
    first = lines[0]
    return Row(
        number,
        first["industry_zh"],
        first["industry_en"],
        tuple(_codes(first["gbt4754_2017_codes"])),
        tuple(
            Limit(
                line["variable"],
                *(
                    int(line[f"{c}_min"]) * _SCALE[line["unit"]]
                    for c in ("large", "medium", "small")
                ),
            )
            for line in lines
        ),
    )


def _codes(text: str) -> list[str]:
    """Return the codes of a row; 592-599 stands for each of them."""
    codes: list[str] = []
    for part in text.split(";"):
        low, _dash, high = part.partition("-")
        codes += [str(n) for n in range(int(low), int(high) + 1)] if high else [low]
    return codes
