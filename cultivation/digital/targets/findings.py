"""Which finding of a park and item stands: the one of the latest day, entered last (现行结果).

A finding of an earlier visit that is entered later does not set a newer one aside. `current` is
kept for the lists of today; a past day is read by the same order from the findings until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from cultivation.digital.models import ParkFinding

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

LAST_FIRST = ("-on", "-pk")


def standing(on: dt.date) -> QuerySet[ParkFinding]:
    """Return the findings that stand on a day, one a park and item (当日结果)."""
    if on >= timezone.localdate():
        return ParkFinding.objects.filter(current=True)
    same = ParkFinding.objects.filter(park=OuterRef("park"), item=OuterRef("item"), on__lte=on)
    newest = same.order_by(*LAST_FIRST).values("pk")[:1]
    return ParkFinding.objects.filter(on__lte=on, pk=Subquery(newest))


def settle(park: int, item: int) -> ParkFinding:
    """Let the finding that stands be the current one of a park and item, and return it (定现行)."""
    rows = ParkFinding.objects.filter(park=park, item=item)
    found: ParkFinding = rows.order_by(*LAST_FIRST)[:1].get()
    rows.filter(current=True).exclude(pk=found.pk).update(current=False)
    rows.filter(pk=found.pk).update(current=True)
    return found
