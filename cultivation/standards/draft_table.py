"""The table in which a draft's thresholds and wordings are typed, without its TOML (草案条件表).

A cell shows what the text kept says, in the units people use. What was typed otherwise is written
into the text at its place; everything else of the text stays as it is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards import manuscript, phrases
from cultivation.standards.draft_cells import DAY, TEXT, Cell, Line, Table
from cultivation.standards.policy import PolicyError
from cultivation.standards.reading import read_policy
from cultivation.standards.scenario_changes import number, plain, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cultivation.standards.policy import Comparison, Criterion, Policy

LINES = {"at_least": "points_at_least", "above": "points_above"}
SIGNS = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}


def table(text: str, *, code: str) -> Table | None:
    """Return what can be typed of a text; None where it does not read (条件表)."""
    try:
        said = read_policy(text, code=code)
    except PolicyError:
        return None
    counts = {count.name: count for count in said.counts}

    def walk(criterion: Criterion, depth: int) -> Iterator[Line]:
        measured = criterion.quantity
        yield Line(
            criterion=criterion,
            depth=depth,
            measures=phrases.quantity(measured, counts) if measured else "",
            cells=tuple(_cells(criterion)),
            words=tuple(_words(criterion)),
        )
        for part in criterion.parts:
            yield from walk(part, depth + 1)

    return Table(tuple(_head(said)), tuple(walk(said.root, 0)))


def typed_into(found: Table, text: str, typed: Mapping[str, Any]) -> tuple[str, Table]:
    """Return a text with what was typed otherwise than it is kept, and the table as typed.

    Nothing is written where a cell cannot be read: the cells say which, and the mend.
    """
    cells = {cell.name: _read(cell, typed) for cell in found.cells}
    filled = _with(found, cells)
    values: dict[tuple[str, str], dict[manuscript.Path, Any]] = {}
    for cell in filled.cells:
        if cell.is_changed and not cell.error:
            values.setdefault((cell.kind, cell.of), {})[cell.path] = _value(cell)
    if filled.errors:
        return text, filled
    changed = text
    for (kind, of), rows in values.items():
        try:
            changed = manuscript.set_values(changed, kind, of, rows)
        except (manuscript.PlaceError, PolicyError):
            told = _("This cannot be changed here. Change it in the text below.")
            lost = {
                n: replace(c, error=told) for n, c in cells.items() if c.of == of and c.is_changed
            }
            return text, _with(filled, cells | lost)
    return changed, filled


def _head(said: Policy) -> Iterator[Cell]:
    rows = (
        ("title_zh", _("Chinese title"), TEXT, said.title_zh),
        ("title_en", _("English title"), TEXT, said.title_en),
        ("document", _("Document number"), TEXT, said.source.document),
        ("in_force", _("in force from"), DAY, said.in_force.isoformat()),
    )
    for key, label, unit, kept in rows:
        yield Cell(manuscript.HEADER, "", (key,), label, unit, kept, kept)


def _words(criterion: Criterion) -> Iterator[Cell]:
    rows = (
        ("label_zh", _("Chinese label"), criterion.label_zh),
        ("label_en", _("English label"), criterion.label_en),
        ("clause", _("clause"), criterion.source.clause),
    )
    for key, label, kept in rows:
        yield Cell("criterion", criterion.code, (key,), label, TEXT, kept, kept)


def _cells(criterion: Criterion) -> Iterator[Cell]:
    quantity, code = criterion.quantity, criterion.code
    if quantity and criterion.comparison:
        yield from _bound(code, (), criterion.comparison, quantity.unit, _("threshold"))
    for row, band in enumerate(criterion.bands if quantity else ()):
        number_of = {"number": row + 1}
        label = _("band %(number)s") % number_of
        unit = quantity.unit if quantity else ""
        yield from _bound(code, ("bands", row), band.comparison, unit, label)
        label = _("band %(number)s, points") % number_of
        yield _points(code, ("bands", row, "points"), band.points, label)
    if criterion.points is not None:
        yield _points(code, ("points",), criterion.points, _("points"))
    if criterion.line:
        yield from _bound(code, (), criterion.line, "points", _("line of points"), LINES)
    if criterion.cap is not None:
        yield _points(code, ("cap",), criterion.cap, _("most points"))


def _bound(
    code: str,
    path: manuscript.Path,
    comparison: Comparison,
    unit: str,
    label: str,
    keys: Mapping[str, str] | None = None,
) -> Iterator[Cell]:
    if not isinstance(comparison.threshold, Fraction):
        return
    key = keys[comparison.order] if keys else comparison.order
    kept = shown(plain(comparison.threshold, unit), unit)
    label = f"{label} {SIGNS[comparison.order]}"
    yield Cell("criterion", code, (*path, key), label, unit, kept, kept)


def _points(code: str, path: manuscript.Path, points: int, label: str) -> Cell:
    kept = shown(plain(Fraction(points), "points"), "points")
    return Cell("criterion", code, path, label, "points", kept, kept)


def _read(cell: Cell, typed: Mapping[str, Any]) -> Cell:
    """Return a cell with what was typed, and what is wrong with that."""
    said = str(typed.get(cell.name, cell.kept))
    filled = replace(cell, typed=said)
    if not filled.is_changed:
        return filled
    error = ""
    if cell.unit == DAY:
        try:
            dt.date.fromisoformat(said.strip())
        except ValueError:
            error = _("This is not a day. Write it as 2026-05-01.")
    elif cell.unit == TEXT:
        if not said.strip() and cell.path[0] not in {"clause", "document"}:
            error = _("Write a text.")
    else:
        error = number(said.strip(), cell.unit)[1]
    return replace(filled, error=error)


def _value(cell: Cell) -> Any:
    said = cell.typed.strip()
    if cell.unit == TEXT:
        return said
    if cell.unit == DAY:
        return dt.date.fromisoformat(said)
    exact = Decimal(number(said, cell.unit)[0])
    return int(exact) if exact == exact.to_integral_value() else exact


def _with(found: Table, cells: Mapping[str, Cell]) -> Table:
    def filled(rows: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(cells[cell.name] for cell in rows)

    lines = tuple(
        replace(line, cells=filled(line.cells), words=filled(line.words)) for line in found.lines
    )
    return Table(filled(found.head), lines)
