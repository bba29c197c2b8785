"""Dice that always fall the same way: a number of a row by seed, name and id (可复现随机数).

Each row is drawn from its id alone (splitmix64 over the column), so a registry of any size is made
in pieces, in any order, with equal content on every machine.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

GOLDEN = 0x9E3779B97F4A7C15


def _u64(value: int) -> pl.Series:
    return pl.Series([value % 2**64], dtype=pl.UInt64)


def _mix(z: pl.Series) -> pl.Series:
    """Return splitmix64's mixing of a column of 64-bit numbers; products wrap."""
    z = (z ^ (z // 2**30)) * _u64(0xBF58476D1CE4E5B9)
    z = (z ^ (z // 2**27)) * _u64(0x94D049BB133111EB)
    return z ^ (z // 2**31)


class Dice:
    """Draws for a column of ids."""

    def __init__(self, seed: int, ids: pl.Series) -> None:
        self.seed = seed
        self.ids = ids.cast(pl.UInt64)

    def bits(self, name: str) -> pl.Series:
        """Return 64 random bits a row."""
        digest = hashlib.blake2b(f"{self.seed}:{name}".encode(), digest_size=8).digest()
        return _mix(self.ids * _u64(GOLDEN) + _u64(int.from_bytes(digest, "big")))

    def share(self, name: str, low: float = 0.0, high: float = 1.0) -> pl.Series:
        """Return uniform floats in [low, high)."""
        unit = (self.bits(name) // 2**11).cast(pl.Float64) / 2.0**53
        return unit * (high - low) + low

    def chance(self, name: str, likelihood: float | pl.Series) -> pl.Series:
        """Return whether something happens."""
        return self.share(name) < likelihood

    def whole(self, name: str, low: int, high: int) -> pl.Series:
        """Return whole numbers from low to high, both included."""
        return (self.bits(name) % (high - low + 1)).cast(pl.Int64) + low

    def normal(self, name: str) -> pl.Series:
        """Return standard normal floats (Box-Muller)."""
        radius = ((1.0 - self.share(f"{name}/radius")).log() * -2.0).sqrt()
        return radius * (self.share(f"{name}/angle") * (2 * math.pi)).cos()

    def index(self, name: str, weights: Sequence[float]) -> pl.Series:
        """Return positions drawn by weight."""
        total = math.fsum(weights)
        edges, reached = [], 0.0
        for weight in weights:
            reached += weight / total
            edges.append(reached)
        edges[-1] = 1.0
        steps = pl.Series(edges)
        return steps.search_sorted(self.share(name), side="right").cast(pl.Int64)

    def pick(self, name: str, options: Sequence[object]) -> pl.Series:
        """Return options, each as likely as the others."""
        return pl.Series(options).gather(self.whole(name, 0, len(options) - 1))


def either(condition: pl.Series, value: Any, other: Any = None) -> pl.Series:
    """Return value where the condition holds, else other; both may be columns."""
    return pl.select(pl.when(condition).then(value).otherwise(other).alias("")).to_series()


def text(condition: pl.Series, value: str, other: str = "") -> pl.Series:
    """Return one text where the condition holds, else the other."""
    return either(condition, pl.lit(value), pl.lit(other))
