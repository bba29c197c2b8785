"""Which column of a file means which field, in which unit, and what means “missing” (列映射)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from enterprises.registry import money
from enterprises.registry.imports_reading import tidy
from enterprises.registry.models import COUNTS, MONEY
from enterprises.registry.records import PROFILE

if TYPE_CHECKING:
    from pathlib import Path

PLACES = ("province", "city", "county")
ENTERPRISE_FIELDS = PROFILE | set(PLACES)
REPORT_FIGURES = (*MONEY, *COUNTS, "market_share", "domestic_rank", "quality_score")
REPORT_FIELDS = {"credit_code", "name", "year", "audited", "source", *REPORT_FIGURES}
REPORT_FIELDS |= {"address", "region", *PLACES}
FIELDS = {"enterprises": ENTERPRISE_FIELDS, "reports": REPORT_FIELDS}
MISSING = ("N/A", "NA", "n/a", "-", "--", "—", "/", "无", "暂无", "NULL", "null", "None", "nan")
_UNIT = re.compile(r"[(（\[]\s*(?:单位[:：])?\s*(?:人民币)?(元|千元|万元|百万元|亿元)\s*[)）\]]")

ALIASES: dict[str, tuple[str, ...]] = {
    "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "credit_code", "Credit code"),
    "name": ("企业名称", "公司名称", "公司全称", "单位名称", "名称", "name", "Name"),
    "region": ("行政区划", "行政区划代码", "所在地区", "region", "Region"),
    "province": ("所在省份", "省份", "省", "province", "Province"),
    "city": ("地区", "地市", "市", "所在城市", "city", "City"),
    "county": ("区县", "县区", "县", "county", "County"),
    "address": ("注册地址", "地址", "住所", "企业地址", "address", "Address"),
    "established_on": ("注册日期", "成立日期", "注册时间", "成立时间", "established_on"),
    "registered_capital": ("注册资金", "注册资本", "registered_capital"),
    "ownership": ("企业类型", "所有制", "ownership"),
    "industry": ("行业", "所属行业", "行业代码", "industry"),
    "niche": ("细分市场", "从事细分市场", "niche"),
    "leading_product": ("主导产品", "leading_product"),
    "contact_name": ("联系人", "contact_name"),
    "contact_phone": ("联系电话", "手机", "contact_phone"),
    "contact_email": ("电子邮箱", "邮箱", "contact_email"),
    "year": ("年度", "年份", "报告年份", "year", "Year"),
    "revenue": ("营业收入", "营业总收入", "revenue"),
    "main_business_revenue": ("主营业务收入", "main_business_revenue"),
    "leading_product_revenue": ("主导产品收入", "主导产品销售收入", "leading_product_revenue"),
    "sales_revenue": ("销售收入", "sales_revenue"),
    "total_assets": ("资产总额", "总资产", "资产总计", "total_assets"),
    "total_liabilities": ("负债总额", "总负债", "负债合计", "total_liabilities"),
    "net_profit": ("净利润", "net_profit"),
    "rd_expense": ("研发费用", "研发经费", "研发费用总额", "rd_expense"),
    "cost_and_expense": ("成本费用总额", "总成本费用", "cost_and_expense"),
    "tax_paid": ("纳税总额", "上缴税金", "tax_paid"),
    "employees": ("职工人数", "从业人员", "职工总数", "全职员工数量", "employees"),
    "rd_staff": ("研发人员", "研发人员数量", "rd_staff"),
    "tech_staff": ("科技人员", "tech_staff"),
    "insured_staff": ("参保人数", "社保人数", "insured_staff"),
    "market_share": ("市场占有率", "market_share"),
    "domestic_rank": ("国内排名", "domestic_rank"),
}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How to read a file; kept as JSON with the import (映射)."""

    kind: str
    columns: dict[str, str] = field(default_factory=dict)
    sums: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=lambda: list(MISSING))
    missing_in: dict[str, list[str]] = field(default_factory=dict)
    register: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the mapping as it is kept."""
        return asdict(self)


def load(path: Path, *, kind: str) -> ColumnMapping:
    """Return the mapping of a TOML file; ValidationError names what it does not know (读取映射)."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValidationError(
            _("The mapping file %(name)s cannot be read: %(error)s"),
            params={"name": path.name, "error": error},
        ) from error
    return make(given, kind=kind)


