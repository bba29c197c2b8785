"""Scenarios of policy makers: made, changed, copied, computed, out of date (门槛情景).

PermissionDenied means "not you", ValidationError "not this", StaleError "somebody was faster".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.standards import editions, simulating, snapshots
from cultivation.standards.models import Scenario, Snapshot
from cultivation.standards.policy import PolicyError, amended
from cultivation.standards.scenario_changes import amendments
from cultivation.standards.tallies import tally
from enterprises.audit import recording
from enterprises.jobs.runs import start
from enterprises.places.models import Region
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.standards.simulating import Simulation
    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope
    from enterprises.jobs.models import JobRun
    from enterprises.jobs.runs import Progress

KIND = "simulate"
TASK = "cultivation.standards.tasks.simulate"
OFFICES = ("nation", "province")
FIELDS = ("name", "region_path", "as_of", "changes", "note")
DECIDING = ("region_path", "as_of", "changes")  # a change of these makes a result void
COPIED = 100  # characters of a name that a copy keeps


def may_simulate(scope: Scope) -> bool:
    """Tell whether somebody decides for a nation or province, and so may try standards out."""
    return any(role in OFFICES for _path, role in scope.decide_paths)


def may_look_at(scope: Scope, path: str) -> bool:
    """Tell whether a scenario may look at a subtree: one lies within what its maker decides on."""
    return any(path.startswith(own) for own, role in scope.decide_paths if role in OFFICES)


def home(scope: Scope) -> str:
    """Return the path of the highest region that somebody decides for (本级)."""
    own = [path for path, role in scope.decide_paths if role in OFFICES]
    return min(own, key=len, default="")


def regions(scope: Scope) -> list[tuple[str, str]]:
    """Return the regions a scenario may look at, the highest first: path and name (可选地区)."""
    own = [path for path, role in scope.decide_paths if role in OFFICES]
    if "" in own:
        chosen = Q(path="", level=Region.Level.NATION) | Q(is_unit=True)
    else:
        chosen = Q(pk__in=[])
        for path in own:
            chosen |= Q(path=path) | Q(path__startswith=path, level=Region.Level.CITY)
    found = Region.objects.filter(chosen, in_use=True).order_by("path")
    return list({region.path: str(region) for region in found}.items())


def may_change(user: User, scenario: Scenario) -> bool:
    """Tell whether a scenario is a user's own, and its subtree still theirs (可修改)."""
    return scenario.made_by_id == user.pk and may_look_at(user.scope, scenario.region_path)


def create(edition: Any, said: dict[str, Any], *, by: User) -> Scenario:
    """Keep a new scenario (新建情景)."""
    scenario = Scenario(edition=edition, made_by=by)
    return _saved(scenario, said, by=by)


@transaction.atomic
def change(scenario: Scenario, said: dict[str, Any], *, by: User, version: int) -> Scenario:
    """Change one's own scenario; what it had found is void where its question changed."""
    if not may_change(by, scenario):
        raise PermissionDenied(_("Only who made a scenario changes it. Make a copy of it."))
    void = any(getattr(scenario, name) != said[name] for name in DECIDING)
    fields: dict[str, Any] = {name: said[name] for name in FIELDS}
    _check(scenario, fields, by=by)
    if void:
        fields |= {"result": {}, "snapshot": None, "rules_hash": "", "result_at": None, "job": None}
    mine = Scenario.objects.filter(pk=scenario.pk, version=version)
    if not mine.update(**fields, version=F("version") + 1, updated_at=timezone.now()):
        raise StaleError
    scenario.refresh_from_db()
    _note("changed", scenario, by)
    return scenario


@transaction.atomic
def copy(scenario: Scenario, *, by: User) -> Scenario:
    """Make a copy for oneself, result and all (复制情景)."""
    made = Scenario.objects.get(pk=scenario.pk)
    made.pk, made._state.adding = None, True
    made.made_by, made.version, made.job = by, 1, None
    made.name = _("Copy of %(name)s") % {"name": scenario.name[:COPIED]}
    made.save()
    _note("copied", made, by)
    return made


@transaction.atomic
def delete(scenario: Scenario, *, by: User) -> None:
    """Delete one's own scenario (删除情景)."""
    if not may_change(by, scenario):
        raise PermissionDenied(_("Only who made a scenario deletes it."))
    _note("deleted", scenario, by)
    scenario.delete()


def begin(scenario: Scenario, *, by: User) -> tuple[JobRun, bool]:
    """Begin to compute a scenario in the background, and whether that is new (启动模拟)."""
    key = f"{scenario.pk} v{scenario.version}"
    run, new = start(KIND, task=TASK, key=key, params={"scenario": scenario.pk}, by=by)
    Scenario.objects.filter(pk=scenario.pk).update(job=run)
    scenario.job = run
    return run, new


