"""Lists and comparisons of scenarios, finished for a page (情景列表与对比)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards import editions, scenarios
from cultivation.standards.models import Scenario, Snapshot
from cultivation.standards.scenario_pages import Names, dimension_names, measure_names, sentence
from cultivation.standards.tallies import COUNTS
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.scenarios import State


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario in the list (情景列表行)."""

    scenario: Scenario
    said: str
    state: State
    region: str
    is_own: bool


def listing(rows: Sequence[Scenario], *, user_pk: int) -> list[Listed]:
    """Return scenarios finished for the list: three queries, however many they are."""
    newest: dict[Any, Snapshot] = {}
    days = {row.as_of for row in rows}
    kept = Snapshot.objects.filter(as_of__in=days, retired_at=None)
    for snapshot in kept.order_by("made_at", "pk"):
        newest[snapshot.as_of] = snapshot
    hashes = {e.pk: editions.rules(e).sha256 for e in {row.edition for row in rows}}
    paths = {row.region_path for row in rows}
    names = {r.path: str(r) for r in Region.objects.filter(path__in=paths, in_use=True)}
    return [
        Listed(
            row,
            sentence(row),
            scenarios.state(row, newest=newest.get(row.as_of), rules_hash=hashes[row.edition_id]),
            names.get(row.region_path, row.region_path),
            row.made_by_id == user_pk,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of a comparison: a count in each scenario (对比行)."""

    label: str
    counts: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenarios side by side (情景对比)."""

    scenarios: Sequence[Scenario]
    totals: Sequence[Compared]
    tables: Sequence[tuple[str, Sequence[Compared]]]
    differing: Sequence[str]  # what is not the same in all, in words


def comparison(chosen: Sequence[Scenario], names: Names, *, measure: str) -> Comparison:
    """Set computed scenarios side by side, and say in what their questions differ (对比)."""
    results = [scenario.result for scenario in chosen]
    texts = measure_names()
    totals = [Compared(texts[m], [r["totals"][m] for r in results]) for m in COUNTS]
    at = 1 + list(COUNTS).index(measure)
    tables = []
    for dimension, title in dimension_names().items():
        if dimension == "county" or not all(dimension in r["by"] for r in results):
            continue
        found = [{row[0]: row[at] for row in r["by"][dimension]} for r in results]
        keys = sorted({key for counts in found for key in counts})
        rows = [Compared(names.say(dimension, k), [c.get(k) for c in found]) for k in keys]
        tables.append((title, rows))
    return Comparison(chosen, totals, tables, _differing(chosen))


def _differing(chosen: Sequence[Scenario]) -> list[str]:
    questions: dict[str, set[Any]] = {
        _("edition"): {s.edition_id for s in chosen},
        _("region looked at"): {s.region_path for s in chosen},
        _("day"): {s.as_of for s in chosen},
        _("facts used"): {s.snapshot_id for s in chosen},
    }
    return [name for name, values in questions.items() if len(values) > 1]
