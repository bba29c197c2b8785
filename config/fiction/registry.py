"""Filling the registry with invented firms, their reports and facts, in pieces (虚构企业库)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from config.fiction import facts, figures, firms, store
from config.fiction.dice import Dice
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from config.fiction.ground import Ground

PIECE = 20_000  # firms at a time: what bounds the memory


def pieces(enterprises: int) -> Iterator[pl.Series]:
    """Give the ids of all firms, a piece at a time."""
    for first in range(1, enterprises + 1, PIECE):
        last = min(first + PIECE, enterprises + 1)
        yield pl.Series("id", range(first, last), dtype=pl.Int64)


def traits(ids: pl.Series, ground: Ground, *, enterprises: int, on: dt.date) -> pl.DataFrame:
    """Return what decides everything else about some firms."""
    dice = Dice(ground.seed, ids)
    return firms.traits(dice, ids, ground, enterprises=enterprises, year=on.year)


def fill(some: pl.DataFrame, ground: Ground, *, on: dt.date) -> Counter[str]:
    """Add a piece of the registry and return how many rows of what were added."""
    dice = Dice(ground.seed, some["id"])
    reports = figures.draw(dice, some, last=on.year - 1)
    rows = firms.rows(dice, some, ground)
    sized = firms.with_size(rows, reports)
    added: Counter[str] = Counter()
    added["enterprises"] += store.write(Enterprise, sized)
    added["reports"] += store.write(AnnualReport, reports)
    for model, found in facts.draw(ground.seed, some, on):
        added["facts"] += store.write(model, found)
    return added
