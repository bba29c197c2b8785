"""Titles that invented firms were given over the years, some run out (虚构称号)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from config.fiction.dice import Dice, either
from config.fiction.firms import BASE, GIANT, NONE, SRDI
from cultivation.pipeline import titles
from cultivation.standards.models import Edition
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

CAUSE = "虚构名单导入"
SINCE = {
    Tier.TECHNOLOGY.value: dt.date(2017, 5, 3),
    Tier.INNOVATIVE.value: dt.date(2022, 8, 1),
    Tier.SRDI.value: dt.date(2019, 1, 1),
    Tier.LITTLE_GIANT.value: dt.date(2019, 5, 1),
}
BATCHES = {2022: "第四批", 2023: "第五批", 2024: "第六批", 2025: "第七批", 2026: "第八批"}


def grant(seed: int, firms: pl.DataFrame, on: dt.date) -> int:
    """Enter the titles of some firms, all that they ever held, and return how many."""
    editions = list(Edition.objects.order_by("in_force").values_list("tier", "code", "in_force"))
    rows = pl.concat([*_first(seed, firms, on), *_srdi(seed, firms, on), *_giants(seed, firms, on)])
    since = pl.col("tier").replace_strict(SINCE, return_dtype=pl.Date)
    rows = rows.filter(pl.col("granted_on").is_between(since, on))
    return titles.grant_many(
        [
            titles.Grant(
                enterprise_id=firm,
                tier=tier,
                granted_on=day,
                batch=BATCHES.get(day.year, "") if tier == Tier.LITTLE_GIANT else str(day.year),
                edition_code=_edition(editions, tier, day),
            )
            for firm, tier, day in rows.unique(maintain_order=True).iter_rows()
        ],
        cause=CAUSE,
        on=on,
    )


def _edition(editions: list[tuple[str, str, dt.date]], tier: str, day: dt.date) -> str:
    """Return the latest edition of a tier in force on a day."""
    found = [code for of, code, since in editions if of == tier and since <= day]
    return found[-1] if found else ""


def _rows(firms: pl.DataFrame, chosen: pl.Series, tier: str, days: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"enterprise_id": firms["id"], "granted_on": days})
    frame = frame.filter(chosen & (days.dt.year() > firms["founded"]))
    return frame.select("enterprise_id", pl.lit(str(tier)).alias("tier"), "granted_on")


def _back(on: dt.date, days: pl.Series) -> pl.Series:
    """Return the day some days before."""
    return pl.select((pl.lit(on) - pl.duration(days=pl.lit(days))).alias("day")).to_series()


def _before(days: pl.Series, years: int) -> pl.Series:
    """Return some years earlier, a month late: a re-check is done before the title runs out."""
    return days.dt.offset_by(f"-{years}y").dt.offset_by(f"{years * 10}d")


def _first(seed: int, firms: pl.DataFrame, on: dt.date) -> Iterator[pl.DataFrame]:
    """Give titles of the first tier: innovative for three years, technology-based for one."""
    dice = Dice(seed, firms["id"])
    rank = firms["rank"]
    running = _back(on, dice.whole("innovative day", 60, 1000))
    technology = dice.chance("technology", pl.Series([0.0, 0.45, 0.5, 0.35]).gather(rank))
    innovative = (rank == BASE) & (~technology | dice.chance("both", 0.4)) | (rank > BASE)
    yield _rows(firms, innovative, Tier.INNOVATIVE, running)
    earlier = innovative & dice.chance("innovative before", 0.3)
    yield _rows(firms, earlier, Tier.INNOVATIVE, _before(running, 3))
    lapsed = (rank == NONE) & dice.chance("innovative lapsed", 0.12)
    yield _rows(firms, lapsed, Tier.INNOVATIVE, _back(on, dice.whole("lapsed day", 1120, 1500)))
    yearly = _back(on, dice.whole("technology day", 40, 140))
    yield _rows(firms, technology, Tier.TECHNOLOGY, yearly)
    for years in (1, 2):
        often = technology & dice.chance(f"technology {years}", 0.6)
        yield _rows(firms, often, Tier.TECHNOLOGY, _before(yearly, years))


def _srdi(seed: int, firms: pl.DataFrame, on: dt.date) -> Iterator[pl.DataFrame]:
    """Give SRDI titles: running ones of SRDI firms and giants, and the ones before."""
    dice = Dice(seed, firms["id"])
    holds = firms["rank"] >= SRDI
    day = _back(on, dice.whole("srdi day", 60, 1060))
    yield _rows(firms, holds, Tier.SRDI, day)
    before = either(firms["rank"] == GIANT, 0.9, 0.35)
    yield _rows(firms, holds & dice.chance("srdi before", before), Tier.SRDI, _before(day, 3))
    lapsed = (firms["rank"] == BASE) & dice.chance("srdi lapsed", 0.03)
    yield _rows(firms, lapsed, Tier.SRDI, _back(on, dice.whole("srdi lapsed day", 1110, 1500)))


def _giants(seed: int, firms: pl.DataFrame, on: dt.date) -> Iterator[pl.DataFrame]:
    """Give little-giant titles by the yearly batches; a running one may be a passed re-check."""
    dice = Dice(seed, firms["id"])
    days = [dt.date(on.year - back, month, 15) for back, month in ((2, 9), (1, 10), (0, 7))]
    days = [day for day in days if day <= on]
    running = pl.Series(days).gather(dice.index("batch", [30, 38, 32][: len(days)]))
    holds = firms["rank"] == GIANT
    yield _rows(firms, holds, Tier.LITTLE_GIANT, running)
    rechecked = holds & dice.chance("rechecked", 0.55)
    yield _rows(firms, rechecked, Tier.LITTLE_GIANT, _before(running, 3))
    twice = rechecked & dice.chance("rechecked twice", 0.25)
    yield _rows(firms, twice, Tier.LITTLE_GIANT, _before(running, 6))
    failed = (firms["rank"] == SRDI) & dice.chance("giant lapsed", 0.04)
    yield _rows(
        firms,
        failed,
        Tier.LITTLE_GIANT,
        pl.repeat(days[0], firms.height, eager=True).dt.offset_by("-3y"),
    )
