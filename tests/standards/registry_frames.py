"""Registries as frames, without a database row: the worked cases of an edition many times over."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards import cases, editions, facts, shelf
from cultivation.standards.evaluation import columns
from cultivation.standards.models import Snapshot

if TYPE_CHECKING:
    from cultivation.standards.models import Edition
    from cultivation.standards.policy import Policy

AS_OF = dt.date(2024, 5, 6)
PLACES = ("110105", "320500", "320581", "320102", "440103", "440113", "SZ05", "370102")
TIERS = ("", "technology", "innovative", "srdi", "little_giant")


def worked_registry(edition: Edition, *, times: int, seed: int) -> pl.DataFrame:
    """Return the firms of an edition's cases, each several times with a fact or two changed."""
    said = editions.policy(edition)
    dice = random.Random(seed)
    known = [c.facts for c in cases.read_cases(edition.cases, policy=said, origin=edition.code)]
    rows = [_firm(dice, said, dict(row)) for row in known for _ in range(times)]
    names = sorted(columns(said.root) | set(rows[0]))
    types = {name: facts.column_type(name) for name in names}
    dice.shuffle(rows)
    frame = pl.DataFrame(
        [{name: row.get(name) for name in names} for row in rows], schema=types, orient="row"
    )
    return frame.with_columns(enterprise=pl.int_range(1, pl.len() + 1)).sort(
        pl.col("region_path").str.slice(0, 2), "enterprise"
    )


def _firm(dice: random.Random, said: Policy, row: dict[str, Any]) -> dict[str, Any]:
    row["region_path"] = dice.choice(PLACES)
    row["tier"] = dice.choice(TIERS)
    row["size_class"] = dice.choice(("large", "medium", "small", "micro", "unknown"))
    row["industry_section"] = dice.choice(("C", "I", "M", None))
    for tier in TIERS[1:]:
        row.setdefault(f"title_{tier}", False)
    row[f"title_{said.tier}"] = row["tier"] == said.tier
    for name in dice.sample(sorted(columns(said.root) - {"enterprise", "region_path"}), 2):
        value = row.get(name)
        if dice.random() < 0.3:
            row[name] = None
        elif isinstance(value, int) and not isinstance(value, bool):
            row[name] = value * dice.choice((0, 8, 9, 10, 11, 15)) // 10
    if row[f"title_{said.tier}"] is None:
        row[f"title_{said.tier}"] = False
    return row


def kept(frame: pl.DataFrame, *, as_of: dt.date = AS_OF) -> Snapshot:
    """Write a frame as a snapshot, a file for each recommending unit."""
    unit = pl.col("region_path").str.slice(0, 2)
    parts = []
    with shelf.scratch() as scratch:
        for name in sorted(frame.select(unit.unique()).to_series()):
            rows = frame.filter(unit == name)
            parts.append([name, shelf.put(rows, scratch), rows.height])
    digest = "".join(str(sha256)[:8] for _, sha256, _ in parts).ljust(64, "0")[:64]
    return Snapshot.objects.create(
        sha256=digest, parts=parts, as_of=as_of, rows=frame.height, columns=frame.width
    )
