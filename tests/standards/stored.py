"""What runs stored, read back, and what it ought to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cultivation.standards.extent import bases_of
from cultivation.standards.models import Assessment, VerdictChange
from cultivation.standards.results import judged

if TYPE_CHECKING:
    from cultivation.standards.models import JudgingRun, Snapshot


def kept(run: JudgingRun | None = None) -> set[tuple[Any, ...]]:
    """Return all stored results, or those by what a run judged by, without who wrote them."""
    names = ("enterprise", "edition__code", "kind", "verdict", "verdicts", "unmet", "unknown")
    rows = set(Assessment.objects.values_list(*names, "score_low", "score_high"))
    bases = {(code, kind) for code, _, kind in run.editions} if run else set()
    return {row for row in rows if run is None or row[1:3] in bases}


def judged_alone(run: JudgingRun, snapshot: Snapshot | None = None) -> set[tuple[Any, ...]]:
    """Return the rows that judging a snapshot in one go, by what a run judged by, gives."""
    return {
        (row[0], edition.code, kind, *row[1:])
        for edition, policy, kind in bases_of(run)
        for row in judged(snapshot or run.snapshot, policy, kind=kind, as_of=run.as_of).rows()
    }


def turned(**chosen: Any) -> list[tuple[Any, ...]]:
    """Return the changes of verdicts that are written down."""
    names = ("enterprise", "edition__code", "kind", "before", "after")
    return sorted(VerdictChange.objects.filter(**chosen).values_list(*names), key=str)


def counted() -> dict[str, list[int]]:
    """Return the stored results by edition, kind and verdict digit, as runs count them."""
    found: dict[str, list[int]] = {}
    for code, kind, verdict in Assessment.objects.values_list("edition__code", "kind", "verdict"):
        found.setdefault(f"{code} {kind}", [0, 0, 0, 0])[verdict] += 1
    return found
