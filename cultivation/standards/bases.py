"""The registry judged once by an edition, kept beside its snapshot for what-ifs (判定底稿).

A base holds of every enterprise where it stands (unit, title held, section, size), the facts that
the edition reads and the verdict on every criterion. Whoever asks what another threshold would do
reads a few of these columns and judges only what changed. New applicants and holders of the tier's
title, who come up for re-check, lie apart, and so do the units for which the rules differ.

Within such a group the enterprises lie apart by how many requirements they do not meet: whoever
fails more of them than a scenario touches, or one that it does not touch, fails before and after
and is only counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from django.conf import settings

from cultivation.standards import facts, shelf, snapshots
from cultivation.standards.editions import all_counts
from cultivation.standards.evaluation import ENGINE, columns, judge, largest, requirements
from cultivation.standards.models import Verdict
from cultivation.standards.policy import Case, Criterion, Policy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from cultivation.standards.models import Snapshot
    from enterprises.jobs.runs import Progress

BLOCK = 100_000  # rows judged at a time, and rows of a group in a file
DEEPEST = 5  # requirements failed; who fails more lies with those who fail so many
KEPT = 8  # bases; the one not used for longest goes first
MANIFEST = "base.json"
SHAPE = "2"  # of the files; raised where they are laid down otherwise
MARK = "′"  # of a count that means something else than the snapshot's of that name
WHERE = {  # how an enterprise is counted: column of the base, expression over the facts frame
    "unit": pl.col("region_path").str.slice(0, 2),
    "held": pl.col("tier").fill_null(""),
    "section": pl.col("industry_section").fill_null(""),
    "size": pl.col("size_class").fill_null("unknown"),
}
NATION = ("unit", "held", "section", "size")
SUBTREE = ("region_path", "held", "section", "size")
OUTCOMES = ("v:", "low:", "by_hand:", "high:")


@dataclass(frozen=True, slots=True)
class Group:
    """Enterprises to which the same rules apply (同一规则的企业)."""

    kind: str
    unit: str  # a recommending unit whose rules differ; empty: all the others
    folder: Path

    def scan(self, touched: int) -> pl.LazyFrame | None:
        """Return those who fail at most so many requirements, None where nobody does.

        `failed` is how many.
        """
        near = [self.folder / str(depth) for depth in range(min(touched, DEEPEST) + 1)]
        files = [file for folder in near if folder.exists() for file in sorted(folder.iterdir())]
        return pl.scan_parquet(files) if files else None

    def everybody(self, keys: Sequence[str]) -> pl.LazyFrame:
        """Return how many enterprises stand where, all of the group (全体计数)."""
        return pl.scan_parquet(self.folder / f"{keys[0]}.parquet")


@dataclass(frozen=True, slots=True)
class Base:
    """What judging a snapshot by a policy gave, in full (判定底稿)."""

    policy: Policy
    as_of: dt.date
    groups: tuple[Group, ...]
    missing: tuple[str, ...]  # columns that the snapshot has not, or means otherwise
    rows: int
    bits: int  # no figure lies beyond 2**bits


def base_of(
    snapshot: Snapshot,
    policy: Policy,
    *,
    as_of: dt.date,
    also: Policy | None = None,
    progress: Progress | None = None,
) -> Base:
    """Return a snapshot judged by a policy, from disk where it was judged before (取底稿).

    `also` names another policy whose columns are wanted at hand.
    """
    wanted = columns(policy.root) | (columns(also.root) if also else set())
    key = _key(snapshot, policy, as_of, wanted)
    home = Path(settings.SNAPSHOT_DIR) / "bases"
    folder = home / key
    if not (folder / MANIFEST).exists():
        home.mkdir(parents=True, exist_ok=True)
        with shelf.scratch() as scratch:
            work = _Building(scratch / key, policy, also or policy, as_of, wanted)
            work.build(snapshot, progress)
            _place(work.folder, folder)
    os.utime(folder)
    _sweep(home)
    told = json.loads((folder / MANIFEST).read_text())
    groups = tuple(Group(kind, unit, folder / name) for name, kind, unit in told["groups"])
    missing = tuple(name.replace(MARK, "") for name in told["missing"])
    return Base(policy, as_of, groups, missing, told["rows"], told["bits"])


class _Building:
    """One base in the making; it appears under its name only when it is whole."""

    def __init__(
        self, folder: Path, policy: Policy, also: Policy, as_of: dt.date, wanted: set[str]
    ) -> None:
        self.folder = folder
        self.policy, self.also, self.as_of = policy, also, as_of
        self.wanted = wanted
        self.groups: dict[tuple[str, str], list[pl.DataFrame]] = {}

    def build(self, snapshot: Snapshot, progress: Progress | None) -> None:
        self.folder.mkdir()
        rows, bits, missing = 0, 0, set[str]()
        for number, block in enumerate(_blocks(snapshot)):
            missing |= self.wanted - set(block.collect_schema())
            readable = self.readable(block, missing)
            self.judge_block(number, readable)
            rows += readable.height
            bits = max(bits, largest(readable.lazy(), self.also.root))
            if progress:
                progress.report(rows, snapshot.rows)
        self.count()
        self.join()
        told: dict[str, Any] = {"rows": rows, "bits": bits, "missing": sorted(missing)}
        told["groups"] = [[self.folder_of(*key).name, *key] for key in sorted(self.groups)]
        (self.folder / MANIFEST).write_text(json.dumps(told))

    def readable(self, block: pl.LazyFrame, missing: set[str]) -> pl.DataFrame:
        """Return the wanted columns; those that are missing are unknown of everybody."""
        holds = pl.col(f"title_{self.policy.tier}").alias("holds")
        known = sorted(self.wanted - missing)
        unknown = [
            pl.lit(None, dtype=facts.column_type(name)).alias(name) for name in sorted(missing)
        ]
        where = [made.cast(pl.Categorical).alias(name) for name, made in WHERE.items()]
        return block.select(*known, *where, holds).with_columns(unknown).collect()

    def judge_block(self, number: int, block: pl.DataFrame) -> None:
        apart = sorted(self.policy.units)
        for kind, holds in (("recognition", False), ("recheck", True)):
            of_kind = block.filter(pl.col("holds") == holds).drop("holds")
            for unit in [*apart, ""]:
                mine = pl.col("unit") == unit if unit else ~pl.col("unit").is_in(apart)
                rows = of_kind.filter(mine)
                if rows.height:
                    self.groups.setdefault((kind, unit), []).append(
                        self.judge_group(number, rows, Case(kind, self.as_of, unit))
                    )

    def judge_group(self, number: int, rows: pl.DataFrame, case: Case) -> pl.DataFrame:
        """Judge rows to which the same applies, lay them down by depth, and return the counts."""
        standard = self.policy.standard(case)
        judged = judge(rows, standard)
        kept = [c for c in judged.columns if c in rows.columns or c.startswith(OUTCOMES)]
        unmet = [pl.col(f"v:{c.code}") == Verdict.UNMET.value for c in requirements(standard)]
        failed = pl.sum_horizontal(unmet).cast(pl.UInt32).alias("failed")
        laid = judged.select(*kept, failed, failed.clip(0, DEEPEST).alias("depth"))
        for (deep,), part in laid.partition_by("depth", as_dict=True, include_key=False).items():
            folder = self.folder_of(case.kind, case.path) / str(deep)
            folder.mkdir(parents=True, exist_ok=True)
            part.write_parquet(folder / f"{number:05}.parquet", compression="uncompressed")
        return laid.group_by(*SUBTREE, "unit").agg(pl.len().cast(pl.Int64).alias("count"))

    def folder_of(self, kind: str, unit: str) -> Path:
        return self.folder / f"{kind}-{unit or 'others'}"

    def count(self) -> None:
        """Lay down how many enterprises of a group stand where."""
        for (kind, unit), counted in self.groups.items():
            whole = pl.concat(counted)
            for keys in (NATION, SUBTREE):
                summed = whole.group_by(keys).agg(pl.col("count").sum())
                summed.write_parquet(self.folder_of(kind, unit) / f"{keys[0]}.parquet")

    def join(self) -> None:
        """Make one file of the parts of a depth: opening many takes longer than reading them."""
        for folder in self.folder.glob("*/[0-9]"):
            parts = sorted(folder.iterdir())
            if len(parts) > 1:
                rows = pl.scan_parquet(parts)
                rows.sink_parquet(
                    folder / "whole", compression="uncompressed", row_group_size=BLOCK
                )
                for part in parts:
                    part.unlink()


def _blocks(snapshot: Snapshot) -> Iterator[pl.LazyFrame]:
    """Yield the effective rows of a snapshot in pieces that fit into memory."""
    gathered: list[pl.LazyFrame] = []
    rows = 0
    for unit, number in snapshots.units(snapshot):
        gathered.append(snapshots.scan(snapshot, unit))
        rows += number
        if rows >= BLOCK:
            yield pl.concat(gathered)
            gathered, rows = [], 0
    if gathered:
        yield pl.concat(gathered)


def told_apart(policy: Policy) -> Policy:
    """Return a policy whose counts that mean something else than the editions' have other names.

    A snapshot holds the counts as the loaded editions mean them: another meaning it cannot tell.
    """
    loaded = {count.name: count for count in all_counts()}
    others = {c.name for c in policy.counts if loaded.get(c.name, c) != c}
    return replace(policy, root=_renamed(policy.root, others)) if others else policy


def _renamed(criterion: Criterion, others: set[str]) -> Criterion:
    parts = tuple(_renamed(part, others) for part in criterion.parts)
    quantity = criterion.quantity
    if quantity and quantity.is_span:
        names = tuple(name + MARK if name in others else name for name in quantity.names)
        quantity = replace(quantity, names=names)
    return replace(criterion, parts=parts, quantity=quantity)


def _key(snapshot: Snapshot, policy: Policy, as_of: dt.date, wanted: set[str]) -> str:
    said = (snapshot.sha256, policy.tier, policy.root, policy.amendments, as_of, sorted(wanted))
    return hashlib.sha256(f"{ENGINE} {SHAPE} {said!r}".encode()).hexdigest()[:32]


def _place(made: Path, folder: Path) -> None:
    try:
        os.replace(made, folder)  # noqa: PTH105
    except OSError:  # another process was first; its base is the same
        if not (folder / MANIFEST).exists():
            raise


def _sweep(home: Path) -> None:
    """Delete the bases that were not used for longest (清理底稿)."""
    found = [path for path in home.iterdir() if (path / MANIFEST).exists()]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
