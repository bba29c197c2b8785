"""Keeping the cube up to date by differences, building it anew, comparing the two (立方维护).

Each is one transaction under one lock: whoever reads sees the cube of before or of after, and a
process killed in the middle leaves that of before, with its marks.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from cultivation.digital.cube import cells, marks, states
from cultivation.digital.cube.states import KEY
from cultivation.digital.definitions import rules_on
from cultivation.digital.models import CubeCell, CubeDay, CubeFirm, CubeLevel
from cultivation.standards.tables import among, read
from cultivation.standards.writing import insert, merge
from enterprises.places.models import Industry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from django.db.models import Model

    from cultivation.digital.definitions import Rule

LOCK = 20_271_231  # ours among the advisory locks of the database
MANY = 20_000  # changed firms from which building anew is considered
TABLES: tuple[type[Model], ...] = (CubeFirm, CubeCell, CubeLevel)


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping the cube took (维护结果)."""

    on: dt.date
    whole: bool  # built anew
    looked_at: int
    changed: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of the kept cube with one built anew found (比对结果)."""

    firms: int
    firms_apart: int
    cells_apart: int
    levels_apart: int

    @property
    def apart(self) -> int:
        """Return how many rows differed."""
        return self.firms_apart + self.cells_apart + self.levels_apart

    def as_json(self) -> dict[str, int]:
        """Return what the result of a run holds."""
        return {**asdict(self), "apart": self.apart}


@transaction.atomic(savepoint=False)
def keep(on: dt.date) -> Kept:
    """Bring the cube to a day, today as a rule; days of the past are not kept (每日更新).

    Only enterprises that were marked, or that the passing of days may change, are read again.
    """
    hold()
    day, rules = CubeDay.objects.first(), rules_on(on)
    if day is None or day.on > on or day.rules != _ground(rules):
        return _built(on, rules)
    ids = marks.taken() | marks.due(day.on, on)
    if len(ids) > MANY and 3 * len(ids) > CubeFirm.objects.count():
        return _built(on, rules)
    changed = _brought_up(sorted(ids), on, rules) if ids else 0
    if day.on != on or ids:
        CubeDay.objects.filter(pk=1).update(on=on, changed_at=timezone.now())
    return Kept(on, whole=False, looked_at=len(ids), changed=changed)


@transaction.atomic
def rebuild(on: dt.date) -> Kept:
    """Build the cube of a day anew (重建)."""
    hold()
    return _built(on, rules_on(on))


@transaction.atomic
def compare(on: dt.date) -> Compared:
    """Bring the cube to a day, hold it against one built anew, and mend what differs (比对).

    Firms that somebody changes meanwhile are left out: they are marked, and the next night's.
    """
    kept = keep(on)
    rules = rules_on(on)
    true, meanwhile = states.of(on, rules), marks.waiting()
    stored = states.stored()
    quiet = ~pl.col("enterprise_id").is_in(list(meanwhile))
    apart = pl.concat([_apart(true, stored), _apart(stored, true)]).filter(quiet)
    busy = stored.filter(~quiet)
    right = pl.concat([true.filter(quiet), busy])
    definitions = [rule.definition.pk for rule in rules]
    all_of_them = cells.weighed(right, 1)
    of_cells = _sums_apart(cells.of(all_of_them, definitions), CubeCell, cells.CELL, cells.SUMS)
    of_levels = _sums_apart(cells.levels_of(all_of_them), CubeLevel, cells.LEVEL, ("firms",))
    found = Compared(
        firms=right.height,
        firms_apart=apart.select(KEY).unique().height,
        cells_apart=of_cells,
        levels_apart=of_levels,
    )
    if found.apart and not kept.whole:
        _write(right, on, rules)
    return found


def hold() -> None:
    """Be the only one who writes the cube until the transaction ends (写锁)."""
    if connection.vendor == "postgresql":  # on SQLite a transaction is the only writer anyway
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _ground(rules: Sequence[Rule]) -> list[Any]:
    """Return what all rows rest on alike: versions of definitions, sections (依据)."""
    sections = Industry.objects.order_by("pk").values_list("pk", "section")
    digest = hashlib.sha256(repr(list(sections)).encode()).hexdigest()
    return [*([rule.definition.pk, rule.version] for rule in rules), ["sections", digest]]


def _built(on: dt.date, rules: Sequence[Rule]) -> Kept:
    marks.taken()  # before anything is read: what is marked from now on may have been missed
    firms = states.of(on, rules)
    _write(firms, on, rules)
    return Kept(on, whole=True, looked_at=firms.height, changed=firms.height)


def _write(firms: pl.DataFrame, on: dt.date, rules: Sequence[Rule]) -> None:
    for model in TABLES:
        _empty(model)
    insert(firms, CubeFirm)
    all_of_them = cells.weighed(firms, 1)
    insert(cells.of(all_of_them, [rule.definition.pk for rule in rules]), CubeCell)
    insert(cells.levels_of(all_of_them), CubeLevel)
    now = timezone.now()
    fields = {"on": on, "rules": _ground(rules), "built_at": now}
    CubeDay.objects.update_or_create(pk=1, defaults=fields)


def _brought_up(ids: Sequence[int], on: dt.date, rules: Sequence[Rule]) -> int:
    """Replace the rows of some enterprises, move the sums by the difference; return how many."""
    true, stored = states.of(on, rules, ids=ids), states.stored(ids=ids)
    come, gone = _apart(true, stored), _apart(stored, true)
    if come.is_empty() and gone.is_empty():
        return 0
    left = gone.join(come, on=KEY, how="anti")
    for (tier,), rows in left.group_by("tier"):
        CubeFirm.objects.filter(among(rows["enterprise_id"].to_list()), tier=tier).delete()
    merge(come, CubeFirm, key=KEY)
    moved = pl.concat([cells.weighed(come, 1), cells.weighed(gone, -1)])
    sums = cells.of(moved, [rule.definition.pk for rule in rules])
    merge(sums, CubeCell, key=cells.CELL, summed=cells.SUMS)
    merge(cells.levels_of(moved), CubeLevel, key=cells.LEVEL, summed=("firms",))
    CubeCell.objects.filter(total=0).delete()
    CubeLevel.objects.filter(firms=0).delete()
    return pl.concat([come.select(KEY), gone.select(KEY)]).unique().height


def _apart(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a frame that are not the same in another."""
    return one.join(other, on=one.columns, how="anti", nulls_equal=True)


def _sums_apart(
    true: pl.DataFrame, model: type[Model], key: Sequence[str], sums: Sequence[str]
) -> int:
    columns: dict[str, Any] = dict(zip(true.columns, true.dtypes, strict=True))
    stored = read(model._default_manager.all(), columns)
    texts = [name for name, kind in columns.items() if kind == pl.String]
    stored = stored.with_columns(pl.col(texts).fill_null(""))
    return cells.differences(true, stored, key=key, sums=sums).height


def _empty(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608
