"""Lists that leave the system: CSV row by row, or one workbook (导出)."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

XLSX_MAX_ROWS = 100_000  # above that, building the workbook takes too long for a request
RISKY = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
BOM = "\ufeff"


class TooManyRowsError(Exception):
    """A workbook was asked for with more rows than it may hold."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the export: its heading and where its value stands."""

    heading: str
    field: str
    choices: dict[Any, Any] | None = None


def safe(value: object) -> str:
    """Return a cell's text that no spreadsheet takes for a formula (防公式注入)."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(RISKY) else text


def columns() -> list[Column]:
    """Return the columns of the list of enterprises, in the page's language."""
    from enterprises.registry.models import SizeClass, Stage, Tier

    return [
        Column(_("Name"), "name"),
        Column(_("Credit code"), "credit_code"),
        Column(_("Region code"), "region__code"),
        Column(_("Region"), "region__name_zh"),
        Column(_("Tier"), "tier", _texts(Tier.choices)),
        Column(_("Stage"), "stage", _texts(Stage.choices)),
        Column(_("Size"), "size_class", _texts(SizeClass.choices)),
        Column(_("Industry code"), "industry__code"),
        Column(_("Industry"), "industry__name_zh"),
        Column(_("Niche market"), "niche"),
        Column(_("Leading product"), "leading_product"),
        Column(_("Key chain"), "chain__name_zh"),
        Column(_("Park"), "park__name_zh"),
        Column(_("Established on"), "established_on"),
        Column(_("Digital level"), "digital_level"),
        Column(_("Fictional"), "fictional", {True: _("yes"), False: ""}),
    ]


def note(user: User, *, filters: dict[str, Any], form: str, rows: int) -> JobRun:
    """Write down who takes which list out of the system (导出留痕)."""
    now = timezone.now()
    return JobRun.objects.create(
        kind="export",
        status=JobRun.Status.DONE,
        params={"filters": {key: _kept(value) for key, value in filters.items()}, "format": form},
        result={"rows": rows},
        done=rows,
        total=rows,
        started_by=user,
        started_at=now,
        finished_at=now,
    )


def _kept(value: Any) -> Any:
    """Return what was asked for without null characters, which PostgreSQL does not keep."""
    return value.replace("\0", "") if isinstance(value, str) else value


def csv_lines(rows: QuerySet[Enterprise]) -> Iterator[str]:
    """Yield the list as CSV with a byte order mark, so that Excel reads Chinese."""
    wanted = columns()  # now, while the request's language is active
    return csv_text([column.heading for column in wanted], _cells(rows, wanted))


def workbook(rows: QuerySet[Enterprise]) -> IO[bytes]:
    """Return the list as an XLSX file, open at its beginning.

    Raises TooManyRowsError above XLSX_MAX_ROWS.
    """
    if rows.order_by()[: XLSX_MAX_ROWS + 1].count() > XLSX_MAX_ROWS:
        raise TooManyRowsError
    wanted = columns()
    return sheet([column.heading for column in wanted], _cells(rows, wanted))


def sheet(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """Return any rows as an XLSX file with harmless cells, open at its beginning."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet()
    page.freeze_panes(1, 0)
    page.set_column(0, 1, 26)
    bold = book.add_format({"bold": True})
    for place, text in enumerate(heading):
        page.write_string(0, place, text, bold)
    for line, cells in enumerate(rows, start=1):
        _write_line(page, line, [safe(cell) for cell in cells])
    book.close()
    out.seek(0)
    return out


def csv_text(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield any rows as CSV with a byte order mark and harmless cells."""
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(list(heading))
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _texts(choices: Iterable[tuple[Any, Any]]) -> dict[Any, str]:
    return {value: str(label) for value, label in choices}


def _cells(rows: QuerySet[Enterprise], wanted: list[Column]) -> Iterator[list[Any]]:
    values = rows.values_list(*[column.field for column in wanted])
    for row in values.iterator(chunk_size=2000):
        yield [
            column.choices.get(value, value) if column.choices else value
            for column, value in zip(wanted, row, strict=True)
        ]


def _write_line(sheet: Any, line: int, cells: Sequence[str]) -> None:
    for place, cell in enumerate(cells):
        if cell:
            sheet.write_string(line, place, cell)
