"""The national run as work for many workers: a part for each unit, any worker takes any (分工).

The facts are read by whoever takes the run; each recommending unit then becomes a part of it. A
part that is lost is done again, and the last one that ends closes the run.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards import editions, extent, judging, snapshots
from cultivation.standards.models import JudgingRun
from cultivation.standards.storing import Tally
from enterprises.jobs import runs
from enterprises.jobs.runs import Piece
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.results import Basis
    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope
    from enterprises.jobs.models import JobRun
    from enterprises.jobs.runs import Progress

KIND, TASK = "judge", "cultivation.standards.tasks.judge"
UNIT_KIND, UNIT_TASK = "judge_unit", "cultivation.standards.tasks.judge_unit"
KEY = "registry"  # one run at a time


def may_judge(scope: Scope) -> bool:
    """Tell whether a scope may begin a run: whoever decides for the nation or a province."""
    return any(role in {"nation", "province"} for _path, role in scope.decide_paths)


def params(as_of: dt.date, *, whole: bool, bases: Sequence[Basis] | None = None) -> dict[str, Any]:
    """Return what a run is told: the day, whether everything, by which editions if not all."""
    said: dict[str, Any] = {"as_of": as_of.isoformat(), "whole": whole}
    if bases is not None:
        said["bases"] = [[edition.code, kind] for edition, _, kind in bases]
    return said


def start(as_of: dt.date, *, whole: bool = False, by: User | None = None) -> tuple[JobRun, bool]:
    """Begin a run for the workers, or return the one that is under way (启动评价)."""
    return runs.start(KIND, task=TASK, key=KEY, params=params(as_of, whole=whole), by=by)


def is_judged(as_of: dt.date) -> bool:
    """Tell whether a complete run of a day has ended well and still holds (当日已评)."""
    last = JudgingRun.objects.first()
    return bool(last and last.finished_at and last.mark is not None and last.as_of == as_of)


def conduct(progress: Progress) -> None:
    """Begin the run that a job asks for and share it out; or close it, its parts done (主任务)."""
    job = progress.run
    if job.parts.exists():
        run = JudgingRun.objects.filter(job=job)[0]
        tally = Tally()
        for part in job.parts.all():
            tally.add(Tally.from_json(part.result))
        _tell(judging.close(run, tally, extent.bases_of(run)), progress)
        return
    as_of, whole, bases = asked(job.params)
    run = judging.begin(as_of, progress=progress, bases=bases, whole=whole)
    units = [] if run.finished_at else snapshots.units(run.snapshot)
    if not units:
        chosen = extent.bases_of(run)
        _tell(judging.close(run, Tally(), chosen), progress)
        return
    progress.split(UNIT_KIND, task=UNIT_TASK, pieces=_pieces(run, units))


def conduct_unit(progress: Progress) -> None:
    """Judge and store the unit that a part is about (分片任务)."""
    said = progress.run.params
    run = JudgingRun.objects.select_related("snapshot").get(pk=said["run"])
    progress.report(0, always=True)
    bases = extent.bases_of(run)
    (tally,) = judging.judge_pieces(run, [{said["unit"]: said["rows"]}], bases)
    progress.result.update(tally.as_json())
    numbers = {"judged": tally.judged, "stored": tally.stored}
    progress.log(_("%(judged)s results judged, %(stored)s of them changed") % numbers)


def conduct_here(progress: Progress) -> JudgingRun:
    """Do the run that a job asks for in this process alone (单机评价)."""
    as_of, whole, bases = asked(progress.run.params)
    run = judging.judge_registry(as_of, progress=progress, bases=bases, whole=whole)
    _tell(run, progress)
    return run


def asked(said: dict[str, Any]) -> tuple[dt.date, bool, list[Basis] | None]:
    """Return the day, whether everything, and the bases that a run's parameters name."""
    as_of = dt.date.fromisoformat(said["as_of"])
    if "bases" not in said:
        return as_of, bool(said.get("whole")), None
    loaded = {edition.code: (edition, policy) for edition, policy in editions.all_policies()}
    bases = [(*loaded[code], kind) for code, kind in said["bases"]]
    return as_of, bool(said.get("whole")), bases


def _pieces(run: JudgingRun, units: Sequence[tuple[str, int]]) -> list[Piece]:
    names = {
        region.path: {"zh": region.name_zh, "en": region.name_en}
        for region in Region.objects.filter(path__in=[unit for unit, _ in units if unit])
    }
    return [
        Piece(
            key=f"{run.pk}:{unit}",
            params={"run": run.pk, "unit": unit, "rows": rows, "name": names.get(unit, {})},
            total=rows * len(run.editions),
        )
        for unit, rows in units
    ]


def _tell(run: JudgingRun, progress: Progress) -> None:
    progress.result.update(run=run.pk, judged=run.judged, stored=run.stored)
