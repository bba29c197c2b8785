"""Finding a region by code or by what people write (行政区划查找)."""

from __future__ import annotations

import csv
import re
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from enterprises.places.models import Region

PLANNED = {"2102": "DL", "3302": "NB", "3502": "XM", "3702": "QD", "4403": "SZ"}
XPCC = "BT"
NATION = "000000"
_SUFFIX = re.compile(
    r"(特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|省|市|县|区|盟|旗|州)$"
)
_PEOPLES = re.compile(
    "(蒙古族|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|"
    "哈萨克|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|"
    "仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|普米族|塔吉克|怒族|鄂温克族|保安族|裕固族|"
    "独龙族|各族|蒙古)+$"
)
_OTHER_NAMES = {"兵团": "660000", "建设兵团": "660000", "国家": NATION, "中国": NATION}


def level_of(code: str) -> str:
    """Return the level that the digits of a code say (级别)."""
    if code == NATION:
        return Region.Level.NATION
    if code.endswith("0000"):
        return Region.Level.PROVINCE
    return Region.Level.CITY if code.endswith("00") else Region.Level.COUNTY


def path_of(code: str) -> str:
    """Return the path in the tree of competence for a code of GB/T 2260 (管辖路径)."""
    if code == NATION:
        return ""
    if code == "660000":
        return XPCC
    if code[:4] in PLANNED:
        return PLANNED[code[:4]] + ("" if code.endswith("00") else code[4:])
    if code.startswith("6590"):
        return XPCC + code[2:]
    return code[: {"province": 2, "city": 4, "county": 6}[level_of(code)]]


def short(name: str) -> str:
    """Return the short form of a region's name: 延边朝鲜族自治州 is 延边 (简称)."""
    stem = _SUFFIX.sub("", name)
    if stem != name and len(stem) > 2:
        bare = _PEOPLES.sub("", stem)
        stem = bare if len(bare) >= 2 else stem
    return stem if len(stem) >= 2 else name


@dataclass(slots=True)
class Atlas:
    """All regions in memory: about 7,000 rows, read once a process (区划表)."""

    by_code: dict[str, Region] = field(default_factory=dict)
    by_pk: dict[int, Region] = field(default_factory=dict)
    by_name: dict[str, list[Region]] = field(default_factory=lambda: defaultdict(list))

    def current(self, region: Region | None) -> Region | None:
        """Return the region in use now that a row stands for: its successor or its parent."""
        seen: set[int] = set()
        while region is not None and not region.in_use and region.pk not in seen:
            seen.add(region.pk)
            region = self.by_pk.get(region.replaced_by_id or region.parent_id or 0)
        return region


_lock = threading.Lock()
_kept: list[tuple[object, Atlas]] = []  # at most one, with the mark of the table it was read from


def atlas() -> Atlas:
    """Return all regions, from memory where the table still has the same mark (区划表)."""
    last = Region.objects.order_by("-pk").values_list("pk", "code", "path").first()
    mark = (last, Region.objects.count())
    with _lock:
        if not _kept or _kept[0][0] != mark:
            _kept[:] = [(mark, _read())]
        return _kept[0][1]


def forget() -> None:
    """Drop the regions in memory, after a change of the table (清除缓存)."""
    with _lock:
        _kept.clear()


def find(text: str, *, within: str = "", table: Atlas | None = None) -> Region | None:
    """Return the region in use that a code or a name means, below a path; None where unsure.

    Codes no longer in use lead to the region that took their place; names may be long or short
    (内蒙古自治区, 内蒙古), or a whole address line beginning with province and city (江苏省苏州市).
    Of several regions of one name the highest counts; two of the same level are nobody's.
    """
    wanted = re.sub(r"\s", "", text)
    if not wanted:
        return None
    table = table or atlas()
    if wanted.isascii() and wanted.isdigit():
        found = table.current(table.by_code.get(wanted.ljust(6, "0")))
        return found if found is not None and found.path.startswith(within) else None
    if wanted in table.by_name or wanted in _OTHER_NAMES:
        return _named(wanted, within, table)
    return _chained(wanted, within, table) or _named(wanted, within, table)


