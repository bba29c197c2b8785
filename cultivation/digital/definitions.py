"""Coverage definitions and the paths to their goal, loaded from seeds (覆盖口径)."""

from __future__ import annotations

from django.db import transaction

from cultivation.digital import seeds
from cultivation.digital.models import CoverageDefinition, MaturityAssessment, RequiredPath

MILESTONES = ("started", "finished", "accepted")
EDITABLE = ("start_on", "start_ppm")


@transaction.atomic
def load() -> int:
    """Load definitions and paths; a second load changes nothing; return how many there are.

    The start of a path is only set where the path is new, since offices may set their own.
    """
    found = seeds.tables("coverage_definitions.toml", "definition")
    for row in found:
        check_count(row["count"])
        fields = {key: value for key, value in row.items() if key != "code"}
        CoverageDefinition.objects.update_or_create(code=row["code"], defaults=fields)
    for row in seeds.tables("targets_path.toml", "path"):
        kept = {k: v for k, v in row.items() if k != "tier" and k not in EDITABLE}
        new = {k: v for k, v in row.items() if k != "tier"}
        RequiredPath.objects.update_or_create(tier=row["tier"], defaults=kept, create_defaults=new)
    return len(found)


def check_count(count: dict[str, object]) -> None:
    """Raise ValueError where it is not clear what a definition counts."""
    basis = count.get("basis")
    if basis == "level":
        ways, versions, least = (count.get(k) for k in ("ways", "index_versions", "at_least"))
        if (
            isinstance(ways, list)
            and ways
            and set(ways) <= set(MaturityAssessment.Way.values)
            and isinstance(versions, list)
            and versions
            and isinstance(least, int)
            and 1 <= least <= 4
        ):
            return
    elif basis == "project" and count.get("milestone") in MILESTONES:
        return
    raise ValueError(f"A coverage definition counts nothing known: {count}")