def make(given: dict[str, Any], *, kind: str) -> ColumnMapping:
    """Return a checked mapping from plain data (构造映射)."""
    said = given.get("kind", kind)
    if said != kind:
        raise ValidationError(
            _("This mapping is for %(said)s, the import is of %(kind)s."),
            params={"said": said, "kind": kind},
        )
    parts = set(ColumnMapping.__dataclass_fields__)
    strange = sorted(set(given) - parts)
    if strange:
        raise ValidationError(
            _("The mapping has unknown parts: %(strange)s. It may have: %(parts)s."),
            params={"strange": ", ".join(strange), "parts": ", ".join(sorted(parts))},
        )
    mapping = ColumnMapping(**{**given, "kind": kind})
    _known_fields(mapping)
    bad = sorted(set(mapping.units.values()) - set(money.FEN))
    if bad:
        raise ValidationError(
            _("Unknown units: %(bad)s. Use: %(known)s."),
            params={"bad": ", ".join(bad), "known": ", ".join(money.FEN)},
        )
    return mapping


def _known_fields(mapping: ColumnMapping) -> None:
    known = FIELDS[mapping.kind]
    used = {*mapping.columns, *mapping.sums, *mapping.constants, *mapping.units, *mapping.values}
    strange = sorted((used | set(mapping.missing_in)) - known)
    if strange:
        raise ValidationError(
            _("The mapping names unknown fields: %(strange)s. Fields are: %(known)s."),
            params={"strange": ", ".join(strange), "known": ", ".join(sorted(known))},
        )


