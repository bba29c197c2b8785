"""Rounds of the demo: for little giants, and Jiangsu's for SRDI SMEs with places (批次)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from config.fiction import people
from config.fiction.ground import HOME
from config.fiction.words import MARK
from cultivation.pipeline import moves
from cultivation.pipeline.models import Application, Extension, Round, Status
from cultivation.pipeline.rounds import extending, holding, rationing, setting
from cultivation.pipeline.rounds.holding import Terms
from cultivation.pipeline.rounds.rationing import Share
from cultivation.pipeline.rounds.setting import Days
from enterprises.places.models import Region
from enterprises.registry import records
from enterprises.registry.models import Enterprise, Tier

if TYPE_CHECKING:
    from enterprises.accounts.models import User

BOTH = ("recognition", "recheck")
PLACES = 12  # of the demo's city
NOTE = f"演示批次，时段随演示日期设定{MARK}。Made for the demo; its days follow the demo's day."


def open_rounds() -> int:
    """Publish the rounds of the demo, open today, and return how many there are."""
    on = timezone.localdate()
    nation = Region.objects.get(level=Region.Level.NATION)
    county = Region.objects.select_related("parent__parent").get(code=HOME)
    city = county.parent
    province = city.parent if city else None
    if city is None or province is None:
        raise ValueError(f"{county} stands in no city of a province")
    officer = people.officer_of(nation, "nation")
    _round(nation, Tier.LITTLE_GIANT, f"{on.year}年专精特新“小巨人”企业申报{MARK}", on, by=officer)
    by = people.officer_of(province, "province")
    name = f"{on.year}年{province.name_zh}专精特新中小企业认定{MARK}"
    srdi = _round(province, Tier.SRDI, name, on, by=by)
    rationing.set_quotas(
        srdi, province, {city.code: Share(PLACES, 120)}, by=by, reason=f"演示：分配名额{MARK}"
    )
    _narrow(srdi, city, on, by=people.officer_of(city, "city"))
    _extend(srdi, on, by=by)
    return Round.objects.count()


def move_one() -> None:
    """Let one enterprise move to another county while its case is with the old one (移交)."""
    waiting = Application.objects.filter(status=Status.AT_COUNTY).exclude(
        enterprise__in=people.OWNED.values()
    )
    for case in waiting.select_related("enterprise__region").order_by("pk"):
        here = case.enterprise.region
        there = Region.objects.filter(parent=here.parent, level="county", in_use=True).exclude(
            pk=here.pk
        )
        target = there.order_by("code").first()
        if here.level == "county" and target is not None:
            reason = f"演示：企业迁址{MARK}"
            records.change(case.enterprise, {"region": target}, by=None, reason=reason)
            officer = people.officer_of(here, "county")
            moves.advance(case, "hand_over", by=officer, reason=reason)
            return


def _round(region: Region, tier: str, name: str, on: dt.date, *, by: User) -> Round:
    """Publish a round whose windows lie around a day."""
    terms = Terms(tier, BOTH, on.year, name, document=f"演示〔{on.year}〕1号", note=NOTE)
    windows = {
        "company": Days(_at(on, -35), _at(on, 20, last=True), grace_seconds=900),
        "county": Days(None, _at(on, 30, last=True)),
        "city": Days(None, _at(on, 40, last=True)),
        "province": Days(None, _at(on, 70, last=True)),
    }
    if not region.path:
        windows["nation"] = Days(None, _at(on, 130, last=True))
    return holding.publish(holding.create(terms, region, windows, by=by), by=by)


def _narrow(round_: Round, city: Region, on: dt.date, *, by: User) -> None:
    """Let the demo's city close its enterprises' window a little earlier."""
    wanted = {
        "company": Days(None, _at(on, 18, last=True)),
        "county": Days(None, _at(on, 26, last=True)),
    }
    setting.set_windows(round_, city, wanted, by=by, reason=f"演示：本市提前汇总{MARK}")


def _extend(round_: Round, on: dt.date, *, by: User) -> None:
    """Let the second owner's firm come some days later."""
    firm = Enterprise.objects.filter(pk=people.OWNED["owner2"]).first()
    if firm is not None and not Extension.objects.filter(enterprise=firm).exists():
        extending.grant(
            round_, firm, "company", until=_at(on, 23, last=True), by=by,
            reason=f"演示：审计报告因会计师事务所火灾延误{MARK}",
        )  # fmt: skip


def _at(on: dt.date, days: int, *, last: bool = False) -> dt.datetime:
    time = dt.time(23, 59, 59) if last else dt.time()
    return timezone.make_aware(dt.datetime.combine(on + dt.timedelta(days=days), time))
