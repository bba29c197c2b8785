"""Inputs of the table in which a draft is typed: a cell, a criterion's line, the whole (输入格).

A cell shows what the text kept says, in the units people use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.standards import phrases

if TYPE_CHECKING:
    from cultivation.standards import manuscript
    from cultivation.standards.policy import Criterion

TEXT, DAY = "text", "day"


@dataclass(frozen=True, slots=True)
class Cell:
    """One input: where its value stands in the text, what it is now, what was typed (输入格)."""

    kind: str
    of: str  # the criterion's code; empty for the header
    path: manuscript.Path
    label: str
    unit: str  # of the policy, or TEXT, DAY
    kept: str
    typed: str
    error: str = ""

    @property
    def name(self) -> str:
        """Return the name of the input."""
        return ":".join(("k", self.of, *map(str, self.path)))

    @property
    def unit_label(self) -> str:
        return {
            "money": _("10,000 yuan"),
            "ratio": "%",
            "share": "%",
            "points": _("points"),
            "years": _("years"),
        }.get(self.unit, "")

    @property
    def is_long(self) -> bool:
        return self.unit == TEXT

    @property
    def is_changed(self) -> bool:
        return self.typed.strip() != self.kept.strip()


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion with its inputs (一行条件)."""

    criterion: Criterion
    depth: int
    measures: str
    cells: tuple[Cell, ...]
    words: tuple[Cell, ...]

    @property
    def label(self) -> str:
        return phrases.label(self.criterion)

    @property
    def need(self) -> str:
        criterion = self.criterion
        return phrases.need(criterion) if criterion.need or criterion.manual else ""

    @property
    def is_changed(self) -> bool:
        return any(cell.is_changed for cell in (*self.cells, *self.words))

    @property
    def has_errors(self) -> bool:
        return any(cell.error for cell in (*self.cells, *self.words))


@dataclass(frozen=True, slots=True)
class Table:
    """The head of an edition and its criteria (条件表)."""

    head: tuple[Cell, ...]
    lines: tuple[Line, ...]

    @property
    def cells(self) -> list[Cell]:
        below = [cell for line in self.lines for cell in (*line.cells, *line.words)]
        return [*self.head, *below]

    @property
    def errors(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.error]
