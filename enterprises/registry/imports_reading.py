"""Reading tables that people send: CSV in any usual encoding, or Excel (读取导入文件)."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
import unicodedata
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any

import python_calamine
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Row = tuple[int, list[str]]
TOP = 30  # rows in which a header is looked for
_CHUNK = 1 << 20


@dataclass(slots=True)
class Table:
    """A table with its header found; rows carry their line in the file, from 1 (表格)."""

    header: list[str]
    rows: Iterator[Row]
    encoding: str


def tidy(cell: str) -> str:
    """Return the name of a column as compared: half width, without blanks (列名规范)."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell))


@contextmanager
def table(path: Path, *, judge: Callable[[list[str]], int]) -> Iterator[Table]:
    """Open a file and find its header: the row that `judge` gives most points, at least one.

    Raises ValidationError saying what is wrong with the file and what would help.
    """
    if path.stat().st_size == 0:
        raise ValidationError(_("The file is empty."), code="empty")
    with path.open("rb") as raw:
        head = raw.read(8)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"PK\x03\x04")):
        yield _headed(_excel(path, judge), judge, "xlsx")
        return
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        rows = _csv(file)
        yield _headed(rows, judge, encoding)


def encoding_of(path: Path) -> str:
    """Return the encoding in which the whole file can be read: UTF-8, UTF-16 or GB18030 (编码)."""
    with path.open("rb") as raw:
        head = raw.read(4096)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        # ASCII in UTF-16 has its null in the second byte, or in the first where it is big-endian.
        first, second = head[0::2].count(0), head[1::2].count(0)
        if first + second > len(head) // 16:
            return "utf-16-le" if second > first else "utf-16-be"
        raw.seek(0)
        for encoding in ("utf-8-sig", "gb18030"):
            raw.seek(0)
            if _decodes(raw, encoding):
                return encoding
    raise ValidationError(
        _(
            "The file is neither UTF-8 nor GB18030 nor UTF-16. Save it again as “CSV UTF-8” or as "
            "an Excel workbook."
        ),
        code="encoding",
    )


def _decodes(raw: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := raw.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _csv(file: IO[str]) -> Iterator[Row]:
    """Yield the rows of a delimited text; the delimiter is the one its first lines use most."""
    first = list(islice(file, TOP))
    counts = {mark: sum(line.count(mark) for line in first) for mark in ",;\t|，"}
    mark = max(counts, key=lambda m: counts[m])
    reader = csv.reader(chain(first, file), delimiter=mark, strict=False)
    at = 1
    try:
        for row in reader:
            yield at, row
            at = reader.line_num + 1
    except csv.Error as error:
        raise ValidationError(
            _("Line %(line)d cannot be read (%(error)s): is a quotation mark left open?"),
            code="quotes",
            params={"line": at, "error": error},
        ) from error


def _excel(path: Path, judge: Callable[[list[str]], int]) -> Iterator[Row]:
    """Yield the rows of the sheet that has the best header."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        raise ValidationError(
            _("The workbook cannot be opened (%(error)s). Save it again as .xlsx or CSV."),
            code="workbook",
            params={"error": error},
        ) from error
    best, points = None, -1
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        top = [[_cell(c) for c in row] for row in islice(sheet.iter_rows(), TOP)]
        here = max((judge(row) for row in top), default=0)
        if here > points:
            best, points = sheet, here
    if best is None:
        raise ValidationError(_("The workbook has no sheet."), code="empty")
    _refuse_merged(best, judge)
    offset = (best.start or (0, 0))[0] + 1
    for number, row in enumerate(best.iter_rows(), offset):
        yield number, [_cell(c) for c in row]


def _refuse_merged(sheet: Any, judge: Callable[[list[str]], int]) -> None:
    """Refuse merged cells below the header: their values belong to one row only."""
    offset = (sheet.start or (0, 0))[0]
    top = [[_cell(c) for c in row] for row in islice(sheet.iter_rows(), TOP)]
    scores = [judge(row) for row in top]
    header = offset + (scores.index(max(scores)) if scores else 0)
    merged = getattr(sheet, "merged_cell_ranges", None) or []
    below = [m for m in merged if m[1][0] > header]
    if below:
        (row, column), (last_row, last_column) = below[0]
        first = f"{_letters(column)}{row + 1}"
        last = f"{_letters(last_column)}{last_row + 1}"
        raise ValidationError(
            _(
                "%(count)d merged cells lie below the header, the first %(cells)s. Unmerge them "
                "and fill every row, then import again."
            ),
            code="merged",
            params={"count": len(below), "cells": f"{first}:{last}"},
        )


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _cell(value: Any) -> str:
    """Return an Excel value as text, exactly: 1234.0 is 1234, a date is ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value)


def _headed(rows: Iterable[Row], judge: Callable[[list[str]], int], encoding: str) -> Table:
    """Return the table below the best header row of the first lines."""
    source = iter(rows)
    top = list(islice(source, TOP))
    if not top:
        raise ValidationError(_("The file has no rows."), code="empty")
    scores = [judge(row) for _line, row in top]
    best = scores.index(max(scores))
    header = [cell.strip().lstrip("\ufeff") for cell in top[best][1]]
    return Table(header, chain(top[best + 1 :], source), encoding)