def compute(pk: int, *, progress: Progress) -> None:
    """Compute a scenario and keep what it found, unless it was changed meanwhile (计算情景)."""
    scenario = Scenario.objects.select_related("edition").get(pk=pk)
    snapshot = facts_for(scenario.as_of)
    if snapshot is None:
        progress.log(_("No snapshot of this day yet: the facts of all enterprises are read."))
        snapshot = snapshots.take(scenario.as_of, progress=progress)
    ran = _ready(scenario, snapshot, progress=progress)
    progress.report(ran.base.rows, ran.base.rows, always=True)  # the last moment to stop
    result = tally(ran.result(), path=scenario.region_path)
    kept = Scenario.objects.filter(pk=pk, version=scenario.version).update(
        result=result,
        result_at=timezone.now(),
        snapshot=snapshot,
        rules_hash=editions.rules(scenario.edition).sha256,
    )
    totals = result["totals"]
    progress.result.update(
        scenario=scenario.name, gains=totals["gains"], losses=totals["losses"], kept=bool(kept)
    )


def listed(scenario: Scenario) -> Simulation:
    """Return a computed scenario ready to list enterprises, on the facts it was computed on.

    ValidationError where the facts are gone or the rules changed since: another list would follow.
    """
    if scenario.snapshot is None or state(scenario).rules_changed:
        raise ValidationError(
            _("The rules changed since this was computed. Compute it again first."), code="stale"
        )
    try:
        return _ready(scenario, scenario.snapshot)
    except FileNotFoundError as error:
        raise ValidationError(
            _("The facts it was computed on are no longer kept. Compute it again first."),
            code="gone",
        ) from error


@dataclass(frozen=True, slots=True)
class State:
    """Whether a scenario was computed and on what, and what changed since (情景状态)."""

    computed: bool
    rules_changed: bool = False
    facts_changed: bool = False

    @property
    def is_current(self) -> bool:
        return self.computed and not (self.rules_changed or self.facts_changed)


def state(
    scenario: Scenario, *, newest: Snapshot | None = None, rules_hash: str | None = None
) -> State:
    """Return whether a scenario's result still stands.

    `newest` are the newest facts of its day, `rules_hash` what its edition consists of today.
    """
    if scenario.snapshot_id is None:
        return State(computed=False)
    newest = newest or facts_for(scenario.as_of)
    rules_hash = rules_hash or editions.rules(scenario.edition).sha256
    return State(
        computed=True,
        rules_changed=scenario.rules_hash != rules_hash,
        facts_changed=newest is not None and newest.pk != scenario.snapshot_id,
    )


def facts_for(as_of: dt.date) -> Snapshot | None:
    """Return the newest facts of a day, None where none were read (当日事实)."""
    kept = Snapshot.objects.filter(as_of=as_of, retired_at=None)
    return kept.order_by("-made_at", "-pk").first()


def days() -> list[dt.date]:
    """Return the days of which facts are at hand, newest first, at most a year of months."""
    kept = Snapshot.objects.filter(retired_at=None).order_by("-as_of")
    return list(kept.values_list("as_of", flat=True).distinct()[:12])


def _ready(
    scenario: Scenario, snapshot: Snapshot, *, progress: Progress | None = None
) -> Simulation:
    before = editions.policy(scenario.edition)
    after = amended(before, amendments(before, scenario.changes))
    return simulating.simulation(
        snapshot,
        before,
        after,
        as_of=scenario.as_of,
        path=scenario.region_path,
        progress=progress,
    )


@transaction.atomic
def _saved(scenario: Scenario, said: dict[str, Any], *, by: User) -> Scenario:
    fields = {name: said[name] for name in FIELDS}
    _check(scenario, fields, by=by)
    for name, value in fields.items():
        setattr(scenario, name, value)
    scenario.save()
    _note("made", scenario, by)
    return scenario


def _note(action: str, scenario: Scenario, by: User) -> None:
    recording.note(
        f"scenario.{action}",
        scenario,
        by=by,
        after={name: getattr(scenario, name) for name in FIELDS} | {"version": scenario.version},
        region_path=scenario.region_path,
    )


def _check(scenario: Scenario, fields: dict[str, Any], *, by: User) -> None:
    if not may_look_at(by.scope, fields["region_path"]):
        raise PermissionDenied(_("A scenario looks at the region that you decide for."))
    policy = editions.policy(scenario.edition)
    try:
        amendments(policy, fields["changes"])
    except PolicyError as error:
        raise ValidationError({"changes": str(error)}) from error
