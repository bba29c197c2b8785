"""How figures and states are written on a page (数值与状态的显示).

Shown figures are rounded half up for reading; nothing is ever judged by them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Literal

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext, ngettext

if TYPE_CHECKING:
    from fractions import Fraction

    from django.utils.safestring import SafeString

register = template.Library()

YUAN = 100  # fen
BILINGUAL = re.compile(r"(?P<zh>.*。)\s*(?P<en>[A-Z][^。]*)", re.DOTALL)
VERDICTS = ("unmet", "unknown", "manual", "met")
TONES = {
    "met": "good",
    "unmet": "bad",
    "unknown": "warn",
    "manual": "manual",
    "recognised": "good",
    "approved": "good",
    "done": "good",
    "committed": "good",
    "refused": "bad",
    "failed": "bad",
    "revoked": "bad",
    "returned": "warn",
    "warned": "warn",
    "sent": "good",
    "released": "good",
    "reopened": "good",
    "granted": "good",
    "upheld": "bad",
    "uncertain": "warn",
    "held": "warn",
    "proposed": "warn",
    "waiting": "info",
    "asked": "info",
    "examined": "info",
    "sending": "info",
    "open": "info",
    "running": "info",
    "checked": "info",
    "on_notice": "info",
    "at_county": "info",
    "at_city": "info",
    "at_province": "info",
    "at_nation": "info",
}


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _missing() -> SafeString:
    return format_html('<span class="soft" title="{}">—</span>', gettext("not stated"))


def _rounded(value: int, per: int, places: int = 2) -> str:
    """Return value / per with decimals, rounded half up, by whole numbers alone."""
    scale = 10**places
    parts = (abs(value) * scale * 2 + per) // (2 * per)
    sign = "-" if value < 0 and parts else ""
    return f"{sign}{parts // scale:,}.{parts % scale:0{places}d}" if places else f"{sign}{parts:,}"


@register.filter
def money(fen: int | Literal[""] | None) -> str:
    """Write whole fen (分) in 元, 万元 or 亿元, in English in CNY, million or billion."""
    if fen is None or fen == "":
        return _missing()
    fen = int(fen)
    size = abs(fen)
    if _english():
        if size >= 10**9 * YUAN:
            return f"CNY {_rounded(fen, 10**9 * YUAN)} billion"
        if size >= 10**6 * YUAN:
            return f"CNY {_rounded(fen, 10**6 * YUAN)} million"
        return f"CNY {_rounded(fen, YUAN)}"
    if size >= 10**8 * YUAN:
        return f"{_rounded(fen, 10**8 * YUAN)} 亿元"
    if size >= 10**4 * YUAN:
        return f"{_rounded(fen, 10**4 * YUAN)} 万元"
    return f"{_rounded(fen, YUAN)} 元"


@register.filter
def yuan(fen: int | Literal[""] | None) -> str:
    """Write whole fen (分) exactly, in yuan with separators."""
    return _missing() if fen is None or fen == "" else _rounded(int(fen), YUAN)


@register.filter
def percent(ppm: int | Literal[""] | None, places: int = 2) -> str:
    """Write parts per million as a percentage (百分比)."""
    return _missing() if ppm is None or ppm == "" else f"{_rounded(int(ppm), 10_000, places)}%"


@register.filter
def score(hundredths: int | Literal[""] | None) -> str:
    """Write hundredths of a point as points (得分)."""
    return _missing() if hundredths is None or hundredths == "" else _rounded(int(hundredths), 100)


@register.filter
def points(value: Fraction | None) -> str:
    """Write an exact number of points with two decimals, rounded half up (得分)."""
    return _missing() if value is None else _rounded(value.numerator, value.denominator)


@register.filter
def number(value: int | Literal[""] | None) -> str:
    """Write a whole number with separators."""
    return _missing() if value is None or value == "" else f"{int(value):,}"


@register.filter
def stated(value: Any) -> str:
    """Write a value as it is, yes or no for a statement, a dash where nothing is stated."""
    if value is None or value == "":
        return _missing()
    if value is True:
        return gettext("Yes")
    if value is False:
        return gettext("No")
    return str(value)


@register.filter
def moment(value: dt.datetime | dt.date | None) -> str:
    """Write a moment to the second with its zone, a day as a day (时刻)."""
    if not isinstance(value, dt.datetime):
        return value.isoformat() if value else _missing()
    local = timezone.localtime(value)
    zone = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} (UTC{zone[:3]}:{zone[3:]})"


@register.filter
def own_language(text: str) -> str:
    """Return the half of a note "中文。English." that the reader's language asks for (双语说明)."""
    halves = BILINGUAL.match(text)
    return halves["en" if _english() else "zh"] if halves else text


@register.filter
def verdict_name(verdict: int | str) -> str:
    """Return the word of a verdict (判定) given as its number or its word."""
    if isinstance(verdict, str) and not verdict.isdigit():
        return verdict
    return VERDICTS[int(verdict)]


@register.filter
def verdict_label(verdict: int | str) -> str:
    """Return a verdict (判定) in the page's language."""
    return {
        "met": gettext("met"),
        "unmet": gettext("unmet"),
        "unknown": gettext("unknown"),
        "manual": gettext("by hand"),
    }[verdict_name(verdict)]


@register.filter
def tone(status: int | str) -> str:
    """Return the colour group of a verdict or status: good, bad, warn, info, manual, neutral."""
    return TONES.get(verdict_name(status) if isinstance(status, int) else status, "neutral")


@register.simple_tag
def share(part: int, whole: int) -> str:
    """Return part / whole as a percentage (占比); a dash where there is no whole."""
    return f"{_rounded(part * 100, whole, 1)}%" if whole else _missing()


@register.simple_tag
def width(part: int, whole: int) -> str:
    """Return part / whole as a number of 0 to 100, for the width of a bar (图形宽度)."""
    return _rounded(part * 100, whole, 3) if whole else "0"


@register.simple_tag
def step(stage: str, of: str) -> str:
    """Tell whether a stage of cultivation is past, now or next, seen from another (培育阶段)."""
    order = ("seed", "seedling", "optimisation")
    here, there = order.index(stage), order.index(of)
    return "past" if there < here else "now" if there == here else "next"


@register.simple_tag
def days_left(days: int) -> str:
    """Say how many days are left to a date (剩余天数)."""
    if days < 0:
        return ngettext("%(days)s day late", "%(days)s days late", -days) % {"days": -days}
    return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """Return the page's query string with some values changed; None takes one away."""
    values = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    text = values.urlencode()
    return f"?{text}" if text else "?"
