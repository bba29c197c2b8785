"""Values, thresholds and distances in the words and units people use (数值措辞)."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import get_language, gettext, ngettext

from cultivation.standards.indicators import FIGURE_LABELS, FIGURE_UNITS

if TYPE_CHECKING:
    from cultivation.standards.measuring import Value, Wanted
    from cultivation.standards.policy import Comparison

WAN, YI = 10**6, 10**10  # fen in 万元 and 亿元
MILLION, BILLION = 10**8, 10**11  # fen in a million and a billion yuan
SCHEMES = {
    "six_bases": lambda: gettext("six bases"),
    "ten_fields": lambda: gettext("ten key fields"),
    "network": lambda: gettext("network-power fields"),
    "strategic": lambda: gettext("strategic emerging industries"),
}
ORDERED = {
    "at_least": lambda: gettext("at least %(amount)s"),
    "at_most": lambda: gettext("at most %(amount)s"),
    "above": lambda: gettext("above %(amount)s"),
    "below": lambda: gettext("below %(amount)s"),
}
NATURAL = {"ratio": Fraction(100), "share": Fraction(1, 10_000), "points": Fraction(1, 100)}


def decimals(value: Fraction, *, against: Fraction | None = None, exact: bool = False) -> str:
    """Write a number with two decimals, or as many as tell it from what it is compared with."""
    if exact:
        return _rounded(value, 12)
    for places in (2, 3, 4, 6, 8, 12):
        text = _rounded(value, places)
        if against is None or value == against or text != _rounded(against, places):
            break
    return text


def amount(value: Value, unit: str, *, against: Fraction | None = None, exact: bool = False) -> str:
    """Write a value of a unit: 万元 or 亿元, %, years, points; a dash where it is unknown."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str):
        return SCHEMES[value]() if value in SCHEMES else value
    if unit == "money":
        return _money(value, against, exact=exact)
    scaled, edge = _natural(value, unit), None if against is None else _natural(against, unit)
    text = decimals(scaled, against=edge, exact=exact)
    return _with_unit(text, scaled, unit)


def gap(value: Fraction, unit: str) -> str:
    """Write how far a value is beyond its threshold, or short of it (差距)."""
    size = abs(value)
    if unit in {"ratio", "share"}:
        points = _natural(size, unit)
        number = decimals(points, against=Fraction(0))
        text = gettext("%(number)s percentage points") % {"number": number}
    else:
        text = amount(size, unit, against=Fraction(0))
    if value == 0:
        return gettext("exactly at the threshold")
    if value < 0:
        return gettext("short by %(amount)s") % {"amount": text}
    return gettext("better by %(amount)s") % {"amount": text}


def bound(comparison: Comparison, unit: str) -> str:
    """Write what a comparison asks for (门槛)."""
    return _bound(comparison, unit, get_language())


@lru_cache(maxsize=4096)
def _bound(comparison: Comparison, unit: str, _language: str | None) -> str:
    threshold = comparison.threshold
    if isinstance(threshold, bool):
        return gettext("yes") if threshold else gettext("no")
    if isinstance(threshold, tuple):
        return " / ".join(amount(text, "text") for text in threshold)
    return _ordered(comparison.order, amount(threshold, unit, exact=True))


def wish(want: Wanted) -> str:
    """Write a figure that would meet a criterion: its name, year and bound (达标所需)."""
    value = Fraction(want.bound)
    return gettext("%(figure)s of %(year)s: %(bound)s") % {
        "figure": FIGURE_LABELS[want.name],
        "year": want.year,
        "bound": _ordered(want.order, amount(value, FIGURE_UNITS[want.name], exact=True)),
    }


def points(low: int, high: int) -> str:
    """Write points given, or the span they lie in (得分)."""
    first, last = (decimals(Fraction(value, 100)) for value in (low, high))
    return first if low == high else f"{first}–{last}"


def _ordered(order: str, text: str) -> str:
    if order == "at_most" and text == "0":
        return gettext("none at all")
    return ORDERED[order]() % {"amount": text}


def _money(value: Fraction, against: Fraction | None, *, exact: bool) -> str:
    size = abs(value)
    if (get_language() or "").startswith("en"):
        units = ((BILLION, "CNY %s billion"), (MILLION, "CNY %s million"), (100, "CNY %s"))
    else:
        units = ((YI, "%s 亿元"), (WAN, "%s 万元"), (100, "%s 元"))
    per, pattern = next((u for u in units if size >= u[0]), units[-1])
    edge = None if against is None else against / per
    return pattern % decimals(value / per, against=edge, exact=exact)


def _natural(value: Fraction, unit: str) -> Fraction:
    return value * NATURAL[unit] if unit in NATURAL else value


def _with_unit(text: str, value: Fraction, unit: str) -> str:
    if unit in {"ratio", "share"}:
        return f"{text}%"
    count = 1 if value == 1 else 2
    if unit == "years":
        return ngettext("%(number)s year", "%(number)s years", count) % {"number": text}
    if unit == "points":
        return ngettext("%(number)s point", "%(number)s points", count) % {"number": text}
    return text


def _rounded(value: Fraction, places: int) -> str:
    over, under = abs(value.numerator) * 10**places, value.denominator
    whole = (2 * over + under) // (2 * under)
    head, tail = divmod(whole, 10**places)
    tail_text = f"{tail:0{places}d}".rstrip("0")
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{head:,}" + (f".{tail_text}" if tail_text else "")