def of_code(credit_code: str, *, table: Atlas | None = None) -> Region | None:
    """Return the region in use that characters 3 to 8 of a credit code name (登记机关区划).

    A code of a development zone or a registrar of the prefecture falls back to the prefecture,
    then to the province; 100000 is the national registrar and gives the nation.
    """
    area, table = credit_code[2:8], table or atlas()
    if area == "100000":
        return table.by_code.get(NATION)
    for code in (area, f"{area[:4]}00", f"{area[:2]}0000"):
        found = table.current(table.by_code.get(code))
        if found is not None and found.code != NATION:
            return found
    return None


def is_known_area(area: str, *, table: Atlas | None = None) -> bool:
    """Tell whether a six-digit area code is or was a code of GB/T 2260 (区划代码已知)."""
    return area == "100000" or area in (table or atlas()).by_code


def covers(whole: Region, part: Region) -> bool:
    """Tell whether a region lies in another on the map: Dalian lies in Liaoning (地理隶属).

    The tree of competence is another matter: there, Dalian is a unit of its own.
    """
    digits = {"nation": 0, "province": 2, "city": 4, "county": 6}[whole.level]
    return part.code[:digits] == whole.code[:digits] or part.path.startswith(whole.path)


def full_name(region: Region, *, table: Atlas | None = None) -> str:
    """Return the Chinese name with the province before it: 辽宁省大连市中山区 (全称)."""
    code, known = region.code, (table or atlas()).by_code
    codes = dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00", code))
    if region.path.startswith(XPCC):
        codes = dict.fromkeys(("660000", code))
    return "".join(known[c].name_zh for c in codes if c in known) or region.name_zh


def _named(wanted: str, within: str, table: Atlas) -> Region | None:
    if wanted in _OTHER_NAMES:
        hits = [table.by_code[_OTHER_NAMES[wanted]]] if table.by_code else []
    else:
        hits = table.by_name.get(wanted) or table.by_name.get(short(wanted), [])
    # A region in use comes first, then an old code with a successor, then one with a parent alone.
    borne = [r for r in hits if r.in_use and r.name_zh == wanted]
    followed = [r for r in hits if r.in_use or r.replaced_by_id]
    now = map(table.current, borne or followed or hits)
    found = {r.pk: r for r in now if r and r.path.startswith(within)}
    order = list(Region.Level.values)

    def rank(region: Region) -> tuple[int, int]:
        names = (region.name_zh, short(region.name_zh))
        exact = 0 if wanted == names[0] else 1 if wanted in names else 2
        return order.index(region.level), exact

    ranked = sorted(found.values(), key=rank)
    if len(ranked) > 1 and rank(ranked[0]) == rank(ranked[1]):
        return None
    return ranked[0] if ranked else None


def _chained(wanted: str, within: str, table: Atlas) -> Region | None:
    """Return the deepest region at the beginning of a text: 江苏省苏州市昆山市… or 江苏苏州."""
    best: Region | None = None
    rest, path = wanted, within
    while rest:
        step = next(
            (
                (r, n)
                for n in range(min(len(rest), 15), 1, -1)
                if rest[:n] in table.by_name and (r := _named(rest[:n], path, table)) is not None
            ),
            None,
        )
        if step is None:
            break
        best, taken = step
        rest = rest[taken:]
        suffix = _SUFFIX.match(rest[:1])
        rest = rest[1:] if suffix else rest
        # A separately planned city follows its province in an address, not in the tree.
        path = within if best.level == Region.Level.PROVINCE and _planned(rest) else best.path
        if best.level == Region.Level.COUNTY:
            break
    return best


def _planned(rest: str) -> bool:
    return rest.startswith(("大连", "宁波", "厦门", "青岛", "深圳"))


def _read() -> Atlas:
    table = Atlas()
    for region in Region.objects.order_by("-in_use", "code"):
        table.by_code[region.code] = region
        table.by_pk[region.pk] = region
        for name in {region.name_zh, short(region.name_zh)}:
            table.by_name[name].append(region)
    for code, former in _former_names():
        if code in table.by_code:
            for name in {former, short(former)}:
                table.by_name[name].append(table.by_code[code])
    return table


def _former_names() -> list[tuple[str, str]]:
    """Return names that a code in use bore before, such as 襄樊市 for 襄阳市 (曾用名)."""
    path = Path(settings.SEEDS_DIR) / "regions_former_names.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["name_zh"]) for row in csv.DictReader(file)]
