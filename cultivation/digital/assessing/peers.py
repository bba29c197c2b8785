"""An enterprise beside those of its industry: averages alone, never one firm (同行对比).

Peers are the other enterprises of the division, else of the section, each by its latest valid
assessment of the way that has answers. Fewer than DIGITAL_PEERS_MIN are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Avg, Count, IntegerField, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from cultivation.digital import index, maturity
from cultivation.digital.models import MaturityAssessment
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

PARTS = 7  # three dimensions, four areas


@dataclass(frozen=True, slots=True)
class Part:
    """A dimension or area: own share and that of the peers, in tenths of a per cent (分项对比)."""

    name: str
    own: int
    peers: int | None
    own_text: str
    peers_text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The parts of an assessment beside the averages of its peers (同行对比)."""

    parts: tuple[Part, ...]
    among: str  # the industry
    number: int  # of peers; nought where they are too few
    least: int  # that must be there


def compare(row: MaturityAssessment, enterprise: Enterprise, *, on: dt.date) -> Comparison | None:
    """Return an answered assessment beside its peers; None where it has no answers."""
    if not row.parts:
        return None
    least = settings.DIGITAL_PEERS_MIN
    industry = enterprise.industry
    found: dict[str, Any] = {}
    among = ""
    if industry is not None:
        others = Enterprise.objects.exclude(pk=enterprise.pk)
        groups = [others.filter(industry=industry)] if not industry.is_section else []
        for group in [*groups, others.filter(industry__section=industry.section)]:
            found = _averages(group, row.way, on)
            among = str(industry) if group in groups else _section(industry)
            if found["firms"] >= least:
                break
    enough = bool(found) and found["firms"] >= least
    return Comparison(
        parts=tuple(_parts(row.parts, found if enough else {})),
        among=among,
        number=found["firms"] if enough else 0,
        least=least,
    )


def _section(industry: Any) -> str:
    return str(type(industry).objects.filter(section=industry.section, is_section=True).first())


def _averages(group: Any, way: str, on: dt.date) -> dict[str, Any]:
    """Return how many firms a group has that count, and the average of each part over them."""
    answered = MaturityAssessment.objects.filter(
        maturity.valid_on(on), way=way, index_version=index.ASKED
    ).exclude(parts=[])
    of_firm = answered.filter(enterprise=OuterRef("enterprise")).order_by(*maturity.NEWEST_FIRST)
    rows = answered.filter(pk=Subquery(of_firm.values("pk")[:1]), enterprise__in=group)
    parts = {
        f"part{place}": Avg(Cast(KeyTextTransform(str(place), "parts"), IntegerField()))
        for place in range(PARTS)
    }
    return rows.aggregate(firms=Count("pk"), **parts)


def _parts(own: list[int], found: dict[str, Any]) -> list[Part]:
    """Return the parts as shares of the most there is, with their texts."""
    most = [sum(question.most for question in group) for group in index.dimensions()]
    names = [group[0].dimension for group in index.dimensions()]
    rows = []
    for place, (name, full) in enumerate(zip(names, most, strict=True)):
        mean = found.get(f"part{place}")
        shown = None if mean is None else round(mean)
        text = "" if shown is None else f"{_tenths(shown, 1000)} / {index.plain(full)}"
        own_text = f"{_tenths(own[place], 1000)} / {index.plain(full)}"
        rows.append(_part(name, own[place], shown, full, own_text, text))
    for place, group in enumerate(index.areas(), start=len(names)):
        mean, number = found.get(f"part{place}"), len(group)
        shown = None if mean is None else round(mean * 100)
        text = "" if shown is None else _tenths(shown, 100 * number)
        own_text = _tenths(own[place], number)
        rows.append(_part(group[0].area, own[place] * 100, shown, 400 * number, own_text, text))
    return rows


def _part(name: str, own: int, peers: int | None, full: int, *texts: str) -> Part:
    share = None if peers is None else min(1000, peers * 1000 // full)
    return Part(name, own * 1000 // full, share, *texts)


def _tenths(value: int, per: int) -> str:
    """Return value / per with one decimal, rounded half up."""
    tenths = (value * 20 + per) // (2 * per)
    return f"{tenths // 10}.{tenths % 10}"
