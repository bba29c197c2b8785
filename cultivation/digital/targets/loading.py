"""Goals, park items and pilot cities, loaded from seeds (目标装载)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cultivation.digital import seeds
from cultivation.digital.models import ParkItem, PilotBatch, PilotCity, Target
from enterprises.places.models import Region

OFFICES_KEEP = ("start_on", "start_value", "start_verified")
WORDS = {"value_zh": "stated_zh", "value_en": "stated_en"}  # column of the list → field


@transaction.atomic
def load() -> int:
    """Load everything; a second load changes nothing; return how many goals there are.

    The start of a path is only set where the goal is new, since offices may set their own.
    """
    found = _targets()
    for row in seeds.rows("digital_park_items.csv"):
        fields: dict[str, Any] = {key: value for key, value in row.items() if key != "code"}
        fields |= {key: row[key] == "yes" for key in ("share", "counted")}
        ParkItem.objects.update_or_create(code=row["code"], defaults=fields)
    batches = {}
    for row in seeds.rows("digital_pilot_batches.csv"):
        fields = {key: value or None if key == "least_ppm" else value for key, value in row.items()}
        number = fields.pop("number")
        batches[number], _new = PilotBatch.objects.update_or_create(number=number, defaults=fields)
    regions = dict(Region.objects.values_list("code", "pk"))
    for row in seeds.rows("digital_pilot_cities.csv"):
        if row["region"] in regions:
            PilotCity.objects.update_or_create(
                region_id=regions[row["region"]],
                defaults={"batch": batches[row["batch"]], "confidence": row["confidence"]},
            )
    return found


def _targets() -> int:
    counted = {row["code"]: row for row in seeds.tables("digital_targets.toml", "target")}
    listed = seeds.rows("targets_2027.csv")
    for position, row in enumerate(listed, start=1):
        words = {
            WORDS.get(key, key): value
            for key, value in row.items()
            if key not in {"code", "deadline", "verified"}
        }
        fields = {"position": position, **words, **counted[row["code"]]}
        kept = {key: value for key, value in fields.items() if key not in OFFICES_KEEP}
        Target.objects.update_or_create(code=row["code"], defaults=kept, create_defaults=fields)
    return len(listed)
