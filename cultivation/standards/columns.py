"""What the columns of the facts frame are called, and their values in words (事实列的名称)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext

from cultivation.standards import wording
from cultivation.standards.indicators import FIGURE_LABELS, FIGURE_UNITS, SCALE, STATEMENTS

if TYPE_CHECKING:
    from cultivation.standards.deadlines import Stage


def column_label(column: str, stage: Stage, *, year: bool = True) -> str:
    """Return what a column is called: a figure with its year, a statement, a count (列名)."""
    if column in STATEMENTS:
        return str(STATEMENTS[column].label)
    name, _mark, back = column.rpartition("_y")
    if name in FIGURE_UNITS:
        label = str(FIGURE_LABELS[name])
        if not year:
            return label
        return gettext("%(figure)s of %(year)s") % {
            "figure": label,
            "year": stage.day.year - int(back),
        }
    count = stage.counts.get(column.removesuffix("_low").removesuffix("_high"))
    if count is None:
        return column
    return count.label_en if (get_language() or "").startswith("en") else count.label_zh


def column_unit(column: str, stage: Stage) -> str:
    """Return the unit of a column as wording.amount knows it (单位)."""
    if column in STATEMENTS:
        sort = STATEMENTS[column].sort
        return sort if sort in SCALE else "number"
    name = column.rpartition("_y")[0]
    if name in FIGURE_UNITS:
        return FIGURE_UNITS[name]
    count = stage.counts.get(column.removesuffix("_low").removesuffix("_high"))
    return "money" if count is not None and count.amount else "number"


def column_value(column: str, value: Any, stage: Stage, *, exact: bool = False) -> str:
    """Return a column's value in words; a dash where it is not known (取值)."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = Fraction(value)
    return wording.amount(value, column_unit(column, stage), exact=exact)
