"""Annual figures of invented firms: plausible together, some exactly on a threshold (年度数据)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from config.fiction.dice import either

if TYPE_CHECKING:
    from config.fiction.dice import Dice

YEARS = 5
STEP = 10_000  # fen: figures are stated in 万元 with two decimals
WAN = 1_000_000  # fen


@dataclass(frozen=True, slots=True)
class Grade:
    """The figures usual for firms of a grade: (mean, spread)."""

    revenue: tuple[float, float]  # logarithm of 万元
    growth: tuple[float, float]
    main: tuple[float, float]  # share of revenue, low and high
    debt: tuple[float, float]
    rd: tuple[float, float]
    margin: tuple[float, float]
    share: tuple[float, float]  # of the niche market
    quality: tuple[float, float]


GRADES = (
    Grade(
        (6.6, 0.8),
        (0.02, 0.12),
        (0.55, 1.0),
        (0.30, 0.95),
        (0.000, 0.04),
        (0.03, 0.08),
        (0.001, 0.02),
        (15, 45),
    ),
    Grade(
        (7.6, 0.7),
        (0.07, 0.12),
        (0.68, 1.0),
        (0.25, 0.85),
        (0.015, 0.07),
        (0.06, 0.07),
        (0.002, 0.06),
        (30, 58),
    ),
    Grade(
        (8.7, 0.5),
        (0.09, 0.09),
        (0.80, 1.0),
        (0.25, 0.80),
        (0.030, 0.08),
        (0.09, 0.06),
        (0.010, 0.14),
        (48, 75),
    ),
    Grade(
        (9.9, 0.6),
        (0.13, 0.07),
        (0.90, 1.0),
        (0.20, 0.76),
        (0.04, 0.09),
        (0.11, 0.06),
        (0.090, 0.35),
        (58, 92),
    ),
)
GAPS = ("rd_expense", "main_business_revenue", "total_liabilities", "market_share", "quality_score",
        "leading_product_revenue", "revenue", "net_profit", "employees", "tech_staff")  # fmt: skip


def draw(dice: Dice, firms: pl.DataFrame, *, last: int) -> pl.DataFrame:
    """Return the reports of five years up to `last`, one row a firm and year, and of the year now.

    `firms` holds id, grade (0-3), edge (which threshold a firm stands on, -1 none), founded (year),
    gap (which figure of the last year is missing: -1 none, -2 the whole report) and model (a firm
    of the demo's users, whose figures are the middle of its grade). The report of the year that
    runs holds the platform's quality score alone.
    """
    revenue = _revenues(dice, firms)
    years = [_year(dice, firms, revenue[back], last=last, back=back) for back in range(YEARS)]
    scored = years[0].drop_nulls("quality_score")
    now = scored.select("enterprise_id", pl.lit(last + 1).alias("year"), "quality_score")
    return pl.concat([*years, now.cast({"year": pl.Int64})], how="diagonal").with_columns(
        pl.col("audited").fill_null(value=False)
    )


def _of(firms: pl.DataFrame, name: str, place: int) -> pl.Series:
    """Return one end of a grade's figure for every firm."""
    return pl.Series([float(getattr(grade, name)[place]) for grade in GRADES]).gather(
        firms["grade"]
    )


def _between(dice: Dice, firms: pl.DataFrame, name: str) -> pl.Series:
    low, high = _of(firms, name, 0), _of(firms, name, 1)
    return low + (high - low) * either(firms["model"], 0.6, dice.share(name))


def _fen(wan: pl.Series) -> pl.Series:
    """Return 万元 as whole fen, in steps of 100 yuan."""
    return (wan * (WAN // STEP)).round(0).cast(pl.Int64) * STEP


def _revenues(dice: Dice, firms: pl.DataFrame) -> list[pl.Series]:
    """Return revenue in fen, the last year first."""
    mean, spread = _of(firms, "revenue", 0), _of(firms, "revenue", 1)
    odds = either(firms["model"], 0.0, 1.0)
    now = (mean + spread * dice.normal("revenue").clip(-2.2, 2.2) * odds).exp().clip(30, 190_000)
    path = [now.round(0)]
    for back in range(YEARS - 1):
        growth = (
            _of(firms, "growth", 0) + _of(firms, "growth", 1) * dice.normal(f"growth{back}") * odds
        )
        path.append((path[-1] / (1 + growth.clip(-0.35, 0.8))).round(0))
    edge = firms["edge"]
    exact = {0: (5000,), 1: (5292, 5040, 4800), 4: (1500,), 5: (20_000, 20_000)}
    for kind, values in exact.items():
        for back, value in enumerate(values):
            path[back] = either(edge == kind, float(value), path[back])
    return [_fen(revenue) for revenue in path]


def _year(
    dice: Dice, firms: pl.DataFrame, revenue: pl.Series, *, last: int, back: int
) -> pl.DataFrame:
    """Return the figures of one year."""
    edge = firms["edge"]

    def part(of: pl.Series, share: pl.Series) -> pl.Series:
        return ((of.cast(pl.Float64) * share) / STEP).round(0).cast(pl.Int64) * STEP

    def wobble(name: str, size: float) -> pl.Series:
        return 1 + dice.normal(f"{name}{back}").clip(-2, 2) * size

    main = part(revenue, (_between(dice, firms, "main") * wobble("main", 0.01)).clip(0, 1))
    main = either(edge == 3, revenue * 9 // 10, either(edge == 4, revenue * 8 // 10, main))
    assets = part(revenue, dice.share("assets", 0.7, 2.0) * wobble("assets", 0.05))
    assets = assets // (100 * STEP) * (100 * STEP)
    debts = part(assets, (_between(dice, firms, "debt") * wobble("debt", 0.03)).clip(0, 1.2))
    for kind, per_cent in ((3, 75), (4, 80)):
        debts = either(edge == kind, assets * per_cent // 100, debts)
    profit = part(
        revenue, _of(firms, "margin", 0) + _of(firms, "margin", 1) * dice.normal(f"margin{back}")
    )
    research = part(revenue, _between(dice, firms, "rd") * wobble("rd", 0.06))
    for kind, exact in ((2, revenue * 3 // 100), (4, 100 * WAN), (5, 600 * WAN)):
        research = either(edge == kind, exact, research)
    heads = (revenue / WAN / dice.share("per_head", 45, 150)).round(0).cast(pl.Int64).clip(4, None)
    rd_heads = (heads * dice.share("rd_heads", 0.06, 0.34)).round(0).cast(pl.Int64)
    market = (_between(dice, firms, "share") * wobble("share", 0.05) * 1e4).round(0).cast(
        pl.Int64
    ) * 100
    market = either(edge == 6, 100_000, market)
    quality = (_between(dice, firms, "quality") * wobble("quality", 0.02) * 100).round(0)
    quality = either(edge == 6, 6000.0, quality).clip(0, 10_000).cast(pl.Int64)
    rank = (0.6 / (market / 1e6 + 0.01)).round(0).cast(pl.Int64).clip(1, None)
    stated = (firms["grade"] > 0) & (back < 3)
    frame = pl.DataFrame(
        {
            "enterprise_id": firms["id"],
            "year": pl.repeat(last - back, firms.height, dtype=pl.Int64, eager=True),
            "revenue": revenue,
            "main_business_revenue": main,
            "leading_product_revenue": part(
                main, either(firms["model"], 0.8, dice.share("leading", 0.52, 0.97))
            ),
            "sales_revenue": part(revenue, dice.share("sales", 0.97, 1.0)),
            "total_assets": assets,
            "total_liabilities": debts,
            "net_profit": profit,
            "rd_expense": research,
            "cost_and_expense": revenue - part(profit, pl.repeat(1.15, firms.height, eager=True)),
            "tax_paid": part(revenue, dice.share(f"tax{back}", 0.02, 0.07)),
            "employees": heads,
            "rd_staff": rd_heads,
            "tech_staff": (rd_heads * 1.25).round(0).cast(pl.Int64),
            "insured_staff": (heads * 0.96).round(0).cast(pl.Int64),
            "market_share": either(stated, market),
            "domestic_rank": either(stated, rank),
            "quality_score": either(stated & (back < 2), quality),
            "audited": dice.chance(
                "audited", pl.Series([0.2, 0.6, 0.95, 1.0]).gather(firms["grade"])
            ),
            "founded": firms["founded"],
            "gap": firms["gap"] if back == 0 else pl.repeat(-1, firms.height, eager=True),
        }
    )
    frame = frame.filter((pl.col("founded") <= last - back) & (pl.col("gap") != -2))
    holes = [
        pl.when(pl.col("gap") != number).then(pl.col(name)).alias(name)
        for number, name in enumerate(GAPS)
    ]
    return frame.with_columns(holes).drop("founded", "gap")
