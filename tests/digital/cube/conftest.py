"""The ground of these tests (测试数据)."""

from __future__ import annotations

from cultivation.digital.models import CoverageDefinition
from enterprises.places.models import Region
from tests.digital.cube import country
from tests.grounds import ground


@ground
def firms() -> list[int]:
    """Give the ids of 120 firms of a small country."""
    return country.populated(120, seed=20271231)


def of_code(code: str) -> CoverageDefinition:
    """Return a definition."""
    return CoverageDefinition.objects.get(code=code)


def region(code: str) -> Region:
    """Return a region."""
    return Region.objects.get(code=code)
