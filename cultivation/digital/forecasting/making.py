"""Making the forecasts of a day for the whole country and keeping them (预测生成).

The rows of a day are replaced in one transaction. The same day, records and regions give the same
rows, however often it is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital import coverage
from cultivation.digital.checking import may_check
from cultivation.digital.forecasting import (
    backtest,
    calibrating,
    panel,
    pruning,
    running,
    states,
    tree,
)
from cultivation.digital.models import CoverageDefinition, Forecast, RequiredPath
from cultivation.digital.path import WHOLE, Line, firms_for
from enterprises.jobs import runs
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.digital.coverage import Reports
    from cultivation.digital.forecasting.backtest import Tried
    from cultivation.digital.forecasting.calibrating import Slack
    from cultivation.digital.forecasting.running import Outlook
    from cultivation.digital.forecasting.states import Facts
    from cultivation.digital.forecasting.tree import Tree
    from enterprises.accounts.models import User
    from enterprises.jobs.models import JobRun

KIND = "forecast_coverage"
TASK = "cultivation.digital.tasks.forecast_coverage"
BATCH = 1000
NAMES = ("low", "lower", "middle", "upper", "high")


@dataclass(frozen=True, slots=True)
class Ground:
    """What all forecasts of a day rest on, read once (预测依据)."""

    facts: Facts
    tree: Tree
    regions: dict[str, list[int]]  # keys of regions by path

    @classmethod
    def read(cls) -> Ground:
        """Read records and regions."""
        facts = states.read(coverage.TIERS)
        regions: dict[str, list[int]] = {}
        for pk, path in Region.objects.order_by("pk").values_list("pk", "path"):
            regions.setdefault(path, []).append(pk)
        return cls(facts, tree.grow(facts.firms, regions), regions)


@dataclass(frozen=True, slots=True)
class Slacks:
    """What ranges of a tier are widened by, by code of the definition (余量)."""

    now: dict[str, Slack]
    then: dict[str, Slack]  # as it could be known a year ago, for the back-test

    @classmethod
    def on(
        cls, ground: Ground, definitions: list[CoverageDefinition], tier: str, on: dt.date
    ) -> Slacks:
        """Find it from the forecasts that could have been made before a day, and a year before."""
        readings = {one.code: states.Reading(one) for one in definitions}
        return cls(
            *(
                calibrating.of_tier(ground.facts, readings, ground.tree, tier=tier, on=day)
                for day in (on, backtest.a_year_before(on))
            )
        )


def begin(on: dt.date, *, by: User | None = None) -> tuple[JobRun, bool]:
    """Begin the forecast of a day, or find the live one (发起预测)."""
    if by is not None and not may_check(by):
        raise PermissionDenied
    refuse_rewriting(on)
    return runs.start(KIND, task=TASK, key=str(on), params={"on": str(on)}, by=by)


def refuse_rewriting(on: dt.date) -> None:
    """Raise ValidationError for a day to come, and for a past one that was forecast then."""
    coverage.refuse_future(on)
    if on < timezone.localdate() and on in pruning.days_in_time():
        raise ValidationError(
            _("What was forecast on %(day)s stands: made anew it would know what came after.")
            % {"day": on}
        )


def make(
    on: dt.date, *, progress: Reports | None = None, job: JobRun | None = None
) -> dict[str, Any]:
    """Forecast every region, tier and definition from a day and store it (生成预测).

    Raises ValidationError for a future day, for a past one that was forecast then, and where no
    definitions are loaded.
    """
    refuse_rewriting(on)
    definitions = list(CoverageDefinition.objects.all())
    if not definitions:
        raise ValidationError(_("No coverage definitions are loaded; run load_seeds first."))
    ground = Ground.read()
    facts_hash = ground.facts.digest()
    paths = {path.tier: path for path in RequiredPath.objects.all()}
    tiers = [tier for tier in coverage.TIERS if tier in paths]
    rows: list[Forecast] = []
    done, steps = 0, len(tiers) * (len(definitions) + 1) + 1
    for tier in tiers:
        if progress:
            progress.report(done, steps, always=True)
        slacks, done = Slacks.on(ground, definitions, tier, on), done + 1
        for definition in definitions:
            if progress:
                progress.report(done, steps, always=True)
            made, done = of(ground, definition, tier, paths[tier], on, slacks=slacks), done + 1
            for row in made:
                row.facts_hash, row.job = facts_hash, job
            rows += made
    _store(on, rows)
    return {"on": on.isoformat(), "rows": len(rows), **_national(rows, ground)}


def of(
    ground: Ground,
    definition: CoverageDefinition,
    tier: str,
    path: RequiredPath,
    on: dt.date,
    *,
    slacks: Slacks,
) -> list[Forecast]:
    """Return the unsaved forecasts of all regions with holders, for a tier and definition."""
    until = path.due_on if path.due_on > on else backtest.a_year_after(on)
    reading = states.Reading(definition)
    facts, place = ground.facts, ground.tree
    slack, slack_then = slacks.now[definition.code], slacks.then[definition.code]
    found = running.look_ahead(
        facts, reading, place, tier=tier, on=on, until=until, due=path.due_ppm, slack=slack.a_year
    )
    tried = backtest.try_out(facts, reading, place, tier=tier, on=on, slack=slack_then.a_year)
    _total, before = panel.rates(facts, reading, place, tier=tier, on=backtest.a_year_before(on))
    shared = {
        "made_on": on, "until": until, "tier": tier, "definition": definition,
        "definition_version": definition.version, "due": path.due_ppm,
        "quarters": found.panel.quarters, "slack": slack.as_json(),
        "seed": " ".join(map(str, running.seed_of(reading, tier, on))),
    }  # fmt: skip
    line = Line(on, 0, until, path.due_ppm)
    rows = []
    for number in np.flatnonzero(found.total):
        fields = _of_region(found, int(number), line, float(before[number]))
        fields["backtest"] = _tested(tried, int(number), slack_then)
        rows += [
            Forecast(region_id=pk, **shared, **fields)
            for pk in ground.regions.get(place.paths[number], ())
        ]
    return rows


def _of_region(found: Outlook, number: int, line: Line, before: float) -> dict[str, Any]:
    total, there = int(found.total[number]), int(found.there[number])
    fields: dict[str, Any] = {
        "total": total,
        "transformed": there,
        "run_rate": round((there - before) * 100 / 12),
        "method": Forecast.Method.TOO_LITTLE,
    }
    if found.projection is None or found.fit is None:
        return fields
    said = found.projection
    fan: list[list[Any]] = [
        [step.until.isoformat(), round(float(said.holders[n, number])), *_ppm(said, n, number)]
        for n, step in enumerate(found.steps)
    ]
    last = fan[-1]
    left = max(0, firms_for(line.due, last[1]) - there)
    months = line.months_left(found.on)
    return {
        **fields,
        "method": Forecast.Method.MOVES,
        "fan": fan,
        "holders": last[1],
        **dict(zip(NAMES, last[2:], strict=True)),
        "chance": round(float(said.chance[number]) * WHOLE),
        "needed": -(-left * 100 // months),
        "own": round(float(found.fit.own[number]) * WHOLE),
        "climbs": [round(float(chance) * WHOLE) for chance in said.climbs[number]],
    }


def _ppm(said: Any, step: int, number: int) -> list[int]:
    """Return the quantiles in ppm; where nobody may hold any more, the last that is known."""
    for back in range(step, -1, -1):
        values = said.quantiles[back, :, number]
        if not np.isnan(values).any():
            return [round(float(value) * WHOLE) for value in values]
    return [0] * len(NAMES)


def _tested(tried: Tried | None, number: int, slack: Slack) -> dict[str, Any]:
    if tried is None:
        return {}
    found = tried.of(number)
    if number == 0:
        found["summary"] = {**tried.summary(), "slack": slack.as_json()}
    return found


def _store(on: dt.date, rows: list[Forecast]) -> None:
    with transaction.atomic():
        # One writer at a time, also where two runs were asked for.
        list(CoverageDefinition.objects.select_for_update().values_list("pk"))
        Forecast.objects.filter(made_on=on).delete()
        Forecast.objects.bulk_create(rows, batch_size=BATCH)


def _national(rows: list[Forecast], ground: Ground) -> dict[str, dict[str, str]]:
    """Return what a run shows: by tier, the middle and the range of each definition."""
    nation = ground.regions.get("", [])
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.region_id in nation:
            found.setdefault(row.tier, {})[row.definition.code] = said(row)
    return found


def said(row: Forecast) -> str:
    """Return a forecast in figures, for a log: the middle and the range."""
    if row.middle is None or row.low is None or row.high is None:
        return "–"
    return f"{row.middle / 10_000:.1f}% ({row.low / 10_000:.1f}–{row.high / 10_000:.1f}%)"
