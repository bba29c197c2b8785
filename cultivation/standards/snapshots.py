"""Reading the facts of the registry on a day into Parquet files (事实快照).

A whole reading writes files a recommending unit. A refresh reads only the enterprises that changed
and lays their rows over the files there are, so that it costs what the change is, not the nation.
"""

from __future__ import annotations

import hashlib
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db.models import Q
from django.utils import timezone

from cultivation.standards import facts, manifests, shelf
from cultivation.standards.editions import all_counts
from cultivation.standards.manifests import UNIT, delta, intact, row, scan, units
from cultivation.standards.models import Snapshot
from cultivation.standards.tables import among, one_state
from enterprises.places.models import ChainLink, Industry, ProductDomain
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from cultivation.standards.policy import Count
    from enterprises.jobs.runs import Progress

__all__ = [
    "StaleBaseError", "delta", "heavy", "intact", "refresh", "row", "scan", "take", "units",
]  # fmt: skip
BLOCK = 25_000  # enterprises read at a time
HELD = 200_000  # rows kept back until they are written, a file a unit
HEAVY = 10  # percent of the rows that may be laid over before a whole reading is cheaper
CODE = ("facts.py", "indicators.py", "measures.py", "sources.py")  # says what the columns mean
REFERENCE: dict[Any, tuple[str, ...]] = {
    ChainLink: ("pk", "is_key"),
    Industry: ("pk", "section"),
    ProductDomain: ("pk", "scheme", "code"),
}


class StaleBaseError(Exception):
    """The columns do not mean what they did when the base was read; take a whole snapshot."""


def take(as_of: dt.date, *, progress: Progress | None = None) -> Snapshot:
    """Read the facts of all enterprises as of a day and return their snapshot (取快照).

    Equal facts give the same snapshot. All of it is one state of the database, memory is bounded
    by HELD enterprises, and a file appears under its name only when it is whole.
    """
    counts = all_counts()
    firms = Enterprise.objects.count() if progress else 0
    parts: list[list[Any]] = []
    rows, columns = 0, 0
    with one_state() as state, shelf.scratch() as scratch:
        signature = state.submit(_signature, counts)
        for gathered in _gathered(_blocks(state, as_of, counts)):
            for unit, part in gathered.items():
                parts.append([unit, shelf.put(part, scratch), part.height])
                rows, columns = rows + part.height, part.width
                if progress:
                    progress.report(min(rows, firms), firms)
        parts.sort(key=itemgetter(0))  # of a unit, in the order of ids as they came
        taken = Snapshot(as_of=as_of, signature=signature.result(), parts=parts)
    return _kept(taken, rows=rows, columns=columns)


def refresh(before: Snapshot, as_of: dt.date, ids: Iterable[int]) -> Snapshot:
    """Read the enterprises named anew and lay them over a snapshot (增量刷新).

    `ids` are all whose facts may differ: those touched since `before` was read, and those that
    `due.due` names between its day and this. StaleBaseError where `before` is of another year or
    its columns meant something else.
    """
    counts, asked = all_counts(), sorted(set(ids))
    with one_state() as state:
        signature = state.submit(_signature, counts).result()
        _require_base(before, signature, as_of)
        starts = range(0, max(len(asked), 1), BLOCK)
        blocks = [among(asked[start : start + BLOCK]) for start in starts]
        reading = [state.submit(facts.between, q, as_of=as_of, counts=counts) for q in blocks]
        changed = pl.concat([future.result() for future in reading])
    older = manifests.overlay(before).filter(~manifests.among(asked)).collect()
    laid = pl.concat([older, changed]).sort("enterprise")
    found = set(laid["enterprise"])
    gone = (set(before.gone) | set(asked)) - found
    hidden = manifests.base(before).filter(manifests.among(found | gone)).select(pl.len())
    rows = sum(part[2] for part in before.parts) - hidden.collect().item() + laid.height
    taken = Snapshot(
        as_of=as_of, signature=signature, parts=before.parts, gone=sorted(gone), before=before
    )
    with shelf.scratch() as scratch:
        taken.overlay = shelf.put(laid, scratch) if laid.height else ""
        taken.delta = shelf.put(changed, scratch) if changed.height else ""
    return _kept(taken, rows=rows, columns=changed.width)


