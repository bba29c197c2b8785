"""Trying a draft on the whole registry before it is published (草案试算).

Both standards are judged as of the draft's first day, or of today where that has come, on the facts
of today. A trial holds for one text: a changed draft has none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.standards import snapshots
from cultivation.standards.draft_checks import check
from cultivation.standards.drafting import may_draft
from cultivation.standards.models import Draft, Trial
from cultivation.standards.scenario_pages import Names
from cultivation.standards.scenarios import facts_for
from cultivation.standards.simulating import simulate_policies
from cultivation.standards.tallies import COUNTS, tally
from enterprises.jobs.runs import start

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.jobs.runs import Progress

KIND = "try_draft"
TASK = "cultivation.standards.tasks.try_draft"
SHOWN = ("held", "unit")


@dataclass(frozen=True, slots=True)
class Row:
    """Enterprises of one place or title, and what becomes of them (试算一行)."""

    label: str
    counts: dict[str, int]


def digest(draft: Draft) -> str:
    """Return the hash of the text tried; cases do not change it."""
    return hashlib.sha256(f"{draft.base.sha256}\0{draft.text}".encode()).hexdigest()


def begin(draft: Draft, *, by: User) -> Trial:
    """Begin to try a draft in the background; the one under way where there is one (启动试算)."""
    if not may_draft(by.scope):
        raise PermissionDenied(_("Standards are written by those who decide for the nation."))
    found = check(draft)
    if found.after is None:
        raise ValidationError(_("The text does not read yet; mend it first."), code="complaint")
    key = f"{draft.pk} {digest(draft)[:16]}"
    run, _new = start(KIND, task=TASK, key=key, params={"draft": draft.pk}, by=by)
    as_of = max(timezone.localdate(), found.after.in_force)
    trial, _new = Trial.objects.get_or_create(
        draft=draft, digest=digest(draft), job=run, defaults={"as_of": as_of, "made_by": by}
    )
    return trial


def compute(pk: int, *, progress: Progress) -> None:
    """Judge the registry by a draft and by what it supersedes, and keep the sums (试算)."""
    draft = Draft.objects.select_related("base").get(pk=pk)
    found = check(draft)
    if found.before is None or found.after is None:
        raise ValidationError(_("The text does not read any more; try it again."))
    today = timezone.localdate()
    snapshot = facts_for(today) or snapshots.take(today, progress=progress)
    as_of = max(today, found.after.in_force)
    result = tally(
        simulate_policies(snapshot, found.before, found.after, as_of=as_of, progress=progress)
    )
    kept = {"totals": result["totals"], "missing": result["missing"]}
    kept["by"] = {name: result["by"][name] for name in SHOWN}
    Trial.objects.update_or_create(
        draft=draft,
        digest=digest(draft),
        job=progress.run,
        defaults={
            "as_of": as_of,
            "result": kept,
            "finished_at": timezone.now(),
            "made_by": progress.run.started_by,
        },
    )
    totals = kept["totals"]
    progress.result.update(draft=draft.code, gains=totals["gains"], losses=totals["losses"])


def latest(draft: Draft) -> Trial | None:
    """Return the newest trial of a draft's present text, done or under way (最近试算)."""
    rows = Trial.objects.filter(draft=draft, digest=digest(draft)).select_related("job")
    trial: Trial | None = rows.first()
    return trial


def rows(trial: Trial) -> list[tuple[str, list[Row]]]:
    """Return a trial's sums by title held and by unit: those where somebody gains or loses."""
    names = Names.of([trial.result])
    titles = {"held": _("By title held"), "unit": _("By recommending unit")}
    return [(titles[name], _rows(trial.result["by"][name], name, names)) for name in SHOWN]


def _rows(said: list[list[Any]], dimension: str, names: Names) -> list[Row]:
    made = [
        Row(names.say(dimension, key), dict(zip(COUNTS, counts, strict=True)))
        for key, *counts in said
    ]
    moved = [row for row in made if row.counts["gains"] or row.counts["losses"]]
    return sorted(moved, key=lambda row: -(row.counts["gains"] + row.counts["losses"]))
