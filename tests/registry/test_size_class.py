"""The 16 rows of the SME size standard, with worked cases (工信部联企业〔2011〕300号)."""

from __future__ import annotations

import pytest

from enterprises.registry import size_class

WAN = 1_000_000


@pytest.mark.parametrize(
    ("industry", "employees", "revenue", "assets", "size"),
    [
        ("C", 1000, 40_000, None, "large"),
        ("35", 999, 40_000, None, "medium"),
        ("C35", 1200, 39_999, None, "medium"),
        ("3516", 300, 2000, None, "medium"),
        ("35", 299, 2000, None, "small"),
        ("35", 20, 300, None, "small"),
        ("35", 19, 5000, None, "micro"),
        ("35", 1500, 250, None, "micro"),
        ("65", 103, 15_735.28, None, "medium"),
        ("01", None, 499, None, "small"),
        ("A", None, 20_000, None, "large"),
        ("47", None, 80_000, 79_999, "medium"),
        ("701", None, 200_000, 9999, "medium"),
        ("72", 300, None, 120_000, "large"),
        ("73", 10, None, None, "small"),
        ("73", 9, None, None, "micro"),
        ("63", 2000, 99_999, None, "medium"),
        ("591", 1000, 30_000, None, "large"),
        ("5920", 200, 30_000, None, "large"),
        ("703", 300, None, None, "large"),
        ("35", None, 2000, None, "unknown"),
        ("35", None, 299, None, "micro"),  # one figure below the least decides
        ("66", 100, 1000, 1000, "unknown"),  # finance has no row
        ("83", 100, 1000, 1000, "unknown"),
        ("70", 100, 1000, 1000, "unknown"),  # the division alone does not tell the row
        ("", 100, 1000, 1000, "unknown"),
    ],
)
def test_worked_cases(industry, employees, revenue, assets, size):
    fen = [None if x is None else round(x * WAN) for x in (revenue, assets)]
    assert size_class.classify(industry, employees, *fen) == size


def test_the_standard_has_sixteen_rows():
    assert [row.number for row in size_class.rows()] == list(range(1, 17))


def test_a_fen_below_the_limit_drops_the_class():
    assert size_class.classify("35", 1000, 40_000 * WAN - 1, None) == "medium"


def test_the_newest_year_that_decides_counts():
    reports = {
        2023: {"employees": 1000, "revenue": 40_000 * WAN, "total_assets": None},
        2024: {"employees": 300, "revenue": 2000 * WAN, "total_assets": None},
        2025: {"employees": 300, "revenue": None, "total_assets": None},
    }
    assert size_class.of_reports("35", reports) == ("medium", 2024)
    assert size_class.of_reports("", reports) == ("unknown", None)
