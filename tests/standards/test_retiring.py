"""Old facts: given up where nothing rests on them, kept where a replay or a scenario needs them."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import call_command

from cultivation.standards import manifests, retiring, scenarios, shelf, snapshots
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, Edition, Scenario, Snapshot
from cultivation.standards.retiring import Retired
from cultivation.standards.tasks import retire_tonight
from enterprises.jobs.models import JobRun
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ON = dt.date(2026, 5, 6)
YEAR = dt.timedelta(days=365)
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.SNAPSHOT_DIR = tmp_path
    return tmp_path


@pytest.fixture
def firms(firm: Callable[..., Enterprise]) -> list[Enterprise]:
    return [firm(path, reports={2025: {"revenue": 10**9}}) for path in ("320500", "440100")]


def changed(firms: list[Enterprise], **figures: int) -> None:
    AnnualReport.objects.filter(enterprise__in=firms).update(**figures)


def retired_later(after: dt.timedelta = 2 * YEAR) -> Retired:
    with time_machine.travel(dt.datetime.now(dt.UTC) + after, tick=False):
        return retiring.retire(older_than=YEAR)


def files(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")}


def replayed() -> str:
    out = io.StringIO()
    call_command("replay", stdout=out)
    return out.getvalue()


def test_facts_on_which_nothing_rests_go_and_what_a_replay_needs_stays(
    firms: list[Enterprise], folder: Path
) -> None:
    first = judge_registry(ON, whole=True)
    changed(firms[:1], revenue=2 * 10**9)
    loose = snapshots.take(ON)  # by a scenario that is gone, or a command
    changed(firms[:1], revenue=10**10, main_business_revenue=10**10, rd_expense=10**9)
    second = judge_registry(ON, whole=True)
    assert {row.run_id for row in Assessment.objects.all()} == {first.pk, second.pk}

    assert retired_later(YEAR / 2) == Retired(0, 0)
    shared = set(manifests.names(loose)) & set(manifests.names(first.snapshot))
    assert shared  # the file of the unit in which nothing changed
    assert retired_later() == Retired(1, len(loose.parts) - len(shared))
    loose.refresh_from_db()
    assert loose.retired_at is not None
    assert snapshots.intact(first.snapshot)
    assert snapshots.intact(second.snapshot)
    assert files(folder) == set(manifests.names(first.snapshot) + manifests.names(second.snapshot))
    assert "0 differ" in replayed()
    assert retired_later() == Retired(0, 0)


def test_facts_of_a_run_go_when_no_result_of_it_is_left(
    firms: list[Enterprise], folder: Path
) -> None:
    first = judge_registry(ON, whole=True)
    changed(firms, revenue=10**10, main_business_revenue=10**10, rd_expense=10**9)
    second = judge_registry(ON, whole=True)
    Assessment.objects.filter(run=first).update(run=second)  # as runs do that change every row
    assert retired_later() == Retired(1, len(manifests.names(first.snapshot)))
    assert files(folder) == set(manifests.names(second.snapshot))
    assert Snapshot.objects.filter(retired_at=None).get() == second.snapshot


def test_facts_of_a_scenario_and_of_work_under_way_stay(firms: list[Enterprise]) -> None:
    told = Edition.objects.get(code="srdi_2026")
    asked = snapshots.take(ON)
    scenario = Scenario.objects.create(edition=told, name="x", as_of=ON, snapshot=asked)
    assert retired_later() == Retired(0, 0)
    job = JobRun.objects.create(kind="simulate", task="x", status="running")
    Scenario.objects.filter(pk=scenario.pk).update(snapshot=None, job=job)
    assert retired_later() == Retired(0, 0)
    JobRun.objects.update(status="failed")
    assert retired_later() == Retired(1, 2)


def test_what_is_given_up_is_offered_no_more_and_may_be_taken_again(
    firms: list[Enterprise],
) -> None:
    taken = snapshots.take(ON)
    assert (scenarios.facts_for(ON), scenarios.days()) == (taken, [ON])
    assert retired_later() == Retired(1, 2)
    assert (scenarios.facts_for(ON), scenarios.days()) == (None, [])
    out = io.StringIO()
    call_command("snapshots", stdout=out)
    assert out.getvalue().strip() == "0 snapshots, 0 files, 0.0 MiB, 1 more given up"
    assert snapshots.take(ON) == taken
    assert (scenarios.facts_for(ON), snapshots.intact(taken)) == (taken, True)
    assert all(shelf.path_of(name).exists() for name in manifests.names(taken))


def test_the_sweep_of_the_night_tells_what_it_did(
    firms: list[Enterprise], settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.SNAPSHOT_DAYS = 30
    snapshots.take(ON)
    with (
        time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=31), tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        retire_tonight()
    job = JobRun.objects.get(kind="retire")
    assert (job.status, job.result) == ("done", {"retired": 1, "files": 2})
