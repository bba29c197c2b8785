"""Amounts of money as people write them, in whole fen (金额)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FEN = {"元": 100, "千元": 100_000, "万元": 1_000_000, "百万元": 100_000_000, "亿元": 10_000_000_000}
LIMIT = 9_000_000_000_000_000_000  # of a 64-bit integer
_WORDS = {"": 1, "十": 10, "百": 100, "千": 1000, "仟": 1000, "万": 10_000, "萬": 10_000}
_WORDS |= {"十万": 100_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_FOREIGN = re.compile(
    "(美元|美金|USD|港元|港币|香港元|HKD|欧元|EUR|日元|JPY|英镑|GBP|韩元|台币|新台币|澳元|加元|"
    "瑞士法郎|新加坡元|马克|法郎|澳门元|卢布)",
    re.IGNORECASE,
)
_YUAN = re.compile("(人民币|RMB|CNY|元|圆|¥|￥)", re.IGNORECASE)
_SHAPE = re.compile(
    r"^(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)"
    r"(?P<word>十万|百万|千万|[十百千仟万萬亿]?)$"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in fen, None where nothing or another currency was given (金额)."""

    fen: int | None
    currency: str = "CNY"


@lru_cache(maxsize=4096)
def parse(text: str, *, unit: str = "元") -> Amount:
    """Return the amount that a text means; a bare number is in `unit` (解析金额).

    "1,200万", "1.2亿", "1,000(万元人民币)", full-width digits; another currency gives no amount
    and names itself; half a fen and more counts as one. Raises ValidationError where the text is
    no amount.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\s()\[\]]", "", plain).replace("，", ",")
    foreign = _FOREIGN.search(plain)
    if foreign:
        plain = plain.replace(foreign.group(), "", 1)
    marked = _YUAN.search(plain) is not None or foreign is not None
    shape = _SHAPE.match(_YUAN.sub("", plain))
    if shape is None:
        raise ValidationError(
            _("“%(text)s” is not an amount; write it like 1200万元 or 12000000"),
            code="amount",
            params={"text": text},
        )
    if foreign:
        return Amount(None, foreign.group())
    # A word or currency sign in the cell outranks the unit of the column.
    factor = 100 * _WORDS[shape["word"]] if shape["word"] or marked else FEN[unit]
    return Amount(_fen(text, shape["number"], factor))


def _fen(text: str, number: str, factor: int) -> int:
    try:
        exact = Decimal(number.replace(",", "")) * factor
    except InvalidOperation as error:  # pragma: no cover - the pattern allows numbers alone
        raise ValidationError(_("“%(text)s” is not an amount"), params={"text": text}) from error
    if abs(exact) > LIMIT:
        raise ValidationError(
            _("“%(text)s” is larger than any amount can be; check the unit"),
            code="too_large",
            params={"text": text},
        )
    whole = exact.to_integral_value()
    if whole != exact:
        whole = exact.quantize(Decimal(1), rounding="ROUND_HALF_UP")
    return int(whole)


def show(fen: int | None, *, unit: str = "元") -> str:
    """Return an amount written in a unit with thousands separators, exactly (显示)."""
    if fen is None:
        return ""
    value = Decimal(fen) / FEN[unit]
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
