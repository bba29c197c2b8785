"""Enterprises, figures and users for the tests of the standards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cultivation.standards import editions
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import AnnualReport, Enterprise
from tests.grounds import ground

if TYPE_CHECKING:
    from collections.abc import Callable

    from cultivation.standards.models import Edition

GOOD: dict[str, Any] = {
    "mainland_entity": True, "on_abnormal_list": False, "on_dishonest_list": False,
    "prohibited_product": False, "events_declared": True, "size_class": "small",
}  # fmt: skip
TECH = {
    "employees": 100, "tech_staff": 30, "sales_revenue": 10**10, "total_assets": 10**10,
    "rd_expense": 10**9, "cost_and_expense": 10**10,
}  # fmt: skip
PATHS = ("320500", "440100", "SZ03", "370100")
LEVELS = {0: "nation", 2: "province", 4: "city", 6: "county"}


@ground
def loaded() -> list[Edition]:
    """Load the editions of the seeds."""
    return editions.load_all()


@pytest.fixture
def region(db: None) -> Callable[[str], Region]:
    """Give a function that returns the region of a path."""

    def of(path: str) -> Region:
        code = (path or "0").ljust(6, "0")
        return Region.objects.get_or_create(
            code=code, defaults={"path": path, "level": LEVELS[len(path)], "name_zh": f"虚构{path}"}
        )[0]

    return of


@pytest.fixture
def firm(region: Callable[[str], Region]) -> Callable[..., Enterprise]:
    """Give a function that makes a fictional enterprise; reports by year."""
    made: list[int] = []

    def make(
        path: str = "320500", reports: dict[int, dict[str, int]] | None = None, **fields: Any
    ) -> Enterprise:
        made.append(1)
        number = f"{len(made):018d}"
        name = f"虚构企业{len(made)}"
        enterprise = Enterprise.objects.create(
            credit_code=number,
            name=name,
            name_key=name,
            fictional=True,
            region=region(path),
            region_path=path,
            **fields,
        )
        for year, figures in (reports or {}).items():
            AnnualReport.objects.create(enterprise=enterprise, year=year, **figures)
        return enterprise

    return make


@pytest.fixture
def user(region: Callable[[str], Region]) -> Callable[..., User]:
    """Give a function that makes a user with one seat."""

    def make(
        role: str, path: str = "", enterprise: Enterprise | None = None, **rights: bool
    ) -> User:
        name = f"{role}{path}{enterprise.pk if enterprise else ''}"
        found = User.objects.create_user(name, password="x")
        place = None if enterprise or role == "expert" else region(path)
        Seat.objects.create(user=found, role=role, region=place, enterprise=enterprise, **rights)
        return found

    return make


@pytest.fixture
def registry(firm: Callable[..., Enterprise], loaded: list[Edition]) -> list[Enterprise]:
    """Give eight enterprises of four units, every second meeting the technology standard."""
    return [firm(PATHS[n % 4], reports={2025: TECH} if n % 2 else {}, **GOOD) for n in range(8)]
