"""Facts that criteria count: rights, honours, bodies, awards, money, events (虚构佐证事实)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from config.fiction.dice import Dice, either, text
from config.fiction.words import MARK, RD_NAMES
from enterprises.registry import models

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

MODELS = (
    models.IntellectualProperty, models.Honour, models.RdInstitution, models.Certificate,
    models.StandardPart, models.Award, models.EquityRound, models.MajorEvent,
)  # fmt: skip
MOST = 64  # facts of a kind and firm; a fact's own dice are thrown for firm * MOST + number
CLASS_ONE = [*["invention"] * 12, "ic_layout", "ic_layout", "plant_variety", "new_drug"]
CLASS_TWO = ["utility"] * 6 + ["software"] * 3 + ["design"]


def draw(
    seed: int, firms: pl.DataFrame, on: dt.date
) -> Iterator[tuple[type[models.Fact], pl.DataFrame]]:
    """Give the facts of firms table by table; `firms` holds id, grade, founded and model."""
    yield models.IntellectualProperty, _rights(seed, firms, on, 1)
    yield models.IntellectualProperty, _rights(seed, firms, on, 2)
    yield models.Honour, _honours(seed, firms, on)
    yield models.RdInstitution, _bodies(seed, firms, on)
    yield models.Certificate, _certificates(seed, firms, on)
    yield models.StandardPart, _standards(seed, firms, on)
    yield models.Award, _awards(seed, firms, on)
    yield models.EquityRound, _rounds(seed, firms, on)
    yield models.MajorEvent, _events(seed, firms, on)


def _some(
    seed: int, kind: str, firms: pl.DataFrame, counts: pl.Series
) -> tuple[Dice, pl.DataFrame]:
    """Return one row for each fact, `counts` a firm, with dice of its own."""
    facts = (
        firms.select("id", "grade", "founded")
        .with_columns(pl.int_ranges(counts.clip(0, MOST - 1)).alias("number"))
        .explode("number")
        .drop_nulls("number")
    )
    return Dice(seed, facts["id"] * MOST + facts["number"]), facts.with_columns(
        pl.lit(kind).alias("of")
    )


def _counts(
    seed: int, kind: str, firms: pl.DataFrame, by_grade: list[tuple[int, int]]
) -> pl.Series:
    """Return how many facts of a kind each firm has, between two bounds of its grade."""
    low = pl.Series([bounds[0] for bounds in by_grade]).gather(firms["grade"])
    high = pl.Series([bounds[1] for bounds in by_grade]).gather(firms["grade"])
    drawn = either(firms["model"], 0.99, Dice(seed, firms["id"]).share(f"{kind} count"))
    return low + (drawn * (high - low + 1)).floor().cast(pl.Int64)


def _chosen(seed: int, kind: str, firms: pl.DataFrame, likely: list[float]) -> pl.Series:
    """Return one for firms that have a fact of which there is at most one, else nought."""
    dice = Dice(seed, firms["id"])
    return dice.chance(f"{kind} chosen", pl.Series(likely).gather(firms["grade"])).cast(pl.Int64)


def _since(dice: Dice, kind: str, facts: pl.DataFrame, on: dt.date, *, years: int) -> pl.Series:
    """Return days of the last `years` years, none before the firm was founded or after `on`."""
    back = dice.whole(f"{kind} day", 20, years * 365)
    earliest = pl.date(pl.lit(facts["founded"] + 1), 1, 1)
    drawn = pl.lit(on) - pl.duration(days=pl.lit(back))
    day = pl.when(drawn < earliest).then(pl.min_horizontal(earliest, pl.lit(on))).otherwise(drawn)
    return pl.select(day.alias("day")).to_series()


def _label(facts: pl.DataFrame, kind: str) -> pl.Series:
    """Return a number that says of itself that it is invented."""
    text = pl.format(f"FIC-{kind}-{{}}-{{}}", pl.col("id"), pl.col("number"))
    return facts.select(text.alias("label")).to_series()


def _rights(seed: int, firms: pl.DataFrame, on: dt.date, ip_class: int) -> pl.DataFrame:
    bounds = (
        [(0, 0), (0, 2), (1, 6), (5, 16)] if ip_class == 1 else [(0, 2), (1, 5), (2, 8), (2, 9)]
    )
    name = f"ip{ip_class}"
    dice, facts = _some(seed, name, firms, _counts(seed, name, firms, bounds))
    granted = _since(dice, name, facts, on, years=8)
    transferred = dice.chance(f"{name} moved", 0.08)
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "kind": dice.pick(f"{name} kind", CLASS_ONE if ip_class == 1 else CLASS_TWO),
            "ip_class": pl.repeat(ip_class, facts.height, eager=True),
            "number": _label(facts, name.upper()),
            "title": pl.repeat(f"演示知识产权{MARK}", facts.height, eager=True),
            "obtained": either(
                transferred,
                pl.lit("transferred"),
                text(dice.chance(f"{name} licence", 0.03), "licensed", "own"),
            ),
            "transferred_on": either(transferred, granted),
            "granted_on": granted,
            "holder_rank": pl.Series([1, 2, 3, 4]).gather(
                dice.index(f"{name} rank", [90, 6, 2, 2])
            ),
            "high_value": dice.chance(f"{name} value", 0.1 if ip_class == 1 else 0.0),
            "related": dice.chance(f"{name} related", 0.93),
            "applied": dice.chance(f"{name} applied", 0.92),
            "benefit": either(
                ~dice.chance(f"{name} unsaid", 0.04), dice.chance(f"{name} benefit", 0.9)
            ),
            "disputed": dice.chance(f"{name} disputed", 0.005),
        }
    )


def _honours(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    parts = []
    for kind, level, likely in (
        ("high_tech", "national", [0.12, 0.55, 0.85, 0.97]),
        ("ip_advantage", "national", [0.0, 0.01, 0.05, 0.25]),
        ("green", "provincial", [0.0, 0.01, 0.04, 0.12]),
    ):
        dice, facts = _some(seed, kind, firms, _chosen(seed, kind, firms, likely))
        granted = _since(dice, kind, facts, on, years=4)
        parts.append(pl.DataFrame({
            "enterprise_id": facts["id"],
            "kind": pl.repeat(kind, facts.height, eager=True),
            "level": pl.repeat(level, facts.height, eager=True),
            "number": _label(facts, kind.upper()),
            "granted_on": granted,
            "valid_to": granted.dt.offset_by("3y"),
        }))  # fmt: skip
    return pl.concat(parts)


def _bodies(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    chosen = _chosen(seed, "body", firms, [0.02, 0.15, 0.5, 0.92])
    dice, facts = _some(seed, "body", firms, chosen)
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "name": dice.pick("body name", [f"{name}{MARK}" for name in RD_NAMES]),
            "level": pl.Series(["national", "provincial", "city", "other"]).gather(
                dice.index("body level", [3, 32, 45, 20])
            ),
            "own": dice.chance("body own", 0.85),
            "recognised_on": _since(dice, "body", facts, on, years=7),
        }
    )


def _certificates(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    counts = _counts(seed, "certificate", firms, [(0, 0), (0, 1), (0, 2), (1, 3)])
    dice, facts = _some(seed, "certificate", firms, counts)
    issued = _since(dice, "certificate", facts, on, years=4)
    product = facts["number"] > 0
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "kind": text(product, "product", "system"),
            "name": text(product, f"产品认证{MARK}", f"质量管理体系认证{MARK}"),
            "foreign": product & dice.chance("certificate foreign", 0.3),
            "issued_on": issued,
            "valid_to": issued.dt.offset_by("3y"),
        }
    )


def _standards(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    counts = _counts(seed, "standard", firms, [(0, 0), (0, 0), (0, 1), (0, 3)])
    dice, facts = _some(seed, "standard", firms, counts)
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "level": dice.pick("standard level", ["national", "industry", "industry", "group"]),
            "name": pl.repeat(f"演示标准{MARK}", facts.height, eager=True),
            "unit_rank": dice.whole("standard rank", 1, 9),
            "published_on": _since(dice, "standard", facts, on, years=6),
        }
    )


def _awards(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    chosen = _chosen(seed, "award", firms, [0.0, 0.01, 0.06, 0.16])
    dice, facts = _some(seed, "award", firms, chosen)
    kind = dice.index("award kind", [60, 25, 10, 5])
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "kind": pl.Series(["science", "quality", "maker_top500", "maker_top50"]).gather(kind),
            "level": text(
                (kind >= 2) | dice.chance("award national", 0.06), "national", "provincial"
            ),
            "name": pl.repeat(f"演示奖项{MARK}", facts.height, eager=True),
            "unit_rank": dice.whole("award rank", 1, 5),
            "awarded_on": _since(dice, "award", facts, on, years=5),
        }
    )


def _rounds(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    chosen = _chosen(seed, "equity", firms, [0.02, 0.06, 0.12, 0.2])
    dice, facts = _some(seed, "equity", firms, chosen)
    sums = [500, 800, 1500, 2000, 3000, 6000, 8000]  # 万元, several of them a threshold
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "paid_on": _since(dice, "equity", facts, on, years=4),
            "amount": dice.pick("equity sum", sums).cast(pl.Int64) * 1_000_000,
            "investor": pl.repeat(f"演示创业投资基金{MARK}", facts.height, eager=True),
            "qualified": dice.chance("equity qualified", 0.85),
            "shares_given": dice.whole("equity shares", 3, 36) * 10_000,
        }
    )


def _events(seed: int, firms: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    chosen = _chosen(seed, "event", firms, [0.01, 0.008, 0.006, 0.006])
    chosen = either(firms["model"], 0, chosen)
    dice, facts = _some(seed, "event", firms, chosen)
    return pl.DataFrame(
        {
            "enterprise_id": facts["id"],
            "kind": dice.pick("event kind", ["safety", "environment", "quality", "network"]),
            "weight": dice.pick("event weight", ["ordinary", "larger", "major"]),
            "happened_on": _since(dice, "event", facts, on, years=5),
            "note": pl.repeat(f"演示事件{MARK}", facts.height, eager=True),
        }
    )
