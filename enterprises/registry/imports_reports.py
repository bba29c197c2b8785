"""Rows of annual reports on their way in (年度数据导入)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.registry import credit_code, names, plausibility
from enterprises.registry.imports_cells import (
    Remark,
    errors_of,
    figure,
    refusal,
    truth,
    warning,
    whole,
)
from enterprises.registry.imports_enterprises import Candidate, EnterpriseRows
from enterprises.registry.imports_mapping import REPORT_FIGURES
from enterprises.registry.models import COUNTS, MONEY, AnnualReport, Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User
    from enterprises.registry.imports_mapping import Columns
    from enterprises.registry.imports_reading import Row
    from enterprises.registry.imports_seen import Seen

COMPARED = (*MONEY, *COUNTS)


@dataclass(slots=True)
class ReportRow:
    """A row as read: whose year it is, its figures, and what there is to say (年度行)."""

    line: int
    code: str = ""
    name: str = ""
    key: str = ""
    year: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    enterprise_id: int | None = None

    @property
    def refused(self) -> bool:
        return any(remark.refused for remark in self.remarks)


@dataclass(slots=True)
class ReportOutcome:
    """What a batch of report rows comes to (批次结果)."""

    registered: list[Candidate] = field(default_factory=list)
    new: list[ReportRow] = field(default_factory=list)
    changed: list[tuple[ReportRow, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    rows: list[ReportRow] = field(default_factory=list)
    unchanged: int = 0


class ReportRows:
    """Checks rows of annual reports of one file (年度行校验)."""

    def __init__(self, columns: Columns, *, by: User | None, seen: Seen) -> None:
        self.columns, self.by, self.seen = columns, by, seen
        self.constants = {k: str(v) for k, v in columns.mapping.constants.items()}
        self.enterprises = EnterpriseRows(columns, by=by, seen=seen)
        self.this_year = timezone.localdate().year

    def remember_names(self, rows: Iterable[Row]) -> None:
        """Read the file once for codes and names, for rows that state a name alone."""
        for line, row in rows:
            cells = self.columns.cells(row)
            code = credit_code.normalise(cells.get("credit_code", ""))
            if credit_code.is_sound(code) and "name" in cells:
                self.seen.add_names([(code, names.key(cells["name"]), line)])

    def batch(self, rows: Iterable[Row]) -> ReportOutcome:
        """Return what the rows come to beside the registry and the rows before them."""
        outcome = ReportOutcome(rows=[self.read(line, row) for line, row in rows])
        self._match_names([r for r in outcome.rows if not r.refused and not r.code])
        sound = [r for r in outcome.rows if not r.refused]
        there = {
            e["credit_code"]: e
            for e in Enterprise.objects.filter(credit_code__in={r.code for r in sound}).values(
                "id", "credit_code", "name", "name_key", "region_path"
            )
        }
        for row in sound:
            self._match(row, there, outcome)
        sound = [r for r in sound if not r.refused]
        stored = self._stored(sound)
        for row in sound:
            self._judge(row, stored, outcome)
        return outcome

    def read(self, line: int, cells: list[str]) -> ReportRow:
        """Return a row read and checked by itself."""
        row = ReportRow(line)
        if any(cell.strip() for cell in cells[self.columns.width :]):
            message = _("more cells than the header has: is there a delimiter inside a text?")
            row.remarks.append(refusal("cells", "", cells[self.columns.width], message))
            return row
        row.cells = {**self.constants, **self.columns.cells(cells)}
        self._code(row)
        self._year(row)
        self._figures(row, cells)
        for name, error in plausibility.impossible(row.values).items():
            for kind, message in errors_of(error):
                row.remarks.append(refusal(kind, name, row.cells.get(name, ""), message))
        if not row.refused and not any(name in row.values for name in REPORT_FIGURES):
            message = _("every figure of this row is missing; fill in one, or leave the row out")
            row.remarks.append(refusal("no_figures", "", row.name or row.code, message))
        return row

    def _code(self, row: ReportRow) -> None:
        text = row.cells.get("credit_code", "")
        row.code = credit_code.normalise(text)
        row.name = names.tidy(row.cells.get("name", ""))
        row.key = names.key(row.name)
        if row.code in credit_code.NOTHING:
            row.code = ""
            return
        for flaw in credit_code.flaws(row.code):
            if flaw.error and not Enterprise.objects.filter(credit_code=row.code).exists():
                message = credit_code.with_remedy(flaw)
                row.remarks.append(refusal(flaw.kind, "credit_code", text, message))

    def _year(self, row: ReportRow) -> None:
        text = row.cells.get("year", "")
        try:
            row.year = whole(text.removesuffix("度").removesuffix("年"))
        except ValidationError:
            row.year = 0
        if not 1990 <= row.year <= self.this_year:
            message = _("“%(text)s” is no year from 1990 to %(last)d")
            words = message % {"text": text, "last": self.this_year}
            row.remarks.append(refusal("year", "year", text, words))

    def _figures(self, row: ReportRow, cells: list[str]) -> None:
        for name in REPORT_FIGURES:
            if name in row.cells:
                self._figure(row, name, [row.cells[name]])
            elif name in self.columns.sums:
                parts = self.columns.parts(name, cells)
                if parts is not None:
                    self._figure(row, name, parts)
        if "audited" in row.cells:
            try:
                row.values["audited"] = truth(row.cells["audited"])
            except ValidationError as error:
                self._refuse(row, "audited", row.cells["audited"], error)
        if "source" in row.cells:
            row.values["source"] = row.cells["source"][:120]

    def _figure(self, row: ReportRow, name: str, parts: list[str]) -> None:
        total = 0
        for text in parts:
            try:
                value, currency = figure(name, text, self.columns.units.get(name, "元"))
            except ValidationError as error:
                self._refuse(row, name, text, error)
                return
            if value is None:
                message = _("an amount in %s is left empty; write it in yuan") % currency
                row.remarks.append(warning("foreign_currency", name, text, message))
                return
            total += value
        row.values[name] = total

    def _refuse(self, row: ReportRow, name: str, text: str, error: ValidationError) -> None:
        for kind, message in errors_of(error):
            row.remarks.append(refusal(kind, name, text, message))

    def _match_names(self, rows: list[ReportRow]) -> None:
        """Find the code of rows that state a name alone: in the registry, then in this file."""
        found: dict[str, set[str]] = {}
        known = Enterprise.objects.filter(name_key__in={r.key for r in rows if r.key})
        for key, code in known.values_list("name_key", "credit_code"):
            found.setdefault(key, set()).add(code)
        for row in rows:
            codes = found.get(row.key) or {code for code, _line in self.seen.codes_of(row.key)}
            if len(codes) == 1 and row.key:
                row.code = next(iter(codes))
                message = _("no code is given; matched by its name to %s") % row.code
                row.remarks.append(warning("matched_by_name", "name", row.name, message))
            elif codes and row.key:
                message = _(
                    "no code is given and several enterprises have this name; give the code"
                )
                row.remarks.append(refusal("ambiguous_name", "name", row.name, message))
            else:
                message = _(
                    "no code is given and no enterprise of this name is known; "
                    "give the code, or register the enterprise first"
                )
                row.remarks.append(refusal("unknown_enterprise", "name", row.name, message))

    def _match(
        self, row: ReportRow, there: dict[str, dict[str, Any]], outcome: ReportOutcome
    ) -> None:
        """Tie a row to its enterprise, or register that where the mapping allows it."""
        enterprise = there.get(row.code)
        if enterprise is None:
            self._register(row, outcome)
            return
        row.enterprise_id = enterprise["id"]
        if row.key and row.key != enterprise["name_key"]:
            message = _("the registry knows this code as %s") % enterprise["name"]
            row.remarks.append(warning("other_name", "name", row.name, message))
        if self.by is not None and not self.by.scope.may_register(enterprise["region_path"]):
            message = _("the enterprise stands outside the area that you register for")
            row.remarks.append(
                refusal("out_of_scope", "region", enterprise["region_path"], message)
            )

    def _register(self, row: ReportRow, outcome: ReportOutcome) -> None:
        if self.seen.is_registered(row.code):
            return
        if not self.columns.mapping.register:
            message = _("no enterprise with this code is registered; import enterprises first")
            row.remarks.append(refusal("not_registered", "credit_code", row.code, message))
            return
        cells = {**row.cells, "credit_code": row.code}
        candidate = self.enterprises.of_cells(row.line, cells, extra=[])
        row.remarks.extend(candidate.remarks)
        if candidate.refused:
            return
        self.seen.add_registered(row.code)
        message = _("the enterprise was not registered yet and is registered with this row")
        row.remarks.append(warning("registered", "credit_code", row.code, message))
        outcome.registered.append(candidate)

    def _stored(self, rows: list[ReportRow]) -> dict[tuple[int, int], dict[str, Any]]:
        """Return the reports of the registry for these enterprises, the years and those before."""
        ids = {r.enterprise_id for r in rows if r.enterprise_id is not None}
        years = {r.year for r in rows} | {r.year - 1 for r in rows}
        found = AnnualReport.objects.filter(enterprise_id__in=ids, year__in=years).values()
        return {(r["enterprise_id"], r["year"]): r for r in found}

    def _judge(
        self,
        row: ReportRow,
        stored: dict[tuple[int, int], dict[str, Any]],
        outcome: ReportOutcome,
    ) -> None:
        if self._repeated(row, outcome):
            return
        old = stored.get((row.enterprise_id or 0, row.year))
        figures = {name: (old or {}).get(name) for name in COMPARED} | {
            name: row.values[name] for name in COMPARED if name in row.values
        }
        before = self.seen.report(row.code, row.year - 1)
        previous = before[1] if before else stored.get((row.enterprise_id or 0, row.year - 1))
        for doubt in plausibility.examine(figures, previous):
            value = row.cells.get(doubt.figure, "")
            row.remarks.append(warning(doubt.code, doubt.figure, value, doubt.message))
            row.warnings.append(doubt.as_json())
        self.seen.add_report(row.code, row.year, row.line, self._compared(row))
        if old is None:
            outcome.new.append(row)
            return
        changed = {k: v for k, v in row.values.items() if old[k] != v}
        if changed:
            outcome.changed.append((row, old, changed))
        else:
            outcome.unchanged += 1

    def _repeated(self, row: ReportRow, outcome: ReportOutcome) -> bool:
        """Tell whether an earlier row of this file had this year of this enterprise."""
        first = self.seen.report(row.code, row.year)
        if first is None:
            return False
        line, figures = first
        if figures == self._compared(row):
            message = _("the same as line %(line)d; taken once") % {"line": line}
            row.remarks.append(warning("repeated", "year", row.year, message))
            outcome.unchanged += 1
        else:
            message = _("line %(line)d has this year with other figures; keep one of the rows")
            words = message % {"line": line}
            row.remarks.append(refusal("repeated_otherwise", "year", row.year, words))
        return True

    def _compared(self, row: ReportRow) -> dict[str, int | None]:
        return {name: row.values.get(name) for name in COMPARED}
