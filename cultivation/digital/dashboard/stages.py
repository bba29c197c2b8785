"""How many enterprises stand at each stage and tier, and for how long (培育漏斗).

Counted is, on a day, who holds a valid title then or was in the registry by then, at the region
where it stood then. Time at a stage runs from the earliest of the titles now valid that lead to it;
at a tier from its title; in seed selection from the entry into the registry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from cultivation.digital.coverage import refuse_future
from cultivation.digital.cube import history, keeping
from cultivation.digital.models import StageSnapshot
from cultivation.pipeline.stages import LADDER, highest
from cultivation.standards.tables import among
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Stage, Tier, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

Kind = StageSnapshot.Kind
Key = tuple[str, str]  # kind, name
Moved = dict[int, str]  # where a firm stood then that stands elsewhere now
STORED = (Region.Level.NATION, Region.Level.PROVINCE, Region.Level.CITY)
KEYS: tuple[Key, ...] = (
    *((Kind.STAGE.value, stage.value) for stage in Stage),
    *((Kind.TIER.value, tier.value) for tier in LADDER),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A stage or tier with its firms and the middle time they have been there (阶段)."""

    kind: str
    name: str
    firms: int
    median_days: int | None

    @property
    def label(self) -> str:
        """Return its name in the page's language."""
        one = Stage(self.name) if self.kind == Kind.STAGE else Tier(self.name)
        return str(one.label)


@transaction.atomic
def take(on: dt.date) -> int:
    """Count a day for nation, units, provinces and cities, and store it; return the rows.

    The rows of the day are replaced, so a second run of a day is safe. Raises ValidationError for a
    future day.
    """
    refuse_future(on)
    keeping.hold()  # one writer at a time, also where two runs were asked for
    regions = dict(
        Region.objects.filter(Q(level__in=STORED) | Q(is_unit=True), in_use=True).values_list(
            "path", "pk"
        )
    )
    found = _tally(on, regions)
    if "" in regions:
        found.setdefault("", defaultdict(Counter))  # the nation, also where nobody stands anywhere
    StageSnapshot.objects.filter(on=on).delete()
    rows = [
        StageSnapshot(
            on=on,
            region_id=regions[path],
            kind=kind,
            name=name,
            firms=days.total(),
            median_days=_median(days),
        )
        for path, by_key in found.items()
        for kind, name in KEYS
        if (days := by_key[kind, name]) or not path
    ]
    StageSnapshot.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def steps(region: Region, on: dt.date) -> tuple[dt.date | None, list[Step]]:
    """Return the day counted, the newest up to a day, and every stage and tier then (漏斗).

    The day is None where nothing was stored by then.
    """
    if region.level not in STORED and not region.is_unit:
        by_key = _tally(on, [region.path], below=region.path)[region.path]
        return on, [Step(*key, by_key[key].total(), _median(by_key[key])) for key in KEYS]
    rows = StageSnapshot.objects.filter(region=region, on__lte=on)
    days = rows.order_by("-on").values("on")[:1]
    found = {(row.kind, row.name): row for row in rows.filter(on__in=days)}
    day = next((row.on for row in found.values()), None)
    return day, [
        Step(*key, row.firms, row.median_days) if (row := found.get(key)) else Step(*key, 0, None)
        for key in KEYS
    ]


def series(region: Region) -> dict[dt.date, dict[str, int]]:
    """Return the holders of each tier as their highest, by day, oldest first (梯度走势)."""
    rows = StageSnapshot.objects.filter(region=region, kind=Kind.TIER).order_by("on")
    found: dict[dt.date, dict[str, int]] = {}
    for on, name, firms in rows.values_list("on", "name", "firms"):
        found.setdefault(on, {})[name] = firms
    return found


def _tally(
    on: dt.date, paths: Iterable[str], *, below: str = ""
) -> dict[str, dict[Key, Counter[int]]]:
    """Return for each path and key how many firms have been there for how many days."""
    wanted = set(paths)
    lengths = sorted({len(path) for path in wanted})
    found: dict[str, dict[Key, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))

    def add(path: str, key: Key, days: int, number: int) -> None:
        for length in lengths:
            if path[:length] in wanted:
                found[path[:length]][key][days] += number

    moved = history.then(on)
    for path, day, number in _entered(on, below, moved):
        add(path, (Kind.STAGE.value, Stage.SEED.value), max(0, (on - day).days), number)
    for path, entered, titles in _titled(on, below, moved):
        if entered <= on:
            add(path, (Kind.STAGE.value, Stage.SEED.value), (on - entered).days, -1)
        tier = highest(set(titles))
        stage = LADDER[Tier(tier)].stage
        since = min(day for name, day in titles.items() if LADDER[Tier(name)].stage == stage)
        add(path, (Kind.STAGE.value, stage.value), (on - since).days, 1)
        add(path, (Kind.TIER.value, tier), (on - titles[tier]).days, 1)
    found[next(iter(sorted(wanted)))]  # the widest region has rows, though nobody stands there
    return found


def _entered(on: dt.date, below: str, moved: Moved) -> Iterator[tuple[str, dt.date, int]]:
    """Yield how many firms came into the registry where and when, up to a day."""
    rows = Enterprise.objects.annotate(day=TruncDate("created_at")).filter(day__lte=on)
    gone = among(list(moved), name="pk")
    for pk, day in rows.filter(gone).values_list("pk", "day") if moved else ():
        if moved[pk].startswith(below):
            yield moved[pk], day, 1
    stayed = rows.exclude(gone) if moved else rows
    stayed = stayed.filter(region_path__startswith=below) if below else stayed
    grouped = stayed.order_by().values_list("region_path", "day").annotate(firms=Count("pk"))
    yield from grouped.iterator(chunk_size=5000)


def _titled(
    on: dt.date, below: str, moved: Moved
) -> Iterator[tuple[str, dt.date, dict[str, dt.date]]]:
    """Yield each holder of a valid title: path, day of entry, and since when of each tier."""
    running = Q(ended_on__isnull=True) | Q(ended_on__gt=on)
    rows = Title.objects.filter(running, granted_on__lte=on, valid_to__gte=on)
    if below:
        here = Q(enterprise__region_path__startswith=below)
        rows = rows.filter(here | among(list(moved)) if moved else here)
    rows = rows.annotate(entered=TruncDate("enterprise__created_at")).order_by("enterprise_id")
    held = rows.values_list(
        "enterprise_id", "enterprise__region_path", "entered", "tier", "granted_on"
    ).iterator(chunk_size=5000)
    for pk, of_firm in groupby(held, key=itemgetter(0)):
        titles: dict[str, dt.date] = {}
        for _pk, now, day, tier, granted in of_firm:
            path, entered = moved.get(pk, now), day
            titles[tier] = min(granted, titles.get(tier, granted))
        if path.startswith(below):
            yield path, entered, titles


def _median(days: Counter[int]) -> int | None:
    """Return the lower middle of counted days; None of none."""
    total, passed = days.total(), 0
    for day in sorted(days):
        passed += days[day]
        if days[day] and passed * 2 >= total:
            return day
    return None
