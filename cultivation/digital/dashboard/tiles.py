"""The regions as tiles coloured by their gap to the path; not a map of borders (方格图)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.digital.overview import RegionRow
    from cultivation.digital.path import Figure
    from enterprises.places.models import Region

WIDE, HIGH, SPACE = 84, 58, 4
COLUMNS = 8  # of a region's own parts
STEPS = (0, -100_000, -250_000, -450_000)  # gap in ppm from which a tile is at least so dark
# path of the unit or province → column, row, short name in Chinese and English, letters
COUNTRY: dict[str, tuple[int, int, str, str, str]] = {
    "65": (0, 1, "新疆", "Xinjiang", "XJ"),
    "BT": (1, 1, "兵团", "XPCC", "XPCC"),
    "15": (5, 0, "内蒙古", "Inner Mong.", "NM"),
    "23": (8, 0, "黑龙江", "Heilongjiang", "HL"),
    "62": (2, 2, "甘肃", "Gansu", "GS"),
    "64": (3, 1, "宁夏", "Ningxia", "NX"),
    "14": (4, 1, "山西", "Shanxi", "SX"),
    "11": (5, 1, "北京", "Beijing", "BJ"),
    "12": (6, 1, "天津", "Tianjin", "TJ"),
    "21": (7, 1, "辽宁", "Liaoning", "LN"),
    "22": (8, 1, "吉林", "Jilin", "JL"),
    "DL": (7, 2, "大连", "Dalian", "DL"),
    "63": (1, 2, "青海", "Qinghai", "QH"),
    "61": (3, 2, "陕西", "Shaanxi", "SN"),
    "13": (5, 2, "河北", "Hebei", "HE"),
    "41": (4, 2, "河南", "Henan", "HA"),
    "37": (6, 2, "山东", "Shandong", "SD"),
    "QD": (7, 3, "青岛", "Qingdao", "QD"),
    "54": (0, 3, "西藏", "Tibet", "XZ"),
    "51": (2, 3, "四川", "Sichuan", "SC"),
    "50": (3, 3, "重庆", "Chongqing", "CQ"),
    "42": (4, 3, "湖北", "Hubei", "HB"),
    "34": (5, 3, "安徽", "Anhui", "AH"),
    "32": (6, 3, "江苏", "Jiangsu", "JS"),
    "31": (7, 4, "上海", "Shanghai", "SH"),
    "52": (3, 4, "贵州", "Guizhou", "GZ"),
    "43": (4, 4, "湖南", "Hunan", "HN"),
    "36": (5, 4, "江西", "Jiangxi", "JX"),
    "33": (6, 4, "浙江", "Zhejiang", "ZJ"),
    "NB": (7, 5, "宁波", "Ningbo", "NB"),
    "53": (2, 5, "云南", "Yunnan", "YN"),
    "45": (3, 5, "广西", "Guangxi", "GX"),
    "44": (4, 5, "广东", "Guangdong", "GD"),
    "SZ": (5, 5, "深圳", "Shenzhen", "SZ"),
    "35": (6, 5, "福建", "Fujian", "FJ"),
    "XM": (6, 6, "厦门", "Xiamen", "XM"),
    "46": (3, 6, "海南", "Hainan", "HI"),
    "82": (4, 6, "澳门", "Macao", "MO"),
    "81": (5, 6, "香港", "Hong Kong", "HK"),
    "71": (7, 6, "台湾", "Taiwan", "TW"),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One region as a square with its figure (方格)."""

    region: Region
    figure: Figure
    x: int
    y: int
    name: str
    letters: str
    tone: str  # ahead, b1 to b4, none

    @property
    def middle(self) -> int:
        return self.x + WIDE // 2

    @property
    def mark(self) -> str:
        """Return the sign that says without colour how it stands."""
        return {"ahead": "▲", "none": ""}.get(self.tone, "▼")


@dataclass(frozen=True, slots=True)
class Tiles:
    """All tiles, and the size of the picture (方格图)."""

    tiles: tuple[Tile, ...]
    width: int
    height: int
    country: bool
    wide: int = WIDE
    high: int = HIGH


def tiles(region: Region, parts: Sequence[RegionRow]) -> Tiles | None:
    """Return the parts of a region as tiles: the country by its place, others by code (方格图)."""
    rows = [(row.region, row.figure) for row in parts if row.region is not None]
    if not rows:
        return None
    country = not region.path
    if country:
        rows = [pair for pair in rows if pair[0].path in COUNTRY]
    columns = 9 if country else min(COLUMNS, max(3, len(rows)))
    placed = [
        _tile(one, figure, *_place(one, number, columns, country=country))
        for number, (one, figure) in enumerate(rows)
    ]
    deep = max((tile.y for tile in placed), default=0)
    return Tiles(tuple(placed), columns * (WIDE + SPACE), deep + HIGH + SPACE, country)


def tone(figure: Figure) -> str:
    """Return the class of a figure's gap to the path (色阶)."""
    if not figure.total or figure.gap is None:
        return "none"
    if not figure.behind:
        return "ahead"
    return f"b{max(1, sum(figure.gap < step for step in STEPS))}"


def _place(region: Region, number: int, columns: int, *, country: bool) -> tuple[int, int]:
    if country:
        column, row = COUNTRY[region.path][:2]
        return column, row
    return number % columns, number // columns


def _tile(region: Region, figure: Figure, column: int, row: int) -> Tile:
    name, letters = _names(region)
    return Tile(
        region=region,
        figure=figure,
        x=column * (WIDE + SPACE) + SPACE // 2,
        y=row * (HIGH + SPACE) + SPACE // 2,
        name=name,
        letters=letters,
        tone=tone(figure),
    )


def _names(region: Region) -> tuple[str, str]:
    english = (get_language() or "").startswith("en")
    if region.path in COUNTRY:
        _x, _y, chinese, name, letters = COUNTRY[region.path]
        return (name, letters) if english else (chinese, chinese)
    label = str(region)
    if english and region.name_en:
        return label[:12], label[:7]
    return region.name_zh[:6], region.name_zh[:4]
