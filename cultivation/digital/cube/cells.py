"""Sums over the rows of firms: by region, tier, definition and dimension, and by level (汇总).

A dimension is summed for the nation and each recommending unit; for a city or county its few firms
are counted when asked. All firms together are summed for every region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cultivation.digital.cube.states import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = ""
DIMENSIONS = ("chain", "park", "cluster", "industry", "section", "size_class", "batch")
UNIT = 2  # characters of the path of a recommending unit
LENGTHS = (6, 4, 2, 0)  # of the paths of regions, up to the nation
CELL = ("tier", "definition", "by", "path", "member")
SUMS = ("total", "transformed", "not_transformed", "not_assessed")
LEVEL = ("tier", "way", "path", "level")
WEIGHT = "weight"  # 1 for a firm that comes, -1 for one that goes


def weighed(firms: pl.DataFrame, weight: int) -> pl.DataFrame:
    """Return firms that are to be added to sums, or taken away (加减)."""
    return firms.with_columns(pl.lit(weight, pl.Int64).alias(WEIGHT))


def of(
    firms: pl.DataFrame,
    definitions: Sequence[int],
    *,
    dimensions: Sequence[str] = (WHOLE, *DIMENSIONS),
) -> pl.DataFrame:
    """Return the cells that weighed rows of firms add up to, none of nought (数据单元)."""
    alike = pl.concat([_alike(firms.lazy(), by) for by in dimensions])
    keys = ["tier", "by", "path", "member"]
    wide = _upwards(alike).group_by(keys).agg(_marked("total", None), *_marks(len(definitions)))
    cells = pl.concat(
        [
            wide.select(
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
            for place, definition in enumerate(definitions)
        ]
    )
    return cells.filter(_any_moved(SUMS)).collect()


def levels_of(firms: pl.DataFrame) -> pl.DataFrame:
    """Return how many weighed firms are at each level, by region, tier and way (等级分布)."""
    frames = [
        firms.lazy().select(
            "tier",
            pl.lit(way).alias("way"),
            pl.col("region_path").alias("path"),
            pl.col(column).fill_null(-1).alias("level"),
            WEIGHT,
        )
        for way, column in LEVELS.items()
    ]
    sums = pl.concat(frames).group_by(LEVEL).agg(pl.col(WEIGHT).sum())
    levels = _upwards(sums).group_by(LEVEL).agg(pl.col(WEIGHT).sum().alias("firms"))
    return levels.filter(_any_moved(("firms",))).collect()


def differences(
    true: pl.DataFrame, stored: pl.DataFrame, *, key: Sequence[str], sums: Sequence[str]
) -> pl.DataFrame:
    """Return by how much sums differ from those that are stored (差额)."""
    taken = stored.with_columns(-pl.col(name) for name in sums)
    net = pl.concat([true, taken]).group_by(key).agg(pl.col(name).sum() for name in sums)
    return net.filter(_any_moved(sums))


def _alike(firms: pl.LazyFrame, by: str) -> pl.LazyFrame:
    """Sum the firms that a dimension does not tell apart."""
    member = pl.col(by).cast(pl.String).fill_null("") if by else pl.lit("")
    path = pl.col("region_path")
    return (
        firms.select(
            "tier",
            pl.lit(by).alias("by"),
            (path.str.slice(0, UNIT) if by else path).alias("path"),
            member.alias("member"),
            "groups",
            WEIGHT,
        )
        .group_by("tier", "by", "path", "member", "groups")
        .agg(pl.col(WEIGHT).sum())
    )


def _upwards(sums: pl.LazyFrame) -> pl.LazyFrame:
    """Repeat sums for every region above, the nation at last."""
    return pl.concat(
        [
            sums.filter(pl.col("path").str.len_chars() >= length).with_columns(
                pl.col("path").str.slice(0, length)
            )
            for length in LENGTHS
        ]
    )


def _marks(definitions: int) -> list[pl.Expr]:
    """Count by definition those transformed and those not."""
    return [
        _marked(f"{digit}_{place}", pl.col("groups").str.slice(place, 1) == digit)
        for place in range(definitions)
        for digit in "21"
    ]


def _marked(name: str, condition: pl.Expr | None) -> pl.Expr:
    weight = pl.col(WEIGHT)
    return (weight if condition is None else weight.filter(condition)).sum().alias(name)


def _any_moved(sums: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name) != 0 for name in sums)
