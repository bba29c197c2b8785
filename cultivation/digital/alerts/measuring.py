"""What is amiss with the coverage of regions on a day (预警测算).

Looked at are the definitions that are headlines, and regions with enough firms. All thresholds are
settings of the installation; no official ones are known.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Q, Subquery

from cultivation.digital.cube.grouping import TIERS, assessed, holders
from cultivation.digital.definitions import rules_on
from cultivation.digital.models import CoverageAlert, CoverageSnapshot, RequiredPath
from cultivation.digital.path import WHOLE, firms_for
from cultivation.pipeline.life.duties import months_after
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cultivation.digital.definitions import Rule

Kind = CoverageAlert.Kind
Key = tuple[int, str, int, str]  # region, tier, definition, kind
FIELDS = ("region_id", "region__path", "tier", "definition_id", "definition_version", "total",
          "transformed", "not_assessed", "path_required")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """How many firms something is about, of how many, and what was measured (测算结果)."""

    firms: int
    total: int
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A stored figure of a region (地区数据)."""

    region: int
    path: str
    tier: str
    definition: int
    version: int
    total: int
    transformed: int
    not_assessed: int
    required: int


def findings(on: dt.date) -> dict[Key, Finding]:
    """Return what is amiss by region, tier, definition and kind, from the day's snapshot (预警)."""
    rules = [rule for rule in rules_on(on) if rule.definition.headline]
    places = _places(on, rules)
    found: dict[Key, Finding] = {}
    for kind, ones in (
        (Kind.BEHIND, _behind(places)),
        (Kind.STALLED, _stalled(places, on, rules)),
        *_aged(places, on, rules),
    ):
        for place, finding in ones:
            found[place.region, place.tier, place.definition, kind.value] = finding
    return found


def _places(on: dt.date, rules: Sequence[Rule]) -> list[Place]:
    rows = CoverageSnapshot.objects.filter(
        on=on,
        definition__in=[rule.definition.pk for rule in rules],
        total__gte=settings.COVERAGE_ALERT_LEAST_FIRMS,
    )
    return [Place(*row) for row in rows.order_by().values_list(*FIELDS)]


def _behind(places: Sequence[Place]) -> Iterator[tuple[Place, Finding]]:
    for place in places:
        asked = firms_for(place.required, place.total)
        if place.transformed * WHOLE < place.required * place.total:
            figures = {"transformed": place.transformed, "required_ppm": place.required}
            yield place, Finding(asked - place.transformed, place.total, figures)


def _stalled(
    places: Sequence[Place], on: dt.date, rules: Sequence[Rule]
) -> Iterator[tuple[Place, Finding]]:
    """Yield the regions short of the goal where no more firms are transformed than months ago."""
    start = months_after(on, -settings.COVERAGE_STALLED_MONTHS)
    days = CoverageSnapshot.objects.filter(on__lte=start).order_by("-on").values_list("on")
    since = days.values_list("on", flat=True).first()
    if since is None:
        return
    goals = dict(RequiredPath.objects.values_list("tier", "due_ppm"))
    rows = CoverageSnapshot.objects.filter(
        on=since, definition__in=[rule.definition.pk for rule in rules]
    )
    names = ("region_id", "tier", "definition_id", "definition_version", "transformed")
    before = {tuple(key): then for *key, then in rows.order_by().values_list(*names)}
    for place in places:
        then = before.get((place.region, place.tier, place.definition, place.version))
        goal = firms_for(goals.get(place.tier, WHOLE), place.total)
        if then is not None and place.transformed <= then and place.transformed < goal:
            figures = {"since": since.isoformat(), "then": then, "transformed": place.transformed}
            yield place, Finding(goal - place.transformed, place.total, figures)


def _aged(
    places: Sequence[Place], on: dt.date, rules: Sequence[Rule]
) -> Iterator[tuple[Kind, list[tuple[Place, Finding]]]]:
    """Yield where too many assessments are old, and where too many that count will expire soon."""
    ages = {
        (tier.value, rule.definition.pk): _ages(rule, tier, on)
        for rule in rules
        if rule.count["basis"] == "level"
        for tier in TIERS
    }
    old, expiring = [], []
    for place in places:
        by_path = ages.get((place.tier, place.definition), {})
        stale, ends = by_path.get(place.path, (0, 0))
        known = place.total - place.not_assessed
        if stale and stale * 100 >= settings.COVERAGE_STALE_PERCENT * known:
            old.append((place, Finding(stale, known)))
        if ends and ends * 100 >= settings.COVERAGE_EXPIRING_PERCENT * place.total:
            expiring.append((place, Finding(ends, place.total)))
    yield Kind.STALE, old
    yield Kind.EXPIRING, expiring


def _ages(rule: Rule, tier: str, on: dt.date) -> Mapping[str, tuple[int, int]]:
    """Count by region path the deciding assessments that are old, and those that expire soon."""
    old = months_after(on, -settings.COVERAGE_STALE_MONTHS)
    soon = on + dt.timedelta(days=settings.COVERAGE_EXPIRING_DAYS)
    of = {
        f"of_{name}": Subquery(assessed(rule, on).values(name))
        for name in ("assessed_on", "valid_to", "level")
    }
    counts = Q(of_level__gte=rule.count["at_least"], of_valid_to__lte=soon)
    firms: Any = Enterprise.objects.filter(pk__in=holders(tier, on)).order_by().annotate(**of)
    rows = firms.values_list("region_path").annotate(
        stale=Count("pk", filter=Q(of_assessed_on__lt=old)), ends=Count("pk", filter=counts)
    )
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, stale, ends in rows:
        if stale or ends:
            for length in range(len(path) + 1):
                found[path[:length]][0] += stale
                found[path[:length]][1] += ends
    return {path: (stale, ends) for path, (stale, ends) in found.items()}
