"""High-standard digital parks: check-list, progress, the firms counted (高标准数字园区)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.models import ParkFinding, ParkItem
from cultivation.digital.targets import findings, measures
from cultivation.digital.targets.measuring import Tally
from cultivation.digital.targets.reporting import may_report, refuse_day
from enterprises.audit import recording
from enterprises.places.models import Park
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

State = ParkFinding.State
WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the check-list with what was found of it (对照项)."""

    item: ParkItem
    finding: ParkFinding | None


@dataclass(frozen=True, slots=True)
class Pillar:
    """One of the four highs, or the scope, with its items (四高)."""

    name: str
    number: int
    lines: tuple[Line, ...]

    @property
    def met(self) -> int:
        """Return how many of its items are met."""
        return sum(bool(line.finding and line.finding.state == State.MET) for line in self.lines)


def in_sight(scope: Scope) -> QuerySet[Park]:
    """Return the parks of the regions that a scope reads (可见园区)."""
    seen = Q(pk__in=[])
    for path in scope.paths:
        seen |= Q(region__path__startswith=path)
    return Park.objects.filter(seen).select_related("region")


def counted(parks: QuerySet[Any]) -> QuerySet[Any]:
    """Return parks with how many items are met, partly met, not met (对照进度)."""
    current = Q(digital_findings__current=True)
    found: QuerySet[Any] = parks.annotate(
        **{
            name: Count("digital_findings", filter=current & Q(digital_findings__state=name))
            for name in State.values
        }
    )
    return found


def narrowed(parks: QuerySet[Any], *, state: str = "", words: str = "") -> QuerySet[Any]:
    """Return counted parks of a state of their check-list, and by a part of the name (筛选)."""
    if words:
        parks = parks.filter(Q(name_zh__icontains=words) | Q(name_en__icontains=words))
    items = ParkItem.objects.count()
    seen = Q(met__gt=0) | Q(partly__gt=0) | Q(unmet__gt=0)
    if state == "complete":
        return parks.filter(met=items)
    if state == "begun":
        return parks.filter(seen, met__lt=items)
    return parks.exclude(seen) if state == "untouched" else parks


def firms_of(parks: Sequence[int], on: dt.date) -> dict[int, Tally]:
    """Return the tallies of the above-scale industrial firms of parks, by id (规上企业)."""
    found = measures.grounds(on)
    tallies: dict[int, Tally] = defaultdict(Tally)
    if found is None:
        return tallies
    rows = measures.above_scale(Enterprise.objects.filter(park__in=parks), found)
    grouped = rows.order_by().values_list("park_id", "group").annotate(firms=Count("pk"))
    for park, group, number in grouped:
        tallies[park].add(group, number)
    return tallies


def check_list(park: Park) -> list[Pillar]:
    """Return the whole check-list of a park by pillar (四高对照清单)."""
    rows = findings.standing(timezone.localdate()).filter(park=park).select_related("made_by")
    found = {row.item_id: row for row in rows}
    pillars: dict[int, list[Line]] = defaultdict(list)
    for item in ParkItem.objects.all():
        pillars[item.pillar].append(Line(item, found.get(item.pk)))
    return [
        Pillar(lines[0].item.pillar_name, number, tuple(lines))
        for number, lines in sorted(pillars.items())
    ]


def may_find(user: User, park: Park) -> bool:
    """Tell whether a user may enter findings: officers who review in its region (可填报)."""
    return may_report(user, park.region)


@transaction.atomic
def find(
    park: Park,
    item: ParkItem,
    *,
    state: str,
    evidence: str,
    on: dt.date,
    by: User,
    value: int | None = None,
) -> ParkFinding:
    """Enter what was found of an item in a park; the one before is kept, set aside (对照填报).

    One of an earlier day than that which stands is kept, too, and sets nothing aside: see `current`
    of what is returned.
    Raises PermissionDenied for a park of others, ValidationError for what cannot be.
    """
    if not may_find(by, park):
        raise PermissionDenied
    evidence = evidence.strip()
    _refuse(item, state=state, evidence=evidence, on=on, value=value)
    locked = Park.objects.select_for_update(of=("self",)).get(pk=park.pk)
    before = ParkFinding.objects.filter(park=locked, item=item, current=True).first()
    row = ParkFinding.objects.create(
        park=locked, item=item, state=state, value=value, evidence=evidence, on=on, made_by=by,
        current=False,
    )  # fmt: skip
    row.current = findings.settle(park.pk, item.pk) == row
    recording.note(
        "park.found",
        park,
        by=by,
        before={"item": item.code, "state": before.state, "value": before.value} if before else {},
        after={
            "item": item.code, "state": state, "value": value, "on": on.isoformat(),
            "current": row.current,
        },
        reason=evidence,
        region_path=park.region.path,
    )  # fmt: skip
    return row


def _refuse(item: ParkItem, *, state: str, evidence: str, on: dt.date, value: int | None) -> None:
    """Raise ValidationError, by field, for a finding that cannot be."""
    if state not in State.values:
        raise ValidationError({"state": _("Choose met, partly met or not met.")})
    if not evidence:
        raise ValidationError({"evidence": _("Name the evidence that shows it.")})
    refuse_day(on)
    if not item.share:
        if value is not None:
            raise ValidationError({"value": _("This item asks for no share.")})
        return
    if value is None:
        raise ValidationError({"value": _("This item asks for a share; state it in per cent.")})
    if not 0 <= value <= WHOLE:
        raise ValidationError({"value": _("A share lies between 0 and 100 %.")})
    if (state == State.MET) != (value == WHOLE):
        raise ValidationError({"state": _("The item is met at 100 %, and only there.")})
