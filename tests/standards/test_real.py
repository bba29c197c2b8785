"""Real figures of listed firms, 2019 to 2021, judged by both little-giant editions.

An independent reading of the criteria in exact fractions must agree on every firm.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cultivation.standards import facts
from cultivation.standards.editions import FOLDER
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.policy import Case, Policy
from cultivation.standards.reading import read_policy

HOME = Path(__file__).resolve().parents[2]
FILE = HOME.parent / "shared" / "real" / "listed_annual_reports_2019_2021.csv"
ON = dt.date(2022, 12, 31)  # so that the last complete year is 2021
UNMET, UNKNOWN, MET = 0, 1, 3
Firm = dict[str, int | None]

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FILE.exists(), reason="the real data is not beside the project"),
]


def fen(text: str) -> int | None:
    try:
        return int(Decimal(text) * 100)
    except InvalidOperation:
        return None


def total(row: dict[str, str], *names: str) -> int | None:
    parts = [fen(row[name]) for name in names]
    return None if None in parts else sum(part for part in parts if part is not None)


def positive(value: int | None) -> int | None:
    return value if value is not None and value > 0 else None  # -1 and 0 mean "not found"


@pytest.fixture(scope="module")
def firms() -> dict[str, Firm]:
    found: dict[str, Firm] = defaultdict(dict)
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            back = ON.year - int(row["报告年份"])
            found[row["股票代码"]] |= {
                f"revenue_y{back}": fen(row["营业总收入"]),
                f"main_business_revenue_y{back}": fen(row["营业收入"]),
                f"rd_expense_y{back}": positive(fen(row["研发费用"])),
                f"total_assets_y{back}": total(row, "流动资产合计", "非流动资产合计"),
                f"total_liabilities_y{back}": total(row, "流动负债合计", "非流动负债合计"),
            }
    return dict(found)


def edition(code: str) -> Policy:
    return read_policy((FOLDER / f"{code}.toml").read_text(encoding="utf-8"), code=code)


def judged(code: str, firms: dict[str, Firm]) -> list[dict[str, Any]]:
    policy = edition(code)
    names = sorted(columns(policy.root))
    rows = [
        {**dict.fromkeys(names), **firm, "enterprise": n, "region_path": "32"}
        for n, firm in enumerate(firms.values())
    ]
    types = {name: facts.column_type(name) for name in names}
    frame = pl.DataFrame(
        [[row[name] for name in names] for row in rows], schema=types, orient="row"
    )
    return judge(frame, policy.standard(Case("recognition", ON, "32"))).rows(named=True)


def verdict(truth: bool | None) -> int:
    return UNKNOWN if truth is None else MET if truth else UNMET


def ratio(part: int | None, whole: int | None) -> Fraction | None:
    return None if part is None or not whole or whole < 0 else Fraction(part, whole)


def at_least(value: Fraction | int | None, edge: Fraction | int) -> bool | None:
    return None if value is None else value >= edge


def every(*truths: bool | None) -> bool | None:
    return False if False in truths else None if None in truths else True


def test_the_data_is_there(firms: dict[str, Firm]) -> None:
    assert len(firms) > 1500
    assert sum("revenue_y3" in firm and "revenue_y1" in firm for firm in firms.values()) > 1000


def test_every_firm_is_judged_by_2026_as_exact_fractions_say(firms: dict[str, Firm]) -> None:
    wan = 10**6
    seen = set()
    for firm, found in zip(firms.values(), judged("little_giant_2026", firms), strict=True):
        revenue = [firm.get(f"revenue_y{back}") for back in (1, 2, 3)]
        spent = [firm.get(f"rd_expense_y{back}") for back in (1, 2)]
        owed = ratio(firm.get("total_liabilities_y1"), firm.get("total_assets_y1"))
        grown = ratio(revenue[0], revenue[2])
        shares = [ratio(part, whole) for part, whole in zip(spent, revenue[:2], strict=True)]
        main = ratio(firm.get("main_business_revenue_y1"), revenue[0])
        both = None if None in spent else sum(part for part in spent if part is not None)
        expected = {
            "L26-2a": at_least(revenue[0], 5000 * wan),
            "L26-2b": at_least(main, Fraction(9, 10)),
            "L26-2c": at_least(grown, Fraction(105, 100) ** 2),
            "L26-2d": None if owed is None else owed <= Fraction(75, 100),
            "L26-3a": at_least(both, 1200 * wan),
            "L26-3b": every(*(at_least(share, Fraction(3, 100)) for share in shares)),
        }
        assert {code: found[f"v:{code}"] for code in expected} == {
            code: verdict(truth) for code, truth in expected.items()
        }
        seen |= {(code, verdict(truth)) for code, truth in expected.items()}
    assert len(seen) >= 15  # most verdicts of most criteria occur in real life


def test_every_firm_is_judged_by_2022_as_exact_fractions_say(firms: dict[str, Firm]) -> None:
    wan = 10**6
    for firm, found in zip(firms.values(), judged("little_giant_2022", firms), strict=True):
        main = [firm.get(f"main_business_revenue_y{back}") for back in (1, 2, 3)]
        late, early = ratio(main[0], main[1]), ratio(main[1], main[2])
        mean = None if late is None or early is None else (late + early) / 2 - 1
        revenue = firm.get("revenue_y1")
        shares = [ratio(firm.get(f"rd_expense_y{b}"), firm.get(f"revenue_y{b}")) for b in (1, 2)]
        large = at_least(revenue, 10_000 * wan)
        middle = every(
            at_least(revenue, 5000 * wan), None if revenue is None else revenue < 10_000 * wan
        )
        expected = {
            "L22-1c": at_least(mean, Fraction(5, 100)),
            "L22-4.1A": every(large, *(at_least(s, Fraction(3, 100)) for s in shares)),
            "L22-4.1B": every(middle, *(at_least(s, Fraction(6, 100)) for s in shares)),
        }
        assert {code: found[f"v:{code}"] for code in expected} == {
            code: verdict(truth) for code, truth in expected.items()
        }
