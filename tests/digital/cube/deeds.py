"""What happens to firms of the small country, by lot (变更抽签)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cultivation.digital.models import MaturityAssessment, TransformationProject
from enterprises.places.models import Chain, Region
from enterprises.registry import records
from enterprises.registry.models import Enterprise, Title
from tests.digital.conftest import HOMES
from tests.digital.cube import country

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

DAY = dt.timedelta(days=1)


def moved(pk: int, lot: random.Random, _on: dt.date) -> None:
    target = Region.objects.get(code=lot.choice(HOMES))
    records.change(Enterprise.objects.get(pk=pk), {"region": target}, by=None)


def sized(pk: int, lot: random.Random, _on: dt.date) -> None:
    chain = lot.choice([None, *Chain.objects.all()])
    Enterprise.objects.filter(pk=pk).update(size_class=lot.choice(country.SIZES), chain=chain)


def granted(pk: int, lot: random.Random, on: dt.date) -> None:
    tier = lot.choice(country.TIERS)
    Title.objects.filter(enterprise=pk, tier=tier, ended_on=None).update(ended_on=on)
    nth = on.toordinal() * 1000 + lot.randint(0, 999)
    country.entitled(pk, tier, on + lot.choice((0, 0, 3)) * DAY, lot, nth=nth).save()


def ended(pk: int, lot: random.Random, on: dt.date) -> None:
    Title.objects.filter(enterprise=pk, ended_on=None).update(ended_on=on)


def assessed(pk: int, lot: random.Random, on: dt.date) -> None:
    country.assessed(pk, on - lot.choice((0, 0, 40)) * DAY, lot).save()


def corrected(pk: int, lot: random.Random, _on: dt.date) -> None:
    MaturityAssessment.objects.filter(enterprise=pk).update(level=lot.randint(0, 4))


def withdrawn(pk: int, lot: random.Random, _on: dt.date) -> None:
    lot.choice((MaturityAssessment, TransformationProject)).objects.filter(enterprise=pk).delete()


def projected(pk: int, lot: random.Random, on: dt.date) -> None:
    country.projected(pk, on - 100 * DAY, lot).save()


DEEDS: tuple[Callable[[int, random.Random, dt.date], None], ...] = (
    moved, sized, granted, ended, assessed, assessed, corrected, withdrawn, projected,
)  # fmt: skip
