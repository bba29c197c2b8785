"""A case of a little giant with the province, and others to draw from (测试数据)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone
from django.utils.translation import override

from cultivation.pipeline.models import Application
from cultivation.pipeline.visits import planning, recording
from cultivation.pipeline.visits.planning import Plan
from tests.grounds import ground

from ..conftest import TODAY, World, enterprise  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.pipeline.models import Visit, VisitRecord

COUNTIES = ("330108", "330108", "330108", "330110", "330110", "330110", "330110")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Let what is said be read in English."""
    with override("en"):
        yield


@ground
def cases(country: dict[str, Any]) -> dict[str, Any]:
    """Bring a little giant to the province, and put seven innovative SMEs there."""
    with time_machine.travel(TODAY, tick=False):
        world = World(None, **country)  # type: ignore[arg-type]
        world.holds("srdi")
        case = world.at_province("little_giant")
        like = world.draft("innovative", firm=world.other)
        pool = []
        for number, code in enumerate(COUNTIES, start=11):
            firm = enterprise(world.places, code, number)
            pool.append(
                Application.objects.create(
                    enterprise=firm, tier="innovative", kind="recognition", year=2026,
                    edition=like.edition, status="at_province", region_path=firm.region_path,
                    route=["county", "city", "province"], submitted_at=timezone.now(),
                    held_since=timezone.now(), submission=case.submission,
                )
            )  # fmt: skip
        world.user("province2")
    return {"case": case, "pool": pool}


@dataclass
class Site:
    """What tests on visits act on (测试场)."""

    world: World
    case: Application
    pool: list[Application] = field(default_factory=list)

    def begun(self) -> Visit:
        """Begin the visit that the case owes."""
        return planning.begin(self.case, by=self.world.user("province"))

    def planned(self, visit: Visit | None = None, *, days: int = 0) -> Visit:
        """Plan a visit for two officers of the province."""
        day = timezone.localdate() + dt.timedelta(days=days)
        pair = [self.world.user(name) for name in ("province", "province2")]
        wanted = Plan(day, pair[0].pk, pair[1].pk)
        return planning.plan(visit or self.begun(), wanted, by=pair[0])

    def written(self, visit: Visit | None = None, **deviating: str) -> VisitRecord:
        """Write a record and hand it in; what deviates is named by the end of its code."""
        by = self.world.user("province")
        visit = visit or self.planned()
        recording.save(visit, values_of(recording.current(visit, by=by), **deviating), by=by)
        return recording.hand_in(visit, by=by)

    def signed(self, **deviating: str) -> Visit:
        """Let two officers plan, write and sign."""
        record = self.written(**deviating)
        recording.sign(record.visit, by=self.world.user("province2"))
        record.visit.refresh_from_db()
        return record.visit


def values_of(record: VisitRecord, **deviating: str) -> dict[str, str]:
    """Return a whole record as typed: all agrees but what is named, `c1="why"`."""
    values = {"visited_on": timezone.localdate().isoformat(), "told": "what we saw"}
    for code in recording.codes_of(record):
        why = deviating.get(f"c{code.rpartition('-')[2]}", "")
        values[f"outcome:{code}"] = "deviates" if why else "agrees"
        values[f"found:{code}"] = "4,000" if why else "as declared"
        values[f"words:{code}"] = why
    return values


@pytest.fixture
def site(world: World, cases: dict[str, Any]) -> Site:
    """Give the case and the pool as they are on a fixed day."""
    return Site(world, **cases)
