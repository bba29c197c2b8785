"""Entering many titles at once, under the same rules as one by one (批量录入称号)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from cultivation.pipeline import traces
from cultivation.pipeline.following import write
from cultivation.pipeline.models import StageChange
from cultivation.pipeline.stages import LADDER, highest, last_day, stage_of
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ONE_DAY = dt.timedelta(days=1)
CHUNK = 5000  # enterprises at a time


@dataclass(frozen=True, slots=True)
class Grant:
    """One title to enter (一条称号)."""

    enterprise_id: int
    tier: str
    granted_on: dt.date
    number: str = ""
    batch: str = ""
    edition_code: str = ""


def grant_many(rows: Iterable[Grant], *, cause: str, on: dt.date | None = None) -> int:
    """Enter titles of a list, end those that ran out or were followed, set stages and history.

    Everything is stored or nothing; numbers left empty are made from tier, day and enterprise.
    Titles of a tier follow one another: each ends where the next begins or where it runs out.
    """
    today = on or timezone.localdate()
    ordered = sorted(rows, key=attrgetter("enterprise_id", "granted_on"))
    given = 0
    with transaction.atomic():
        units = {r.path: r.pk for r in Region.objects.filter(is_unit=True, in_use=True)}
        units[""] = Region.objects.filter(level="nation").values_list("pk", flat=True).first() or 0
        for chunk in _chunks(ordered):
            given += _grant_chunk(chunk, cause=cause, today=today, units=units)
    return given


def _chunks(ordered: list[Grant]) -> Iterator[dict[int, list[Grant]]]:
    chunk: dict[int, list[Grant]] = {}
    for enterprise_id, rows in groupby(ordered, key=attrgetter("enterprise_id")):
        chunk[enterprise_id] = list(rows)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = {}
    if chunk:
        yield chunk


def _grant_chunk(
    chunk: dict[int, list[Grant]], *, cause: str, today: dt.date, units: dict[str, int]
) -> int:
    paths = dict(Enterprise.objects.filter(pk__in=list(chunk)).values_list("pk", "region_path"))
    old: dict[int, list[Title]] = defaultdict(list)
    for title in Title.objects.filter(enterprise__in=list(chunk)):
        old[title.enterprise_id].append(title)
    new: list[Title] = []
    mended: list[Title] = []
    every: dict[int, list[Title]] = {}
    for enterprise_id, rows in chunk.items():
        fresh = [_title(row, units, paths[enterprise_id]) for row in rows]
        every[enterprise_id] = [*old[enterprise_id], *fresh]
        mended += _settle(every[enterprise_id], today)
        new += fresh
    known = [title for title in mended if title.pk]
    Title.objects.bulk_update(known, ["ended_on", "end_kind"], batch_size=500)
    Title.objects.bulk_create(new, batch_size=2000)
    _restage(every, cause=cause, today=today)
    traces.titled("title.listed", [*known, *new], paths, by=None, reason=cause)
    return len(new)


def _title(row: Grant, units: dict[str, int], path: str) -> Title:
    rung = LADDER[Tier(row.tier)]
    unit = "" if rung.decided_at == "nation" else path[:2]
    return Title(
        enterprise_id=row.enterprise_id,
        tier=row.tier,
        number=row.number or f"{rung.prefix}{row.granted_on:%Y%m%d}E{row.enterprise_id}",
        batch=row.batch,
        year=row.granted_on.year,
        granted_on=row.granted_on,
        valid_to=last_day(row.tier, row.granted_on),
        edition_code=row.edition_code,
        granting_region_id=units.get(unit) or None,
    )


def _settle(titles: list[Title], today: dt.date) -> list[Title]:
    """Set the ends of an enterprise's titles and return those that changed."""
    changed = []
    titles.sort(key=lambda title: (title.tier, title.granted_on))
    for _tier, group in groupby(titles, key=attrgetter("tier")):
        line = list(group)
        for title, following in zip(line, [*line[1:], None], strict=True):
            end, kind = _end_of(title, following, today)
            if title.ended_on is None and end is not None:
                title.ended_on, title.end_kind = end, kind
                changed.append(title)
    return changed


def _end_of(title: Title, following: Title | None, today: dt.date) -> tuple[dt.date | None, str]:
    if following is not None and following.granted_on <= title.valid_to:
        return following.granted_on, Title.End.REPLACED
    if following is not None or title.valid_to < today:
        return title.valid_to + ONE_DAY, Title.End.NONE
    return None, Title.End.NONE


def _restage(every: dict[int, list[Title]], *, cause: str, today: dt.date) -> None:
    told = set(
        StageChange.objects.filter(enterprise__in=list(every)).values_list(
            "enterprise_id", flat=True
        )
    )
    changes: list[StageChange] = []
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    rows = Enterprise.objects.filter(pk__in=list(every)).values_list("pk", "stage", "tier")
    for pk, stage, tier in rows:
        days = sorted(_turns(every[pk], today)) if pk not in told else [today]
        now = (stage, tier)
        for day in days:
            after = _standing(every[pk], day)
            if after != now:
                changes.append(_change(pk, now, after, day, cause))
                now = after
        if now != (stage, tier):
            groups[now].append(pk)
    write(changes, groups)


def _turns(titles: list[Title], today: dt.date) -> set[dt.date]:
    days = {title.granted_on for title in titles} | {title.ended_on or today for title in titles}
    return {day for day in days if day <= today} | {today}


def _standing(titles: list[Title], day: dt.date) -> tuple[str, str]:
    held = {t.tier for t in titles if t.granted_on <= day and (not t.ended_on or t.ended_on > day)}
    tier = highest(held)
    return stage_of(tier).value, tier


def _change(
    pk: int, before: tuple[str, str], after: tuple[str, str], day: dt.date, cause: str
) -> StageChange:
    return StageChange(
        enterprise_id=pk,
        stage_before=before[0],
        tier_before=before[1],
        stage_after=after[0],
        tier_after=after[1],
        effective_on=day,
        cause=cause,
    )
