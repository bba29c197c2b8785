"""What invented offices found in invented parks and reported of the goals (园区对照与填报)."""

from __future__ import annotations

import datetime as dt

import polars as pl

from config.fiction.dice import Dice
from config.fiction.words import MARK
from cultivation.digital.models import ParkFinding, ParkItem, Target, TargetFigure
from enterprises.audit import recording
from enterprises.places.models import Park, Region

State = ParkFinding.State
EVIDENCE = f"演示材料{MARK}"
REPORTED = (
    ("320000", "CLOUD", 361_000), ("320500", "CLOUD", 398_000),
    ("320000", "CNC", 702_000), ("320500", "CNC", 731_000),
)  # fmt: skip


def look_round(seed: int, on: dt.date) -> int:
    """Enter findings of some parks and reported values of some regions; return the findings."""
    parks = list(Park.objects.filter(fictional=True).order_by("code"))
    items = list(ParkItem.objects.all())
    dice = Dice(seed, pl.Series(range(1, len(parks) + 1)))
    begun = dice.chance("park begun", 0.3)
    good = dice.share("park good", 0.5, 1.05)
    draws = {item.pk: dice.share(f"park {item.code}") for item in items}
    rows = [
        _finding(park, item, float(draws[item.pk][n]), float(good[n]), on)
        for n, park in enumerate(parks)
        if begun[n]
        for item in items
    ]
    ParkFinding.objects.bulk_create(rows)
    recording.note("park.found", "park", by=None, after={"rows": len(rows)})
    _report(on)
    return len(rows)


def _finding(park: Park, item: ParkItem, draw: float, good: float, on: dt.date) -> ParkFinding:
    good = min(good, draw) if item.counted else good  # the registry says itself that not all are
    state = State.MET if draw < good else State.PARTLY if draw < good + 0.2 else State.UNMET
    part = {State.MET: 1_000_000, State.PARTLY: 820_000, State.UNMET: 540_000}[state]
    return ParkFinding(
        park=park,
        item=item,
        state=state,
        value=part if item.share else None,
        evidence=EVIDENCE,
        on=on - dt.timedelta(days=20 + int(draw * 90)),
    )


def _report(on: dt.date) -> None:
    regions = {row.code: row for row in Region.objects.filter(code__in=[r[0] for r in REPORTED])}
    targets = Target.objects.in_bulk(field_name="code")
    TargetFigure.objects.bulk_create(
        TargetFigure(
            target=targets[target],
            region=regions[code],
            on=on - dt.timedelta(days=60),
            reported=True,
            value=value,
            source=EVIDENCE,
        )
        for code, target, value in REPORTED
        if code in regions and target in targets
    )
    recording.note("target.reported", "target", by=None, after={"rows": len(REPORTED)})
