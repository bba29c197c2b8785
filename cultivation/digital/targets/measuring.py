"""Counting the goals, at once for a region or each night for the units (目标计量).

The nation and the recommending units are counted each night and stored, one query a measure; what
lies below is few firms and is counted when somebody looks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cultivation.digital import coverage
from cultivation.digital.models import (
    ParkFinding,
    ParkItem,
    PilotBatch,
    Target,
    TargetFigure,
)
from cultivation.digital.path import WHOLE
from cultivation.digital.targets import findings, measures
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from cultivation.digital.targets.measures import Grounds


@dataclass(slots=True)
class Tally:
    """How many of a population are there, and of how many it is not known (计数)."""

    done: int = 0
    total: int = 0
    unknown: int = 0

    def add(self, group: int, number: int) -> None:
        """Add some firms of a group."""
        if group == measures.SIZE_UNKNOWN:
            self.unknown += number
            return
        self.total += number
        if group == coverage.TRANSFORMED:
            self.done += number

    def value(self, unit: str) -> int | None:
        """Return the share in ppm, None of nothing, or the number."""
        if unit == Target.Unit.COUNT:
            return self.done
        return self.done * WHOLE // self.total if self.total else None


Tallies = dict[str, dict[str, Tally]]  # measure → path → tally


def is_stored(region: Region) -> bool:
    """Tell whether the figures of a region are counted each night."""
    return region.level == Region.Level.NATION or region.is_unit


@transaction.atomic
def measure(on: dt.date) -> int:
    """Count every measured goal on a day for the nation and the units; return the rows stored.

    The rows of the day are replaced, so a second run of a day is safe. Of a past day firms are
    counted where they stood then; what reads the size class, which has no history, stays as it was
    counted on the day, and is marked where it was not. Raises ValidationError for a future day.
    """
    coverage.refuse_future(on)
    found = measures.grounds(on)
    if found is None:
        return 0
    regions = list(Region.objects.filter(Q(is_unit=True) | Q(level=Region.Level.NATION)))
    counted = _count(found, ["", *(region.path for region in regions if region.path)])
    targets = list(Target.objects.exclude(measure="").select_for_update())
    before = TargetFigure.objects.filter(on=on, reported=False)
    kept = before.none()
    if on < timezone.localdate():
        kept = before.filter(target__measure__in=measures.WITHOUT_HISTORY, hindsight=False)
    there = set(kept.values_list("target", "region"))
    before.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    rows = [
        figure(target, region, on, counted[target.measure].get(region.path, Tally()))
        for target in targets
        for region in regions
        if target.measure in counted
        and (region.level == Region.Level.NATION or target.measure not in measures.NATION_ONLY)
        and (target.pk, region.pk) not in there
    ]
    TargetFigure.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def of_region(region: Region, on: dt.date) -> dict[str, Tally]:
    """Count every measure for one region now, by name (按地区即时计量)."""
    found = measures.grounds(on)
    if found is None:
        return {}
    counted = _count(found, [region.path], below=region.path)
    return {name: by_path.get(region.path, Tally()) for name, by_path in counted.items()}


def _count(found: Grounds, paths: list[str], *, below: str = "") -> Tallies:
    among = Enterprise.objects.filter(measures.within((below,), found.moved))
    tallies: Tallies = {}
    for name, firms in measures.FIRMS.items():
        rows = measures.by_place(firms(among, found), found.moved)
        tallies[name] = _fold(rows, paths)
    tallies |= _parks(paths, found.on)
    if not below:
        batches = PilotBatch.objects.filter(year__lte=found.on.year)
        whole = sum(batches.values_list("cities", flat=True))
        tallies["pilot_cities"] = {"": Tally(whole, whole)}
    return tallies


def _fold(rows: Iterable[tuple[str, int, int]], paths: list[str]) -> dict[str, Tally]:
    lengths = sorted({len(path) for path in paths})
    wanted = set(paths)
    found: dict[str, Tally] = defaultdict(Tally)
    for path, group, number in rows:
        for length in lengths:
            if path[:length] in wanted:
                found[path[:length]].add(group, number)
    return dict(found)


def _parks(paths: list[str], on: dt.date) -> Tallies:
    """Return how parks whose check-list was begun stand on a day, by path."""
    met: dict[int, set[str]] = defaultdict(set)
    place: dict[int, str] = {}
    for park, path, code, state in findings.standing(on).values_list(
        "park_id", "park__region__path", "item__code", "state"
    ):
        place[park] = path
        if state == ParkFinding.State.MET:
            met[park].add(code)
    wanted = set(ParkItem.objects.values_list("code", flat=True))
    return {
        name: _fold(
            (
                (path, _group(met[park] >= ({item} if item else wanted)), 1)
                for park, path in place.items()
            ),
            paths,
        )
        for name, item in measures.PARKS.items()
    }


def _group(there: bool) -> int:  # noqa: FBT001
    return coverage.TRANSFORMED if there else coverage.NOT_TRANSFORMED


def figure(target: Target, region: Region, on: dt.date, tally: Tally) -> TargetFigure:
    """Return the figure of a target in a region on a day, not stored (目标数值)."""
    return TargetFigure(
        target=target,
        region=region,
        on=on,
        reported=False,
        hindsight=on < timezone.localdate() and target.measure in measures.WITHOUT_HISTORY,
        value=tally.value(target.unit),
        done=tally.done,
        total=tally.total,
        unknown=tally.unknown,
    )
