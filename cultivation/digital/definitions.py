"""Coverage definitions with versions, paths, thresholds and check-lists, from seeds (覆盖口径)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from cultivation.digital import seeds
from cultivation.digital.assessing import rules
from cultivation.digital.models import (
    CoverageDefinition,
    FormerRule,
    MaturityAssessment,
    RequiredPath,
)
from cultivation.digital.transforming import accepting

if TYPE_CHECKING:
    import datetime as dt

MILESTONES = ("started", "finished", "accepted")
EDITABLE = ("start_on", "start_ppm")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a definition counts on a day, and the version that says so (口径版本)."""

    definition: CoverageDefinition
    version: int
    count: dict[str, Any]


@transaction.atomic
def load() -> int:
    """Load all of it; a second load changes nothing; return how many definitions there are.

    The start of a path is only set where the path is new, since offices may set their own.
    """
    rules.load()
    accepting.load()
    found = seeds.tables("coverage_definitions.toml", "definition")
    for row in found:
        check_count(row["count"])
        fields = {key: value for key, value in row.items() if key not in ("code", "count")}
        definition, new = CoverageDefinition.objects.update_or_create(
            code=row["code"], defaults=fields, create_defaults={**fields, "count": row["count"]}
        )
        if not new:
            revise(definition, row["count"])
    for row in seeds.tables("targets_path.toml", "path"):
        kept = {k: v for k, v in row.items() if k != "tier" and k not in EDITABLE}
        fresh = {k: v for k, v in row.items() if k != "tier"}
        RequiredPath.objects.update_or_create(
            tier=row["tier"], defaults=kept, create_defaults=fresh
        )
    return len(found)


@transaction.atomic
def revise(definition: CoverageDefinition, count: dict[str, Any]) -> bool:
    """Change what a definition counts, as a new version from today on (修订口径).

    Past days keep the version they were counted under. Returns whether anything is another.
    """
    check_count(count)
    stored = CoverageDefinition.objects.select_for_update().get(pk=definition.pk)
    if stored.count == count:
        return False
    FormerRule.objects.create(
        definition=stored, version=stored.version, count=stored.count, until=timezone.localdate()
    )
    definition.count, definition.version = count, stored.version + 1
    CoverageDefinition.objects.filter(pk=stored.pk).update(count=count, version=stored.version + 1)
    return True


def rules_on(on: dt.date) -> list[Rule]:
    """Return what each definition counts on a day, in the order of the definitions (当日口径)."""
    definitions = list(CoverageDefinition.objects.all())
    former = _former(FormerRule.objects.all(), on) if _are_revised(definitions) else {}
    return [_rule(definition, former.get(definition.pk)) for definition in definitions]


def rule_on(definition: CoverageDefinition, on: dt.date) -> Rule:
    """Return what a definition counts on a day (当日口径)."""
    rows = FormerRule.objects.filter(definition=definition)
    former = _former(rows, on) if _are_revised([definition]) else {}
    return _rule(definition, former.get(definition.pk))


def _are_revised(definitions: list[CoverageDefinition]) -> bool:
    return any(definition.version > 1 for definition in definitions)


def _former(rows: Any, on: dt.date) -> dict[int, FormerRule]:
    """Return by definition the oldest rule that was given up after a day: it held on it."""
    found: dict[int, FormerRule] = {}
    for row in rows.filter(until__gt=on).order_by("version"):
        found.setdefault(row.definition_id, row)
    return found


def _rule(definition: CoverageDefinition, former: FormerRule | None) -> Rule:
    if former is not None:
        return Rule(definition, former.version, former.count)
    return Rule(definition, definition.version, definition.count)


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
