"""How an amount of money reads, so that a slip of the unit is seen at once (金额读法)."""

from __future__ import annotations

from django.utils.translation import get_language

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿", "亿亿")


def capitals(fen: int) -> str:
    """Return whole fen in Chinese capital numerals: 120000000 is 壹佰贰拾万元整 (大写金额)."""
    sign, fen = ("负", -fen) if fen < 0 else ("", fen)
    yuan, cents = divmod(fen, 100)
    jiao, odd = divmod(cents, 10)
    text = f"{_whole(yuan)}元" if yuan else ""
    if not cents:
        return f"{sign}{text or '零元'}整"
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif yuan:
        text += "零"
    return sign + text + (f"{DIGITS[odd]}分" if odd else "整")


def reading(fen: int) -> str:
    """Return how an amount reads: exactly in yuan, in Chinese pages also in capitals (读法)."""
    sign = "-" if fen < 0 else ""
    yuan, cents = divmod(abs(fen), 100)
    figures = f"{sign}{yuan:,}" + (f".{cents:02d}" if cents else "")
    if (get_language() or "").startswith("en"):
        return f"= CNY {figures}"
    return f"= {figures} 元 · {capitals(fen)}"


def _whole(number: int) -> str:
    parts: list[str] = []
    group, gap = 0, False
    while number:
        number, four = divmod(number, 10_000)
        if four:
            text = _four(four) + GROUPS[group]
            parts.insert(0, text + ("零" if gap and parts else ""))
            gap = four < 1000
        elif parts:
            gap = True
        group += 1
    return "".join(parts)


def _four(number: int) -> str:
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if zero and text else "") + DIGITS[digit] + PLACES[place]
            zero = False
        else:
            zero = True
    return text
