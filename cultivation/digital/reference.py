"""The goals of 2027 and the index, as the reference page shows them (目标与指标)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

from cultivation.digital import index, seeds
from cultivation.digital.assessing import rules
from cultivation.digital.models import CoverageDefinition, RequiredPath


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a seed file whose `_zh` and `_en` columns are read in the page's language."""

    row: dict[str, str]

    def __getitem__(self, name: str) -> str | bool:
        if name == "verified":
            return self.row[name] == "yes"
        language = "en" if (get_language() or "").startswith("en") else "zh"
        return self.row[f"{name}_{language}" if f"{name}_zh" in self.row else name]


@cache
def _entries(name: str) -> tuple[Entry, ...]:
    return tuple(Entry(row) for row in seeds.rows(name))


def everything() -> dict[str, Any]:
    """Return goals, park criteria, counts seen in public, definitions, paths and the index."""
    return {
        "targets": _entries("targets_2027.csv"),
        "parks": _entries("digital_park_criteria.csv"),
        "counts": _entries("digital_little_giant_counts.csv"),
        "definitions": CoverageDefinition.objects.all(),
        "paths": RequiredPath.objects.order_by("tier"),
        "questions": index.questions(),
        "scenarios": index.scenarios(),
        "levels_2024": _in_force(2024),
        "levels_2022": _in_force(2022),
    }


def _in_force(version: int) -> tuple[index.Level, ...]:
    """Return the thresholds of an index in force today."""
    return rules.levels_of(rules.in_force(version, timezone.localdate()), version)
