"""Reading one cell of an import as the value of a field (单元格取值)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from enterprises.places.models import Chain, Cluster, Industry, Park, ProductDomain
from enterprises.registry import money
from enterprises.registry.models import MONEY, Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

YES = frozenset({"1", "是", "有", "Y", "YES", "TRUE", "T", "√", "对"})
NO = frozenset({"0", "否", "无", "没有", "N", "NO", "FALSE", "F", "×", "错"})
_DATE = re.compile(r"^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?$")
_SCALE = {"market_share": 10_000, "quality_score": 100}  # percent → ppm, points → hundredths


@dataclass(frozen=True, slots=True)
class Remark:
    """What an import says of a row; `refused` keeps the whole row out (导入提示)."""

    kind: str
    field: str
    value: str
    message: str
    refused: bool = False


def refusal(kind: str, field: str, value: object, message: str) -> Remark:
    """Return a remark that refuses its row (拒绝)."""
    return Remark(kind, field, str(value)[:300], message, refused=True)


def warning(kind: str, field: str, value: object, message: str) -> Remark:
    """Return a remark that only warns (提示)."""
    return Remark(kind, field, str(value)[:300], message)


@lru_cache(maxsize=4096)
def date(text: str) -> dt.date:
    """Return a day written as 2024-01-31, 2024/1/31, 20240131 or 2024年1月31日 (日期)."""
    found = _DATE.match(unicodedata.normalize("NFKC", text).strip())
    try:
        if found:
            return dt.date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise ValidationError(
        _("“%(text)s” is not a date; write it like 2024-01-31"), code="date", params={"text": text}
    )


def whole(text: str) -> int:
    """Return a whole number; separators, full width and an ending .0 are understood (整数)."""
    if text.isascii() and text.isdigit():
        return int(text)
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    plain = re.sub(r"\s*[人名位]$", "", plain)
    try:
        value = Decimal(plain)
        if value == value.to_integral_value() and abs(value) < 2**31:
            return int(value)
    except InvalidOperation:
        pass
    raise ValidationError(
        _("“%(text)s” is not a whole number"), code="number", params={"text": text}
    )


def scaled(name: str, text: str) -> int:
    """Return a share in percent as ppm, a score in points as hundredths (百分数、得分)."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip().removesuffix("%")
    try:
        return int((Decimal(plain) * _SCALE[name]).to_integral_value())
    except InvalidOperation as error:
        raise ValidationError(
            _("“%(text)s” is not a number"), code="number", params={"text": text}
        ) from error


def figure(name: str, text: str, unit: str) -> tuple[int | None, str]:
    """Return a figure of a report and the foreign currency it was in, if any (年度指标)."""
    if name in MONEY:
        amount = money.parse(text, unit=unit)
        return amount.fen, "" if amount.currency == "CNY" else amount.currency
    return (scaled(name, text) if name in _SCALE else whole(text)), ""


def truth(text: str) -> bool:
    """Return yes or no (是否)."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if plain in YES or plain in NO:
        return plain in YES
    raise ValidationError(
        _("“%(text)s” is neither yes nor no"), code="truth", params={"text": text}
    )


class References:
    """Codes and names of industries, chains, … as ids, read once an import (引用表)."""

    MODELS = {
        "industry": Industry,
        "chain": Chain,
        "cluster": Cluster,
        "park": Park,
        "product_domain": ProductDomain,
        "strategic_field": ProductDomain,
    }

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, int]] = {}

    def find(self, name: str, text: str) -> int:
        """Return the id that a code or a name means; for industries also C39 and 3911."""
        ids = self._ids.setdefault(name, {})
        if not ids:
            rows: Iterable[Any] = self.MODELS[name]._default_manager.all()
            for row in rows:
                ids[row.name_zh] = row.pk
            ids.update({row.code: row.pk for row in rows})
        plain = unicodedata.normalize("NFKC", text).strip()
        tries: list[str] = [plain]
        if name == "industry":
            digits = re.match(r"^[A-T]?(\d{2})\d{0,2}", plain)
            tries += [digits.group(1)] if digits else [plain.upper()]
        for one in tries:
            if one in ids:
                return ids[one]
        raise ValidationError(
            _("“%(text)s” is unknown here"), code="unknown_reference", params={"text": text}
        )


def reader(name: str, references: References, unit: str) -> Callable[[str], Any]:
    """Return the function that reads a cell as a field of an enterprise (取值函数)."""
    field = Enterprise._meta.get_field(name)
    if name == "registered_capital":
        return lambda text: money.parse(text, unit=unit)
    if isinstance(field, models.ForeignKey):
        return lambda text: references.find(name, text)
    if isinstance(field, models.DateField):
        return date
    if isinstance(field, models.BooleanField):
        return truth
    most = getattr(field, "max_length", None)
    return lambda text: _short(text, most)


def errors_of(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield kind and words of each error (错误)."""
    for one in error.error_list:
        yield str(one.code or "invalid"), "".join(one.messages)


def _short(text: str, most: int | None) -> str:
    if most is not None and len(text) > most:
        raise ValidationError(
            _("%(length)d characters, at most %(most)d are kept"),
            code="too_long",
            params={"length": len(text), "most": most},
        )
    return text
