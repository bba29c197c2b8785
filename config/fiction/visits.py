"""Checks on site of the demo: owed on the way, and a drawn sample in three states (虚构核查)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import override

from config.fiction.ground import HOME
from config.fiction.people import office_above, officer_of
from config.fiction.words import MARK
from cultivation.pipeline import routes
from cultivation.pipeline.models import Application, Visit, VisitDraw
from cultivation.pipeline.visits import (
    commenting,
    draws,
    files,
    planning,
    pools,
    recording,
    rules,
)
from enterprises.accounts.models import Seat, User
from enterprises.places import working_days
from enterprises.places.models import Region
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

TIERS = (Tier.INNOVATIVE, Tier.TECHNOLOGY)  # the first of which the province has enough
CASES, DRAWN = 4, 3
AHEAD = 5  # working days to the visit that is still to be made
FOUND = "与申报一致"
PHOTO = b"\x89PNG\r\n\x1a\n" + b"fictional photo of the demonstration"


def see(application: Application) -> None:
    """Let two officers check on site where the level that has the case owes that."""
    level = routes.holding_level(application)
    seen = application.visits.standing().filter(level=level).exists()
    if not level or seen or rules.owed(application, level) is None:
        return
    pair = _pair(application, level)
    visit = planning.begin(application, by=pair[0])
    _record(_planned(visit, pair, days=0), pair, deviating=())


def fill(tier: Tier) -> bool:
    """Draw a sample in the demo's province: one agrees, one deviates, one waits.

    Tell whether it has enough cases of the tier in hand.
    """
    county = Region.objects.get(code=HOME)
    unit = Region.objects.get(path=county.path[:2])
    pair = (officer_of(unit, "province"), officer_of(unit, "province", second=True))
    there = pools.in_hand("province", unit.path).filter(status="at_province", tier=tier)
    if there.count() < DRAWN:
        return False
    with override("zh-hans"):
        name = f"演示：{tier.label}现场抽查{MARK}"
    wanted = draws.Sample(name, tier, number=DRAWN, strata=VisitDraw.Strata.CITY)
    draw = draws.seal(unit, wanted, by=pair[0])
    draws.close_lists(draw, by=pair[0])
    draws.draw(draw, by=pair[0], word="演示见证 11")
    drawn = Visit.objects.filter(listed__draw=draw).order_by("listed__token")
    for number, visit in enumerate(drawn):
        last = number == DRAWN - 1
        planned = _planned(visit, pair, days=AHEAD if last else 0)
        if not last:
            _record(planned, pair, deviating=(2,) if number else ())
            _comment(planned)
    return True


def _pair(application: Application, level: str) -> tuple[User, User]:
    """Return two officers of the level that has a case in hand."""
    region = office_above(application.enterprise.region, level)
    if region is None:
        raise ValueError(f"no {level} above {application.enterprise.region}")
    return officer_of(region, level), officer_of(region, level, second=True)


def _planned(visit: Visit, pair: tuple[User, User], *, days: int) -> Visit:
    day = working_days.add(timezone.localdate(), days) if days else timezone.localdate()
    return planning.plan(visit, planning.Plan(day, pair[0].pk, pair[1].pk), by=pair[0])


def _record(visit: Visit, pair: tuple[User, User], *, deviating: Sequence[int]) -> None:
    """Write what was found and sign it; what deviates is named by its place."""
    values = {"visited_on": timezone.localdate().isoformat()}
    for place, code in enumerate(recording.codes_of(recording.current(visit, by=pair[0]))):
        bad = place in deviating
        values[f"outcome:{code}"] = "deviates" if bad else "agrees"
        values[f"found:{code}"] = "现场所见与申报不一致" if bad else FOUND
        values[f"words:{code}"] = f"演示：台账数字低于申报数{MARK}" if bad else ""
    values["told"] = (
        f"演示：一项与申报不一致，请说明{MARK}" if deviating else f"演示：与申报一致{MARK}"
    )
    recording.save(visit, values, by=pair[0])
    files.add(visit, ContentFile(PHOTO, "演示照片.png"), by=pair[0])
    recording.hand_in(visit, by=pair[0])
    recording.sign(visit, by=pair[1])


def _comment(visit: Visit) -> None:
    """Let the enterprise say something on a visit that found something else."""
    firm = visit.application.enterprise_id
    seat = Seat.objects.filter(enterprise=firm, role="owner", active=True).first()
    objected = visit.application.criterion_reviews.filter(level=visit.level, opinion="objected")
    if seat is not None and objected.exists():
        commenting.comment(
            visit, by=User.objects.get(pk=seat.user_id), text=f"演示：将补交台账{MARK}"
        )
