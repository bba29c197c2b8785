"""Looking at pending decisions before they go out: counts, and what stands in the way (预览)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.db.models.functions import Substr
from django.utils import timezone

from cultivation.pipeline import ahead
from cultivation.pipeline.models import Application, Proposal
from cultivation.pipeline.releasing.releasing import CHUNK, hindrance
from enterprises.places.models import Region
from enterprises.registry.imports_writing import update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from enterprises.jobs.runs import Progress

UNIT, CITY = 2, 4  # characters of a region path


@dataclass(frozen=True, slots=True)
class Line:
    """How many of each verdict a region has (分地区计数)."""

    region: str
    counts: list[int]  # in the order of the verdicts
    total: int


def hindrances(proposals: Sequence[Proposal]) -> dict[int, str]:
    """Return by proposal what stands in its way now, the judgements judged again (阻碍)."""
    rows = Application.objects.select_related(
        "enterprise__region", "edition", "title", "submission__edition"
    )
    found = ahead.read(rows.filter(pk__in=[one.application_id for one in proposals]))
    applications = {one.pk: one for one in found}
    return {one.pk: hindrance(one, applications[one.application_id]) for one in proposals}


def look(rows: QuerySet[Proposal], *, progress: Progress | None = None) -> dict[str, int]:
    """Note on open proposals what stands in their way now; return how many are hindered (核查)."""
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    hindered = 0
    for start in range(0, len(pks), CHUNK):
        some = list(rows.filter(pk__in=pks[start : start + CHUNK]))
        said = hindrances(some)
        now = timezone.now()
        update(
            Proposal,
            [{"id": pk, "hindrance": text, "checked_at": now} for pk, text in said.items()],
            ["hindrance", "checked_at"],
        )
        hindered += sum(map(bool, said.values()))
        if progress is not None:
            progress.report(start + len(some), len(pks), always=True)
    return {"checked": len(pks), "hindered": hindered}


def counted(rows: QuerySet[Proposal], *, level: str) -> tuple[list[Line], list[str]]:
    """Return how many of each verdict each region has, and the verdicts; the whole comes last.

    The nation counts by recommending unit, a province by city.
    """
    length = UNIT if level == "nation" else CITY
    groups = (
        rows.order_by()
        .annotate(place=Substr("application__region_path", 1, length))
        .values_list("place", "verdict")
        .annotate(number=Count("pk"))
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for place, verdict, number in groups:
        found[place][verdict] = number
    verdicts = [v for v in Proposal.Verdict.values if any(v in one for one in found.values())]
    names = {one.path: str(one) for one in Region.objects.filter(path__in=list(found))}
    lines = [
        _line(names.get(place, place), [found[place].get(v, 0) for v in verdicts])
        for place in sorted(found)
    ]
    if len(lines) > 1:
        lines.append(
            _line("", [sum(column) for column in zip(*(x.counts for x in lines), strict=True)])
        )
    return lines, verdicts


def state_of(rows: QuerySet[Proposal]) -> dict[str, Any]:
    """Return how many proposals there are, were looked at, and were found hindered."""
    found = rows.order_by().aggregate(
        all=Count("pk"),
        looked_at=Count("checked_at"),
    )
    return found | {"hindered": rows.exclude(hindrance="").order_by().count()}


def _line(region: str, counts: list[int]) -> Line:
    return Line(region, counts, sum(counts))
