"""What looks wrong in the figures of a year; a person may answer it (数据合理性)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from enterprises.registry import money
from enterprises.registry.models import COUNTS, MONEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.registry.models import AnnualReport

MAY_BE_NEGATIVE = frozenset({"net_profit"})
WHOLES = (  # part, whole
    ("main_business_revenue", "revenue"),
    ("leading_product_revenue", "main_business_revenue"),
    ("leading_product_revenue", "revenue"),
    ("rd_expense", "revenue"),
    ("rd_expense", "cost_and_expense"),
    ("total_liabilities", "total_assets"),
    ("rd_staff", "employees"),
    ("tech_staff", "employees"),
)
JUMPING = (
    "revenue",
    "main_business_revenue",
    "total_assets",
    "total_liabilities",
    "rd_expense",
    "employees",
)
JUMPS = (10, 100, 1_000, 10_000)
SUDDEN = 5  # times as much, or a fifth of it
PER_HEAD = (100_000, 10_000_000_000)  # fen of revenue a head: 1,000 yuan, 100 million yuan


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about a figure that passes with a written reason (提示)."""

    code: str
    figure: str
    message: str

    def as_json(self, *, reason: str = "", by: str = "") -> dict[str, str]:
        """Return the warning as kept in AnnualReport.warnings."""
        return {
            "code": self.code,
            "figure": self.figure,
            "message": self.message,
            "reason": reason,
            "by": by,
        }


def figures_of(report: AnnualReport) -> dict[str, int | None]:
    """Return money and counts of a report by name (取数)."""
    return {name: getattr(report, name) for name in (*MONEY, *COUNTS)}


def impossible(figures: Mapping[str, int | None]) -> dict[str, ValidationError]:
    """Return the errors: figures that cannot be below nought (不可能的数值)."""
    errors = {}
    for name in (*MONEY, *COUNTS, "market_share", "domestic_rank", "quality_score"):
        value = figures.get(name)
        if value is not None and value < 0 and name not in MAY_BE_NEGATIVE:
            errors[name] = ValidationError(
                _("%(figure)s cannot be negative (%(value)s); leave it empty if it is not known"),
                code="negative",
                params={"figure": label(name), "value": written(name, value)},
            )
    if figures.get("domestic_rank") == 0:
        errors["domestic_rank"] = no_rank()
    share = figures.get("market_share")
    if share is not None and share > 1_000_000:
        errors["market_share"] = ValidationError(
            _("a market share cannot be above the whole"), code="above_whole"
        )
    return errors


def no_rank() -> ValidationError:
    """Return the error of a rank of nought: ranks begin with the first (名次)."""
    return ValidationError(MinValueValidator.message, code="min_value", params={"limit_value": 1})


def examine(
    figures: Mapping[str, int | None], previous: Mapping[str, int | None] | None = None
) -> list[Doubt]:
    """Return the warnings for the figures of a year beside those of the year before (审查).

    Both are money in fen and counts by field name; a missing figure is not judged.
    """
    found = [w for part, whole in WHOLES if (w := _part(figures, part, whole)) is not None]
    per_head = _per_head(figures)
    if per_head is not None:
        found.append(per_head)
    for name in JUMPING if previous else ():
        change = _change(name, figures.get(name), (previous or {}).get(name))
        if change is not None:
            found.append(change)
    return found


def label(name: str) -> str:
    """Return the name of a figure in the language of the reader (指标名称)."""
    return str({**MONEY, **COUNTS}.get(name, name))


def written(name: str, value: int | None) -> str:
    """Return a figure as people read it: money in 万元 or CNY, heads plain (显示)."""
    if name in MONEY and (get_language() or "").startswith("en"):
        return f"CNY {money.show(value)}"
    if name in MONEY:
        return f"{money.show(value, unit='万元')} 万元"
    return f"{value:,}" if value is not None else ""


def _part(figures: Mapping[str, int | None], part: str, whole: str) -> Doubt | None:
    a, b = figures.get(part), figures.get(whole)
    if a is None or b is None or a <= b:
        return None
    if part == "leading_product_revenue" and whole == "revenue":
        main = figures.get("main_business_revenue")
        if main is not None and a > main:
            return None  # said once, of the nearer whole
    message = _("%(part)s (%(a)s) is above %(whole)s (%(b)s)") % {
        "part": label(part),
        "a": written(part, a),
        "whole": label(whole),
        "b": written(whole, b),
    }
    return Doubt("part_above_whole", part, message)


def _per_head(figures: Mapping[str, int | None]) -> Doubt | None:
    revenue, heads = figures.get("revenue"), figures.get("employees")
    if not revenue or not heads or revenue < 0:
        return None
    low, high = PER_HEAD
    if low * heads <= revenue <= high * heads:
        return None
    message = _("revenue of %(each)s a head: check the unit of revenue and the head count")
    return Doubt("per_head", "revenue", message % {"each": written("revenue", revenue // heads)})


def _change(name: str, now: int | None, before: int | None) -> Doubt | None:
    """Return a jump by a power of ten that smells of a wrong unit, or a sudden change."""
    if now is None or before is None or now <= 0 or before <= 0:
        return None
    big, small = max(now, before), min(now, before)
    if big < SUDDEN * small:
        return None
    words = {
        "figure": label(name),
        "now": written(name, now),
        "before": written(name, before),
    }
    if name in MONEY and _smells_of_a_unit(big, small):
        words["times"] = f"{big // small:,}"
        text = _(
            "%(figure)s is %(times)s times off last year (%(before)s → %(now)s): check the unit"
        )
        return Doubt("unit_jump", name, text % words)
    text = _("%(figure)s changed suddenly: %(before)s → %(now)s")
    return Doubt("sudden_change", name, text % words)


def _smells_of_a_unit(big: int, small: int) -> bool:
    """Tell whether a ratio lies within a third of 10, 100, 1,000 or 10,000 times, or above 500.

    A unit slip comes on top of a year's real growth, so the factor is never exactly round.
    """
    near = any(2 * times * small <= 3 * big <= 4 * times * small for times in JUMPS)
    return near or big >= 500 * small
