from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from cultivation.digital import checking, coverage
from cultivation.digital.cube import keeping, marks
from cultivation.digital.models import CoverageSnapshot, CubeCell, StageSnapshot
from cultivation.digital.tasks import check_coverage, check_coverage_tonight
from enterprises.jobs import runs
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise
from tests.conftest import HOME, _url_of_test_database
from tests.digital.conftest import TODAY, assess

ON = dt.date(2026, 3, 1)


def national(on: dt.date) -> list[tuple]:
    rows = CoverageSnapshot.objects.filter(on=on, region__code="000000", tier="little_giant")
    return list(rows.order_by("definition").values_list("total", "transformed"))


def test_a_run_takes_the_snapshot_and_keeps_national_figures(
    firm, django_capture_on_commit_callbacks
):
    assess(firm(), 2)
    with django_capture_on_commit_callbacks(execute=True):
        run, new = checking.begin(ON)
    run.refresh_from_db()
    assert (new, run.status, run.kind) == (True, "done", "check_coverage")
    empty = dict.fromkeys(("L2_ONSITE", "L2_SELF", "ACCEPTED", "L1_ANY", "STARTED"), "0 / 0")
    none = dict.fromkeys(empty, "0 / 1")
    assert run.result == {
        "on": "2026-03-01",
        "rows": 60,
        "little_giant": {**none, "L2_ONSITE": "1 / 1", "L1_ANY": "1 / 1"},
        "srdi": empty,
    }
    assert set(CoverageSnapshot.objects.values_list("job", flat=True)) == {run.pk}
    check_coverage(run.pk)  # a run that has ended is not taken again
    run.refresh_from_db()
    assert run.attempts == 1


def test_the_same_day_is_not_checked_twice_at_once(places) -> None:
    first, new = checking.begin(ON)
    assert new
    assert checking.begin(ON) == (first, False)


@pytest.mark.parametrize(
    ("role", "code", "may", "allowed"),
    [
        ("nation", "000000", {}, True),
        ("province", "440000", {}, True),
        ("province", "440000", {"may_decide": False}, False),
        ("city", "440100", {}, False),
        ("auditor", "000000", {}, False),
    ],
)
def test_deciding_officers_of_nation_and_provinces_start_a_check(
    seated, role, code, may, allowed
) -> None:
    user = seated(role, code=code, **may)
    assert checking.may_check(user) is allowed
    if not allowed:
        with pytest.raises(PermissionDenied):
            checking.begin(ON, by=user)
        assert not JobRun.objects.exists()


def test_a_future_day_begins_no_run(places) -> None:
    with pytest.raises(ValidationError):
        checking.begin(TODAY + dt.timedelta(days=1))
    assert not JobRun.objects.exists()


def test_every_night_expired_levels_lapse_and_the_day_is_checked(
    firm, django_capture_on_commit_callbacks
) -> None:
    one = firm(digital_level=2)
    assess(one, 2, valid_to=TODAY - dt.timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        (run_id,) = check_coverage_tonight()
    assert JobRun.objects.get(pk=run_id).status == "done"
    assert Enterprise.objects.get().digital_level is None
    assert national(TODAY) == [(1, 0)] * 5


def test_a_night_that_is_done_is_not_checked_again_and_one_that_failed_is(
    places, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        (run,) = check_coverage_tonight()
    assert check_coverage_tonight() == []
    JobRun.objects.filter(pk=run).update(status="failed")
    (again,) = check_coverage_tonight()
    assert again != run


def test_nights_that_were_missed_are_caught_up(firm, django_capture_on_commit_callbacks) -> None:
    day = dt.timedelta(days=1)
    assess(firm(), 2)
    for back in (40, 5, 3, 2):
        checking.conduct(TODAY - back * day)
    StageSnapshot.objects.filter(on=TODAY - 2 * day).delete()  # broke off after the coverage
    with django_capture_on_commit_callbacks(execute=True):
        assert len(check_coverage_tonight()) == 4
    for model in (CoverageSnapshot, StageSnapshot):
        taken = model.objects.order_by("on").values_list("on", flat=True).distinct()
        assert list(taken) == [TODAY - back * day for back in (40, 5, 4, 3, 2, 1, 0)]
    assert check_coverage_tonight() == []


def test_a_cancelled_run_leaves_the_day_as_it_was(firm, monkeypatch) -> None:
    assess(firm(), 2)
    coverage.take_snapshot(ON)
    before = list(CoverageSnapshot.objects.values_list("pk", flat=True))
    run, _ = runs.begin("check_coverage", task=checking.TASK, key=str(ON), params={"on": str(ON)})
    JobRun.objects.filter(pk=run.pk).update(cancel_wanted=True)
    check_coverage(run.pk)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert list(CoverageSnapshot.objects.values_list("pk", flat=True)) == before


def killed(folder: Path, *words: str) -> str:
    """Let a process of its own hang, kill it, and return what it said before."""
    environment = {
        **os.environ,
        "DATABASE_URL": _url_of_test_database(),
        "TRACKER_VAR": str(folder),
        "PYTHONPATH": str(HOME),
    }
    script = Path(__file__).with_name("snapshot_and_hang.py")
    process = subprocess.Popen(
        [sys.executable, script, *words],
        cwd=HOME,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()
    return said


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_the_old_rows_and_the_next_completes(
    firm, tmp_path: Path
) -> None:
    one = firm()
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=True):
        coverage.take_snapshot(ON)
        before = sorted(CoverageSnapshot.objects.values_list("pk", flat=True))
        assess(one, 2)
        # of 60, the old ones deleted
        assert killed(tmp_path, ON.isoformat()) == "written 10"
        assert sorted(CoverageSnapshot.objects.values_list("pk", flat=True)) == before
        coverage.take_snapshot(ON)
    assert national(ON) == [(1, 1), (1, 0), (1, 0), (1, 1), (1, 0)]
    assert CoverageSnapshot.objects.filter(on=ON).count() == len(before)


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_while_it_keeps_the_cube_leaves_cube_and_marks_and_the_next_completes(
    firm, tmp_path: Path
) -> None:
    one = firm()
    checking.conduct(TODAY)
    before = set(CubeCell.objects.values_list())
    assess(one, 2)
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=True):
        assert killed(tmp_path, TODAY.isoformat(), "cube") == "firms 1"
    assert set(CubeCell.objects.values_list()) == before
    assert marks.waiting() == {one.pk}
    for _again in range(2):
        checking.conduct(TODAY)
        assert national(TODAY) == [(1, 1), (1, 0), (1, 0), (1, 1), (1, 0)]
    assert marks.waiting() == set()
    assert keeping.compare(TODAY).apart == 0


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_takes_the_snapshot(firm, worker) -> None:
    assess(firm(), 2)
    run, _ = checking.begin(ON)
    deadline = time.monotonic() + 30
    while run.status not in ("done", "failed", "cancelled"):
        assert time.monotonic() < deadline, f"still {run.status}"
        time.sleep(0.1)
        run.refresh_from_db()
    assert (run.status, run.percent) == ("done", 100), run.log
    assert national(ON) == [(1, 1), (1, 0), (1, 0), (1, 1), (1, 0)]
