"""Digital maturity and projects of invented firms since 2023, and past coverage (数字化进程)."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from config.fiction import answering, store
from config.fiction.dice import Dice, either
from config.fiction.words import MARK
from cultivation.digital import beside, coverage, maturity
from cultivation.digital.alerts import opening
from cultivation.digital.models import TransformationProject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SINCE = dt.date(2023, 3, 1)
COUNTED = dt.date(2023, 12, 31)
NEW_INDEX = dt.date(2024, 9, 4)
ANSWERED = 3000  # firms up to this number have answers, the others a result alone
POINTS = ((0, 19), (20, 39), (40, 59), (60, 79), (80, 96))  # by level, both indexes
ASSESSOR = f"演示评测机构{MARK}"


def assess(seed: int, firms: pl.DataFrame, on: dt.date) -> int:
    """Record assessments of some firms, up to three each, levels rising; return how many."""
    return maturity.record_many(_assessments(seed, firms, on))


def _assessments(seed: int, firms: pl.DataFrame, on: dt.date) -> Iterator[dict[str, Any]]:
    dice = Dice(seed, firms["id"])
    take_part = dice.chance("assessed", pl.Series([0.04, 0.12, 0.6, 0.93]).gather(firms["rank"]))
    span = (on - SINCE).days
    start = dice.share("first assessment") * 0.75
    level = dice.index("first level", [30, 45, 20, 5])
    frame = firms.select("id").with_columns(start.alias("start"), level.alias("level"))
    for turn in range(3):
        late = frame["start"] + turn * dice.share(f"pause {turn}", 0.2, 0.4)
        rise = dice.index(f"rise {turn}", [28, 56, 16]) if turn else level * 0
        level = (level + rise).clip(0, 4)
        rows = pl.DataFrame(
            {
                "id": frame["id"],
                "day": (late * span).cast(pl.Int64),
                "level": level,
                "score": dice.share(f"score {turn}"),
                "on_site": dice.chance(f"on site {turn}", 0.42),
            }
        ).filter(take_part & (late < 1))
        for firm, days, found, part, on_site in rows.iter_rows():
            yield _assessment(firm, SINCE + dt.timedelta(days=days), found, part, on_site=on_site)


def _assessment(
    firm: int, day: dt.date, level: int, part: float, *, on_site: bool
) -> dict[str, Any]:
    low, high = POINTS[level]
    new = day >= NEW_INDEX
    answered = new and firm <= ANSWERED
    return {
        "enterprise_id": firm,
        "index_version": 2024 if new else 2022,
        "way": "on_site" if on_site else "self_declared",
        "answers": answering.answers(level, part) if answered else None,
        "level": level,
        "score": int(low * 100 + part * (high - low) * 100),
        "assessed_on": day,
        "assessor": ASSESSOR if on_site else "",
    }


def transform(seed: int, firms: pl.DataFrame, on: dt.date) -> int:
    """Add transformation projects of some firms: begun, finished, accepted; return how many."""
    dice = Dice(seed, firms["id"])
    chosen = dice.chance("project", pl.Series([0.01, 0.06, 0.35, 0.7]).gather(firms["rank"]))
    begun = dice.whole("project day", 30, (on - SINCE).days)
    lasts, waits = dice.whole("project days", 120, 480), dice.whole("acceptance days", 20, 160)
    money = dice.whole("project money", 20, 600) * 1_000_000
    rows = pl.DataFrame(
        {
            "enterprise_id": firms["id"],
            "name": pl.repeat(f"数字化改造项目{MARK}", firms.height, eager=True),
            "begun": begun,
            "lasts": lasts,
            "waits": waits,
            "own_money": money,
            "public_money": either(dice.chance("subsidy", 0.4), money // 4),
            "passes": dice.chance("accepted", 0.8),
        }
    ).filter(chosen)
    started = pl.lit(on) - pl.duration(days="begun")
    finished = started + pl.duration(days="lasts")
    accepted = finished + pl.duration(days="waits")
    return store.write(
        TransformationProject,
        rows.select(
            "enterprise_id", "name", "own_money", "public_money",
            started.alias("started_on"),
            pl.when(finished <= on).then(finished).alias("finished_on"),
            pl.when((accepted <= on) & pl.col("passes")).then(accepted).alias("accepted_on"),
        ),
    )  # fmt: skip


def past_days(on: dt.date) -> list[dt.date]:
    """Return half years since the end of 2023, later quarters, the last months, and the day."""
    days = {on}
    for year in range(COUNTED.year, on.year + 1):
        for month in range(1, 13):
            day = dt.date(year, month, calendar.monthrange(year, month)[1])
            every = 6 if day.year < on.year - 1 else 3
            if COUNTED <= day <= on and (month % every == 0 or (on - day).days < 60):
                days.add(day)
    return sorted(days)


def look_back(on: dt.date, *, told: Callable[[int, int], None]) -> int:
    """Take the coverage snapshots of the past and return how many days were counted."""
    days = past_days(on)
    for number, day in enumerate(days, start=1):
        coverage.take_snapshot(day)
        beside.take(day)
        told(number, len(days))
    opening.check(on)
    return len(days)
