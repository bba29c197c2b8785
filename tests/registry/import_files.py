"""Files of fictional rows for the tests of the import (导入测试文件)."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import xlsxwriter

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ["企业名称", "统一社会信用代码", "所在省份", "地区", "注册资金"]
REPORT_HEADER = ["统一社会信用代码", "企业名称", "年度", "营业收入（万元）", "职工人数", "研发费用"]


def write_csv(
    path: Path, rows: list[list[Any]], *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """Write rows as a delimited text."""
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def write_xlsx(path: Path, rows: list[list[Any]], *, merged: str = "") -> Path:
    """Write rows as a workbook, with one merged range if asked for."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if merged:
            sheet.merge_range(merged, "合并")
    return path
