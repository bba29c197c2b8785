"""Judging the registry: what is stored, what is left alone, what a kill leaves behind."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from cultivation.standards import editions, extent, results, sharing, snapshots
from cultivation.standards.explanation import explain
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, Edition, JudgingRun, Verdict
from cultivation.standards.tasks import judge_tonight
from enterprises.jobs import runs
from enterprises.jobs.models import JobRun
from enterprises.jobs.tasks import resume_abandoned
from enterprises.places.models import ProductDomain
from tests.conftest import HOME, _url_of_test_database
from tests.standards.conftest import GOOD
from tests.standards.stored import counted, judged_alone, kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from enterprises.registry.models import Enterprise

ON = dt.date(2026, 5, 6)


def test_a_run_stores_a_row_for_each_enterprise_edition_and_kind(
    registry: list[Enterprise],
) -> None:
    run = judge_registry(ON)
    assert (run.judged, run.stored, len(kept())) == (48, 48, 48)
    assert run.finished_at is not None
    assert run.snapshot.rows == 8
    assert [name for name, _, _ in run.editions] == [
        "technology_2017", "innovative_2022", "srdi_2026", "srdi_2026", "little_giant_2026",
        "little_giant_2022",
    ]  # fmt: skip


def test_stored_rows_say_what_the_explanation_says(registry: list[Enterprise]) -> None:
    judge_registry(ON)
    for row in Assessment.objects.select_related("edition", "enterprise"):
        told = explain(row.enterprise, row.edition, kind=row.kind, as_of=ON)
        digits = {node.code: str(node.verdict.value) for node in told.root.walk()}
        order = editions.policy(row.edition).order
        assert row.verdicts == "".join(digits.get(code, "-") for code in order)
        assert row.verdict == told.verdict
        assert row.unmet == told.count(Verdict.UNMET)
        assert row.unknown == told.count(Verdict.UNKNOWN)


def test_scores_of_a_firm_with_full_figures(registry: list[Enterprise]) -> None:
    judge_registry(ON)
    good = Assessment.objects.get(enterprise=registry[1], edition__code="technology_2017")
    poor = Assessment.objects.get(enterprise=registry[0], edition__code="technology_2017")
    assert (good.verdict, good.score_low, good.score_high) == (Verdict.MET, 7000, 7000)
    assert (poor.verdict, poor.score_low, poor.score_high) == (Verdict.UNKNOWN, 0, 7000)


@pytest.mark.parametrize(("whole", "judged"), [(True, 48), (None, 0)])
def test_a_second_run_writes_nothing(
    registry: list[Enterprise], whole: bool | None, judged: int
) -> None:
    judge_registry(ON)
    before = list(Assessment.objects.order_by("pk").values())
    run = judge_registry(ON, whole=whole)
    assert (run.whole, run.judged, run.stored) == (bool(whole), judged, 0)
    assert run.changes.count() == 0
    assert list(Assessment.objects.order_by("pk").values()) == before


def test_only_the_rows_that_changed_are_written(registry: list[Enterprise]) -> None:
    first = judge_registry(ON)
    registry[0].reports.create(year=2025, employees=501)
    second = judge_registry(ON)
    assert second.stored == 1
    (changed,) = Assessment.objects.exclude(run=first)
    assert (changed.enterprise, changed.edition.code) == (registry[0], "technology_2017")
    assert changed.verdict == Verdict.UNMET


def test_rows_of_an_enterprise_that_is_gone_are_deleted(registry: list[Enterprise]) -> None:
    judge_registry(ON)
    gone = registry[3].pk
    registry[3].delete()
    assert judge_registry(ON).stored == 0
    assert Assessment.objects.count() == 42
    assert not Assessment.objects.filter(enterprise=gone).exists()


def test_provinces_are_judged_by_their_own_line(
    firm: Callable[..., Enterprise], loaded: list[Edition]
) -> None:
    figures = {
        2023: {
            "revenue": 10**10, "main_business_revenue": 9 * 10**9, "net_profit": 10**9,
            "rd_expense": 10**9, "total_assets": 10**10, "total_liabilities": 10**9,
            "employees": 100, "rd_staff": 20,
        },
        2022: {"main_business_revenue": 7 * 10**9, "rd_expense": 0},
        2021: {"main_business_revenue": 5 * 10**9},
    }  # fmt: skip
    more = {**GOOD, "niche_since": dt.date(2010, 1, 1), "own_brand": True, "digital_level": 3}
    more["product_domain"] = ProductDomain.objects.create(
        scheme="six_bases", code="b", name_zh="基"
    )
    there = [firm(path, reports=figures, **more) for path in ("320500", "440100", "SZ03")]
    judge_registry(dt.date(2024, 6, 1))
    rows = Assessment.objects.filter(edition__code="srdi_2022", kind="recognition")
    found = {row.enterprise_id: (row.verdict, row.score_low, row.score_high) for row in rows}
    assert [found[firm.pk] for firm in there] == [
        (Verdict.MET, 6100, 7800),
        (Verdict.MANUAL, 6100, 7800),
        (Verdict.MET, 6100, 7800),
    ]


def test_judging_in_blocks_gives_the_same(
    registry: list[Enterprise], monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = snapshots.take(ON)
    policy = editions.policy(Edition.objects.get(code="srdi_2022"))
    whole = results.judged(snapshot, policy, kind="recognition", as_of=ON)
    monkeypatch.setattr(results, "BLOCK", 3)
    parts = results.judged(snapshot, policy, kind="recognition", as_of=ON)
    assert sorted(whole.rows()) == sorted(parts.rows())
    assert whole.height == 8


def test_an_empty_registry_is_judged_without_rows(loaded: list[Edition]) -> None:
    assert (judge_registry(ON).judged, Assessment.objects.count()) == (0, 0)


def test_judge_tonight_begins_one_run_and_none_where_it_is_done(
    registry: list[Enterprise], django_capture_on_commit_callbacks: Any
) -> None:
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            judge_tonight()
    job, run = JobRun.objects.get(parent=None), JudgingRun.objects.get()
    assert (job.kind, job.status, job.percent) == ("judge", "done", 100)
    assert job.result == {"run": run.pk, "judged": 48, "stored": 48}
    assert (run.job, run.as_of, Assessment.objects.count()) == (job, timezone.localdate(), 48)


def test_a_night_after_another_day_was_judged_judges_today(
    registry: list[Enterprise], django_capture_on_commit_callbacks: Any
) -> None:
    today = timezone.localdate()
    judge_registry(today)
    judge_registry(dt.date(today.year - 1, 12, 31))
    with django_capture_on_commit_callbacks(execute=True):
        judge_tonight()
    run = JudgingRun.objects.all()[0]
    assert (run.as_of, run.whole) == (today, True)


def test_an_empty_registry_is_judged_by_a_task_as_well(
    loaded: list[Edition], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job, _ = sharing.start(ON)
    job.refresh_from_db()
    assert (job.status, job.result["judged"]) == ("done", 0)


@pytest.mark.django_db(transaction=True)
def test_a_killed_command_leaves_whole_units_and_a_worker_completes_it(
    registry: list[Enterprise], tmp_path: Path
) -> None:
    judge_registry(ON)
    before = kept()
    for enterprise in registry:
        enterprise.reports.all().delete()
        enterprise.reports.create(year=2025, employees=501, revenue=10**9, rd_expense=10**8)
    environment = {
        **os.environ,
        "DATABASE_URL": _url_of_test_database(),
        "TRACKER_VAR": str(tmp_path),
        "SNAPSHOT_DIR": str(settings.SNAPSHOT_DIR),
        "PYTHONPATH": str(HOME),
    }
    script = Path(__file__).with_name("judge_and_hang.py")
    with subprocess.Popen(
        [sys.executable, script, str(ON), "3"],
        cwd=HOME,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        while said and said != "written\n":
            said = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    assert said == "written\n"
    firms = {firm.pk: firm.region_path[:2] for firm in registry}
    changed = {firms[row[0]] for row in kept() - before}
    assert changed == {"32", "37"}  # the third was being written
    assert {firms[row[0]] for row in kept() & before} == {"44", "SZ"}
    JobRun.objects.update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))
    assert resume_abandoned() == 1
    job, run = JobRun.objects.get(parent=None), JudgingRun.objects.all()[0]
    assert (job.status, job.attempts, run.job, run.whole) == ("done", 2, job, True)
    assert not kept() & before
    assert run.counts == counted()


def printed(*args: str) -> list[str]:
    out = io.StringIO()
    call_command("judge", *args, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_prints_counts_and_stores(
    registry: list[Enterprise], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extent, "MANY", 100)  # one of eight is little
    lines = printed("--on", "2026-05-06")
    run = JudgingRun.objects.get()
    assert lines[-8].startswith("as of 2026-05-06: 8 enterprises, facts ")
    assert lines[-7] == f"run {run.pk} (whole): 48 judged, 48 stored"
    assert lines[-6] == "technology_2017 recognition: met 4  manual 0  unknown 4  unmet 0"
    assert "100 %" in lines[:-8]
    job = JobRun.objects.get()
    assert (job.status, job.result) == ("done", {"run": run.pk, "judged": 48, "stored": 48})
    registry[0].reports.create(year=2025, employees=501)
    assert f"run {run.pk + 1} (what changed): 6 judged, 1 stored" in printed("--on", "2026-05-06")
    assert f"run {run.pk + 2} (whole): 48 judged, 0 stored" in printed(
        "--on", "2026-05-06", "--whole"
    )


def test_the_command_steps_back_where_a_run_is_under_way(registry: list[Enterprise]) -> None:
    job, _ = runs.begin(sharing.KIND, task=sharing.TASK, key=sharing.KEY)
    with pytest.raises(CommandError, match=f"run {job.pk} is under way"):
        printed("--on", "2026-05-06")


def test_judging_by_a_named_edition_leaves_the_marks_for_the_next_run(
    registry: list[Enterprise],
) -> None:
    judge_registry(ON)
    registry[0].reports.create(year=2025, employees=501)
    printed("--on", "2025-05-06", "--edition", "technology_2017")
    run = judge_registry(ON)
    assert (run.whole, run.stored > 0) == (True, True)  # its rows were of another day
    assert kept() == judged_alone(run)


def test_the_command_judges_by_a_named_edition_whatever_the_day(
    registry: list[Enterprise],
) -> None:
    lines = printed(
        "--on", "2022-12-31", "--edition", "little_giant_2026", "little_giant_2022", "--table",
        "--no-store",
    )  # fmt: skip
    assert Assessment.objects.count() == 0
    assert lines[1] == "little_giant_2026 recognition: met 0  manual 0  unknown 0  unmet 8"
    codes = [line.split()[0] for line in lines if line.startswith("  ")]
    assert codes[:3] == ["criterion", "L26", "E26"]
    (growth,) = [line for line in lines if "L26-2c" in line]
    assert growth.split() == ["L26-2c", "0", "0", "8", "0"]


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--on", "31.12.2026"), "'31.12.2026' is not a day"),
        (("--edition", "nothing"), "no edition 'nothing'"),
        (("--on", "2010-01-01"), "no edition is in force"),
        (("--kind", "recheck"), "--kind goes with --edition"),
    ],
)
def test_the_command_refuses(loaded: list[Edition], args: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        printed(*args)
