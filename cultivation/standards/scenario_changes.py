"""The changes of a scenario as it keeps them: rows of an overlay, numbers as texts (情景调整).

JSON has no exact decimals, so a number is kept as the text of one, in the unit policies write.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards.amending import read_amendments
from cultivation.standards.indicators import SCALE
from cultivation.standards.parts import DECIMALS, HUGE, MOST
from cultivation.standards.policy import ORDERS
from cultivation.standards.quantities import LINES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from cultivation.standards.policy import Amendment, Comparison, Policy

Row = dict[str, Any]
HUNDRED = {"ratio", "share"}  # typed in percent, written as part of one
WIDEST = 40  # digits before or behind the point
NUMBERS = (*ORDERS, *LINES, "points")


def amendments(policy: Policy, changes: Sequence[Row]) -> tuple[Amendment, ...]:
    """Read kept changes; PolicyError where the edition has no such thing (读取调整)."""
    rows = [{key: _exact(key, value) for key, value in row.items()} for row in changes]
    return read_amendments(rows, policy, origin=policy.code)


def _exact(key: str, value: Any) -> Any:
    if key == "bands":
        return [{name: _exact(name, inner) for name, inner in band.items()} for band in value]
    if key in NUMBERS and isinstance(value, str):
        exact = Decimal(value)
        return int(exact) if exact == exact.to_integral_value() else exact
    return value


def number(text: str, unit: str) -> tuple[str, str]:
    """Return a typed number as policies write it, and what is wrong with it (读数)."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
    if unit in HUNDRED:
        plain = plain.removesuffix("%")
    said = {"value": text}
    try:
        exact = Decimal(plain)
    except InvalidOperation:
        return "", _("“%(value)s” is not a number. Write digits, as 65 or 0.5.") % said
    if not exact.is_finite():
        return "", _("“%(value)s” is not a number. Write digits, as 65 or 0.5.") % said
    most = MOST.get(unit, HUGE)
    if exact and abs(exact.adjusted()) > WIDEST:  # such a one cannot even be shifted
        exact = Decimal(1).scaleb(WIDEST if exact.adjusted() > 0 else -WIDEST)
    written = exact.scaleb(-2) if unit in HUNDRED else exact
    if abs(written) > most or (unit == "points" and written < 0):
        least = 0 if unit == "points" else -most
        edges = {"least": least, "most": most}
        if unit in HUNDRED:
            edges = {"least": -100 * most, "most": 100 * most}
        return "", _("“%(value)s” is out of range. Write %(least)s to %(most)s.") % (said | edges)
    decimals = {"points": 2}.get(unit, DECIMALS)
    exponent = written.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -decimals:
        shown = decimals - 2 if unit in HUNDRED else decimals
        return "", _("“%(value)s” is too fine. Use at most %(most)s decimals.") % (
            said | {"most": shown}
        )
    return f"{written.normalize():f}", ""


def stated(comparison: Comparison, unit: str) -> Row:
    """Return a comparison as a change states it."""
    threshold = comparison.threshold
    if isinstance(threshold, bool):
        return {"is_true" if threshold else "is_false": True}
    if isinstance(threshold, tuple):
        return {"one_of": list(threshold)}
    return {comparison.order: plain(threshold, unit)}


def plain(value: Fraction, unit: str) -> str:
    """Write a stored number as policies do; thresholds have finitely many decimals."""
    exact = value / SCALE[unit]
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


def shown(value: str, unit: str) -> str:
    """Return a kept number as people type it."""
    exact = Decimal(value)
    return f"{(exact.scaleb(2) if unit in HUNDRED else exact).normalize():f}"
