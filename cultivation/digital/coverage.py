"""The dated snapshots of coverage: every region, tier and definition of a day (数字化改造覆盖快照).

Today's are the sums of the cube, which is brought up to date first; those of a past day are counted
from the facts dated until then, under the rules of that day.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.cube import cells, keeping, states
from cultivation.digital.cube.grouping import (
    GROUPS,
    NOT_ASSESSED,
    NOT_TRANSFORMED,
    TIERS,
    TRANSFORMED,
    firms,
    group_of,
    holders,
)
from cultivation.digital.definitions import rules_on
from cultivation.digital.models import (
    CoverageDefinition,
    CoverageSnapshot,
    CubeCell,
    RequiredPath,
)
from cultivation.digital.path import WHOLE, Line
from cultivation.standards.tables import read
from cultivation.standards.writing import insert
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from cultivation.digital.definitions import Rule
    from enterprises.jobs.models import JobRun

__all__ = [
    "GROUPS", "NOT_ASSESSED", "NOT_TRANSFORMED", "TIERS", "TRANSFORMED", "firms", "group_of",
    "holders", "lines_for", "rate_of", "refuse_future", "take_snapshot",
]  # fmt: skip
BATCH = 50_000
SUMMED = {
    "tier": pl.String,
    "definition": pl.Int64,
    "path": pl.String,
    **dict.fromkeys(cells.SUMS, pl.Int64),
}


class Reports(Protocol):
    """What a run listens to; see enterprises.jobs.runs.Progress."""

    def report(self, done: int, total: int | None = None, *, always: bool = False) -> None:
        """Note progress."""


def take_snapshot(
    on: dt.date, *, progress: Reports | None = None, job: JobRun | None = None
) -> dict[str, Any]:
    """Count coverage on a day for every region, tier and definition, and store it (覆盖快照).

    The rows of the day are replaced in one transaction: whoever looks sees the old ones or the new
    ones, and a run killed in the middle leaves the old ones. Raises ValidationError for a future
    day, or where no definitions are loaded. Returns what a run shows as its result.
    """
    refuse_future(on)
    rules = rules_on(on)
    if not rules:
        raise ValidationError(_("No coverage definitions are loaded; run load_seeds first."))
    with transaction.atomic():
        keeping.hold()  # one writer at a time, also where two runs were asked for
        rows = _rows(on, rules, _summed(on, rules), job)
        if progress:
            progress.report(1, 3, always=True)
        CoverageSnapshot.objects.filter(on=on).delete()
        for part in rows.iter_slices(BATCH):
            insert(part, CoverageSnapshot)
            if progress:
                progress.report(2)
    return {"on": on.isoformat(), "rows": rows.height, "national": _national(rows, rules)}


def refuse_future(on: dt.date) -> None:
    """Raise ValidationError for a day that has not come."""
    if on > timezone.localdate():
        raise ValidationError(
            _("Coverage on %(day)s cannot be counted yet: the day lies in the future.")
            % {"day": on}
        )


def _summed(on: dt.date, rules: Sequence[Rule]) -> pl.DataFrame:
    """Return the sums of a day by tier, definition and path of a region."""
    if on == timezone.localdate():
        keeping.keep(on)
        return read(CubeCell.objects.filter(by=cells.WHOLE), SUMMED)
    definitions = [rule.definition.pk for rule in rules]
    firms = cells.weighed(states.past(on, rules), 1)
    found = cells.of(firms, definitions, dimensions=[cells.WHOLE])
    return found.select(*SUMMED)


def _rows(
    on: dt.date, rules: Sequence[Rule], sums: pl.DataFrame, job: JobRun | None
) -> pl.DataFrame:
    """Return the rows of a day: units and provinces always, other regions where firms stand."""
    sums = sums.with_columns(pl.col("path").fill_null(""))
    frame = _places().join(_asked(on, rules, sums), how="cross")
    counted = sums.select("tier", "path").unique().with_columns(stands=pl.lit(value=True))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    return (
        frame.join(counted, on=["tier", "path"], how="left")
        .filter(pl.col("always") | pl.col("stands"))
        .join(sums, on=["tier", "definition", "path"], how="left")
        .select(
            "tier",
            "region_id",
            "definition_version",
            "path_required",
            pl.col(cells.SUMS).fill_null(0),
            pl.lit(on.isoformat()).alias("on"),
            pl.lit(job.pk if job else None, pl.Int64).alias("job_id"),
            pl.lit(str(now)).alias("taken_at"),
            definition_id="definition",
        )
    )


def _places() -> pl.DataFrame:
    columns = {"pk": pl.Int64, "path": pl.String, "level": pl.String, "is_unit": pl.Boolean}
    always = pl.col("is_unit") | pl.col("level").is_in(["nation", "province"])
    regions = read(Region.objects.all(), columns).with_columns(pl.col("path").fill_null(""))
    return regions.select("path", region_id="pk", always=always)


def _asked(on: dt.date, rules: Sequence[Rule], sums: pl.DataFrame) -> pl.DataFrame:
    """Return each tier and definition with its version and the rate its path asks for."""
    national = {
        (tier, definition): rate_of(transformed, total)
        for tier, definition, total, transformed in sums.filter(pl.col("path") == "")
        .select("tier", "definition", "total", "transformed")
        .rows()
    }
    made = []
    for tier in TIERS:
        rates = [national.get((tier.value, rule.definition.pk), 0) for rule in rules]
        lines = lines_for(tier, [rule.definition for rule in rules], on, rates)
        made += [
            (tier.value, rule.definition.pk, rule.version, line.required(on))
            for rule, line in zip(rules, lines, strict=True)
        ]
    names = ["tier", "definition", "definition_version", "path_required"]
    return pl.DataFrame(made, schema=names, orient="row")


def lines_for(
    tier: str, definitions: Sequence[CoverageDefinition], on: dt.date, rates: Sequence[int]
) -> list[Line]:
    """Return the path of a tier under each definition; `rates` are the national ones on the day.

    A path without a start begins at the definition's first national snapshot before the day, or,
    where there is none, on the day at its rate.
    """
    path = RequiredPath.objects.get(tier=tier)
    if path.start_on:
        line = Line(path.start_on, path.start_ppm, path.due_on, path.due_ppm)
        return [line] * len(definitions)
    earlier = CoverageSnapshot.objects.filter(
        tier=tier, region__level=Region.Level.NATION, on__lt=on
    )
    begun = earlier.order_by().values_list("definition").annotate(first=Min("on"))
    days = [Q(definition=definition, on=on) for definition, on in begun]
    firsts = {row.definition_id: row for row in earlier.filter(reduce(or_, days))} if days else {}
    return [
        _line_from(firsts.get(definition.pk), path, on, rate)
        for definition, rate in zip(definitions, rates, strict=True)
    ]


def _line_from(first: CoverageSnapshot | None, path: RequiredPath, on: dt.date, rate: int) -> Line:
    if first is None:
        return Line(on, rate, path.due_on, path.due_ppm)
    return Line(first.on, rate_of(first.transformed, first.total), path.due_on, path.due_ppm)


def rate_of(transformed: int, total: int) -> int:
    """Return the share transformed in ppm, 0 of none."""
    return transformed * WHOLE // total if total else 0


def _national(rows: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, dict[str, dict[str, int]]]:
    """Return the national figures by tier and definition, as a run's result keeps them."""
    nation = list(Region.objects.filter(level=Region.Level.NATION).values_list("pk", flat=True))
    of_nation = rows.filter(pl.col("region_id").is_in(nation))
    by_key = {(row["tier"], row["definition_id"]): row for row in of_nation.to_dicts()}
    found: dict[str, dict[str, dict[str, int]]] = {}
    for tier in TIERS:
        for rule in rules:
            row = by_key.get((tier.value, rule.definition.pk))
            if row is not None:
                figure = {name: row[name] for name in cells.SUMS}
                figure["required_ppm"] = row["path_required"]
                found.setdefault(tier.value, {})[rule.definition.code] = figure
    return found
