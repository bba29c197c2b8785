"""The table in which a scenario's thresholds are typed, in the units people use (情景编辑).

A cell left empty keeps what the edition says. What was typed is read into changes as an overlay
would state them; a cell that cannot be read says which, what and how to mend it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards import phrases, wording
from cultivation.standards.policy import Case, PolicyError
from cultivation.standards.scenario_changes import Row, amendments, number, plain, shown, stated

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from cultivation.standards.policy import Band, Criterion, Policy

BANDS = {"b", "bp"}  # prefixes of cells that belong to a band
LINES = {"at_least": "points_at_least", "above": "points_above"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One input: its name in the form, what it means, what was typed (输入格)."""

    name: str
    label: str
    unit: str  # of the policy: money, ratio, points, …
    now: str  # what holds at present, in words; of a band, where its points are typed
    key: str  # under which a change states it
    present: str  # what holds at present, as it would be typed
    typed: str = ""
    error: str = ""

    @property
    def unit_label(self) -> str:
        return {
            "money": _("10,000 yuan"),
            "ratio": "%",
            "share": "%",
            "points": _("points"),
            "years": _("years"),
        }.get(self.unit, "")


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion in the table (一行条件)."""

    criterion: Criterion
    depth: int
    measures: str
    applies: bool
    cells: tuple[Cell, ...]
    waive: str  # the name of its tick; empty where it cannot be left out
    waived: bool = False
    error: str = ""

    @property
    def label(self) -> str:
        return phrases.label(self.criterion)

    @property
    def now(self) -> str:
        """Return what the criterion asks for at present, where a cell does not say it."""
        criterion = self.criterion
        if self.cells or criterion.parts or criterion.comparison is None:
            return ""
        unit = criterion.quantity.unit if criterion.quantity else ""
        return wording.bound(criterion.comparison, unit)

    @property
    def is_changed(self) -> bool:
        return self.waived or any(cell.typed for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """All criteria with what was typed, and the changes it makes (调整表)."""

    lines: tuple[Line, ...]
    changes: list[Row] = field(default_factory=list)

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Return what cannot be read: the input's name, the criterion, the message."""
        found = [
            (cell.name, line.label, cell.error)
            for line in self.lines
            for cell in line.cells
            if cell.error
        ]
        return found + [(x.waive, x.label, x.error) for x in self.lines if x.error]


def table(policy: Policy, *, as_of: dt.date, path: str = "") -> Table:
    """Return the criteria of an edition as they are on a day, with empty inputs (空表)."""
    now = {c.code: c for c in policy.standard(Case("recognition", as_of, path)).walk()}
    counts = {count.name: count for count in policy.counts}

    def walk(criterion: Criterion, depth: int) -> Iterator[Line]:
        present = now.get(criterion.code, criterion)
        said = present.quantity
        yield Line(
            criterion=present,
            depth=depth,
            measures=phrases.quantity(said, counts) if said else "",
            applies=criterion.code in now,
            cells=tuple(_cells(present)),
            waive=f"w:{criterion.code}" if depth else "",
        )
        for part in criterion.parts:
            yield from walk(part, depth + 1)

    return Table(tuple(walk(policy.root, 0)))


def _cells(criterion: Criterion) -> Iterator[Cell]:
    code, quantity = criterion.code, criterion.quantity
    asked = criterion.comparison
    if quantity and asked and isinstance(asked.threshold, Fraction):
        now = wording.bound(asked, quantity.unit)
        is_at = shown(plain(asked.threshold, quantity.unit), quantity.unit)
        yield Cell(f"t:{code}", _("threshold"), quantity.unit, now, asked.order, is_at)
    if quantity:
        for number, band in enumerate(criterion.bands, 1):
            yield from _band_cells(code, number, band, quantity.unit)
    if criterion.points is not None:
        now = phrases.points(criterion.points)
        yield Cell(
            f"p:{code}", _("points given"), "points", now, "points", _points(criterion.points)
        )
    if criterion.line and isinstance(criterion.line.threshold, Fraction):
        now = wording.bound(criterion.line, "points")
        key, is_at = LINES[criterion.line.order], _points(criterion.line.threshold)
        yield Cell(f"l:{code}", _("line of points"), "points", now, key, is_at)


