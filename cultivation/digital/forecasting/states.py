"""The states of a holder under a definition, read from dated records (状态).

A holder is not assessed (0), or stands at a level from 0 to 4 (1 to 5); under a definition that
counts projects not assessed, not there yet, or there. Who holds no title has no state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cultivation.digital.models import (
    CoverageDefinition,
    MaturityAssessment,
    TransformationProject,
)
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    from django.db.models import QuerySet


LEVELS, STAGES = 6, 3
TITLES = {
    "firm": pl.Int64, "path": pl.String, "granted": pl.Date, "until": pl.Date, "ended": pl.Date,
}  # fmt: skip
ASSESSED = {
    "firm": pl.Int64, "row": pl.Int64, "way": pl.String, "version": pl.Int64,
    "level": pl.Int64, "day": pl.Date, "until": pl.Date,
}  # fmt: skip
PROJECTS = {
    "firm": pl.Int64, "started": pl.Date, "finished": pl.Date, "accepted": pl.Date,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """All dated records that a forecast rests on, read once (依据)."""

    titles: dict[str, pl.DataFrame]  # by tier
    assessed: pl.DataFrame
    projects: pl.DataFrame
    firms: dict[str, int]  # registered enterprises by path of their region

    def digest(self) -> str:
        """Return a hash of what was read, in an order that no database decides (数据指纹)."""
        found = hashlib.sha256(repr(sorted(self.firms.items())).encode())
        tables = [*(self.titles[tier] for tier in sorted(self.titles)), self.assessed]
        for table in (*tables, self.projects):
            found.update(table.sort(table.columns).write_csv().encode())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a definition makes states of records: how many there are, which count (口径读法)."""

    definition: CoverageDefinition

    @property
    def by_level(self) -> bool:
        return bool(self.definition.count["basis"] == "level")

    @property
    def number(self) -> int:
        return LEVELS if self.by_level else STAGES

    @property
    def there(self) -> int:
        """Return the first state that counts as transformed."""
        return self.definition.count["at_least"] + 1 if self.by_level else STAGES - 1

    @property
    def of_any_index(self) -> Reading:
        """Return the same reading of assessments by whichever index (不限版本)."""
        wide = CoverageDefinition(count={**self.definition.count, "index_versions": None})
        return Reading(wide)


def read(tiers: tuple[str, ...]) -> Facts:
    """Read titles of some tiers, assessments and projects: one query a table (读取依据)."""
    titles = Title.objects.filter(tier__in=tiers)
    held = _frame(
        titles,
        {"tier": pl.String, **TITLES},
        ("tier", "enterprise_id", "enterprise__region_path", "granted_on", "valid_to", "ended_on"),
    )
    firms: dict[str, int] = {}
    for path in Enterprise.objects.order_by().values_list("region_path", flat=True):
        firms[path] = firms.get(path, 0) + 1
    return Facts(
        titles={tier: held.filter(pl.col("tier") == tier).drop("tier") for tier in tiers},
        assessed=_frame(
            MaturityAssessment.objects.all(),
            ASSESSED,
            ("enterprise_id", "pk", "way", "index_version", "level", "assessed_on", "valid_to"),
        ),
        projects=_frame(
            TransformationProject.objects.all(),
            PROJECTS,
            ("enterprise_id", "started_on", "finished_on", "accepted_on"),
        ),
        firms=firms,
    )


def holders(titles: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    """Return who holds a title on a day: firm, path and the last day of the title (持有企业)."""
    running = (
        (pl.col("granted") <= on)
        & (pl.col("until") >= on)
        & (pl.col("ended").is_null() | (pl.col("ended") > on))
    )
    return (
        titles.filter(running).group_by("firm").agg(pl.col("path").first(), pl.col("until").max())
    )


def on_day(facts: Facts, reading: Reading, on: dt.date) -> pl.DataFrame:
    """Return each firm's state on a day, the record it rests on, and its last day (当日状态)."""
    return _levels(facts, reading, on) if reading.by_level else _stages(facts, reading, on)


def begins(facts: Facts, reading: Reading) -> dt.date | None:
    """Return the first day of which anything that a definition counts is on record (起始)."""
    if reading.by_level:
        first = _counted(facts, reading)["day"].min()
    else:
        milestone = reading.definition.count["milestone"]
        first = facts.projects[milestone].min()
    return first  # type: ignore[return-value]


def _counted(facts: Facts, reading: Reading) -> pl.DataFrame:
    count = reading.definition.count
    found = facts.assessed.filter(pl.col("way").is_in(count["ways"]))
    versions = count["index_versions"]
    return found if versions is None else found.filter(pl.col("version").is_in(versions))


def _valid(rows: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    return rows.filter(
        (pl.col("day") <= on) & (pl.col("until").is_null() | (pl.col("until") >= on))
    )


def _levels(facts: Facts, reading: Reading, on: dt.date) -> pl.DataFrame:
    """Take the latest valid assessment, as maturity.NEWEST_FIRST orders them."""
    found = _valid(_counted(facts, reading), on)
    newest = found.sort(["day", "way", "row"], descending=[True, False, True])
    return newest.unique("firm", keep="first", maintain_order=True).select(
        "firm", (pl.col("level") + 1).alias("state"), pl.col("row").alias("record"), "until"
    )


def _stages(facts: Facts, reading: Reading, on: dt.date) -> pl.DataFrame:
    """Take the furthest a firm's projects got; a project or an assessment is a beginning."""
    milestone = pl.col(reading.definition.count["milestone"])
    projects = facts.projects.with_columns(
        pl.when(milestone <= on).then(2).when(pl.col("started") <= on).then(1).alias("state")
    ).drop_nulls("state")
    assessed = _valid(facts.assessed, on).select("firm", pl.lit(1).alias("state"))
    both = pl.concat([projects.select("firm", "state"), assessed], how="vertical_relaxed")
    return (
        both.group_by("firm")
        .agg(pl.col("state").max().cast(pl.Int64))
        .with_columns(pl.col("state").alias("record"), pl.lit(None, dtype=pl.Date).alias("until"))
    )


def _frame(rows: QuerySet[Any], schema: dict[str, Any], fields: tuple[str, ...]) -> pl.DataFrame:
    values = rows.order_by("pk").values_list(*fields)
    return pl.DataFrame(list(values.iterator(chunk_size=20_000)), schema=schema, orient="row")
