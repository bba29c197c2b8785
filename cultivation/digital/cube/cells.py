"""Sums over the rows of firms: by region, tier, definition and dimension, and by level (汇总).

A dimension is summed for the nation and each recommending unit; for a city or county its few firms
are counted when asked. All firms together are summed for every region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cultivation.digital.cube.states import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WHOLE = ""
MEMBERS = {  # what is read for a dimension
    WHOLE: "",
    "chain": "chain",
    "park": "park",
    "cluster": "cluster",
    "industry": "industry",
    "section": "section",
    "size_class": "size_class",
    "batch": "batch",
}
UNIT = 2  # characters of the path of a recommending unit
LENGTHS = (6, 4, 2, 0)
CELL = ("tier", "definition", "by", "path", "member")
SUMS = ("total", "transformed", "not_transformed", "not_assessed")
LEVEL = ("tier", "way", "path", "level")


def of(
    firms: pl.DataFrame, definitions: Sequence[int], *, dimensions: Sequence[str] = tuple(MEMBERS)
) -> pl.DataFrame:
    """Return the cells that rows of firms add up to (数据单元)."""
    marks = [
        (pl.col("groups").str.slice(place, 1) == digit).sum().alias(f"{digit}_{place}")
        for place in range(len(definitions))
        for digit in "21"
    ]
    made = [frame for by in dimensions for frame in _summed(firms, by, marks)]
    frames = [
        frame.select(
            "tier",
            pl.lit(definition, pl.Int64).alias("definition"),
            "by",
            "path",
            "member",
            "total",
            transformed=pl.col(f"2_{place}"),
            not_transformed=pl.col(f"1_{place}"),
            not_assessed=pl.col("total") - pl.col(f"2_{place}") - pl.col(f"1_{place}"),
        )
        for frame in made
        for place, definition in enumerate(definitions)
    ]
    return pl.concat(frames).with_columns(pl.col(SUMS).cast(pl.Int64))


def _summed(firms: pl.DataFrame, by: str, marks: list[pl.Expr]) -> Iterator[pl.DataFrame]:
    """Yield the sums of a dimension from the places of firms up to the nation."""
    member = pl.col(MEMBERS[by]).cast(pl.String).fill_null("") if by else pl.lit("")
    path = pl.col("region_path").str.slice(0, UNIT) if by else pl.col("region_path")
    keys = ["tier", "path", "member"]
    sums = (
        firms.with_columns(member.alias("member"), path.alias("path"))
        .group_by(keys)
        .agg(pl.len().cast(pl.Int64).alias("total"), *marks)
    )
    for length in LENGTHS[2:] if by else LENGTHS:
        yield (
            sums.filter(pl.col("path").str.len_chars() >= length)
            .with_columns(pl.col("path").str.slice(0, length), pl.lit(by).alias("by"))
            .group_by(*keys, "by")
            .sum()
        )


def levels_of(firms: pl.DataFrame) -> pl.DataFrame:
    """Return how many firms are at each level, by region, tier and way (等级分布)."""
    frames = []
    for way, column in LEVELS.items():
        sums = (
            firms.group_by("tier", "region_path", pl.col(column).fill_null(-1).alias("level"))
            .agg(pl.len().cast(pl.Int64).alias("firms"))
            .with_columns(pl.lit(way).alias("way"))
        )
        frames += [
            sums.filter(pl.col("region_path").str.len_chars() >= length)
            .with_columns(pl.col("region_path").str.slice(0, length).alias("path"))
            .group_by(LEVEL)
            .agg(pl.col("firms").sum())
            for length in LENGTHS
        ]
    return pl.concat(frames)


def differences(
    come: pl.DataFrame, gone: pl.DataFrame, *, key: Sequence[str], sums: Sequence[str]
) -> pl.DataFrame:
    """Return by how much sums change when some are added and some taken away (差额)."""
    taken = gone.with_columns(-pl.col(name) for name in sums)
    net = pl.concat([come, taken]).group_by(key).agg(pl.col(name).sum() for name in sums)
    return net.filter(pl.any_horizontal(pl.col(name) != 0 for name in sums))
