"""Loading reference data from text files; loading twice changes nothing (参考数据装载)."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from enterprises.places import regions
from enterprises.places.models import (
    Chain,
    ChainLink,
    Cluster,
    Holiday,
    Industry,
    ProductDomain,
    Region,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import Model

Row = dict[str, Any]
BATCH = 500
OTHERS = (Industry, ChainLink, Chain, Cluster, ProductDomain, Holiday)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file: rows that were new, changed or the same (装载结果)."""

    name: str
    new: int
    changed: int
    same: int


@transaction.atomic
def load(folder: Path | None = None) -> list[Loaded]:
    """Load regions, industries, chains, clusters, product domains and holidays (装载参考数据)."""
    source = folder or Path(settings.SEEDS_DIR)
    done = [
        *_regions(source),
        _plain(Industry, source / "industries.csv", _industry),
        _plain(Chain, source / "chains.csv", _chain),
        _links(source / "chain_links.csv"),
        _plain(Cluster, source / "clusters.csv", _cluster),
        _plain(ProductDomain, source / "product_domains.csv", _domain),
        load_holidays(source),
    ]
    regions.forget()
    return done


def load_holidays(folder: Path | None = None) -> Loaded:
    """Load the days that are not what their weekday says (节假日安排)."""
    path = (folder or Path(settings.SEEDS_DIR)) / "holidays.csv"
    return _plain(Holiday, path, _holiday, key=("day",))


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a seed file, UTF-8 with a header (读取)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _regions(source: Path) -> Iterable[Loaded]:
    """Load the regions level by level, then the codes no longer in use."""
    rows = read(source / "regions.csv")
    new = changed = same = 0
    for level in Region.Level.values:
        ids = dict(Region.objects.values_list("code", "pk"))
        part = [
            {
                "code": row["code"],
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "level": level,
                "path": row["path"],
                "parent_id": ids[row["parent"]] if row["parent"] else None,
                "is_unit": row["is_unit"] == "1",
                "in_use": True,
                "replaced_by_id": None,
                "until": None,
            }
            for row in rows
            if row["level"] == level
        ]
        loaded = upsert(Region, part, key=("code",), name="regions")
        new, changed, same = new + loaded.new, changed + loaded.changed, same + loaded.same
    yield Loaded("regions", new, changed, same)
    rows = read(source / "regions_obsolete.csv")
    new = changed = same = 0
    for level in Region.Level.values:
        ids = dict(Region.objects.values_list("code", "pk"))
        part = [_obsolete(row, ids) for row in rows if regions.level_of(row["code"]) == level]
        loaded = upsert(Region, part, key=("code",), name="regions_obsolete")
        new, changed, same = new + loaded.new, changed + loaded.changed, same + loaded.same
    yield Loaded("regions_obsolete", new, changed, same)


def _obsolete(row: dict[str, str], ids: dict[str, int]) -> Row:
    code = row["code"]
    parents = (f"{code[:4]}00", f"{code[:2]}0000", "000000")
    return {
        "code": code,
        "name_zh": row["name_zh"],
        "level": regions.level_of(code),
        "path": regions.path_of(code),
        "parent_id": next((ids[p] for p in parents if p in ids and p != code), None),
        "is_unit": False,
        "in_use": False,
        "replaced_by_id": ids[row["replaced_by"]] if row["replaced_by"] else None,
        "until": dt.date.fromisoformat(row["until"]) if row["until"] else None,
    }


def _industry(row: dict[str, str]) -> Row:
    return {**row, "is_section": row["code"].isalpha()}


def _chain(row: dict[str, str]) -> Row:
    return {**row, "verified": row["verified"] == "1"}


def _cluster(row: dict[str, str]) -> Row:
    return {**row, "list_year": int(row["list_year"]) if row["list_year"] else None}


def _domain(row: dict[str, str]) -> Row:
    return {**row, "verified": row["verified"] == "1"}


def _holiday(row: dict[str, str]) -> Row:
    return {
        "day": dt.date.fromisoformat(row["day"]),
        "is_workday": row["is_workday"] == "1",
        "name_zh": row["name_zh"],
        "provisional": row["provisional"] == "1",
    }


def _links(path: Path) -> Loaded:
    """Load the links of chains; a chain whose links somebody edited keeps those at other places."""
    chains = dict(Chain.objects.values_list("code", "pk"))
    rows = [
        {
            "chain_id": chains[row["chain"]],
            "position": int(row["position"]),
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "is_key": row["is_key"] == "1",
        }
        for row in read(path)
    ]
    return upsert(ChainLink, rows, key=("chain_id", "position"), name=path.stem)


def _plain(
    model: type[Model],
    path: Path,
    convert: Callable[[dict[str, str]], Row],
    *,
    key: tuple[str, ...] = ("code",),
) -> Loaded:
    return upsert(model, [convert(row) for row in read(path)], key=key, name=path.stem)


def upsert(model: type[Model], rows: list[Row], *, key: tuple[str, ...], name: str) -> Loaded:
    """Write rows that are new or differ, by a natural key; the count of each (写入)."""
    objects = model._default_manager
    there = {tuple(getattr(o, k) for k in key): o for o in objects.all()}
    new: list[Model] = []
    changed: list[Model] = []
    for row in rows:
        old = there.get(tuple(row[k] for k in key))
        if old is None:
            new.append(model(**row))
        elif any(getattr(old, field) != value for field, value in row.items()):
            for field, value in row.items():
                setattr(old, field, value)
            changed.append(old)
    objects.bulk_create(new, batch_size=BATCH)
    if changed:
        fields = [f.removesuffix("_id") for f in rows[0] if f not in key]
        objects.bulk_update(changed, fields, batch_size=BATCH)
    return Loaded(name, len(new), len(changed), len(rows) - len(new) - len(changed))