def heavy(snapshot: Snapshot) -> bool:
    """Tell whether so much lies over the base that a whole reading is due (叠加过多)."""
    laid = manifests.overlay(snapshot).select(pl.len()).collect().item() + len(snapshot.gone)
    return bool(laid * 100 > HEAVY * snapshot.rows)


def _kept(taken: Snapshot, *, rows: int, columns: int) -> Snapshot:
    taken.sha256 = manifests.digest(taken)
    taken.rows, taken.columns = rows, columns
    fields = ("signature", "parts", "overlay", "delta", "gone", "before", "as_of")
    values = {name: getattr(taken, name) for name in (*fields, "rows", "columns")}
    kept, new = Snapshot.objects.get_or_create(sha256=taken.sha256, defaults=values)
    if not new:  # its files are there again, and it is the newest
        kept.made_at, kept.retired_at = timezone.now(), None
        kept.save(update_fields=["made_at", "retired_at"])
    return kept


def _require_base(before: Snapshot, signature: str, as_of: dt.date) -> None:
    if before.as_of.year != as_of.year:
        fault = f"figures of {as_of} stand under other years than those of {before.as_of}"
    elif before.signature != signature:
        fault = "a count, a column or a reference table has another meaning since"
    else:
        return
    raise StaleBaseError(
        f"snapshot {before.sha256[:12]} cannot be refreshed: {fault}; take a whole one"
    )


def _signature(counts: Sequence[Count]) -> str:
    """Return the hash of what the columns mean: code, counts, the tables of reference (口径)."""
    hashed = hashlib.sha256(repr(counts).encode())
    for name in CODE:
        hashed.update(Path(__file__).with_name(name).read_bytes())
    for model, fields in REFERENCE.items():
        hashed.update(repr(list(model.objects.order_by("pk").values_list(*fields))).encode())
    return hashed.hexdigest()


def _blocks(state: Executor, as_of: dt.date, counts: Sequence[Count]) -> Iterator[pl.DataFrame]:
    """Yield the facts by blocks of ids, at least one, reading the next while one is used."""
    reading = state.submit(_block, None, as_of, counts)
    while True:
        block, last = reading.result()
        if last is not None:
            reading = state.submit(_block, last, as_of, counts)
        yield block
        if last is None:
            return


def _block(
    after: int | None, as_of: dt.date, counts: Sequence[Count]
) -> tuple[pl.DataFrame, int | None]:
    """Return the facts of the enterprises after an id, and their last id where more follow."""
    chosen = Q() if after is None else Q(enterprise_id__gt=after)
    following = Enterprise.objects.order_by("pk").values_list("pk", flat=True)
    if after is not None:
        following = following.filter(pk__gt=after)
    edge = list(following[BLOCK - 1 : BLOCK + 1])
    if len(edge) < 2:
        return facts.between(chosen, as_of=as_of, counts=counts), None
    return facts.between(chosen & Q(enterprise_id__lte=edge[0]), as_of=as_of, counts=counts), edge[
        0
    ]


def _gathered(blocks: Iterable[pl.DataFrame]) -> Iterator[dict[str, pl.DataFrame]]:
    """Yield the rows of several blocks by unit, some HELD rows at a time (分推荐单位)."""
    held: dict[str, list[pl.DataFrame]] = {}
    rows = 0
    for block in blocks:
        for unit, part in _by_unit(block).items():
            held.setdefault(unit, []).append(part)
        rows += block.height
        if rows >= HELD:
            yield {unit: pl.concat(parts) for unit, parts in held.items()}
            held, rows = {}, 0
    if held:
        yield {unit: pl.concat(parts) for unit, parts in held.items()}


def _by_unit(block: pl.DataFrame) -> dict[str, pl.DataFrame]:
    if not block.height:
        return {"": block}  # an empty registry has columns, too
    parts = block.with_columns(unit=UNIT).partition_by("unit", as_dict=True, include_key=False)
    return {unit: part for (unit,), part in parts.items()}
