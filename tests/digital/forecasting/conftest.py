"""The small country with firms by lot and a forecast of today, laid once a process (预测底数)."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
import time_machine

from cultivation.digital import definitions
from cultivation.digital.forecasting import making
from cultivation.digital.models import (
    CoverageDefinition,
    MaturityAssessment,
    RequiredPath,
    TransformationProject,
)
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Title
from tests.digital.conftest import HOMES, PLACES, TODAY
from tests.grounds import ground


def forecast_today() -> dict[str, Any]:
    """Make the forecast of today, at noon."""
    noon = dt.datetime.combine(TODAY, dt.time(4), dt.UTC)
    with time_machine.travel(noon, tick=False):
        return making.make(TODAY)


@ground
def land() -> dict[str, int]:
    """Lay the regions, one definition and path, and 90 firms with what is dated of them."""
    keys: dict[str, int] = {}
    for code, path, level, name, parent, is_unit in PLACES:
        keys[code] = Region.objects.create(
            code=code, path=path, level=level, name_zh=name, name_en=code,
            parent_id=keys.get(parent or ""), is_unit=is_unit,
        ).pk  # fmt: skip
    definitions.load()
    CoverageDefinition.objects.exclude(code="L1_ANY").delete()
    RequiredPath.objects.exclude(tier="little_giant").delete()
    lot = random.Random(2027)
    paths = {code: path for code, path, *_rest in PLACES}
    homes = [lot.choice(HOMES) for _ in range(90)]
    firms = Enterprise.objects.bulk_create(
        Enterprise(
            credit_code=f"91440106LAND{number:06}", name=f"预测{number:03}（虚构）有限公司",
            name_key=f"预测{number:03}", fictional=True, region_id=keys[code],
            region_path=paths[code],
        )
        for number, code in enumerate(homes)
    )  # fmt: skip
    _date(firms, lot)
    return keys


def _date(firms: list[Enterprise], lot: random.Random) -> None:
    def day(first: int, last: int) -> dt.date:
        return dt.date(lot.randint(first, last), lot.randint(1, 12), lot.randint(1, 28))

    titles, assessments, projects = [], [], []
    for one in firms:
        for tier in ("little_giant", "srdi")[: lot.choice((1, 1, 2))]:
            on = day(2023, 2025)
            titles.append(
                Title(enterprise=one, tier=tier, number=f"{tier}{one.pk}", year=on.year,
                      granted_on=on, valid_to=on.replace(year=on.year + 3),
                      ended_on=lot.choice((None, None, None, on + dt.timedelta(days=800))))
            )  # fmt: skip
        for _ in range(lot.choice((0, 1, 1, 2, 3))):
            on = day(2024, 2026)
            assessments.append(
                MaturityAssessment(
                    enterprise=one, level=lot.randint(0, 4), assessed_on=on,
                    way=lot.choice(("on_site", "self_declared")),
                    index_version=lot.choice((2022, 2024, 2024)),
                    valid_to=lot.choice((None, None, on + dt.timedelta(days=lot.randint(0, 900)))),
                )
            )  # fmt: skip
        if lot.random() < 0.4:
            on = day(2023, 2025)
            accepted = lot.choice((None, on + dt.timedelta(days=200)))
            projects.append(
                TransformationProject(enterprise=one, started_on=on, accepted_on=accepted)
            )
    Title.objects.bulk_create(titles)
    MaturityAssessment.objects.bulk_create(assessments)
    TransformationProject.objects.bulk_create(projects)


@ground
def made(land: dict[str, int]) -> dict[str, Any]:
    """Make the forecast of today; return what the run says."""
    return forecast_today()


@pytest.fixture
def places(land: dict[str, int]) -> dict[str, Region]:
    """Give the regions by code."""
    return {row.code: row for row in Region.objects.all()}


@pytest.fixture
def signed_in(client, seated):
    """Give a function that signs a seat's user in and returns the client."""

    def sign_in(role: str, language: str = "en", **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = language
        return client

    return sign_in
