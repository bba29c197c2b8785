"""The goals, and industry and revenue for firms of the small country (测试数据)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cultivation.digital.models import PilotBatch, PilotCity
from cultivation.digital.targets import loading
from enterprises.places.models import Industry, Park
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.places.models import Region

SCALE = 2_000_000_000  # fen


@pytest.fixture
def goals(places: dict[str, Region]) -> dict[str, Region]:
    """Load the goals, with Guangzhou among the pilot cities of the first batch."""
    loading.load()
    batch = PilotBatch.objects.get(number=1)
    PilotCity.objects.create(batch=batch, region=places["440100"], confidence="M")
    return places


@pytest.fixture
def maker(firm: Callable[..., Enterprise]) -> Callable[..., Enterprise]:
    """Give a function that makes a manufacturer with a revenue of the last year, if any."""
    industry = Industry.objects.create(code="35", section="C", name_zh="专用设备制造业")

    def make(code: str = "440106", *, revenue: int | None = SCALE, **fields: object) -> Enterprise:
        one = firm(code, **{"industry": industry, "size_class": "small", **fields})
        if revenue is not None:
            AnnualReport.objects.create(enterprise=one, year=2025, main_business_revenue=revenue)
        return one

    return make


@pytest.fixture
def park(places: dict[str, Region]) -> Park:
    """Give a park of Guangzhou."""
    return Park.objects.create(code="p1", name_zh="示例园", region=places["440100"])
