"""Real figures of listed firms, 2019 to 2021, judged by both little-giant editions.

An independent reading of the criteria in exact fractions must agree on every firm.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cultivation.standards import facts
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.policy import Case
from tests.standards.seeds import LIBRARY

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


def judged(code: str, firms: dict[str, Firm]) -> list[dict[str, Any]]:
    policy = LIBRARY.policy(code)
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


TABLE = {  # for how many of the firms a criterion is met, unmet, unknown
    ("little_giant_2026", "L26-2a"): (1996, 116, 50),
    ("little_giant_2026", "L26-2b"): (1984, 28, 150),
    ("little_giant_2026", "L26-2c"): (990, 586, 586),
    ("little_giant_2026", "L26-2d"): (1889, 133, 140),
    ("little_giant_2026", "L26-3a"): (1551, 85, 526),
    ("little_giant_2026", "L26-3b"): (978, 734, 450),
    ("little_giant_2022", "L22-1b"): (1986, 26, 150),
    ("little_giant_2022", "L22-1c"): (1030, 525, 607),
    ("little_giant_2022", "L22-2d"): (1831, 191, 140),
    ("little_giant_2022", "L22-4.1A1"): (1986, 126, 50),
    ("little_giant_2022", "L22-4.1A2"): (978, 734, 450),
    ("little_giant_2022", "L22-4.1A"): (972, 846, 344),
    ("little_giant_2022", "L22-4.1B"): (1, 2131, 30),
}


@pytest.mark.parametrize("edition", ["little_giant_2026", "little_giant_2022"])
def test_how_many_of_the_firms_meet_each_criterion(firms: dict[str, Firm], edition: str) -> None:
    rows = judged(edition, firms)
    expected = {code: numbers for (of, code), numbers in TABLE.items() if of == edition}
    found = {code: Counter(row[f"v:{code}"] for row in rows) for code in expected}
    assert {code: (n[MET], n[UNMET], n[UNKNOWN]) for code, n in found.items()} == expected


# Ten firms checked by hand: of each criterion those nearest to its threshold on either side, none
# twice; the growth of two years is compared by its square. Figures are the file's, in yuan.
TEN = [  # criterion, stock code, how far beyond its threshold, met
    ("L26-2b", "002095", "+0.068794", True),
    ("L26-2b", "002538", "-0.044228", False),
    ("L26-2c", "600963", "+0.000528", True),
    ("L26-2c", "300519", "-0.000825", False),
    ("L26-2d", "000669", "+0.001837", True),
    ("L26-2d", "601669", "-0.000895", False),
    ("L26-3b", "002399", "+0.000009", True),
    ("L26-3b", "002542", "-0.000027", False),
    ("L22-1c", "300520", "+0.000343", True),
    ("L22-1c", "600664", "-0.000491", False),
]


def by_hand(code: str, reports: dict[str, dict[str, str]]) -> Fraction | None:
    """Return by how much a firm is beyond the threshold, on the good side above nought."""

    def yuan(year: str, *names: str) -> Fraction:
        return sum((Fraction(reports[year][name]) for name in names), Fraction(0))

    try:
        if code == "L26-2b":
            return yuan("2021", "营业收入") / yuan("2021", "营业总收入") - Fraction("0.90")
        if code == "L26-2c":
            return yuan("2021", "营业总收入") / yuan("2019", "营业总收入") - Fraction("1.05") ** 2
        if code == "L26-2d":
            owed = yuan("2021", "流动负债合计", "非流动负债合计")
            return Fraction("0.75") - owed / yuan("2021", "流动资产合计", "非流动资产合计")
        if code == "L26-3b":
            spent = [yuan(year, "研发费用") / yuan(year, "营业总收入") for year in ("2021", "2020")]
            missing = any(yuan(year, "研发费用") <= 0 for year in ("2021", "2020"))
            return None if missing else min(spent) - Fraction("0.03")
        late = yuan("2021", "营业收入") / yuan("2020", "营业收入")
        early = yuan("2020", "营业收入") / yuan("2019", "营业收入")
    except (KeyError, ValueError, ZeroDivisionError):
        return None
    return (late + early) / 2 - 1 - Fraction("0.05")


def test_ten_firms_nearest_to_a_threshold_are_judged_as_by_hand(firms: dict[str, Firm]) -> None:
    reports: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            reports[row["股票代码"]][row["报告年份"]] = row
    found: dict[str, dict[str, Any]] = {}
    for edition in ("little_giant_2026", "little_giant_2022"):
        for firm, row in zip(firms, judged(edition, firms), strict=True):
            found.setdefault(firm, {}).update(row)
    chosen: list[tuple[str, str, str, bool]] = []
    for code in ("L26-2b", "L26-2c", "L26-2d", "L26-3b", "L22-1c"):
        beyond = {firm: by_hand(code, reports[firm]) for firm in firms}
        known = {firm: value for firm, value in beyond.items() if value is not None}
        for met in (True, False):
            taken = {firm for _, firm, _, _ in chosen}
            free = [f for f, v in known.items() if (v >= 0) == met and f not in taken]
            firm = min(free, key=lambda f: (abs(known[f]), f))
            chosen.append((code, firm, f"{float(known[firm]):+.6f}", met))
    assert chosen == TEN
    for code, firm, _, met in TEN:
        assert found[firm][f"v:{code}"] == verdict(met)