@dataclass(slots=True)
class Columns:
    """A mapping laid on the header of one file: where each field stands (列定位)."""

    mapping: ColumnMapping
    index: dict[str, int]
    sums: dict[str, tuple[int, ...]]
    units: dict[str, str]
    width: int
    _markers: dict[str, frozenset[str]] = field(default_factory=dict)
    _numbers: dict[str, frozenset[Decimal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in {*self.index, *self.sums}:
            marks = [*self.mapping.missing, *self.mapping.missing_in.get(name, [])]
            self._markers[name] = frozenset(("", *marks))
            self._numbers[name] = frozenset(n for m in marks if (n := _number(m)) is not None)

    def cells(self, row: list[str]) -> dict[str, str]:
        """Return the stated values of a row as text; what is missing is left out."""
        found: dict[str, str] = {}
        for name, place in self.index.items():
            text = row[place].strip() if place < len(row) else ""
            if not self.is_missing(name, text):
                found[name] = self.mapping.values.get(name, {}).get(text, text)
        return found

    def is_missing(self, name: str, text: str) -> bool:
        """Tell whether a cell says that the figure is missing."""
        if text in self._markers[name]:
            return True
        numbers = self._numbers[name]
        return bool(numbers) and _number(text) in numbers

    def parts(self, name: str, row: list[str]) -> list[str] | None:
        """Return the cells whose sum is a field; None where one is missing."""
        cells = [row[i].strip() if i < len(row) else "" for i in self.sums[name]]
        return None if any(self.is_missing(name, cell) for cell in cells) else cells


def judge(mapping: ColumnMapping | None, kind: str, row: list[str]) -> int:
    """Return how many wanted columns a row names, to find the header (表头识别)."""
    here = {_bare(cell) for cell in row if cell}
    return len(here & _wanted(mapping, kind))


def lay(mapping: ColumnMapping | None, kind: str, header: list[str]) -> Columns:
    """Lay a mapping on a header (or the usual names where none is given); say what is missing."""
    named = {tidy(cell): place for place, cell in reversed(list(enumerate(header))) if cell}
    bare = {_bare(cell): place for place, cell in reversed(list(enumerate(header))) if cell}
    known = bare | named
    if mapping is None or not (mapping.columns or mapping.sums):
        index = _by_alias(kind, known)
        mapping = mapping or ColumnMapping(kind)
        sums: dict[str, tuple[int, ...]] = {}
    else:
        wanted = [*mapping.columns.values(), *(c for cs in mapping.sums.values() for c in cs)]
        lacking = [name for name in wanted if tidy(name) not in known]
        if lacking:
            raise _lack(lacking, header)
        index = {name: known[tidy(column)] for name, column in mapping.columns.items()}
        sums = {n: tuple(known[tidy(c)] for c in cs) for n, cs in mapping.sums.items()}
    columns = Columns(mapping, index, sums, _units(mapping, index, header), len(header))
    _needed(kind, {*index, *sums, *mapping.constants}, header)
    return columns


def _by_alias(kind: str, known: dict[str, int]) -> dict[str, int]:
    index = {}
    for name, aliases in ALIASES.items():
        place = next((known[tidy(a)] for a in aliases if tidy(a) in known), None)
        if place is not None and name in FIELDS[kind]:
            index[name] = place
    for column, place in known.items():
        if column in FIELDS[kind]:
            index.setdefault(column, place)
    return index


def _units(mapping: ColumnMapping, index: dict[str, int], header: list[str]) -> dict[str, str]:
    """Return the unit of each money column: what the mapping says, else the header, else 元."""
    units = {}
    for name in (*MONEY, "registered_capital"):
        at = index.get(name)
        stated = _UNIT.search(header[at]) if at is not None else None
        units[name] = mapping.units.get(name) or (stated.group(1) if stated else "元")
    return units


def _needed(kind: str, fields: set[str], header: list[str]) -> None:
    lacking = []
    if kind == "enterprises":
        lacking = [ALIASES[f][0] for f in ("credit_code", "name") if f not in fields]
    else:
        if not fields & {"credit_code", "name"}:
            lacking.append(ALIASES["credit_code"][0])
        if "year" not in fields:
            lacking.append(ALIASES["year"][0])
        if not fields & set(REPORT_FIGURES):
            lacking.append(ALIASES["revenue"][0])
    if lacking:
        raise _lack(lacking, header)


def _lack(lacking: list[str], header: list[str]) -> ValidationError:
    return ValidationError(
        _(
            "Columns not found: %(lacking)s. The file has: %(found)s. Rename the columns, or name "
            "them in a mapping file."
        ),
        code="columns",
        params={
            "lacking": ", ".join(lacking),
            "found": ", ".join(c for c in header[:40] if c) or "—",
        },
    )


def _wanted(mapping: ColumnMapping | None, kind: str) -> set[str]:
    if mapping is not None and (mapping.columns or mapping.sums):
        names = [*mapping.columns.values(), *(c for cs in mapping.sums.values() for c in cs)]
    else:
        names = [a for f, aliases in ALIASES.items() if f in FIELDS[kind] for a in aliases]
        names += FIELDS[kind]
    return {_bare(name) for name in names}


def _bare(cell: str) -> str:
    """Return the name of a column without its unit: 营业收入（万元） is 营业收入."""
    return tidy(_UNIT.sub("", cell))


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def guess(kind: str, header: list[str]) -> ColumnMapping:
    """Return the mapping that the usual names of columns suggest, however incomplete (建议映射)."""
    bare = {_bare(cell): place for place, cell in reversed(list(enumerate(header))) if cell}
    named = {tidy(cell): place for place, cell in reversed(list(enumerate(header))) if cell}
    index = _by_alias(kind, bare | named)
    return ColumnMapping(
        kind,
        columns={name: header[place] for name, place in index.items()},
        units=_units(ColumnMapping(kind), index, header),
    )