def _band_cells(code: str, number: int, band: Band, unit: str) -> Iterator[Cell]:
    edge = wording.bound(band.comparison, unit)
    if isinstance(band.comparison.threshold, Fraction):
        label = _("band %(number)s") % {"number": number}
        is_at = shown(plain(band.comparison.threshold, unit), unit)
        yield Cell(f"b:{code}:{number}", label, unit, "", band.comparison.order, is_at)
    label = _("band %(number)s, points") % {"number": number}
    now = f"{edge}: {phrases.points(band.points)}"
    yield Cell(f"bp:{code}:{number}", label, "points", now, "points", _points(band.points))


def read(empty: Table, policy: Policy, typed: Mapping[str, Any], *, reach: Row) -> Table:
    """Read what was typed into changes that hold within a reach (读取调整).

    `reach` gives kinds and units as an overlay would; empty is everywhere.
    """
    lines = tuple(_typed(line, typed) for line in empty.lines)
    changes: list[Row] = []
    judged: list[Line] = []
    for line in lines:
        made = _change(line)
        fault = "" if made is None or any(c.error for c in line.cells) else _fault(made, policy)
        judged.append(replace(line, error=fault) if fault else line)
        if made is not None:
            changes.append(made | reach)
    return Table(tuple(judged), changes)


def fill(empty: Table, changes: list[Row]) -> Table:
    """Write kept changes back into the cells (回填)."""
    by_code = {row["of"]: row for row in changes}
    typed: Row = {}
    for line in empty.lines:
        row = by_code.get(line.criterion.code, {})
        if row.get("waived"):
            typed[line.waive] = "on"
        for cell in line.cells:
            prefix, *place = cell.name.split(":")
            source = row
            if prefix in BANDS:
                bands = row.get("bands", [])
                number = int(place[-1]) - 1
                source = bands[number] if number < len(bands) else {}
            if cell.key in source:
                text = shown(source[cell.key], cell.unit)
                typed[cell.name] = "" if prefix in BANDS and text == cell.present else text
    return Table(tuple(_typed(line, typed) for line in empty.lines), changes)


def _typed(line: Line, typed: Mapping[str, Any]) -> Line:
    cells = []
    for cell in line.cells:
        text = str(typed.get(cell.name, "")).strip()[:40]
        cells.append(replace(cell, typed=text, error=number(text, cell.unit)[1] if text else ""))
    waived = bool(line.waive and typed.get(line.waive))
    error = ""
    if waived and any(cell.typed for cell in cells):
        error = _("It is left out and changed at once. Clear the tick or the figures.")
    return replace(line, cells=tuple(cells), waived=waived, error=error)


def _change(line: Line) -> Row | None:
    """Return what a line's cells change, None where nothing does."""
    made: Row = {"of": line.criterion.code}
    if line.waived:
        return made | {"waived": True}
    for cell in line.cells:
        if cell.typed and not cell.name.startswith("b"):
            made[cell.key] = number(cell.typed, cell.unit)[0]
    typed = {cell.name: cell for cell in line.cells if cell.typed}
    if any(name.startswith("b") for name in typed):
        made["bands"] = [
            _band(line.criterion, n, band, typed) for n, band in enumerate(line.criterion.bands, 1)
        ]
    return made if len(made) > 1 else None


def _band(criterion: Criterion, place: int, band: Band, typed: Mapping[str, Cell]) -> Row:
    unit = criterion.quantity.unit if criterion.quantity else ""
    edge = typed.get(f"b:{criterion.code}:{place}")
    points = typed.get(f"bp:{criterion.code}:{place}")
    row = stated(band.comparison, unit)
    if edge:
        row = {edge.key: number(edge.typed, edge.unit)[0]}
    stays = plain(Fraction(band.points), "points")
    return row | {"points": number(points.typed, "points")[0] if points else stays}


def _points(value: int | Fraction) -> str:
    return shown(plain(Fraction(value), "points"), "points")


def _fault(change: Row, policy: Policy) -> str:
    """Return in plain words why a change does not make sense, or an empty text."""
    try:
        amendments(policy, [change])
    except PolicyError as error:
        if "bands" in change:
            return _(
                "The bands must go from the hardest edge with the most points down to the easiest "
                "with the fewest. Order them so."
            )
        if "waived" not in change:
            return _("More points are asked for than the parts can give. Ask for fewer.")
        return str(error)
    return ""
