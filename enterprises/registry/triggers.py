"""Triggers that mark an enterprise when a row changes that facts come from (触发器).

Where one was missing, every enterprise is marked: who knows what went by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from enterprises.registry.marking import Watch
from enterprises.registry.models import FIGURES, AnnualReport, Enterprise, Fact, Title, Touch

if TYPE_CHECKING:
    from django.db.models import Model

    from enterprises.registry.marking import Columns

TOUCH = Touch._meta.db_table
FIRM = Enterprise._meta.db_table
WATCHED: dict[type[Model], Columns] = {
    Enterprise: (
        "id", "region_path", "size_class", "niche_since", "product_domain_id",
        "strategic_field_id", "chain_link_id", "industry_id", "digital_level", "mainland_entity",
        "obeys_laws", "on_abnormal_list", "on_dishonest_list", "prohibited_product",
        "events_declared", "own_brand", "core_business_system", "champion_title",
        "controls_little_giant", "group_similar_product", "truth_declared",
    ),
    AnnualReport: ("enterprise_id", "year", *FIGURES),
    Title: ("enterprise_id", "tier", "granted_on", "valid_to", "ended_on"),
    **{
        fact: tuple(
            str(field.column)
            for field in sorted(fact._meta.concrete_fields, key=lambda f: f.name != "enterprise")
            if field.name not in {"id", "created_at"}
        )
        for fact in Fact.__subclasses__()
    },
}  # fmt: skip
"""The columns that facts come from; a change of others alone leaves no mark."""
WATCH = Watch(
    prefix="touch_of_",
    marks=TOUCH,
    firms=FIRM,
    watched=WATCHED,
    missed=f"INSERT INTO {TOUCH} (enterprise_id) SELECT id FROM {FIRM}",  # noqa: S608
)
install, remove = WATCH.install, WATCH.remove
