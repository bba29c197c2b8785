"""A small country whose firms change by lot: the ground of these tests (测试国度)."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

from cultivation.digital import definitions
from cultivation.digital.models import MaturityAssessment, TransformationProject
from enterprises.places.models import Chain, Cluster, Industry, Park, Region
from enterprises.registry.models import Enterprise, Title
from tests.digital.conftest import HOMES, PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

TIERS = ("little_giant", "srdi")
SIZES = ("medium", "small", "micro", "unknown")


def found() -> None:
    """Write the regions, the definitions, and what firms are grouped by."""
    rows: dict[str, Region] = {}
    for code, path, level, name, parent, is_unit in PLACES:
        rows[code] = Region.objects.create(
            code=code, path=path, level=level, name_zh=name, name_en=code,
            parent=rows.get(parent or ""), is_unit=is_unit,
        )  # fmt: skip
    definitions.load()
    for number in "123":
        Chain.objects.create(code=f"C{number}", name_zh=f"虚构链{number}")
        Cluster.objects.create(code=f"K{number}", name_zh=f"虚构集群{number}")
        Park.objects.create(code=f"P{number}", name_zh=f"虚构园区{number}", region=rows["440100"])
        Industry.objects.create(code=f"3{number}", section="C", name_zh=f"虚构行业{number}")
    Industry.objects.create(code="C", section="C", is_section=True, name_zh="制造业")


def settle(number: int, lot: random.Random) -> list[Enterprise]:
    """Write some firms with whatever the lot gives them, without titles."""
    regions = {region.code: region for region in Region.objects.filter(code__in=HOMES)}
    sets: dict[str, Sequence[Any]] = {
        "chain": [None, *Chain.objects.all()],
        "park": [None, *Park.objects.all()],
        "cluster": [None, *Cluster.objects.all()],
        "industry": [None, *Industry.objects.filter(is_section=False)],
        "size_class": SIZES,
    }
    made = []
    for n in range(number):
        region = regions[lot.choice(HOMES)]
        made.append(
            Enterprise(
                credit_code=f"91440106CUBE{n:06}", name=f"测试{n:04}（虚构）有限公司",
                name_key=f"测试{n:04}", fictional=True, region=region, region_path=region.path,
                **{name: lot.choice(values) for name, values in sets.items()},
            )
        )  # fmt: skip
    return Enterprise.objects.bulk_create(made)


def entitled(firm: int, tier: str, granted: dt.date, lot: random.Random, *, nth: int) -> Title:
    """Return a title that runs for years or days, as the lot will have it."""
    return Title(
        enterprise_id=firm, tier=tier, number=f"{tier}-{firm}-{nth}", year=granted.year,
        batch=lot.choice(("", "第一批", "第二批")), granted_on=granted,
        valid_to=granted + dt.timedelta(days=lot.choice((20, 400, 1095))),
    )  # fmt: skip


def assessed(firm: int, on: dt.date, lot: random.Random) -> MaturityAssessment:
    """Return an assessment of some way, version, level and validity."""
    return MaturityAssessment(
        enterprise_id=firm, level=lot.randint(0, 4), way=lot.choice(("on_site", "self_declared")),
        index_version=lot.choice((2022, 2024, 2024)), assessed_on=on,
        valid_to=lot.choice((None, on + dt.timedelta(days=lot.randint(0, 700)))),
    )  # fmt: skip


def projected(firm: int, on: dt.date, lot: random.Random) -> TransformationProject:
    """Return a project that is finished and accepted, or not."""
    ends = sorted(on + dt.timedelta(days=lot.randint(0, 500)) for _ in range(2))
    finished = lot.choice((None, ends[0]))
    return TransformationProject(
        enterprise_id=firm, name="改造", started_on=on, finished_on=finished,
        accepted_on=lot.choice((None, ends[1])) if finished else None,
    )  # fmt: skip


def populated(number: int, seed: int) -> list[int]:
    """Write the country with firms, titles, assessments and projects; return the firms' ids."""
    found()
    lot = random.Random(seed)

    def day(first: int = 2023) -> dt.date:
        return dt.date(lot.randint(first, 2026), lot.randint(1, 12), lot.randint(1, 28))

    ids = [firm.pk for firm in settle(number, lot)]
    Title.objects.bulk_create(
        entitled(pk, tier, day(), lot, nth=0) for pk in ids for tier in TIERS if lot.random() < 0.8
    )
    MaturityAssessment.objects.bulk_create(
        assessed(pk, day(2024), lot) for pk in ids for _ in range(lot.choice((0, 1, 1, 2, 4)))
    )
    TransformationProject.objects.bulk_create(
        projected(pk, day(2024), lot) for pk in ids for _ in range(lot.choice((0, 0, 1, 2)))
    )
    return ids
