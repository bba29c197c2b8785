"""Runs that are shared out: what their parts do to them, and who closes them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from enterprises.accounts.models import User
from enterprises.jobs import names, runs
from enterprises.jobs.models import JobRun
from enterprises.jobs.parts import join
from enterprises.jobs.tasks import resume_abandoned
from tests.jobs.test_workers import until
from tests.tasks import share, share_part

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
LONG_AGO = dt.timedelta(minutes=5)


@pytest.fixture
def shared(db: None) -> JobRun:
    """Give a run that was shared out to three parts that wait."""
    run, _ = runs.begin("sharing", task=share.name, key="all", params={"parts": 3})
    share(run.pk)
    run.refresh_from_db()
    return run


def parts_of(run: JobRun) -> list[JobRun]:
    return list(run.parts.order_by("pk"))


def states(run: JobRun) -> tuple[str, list[str]]:
    run.refresh_from_db()
    return run.status, [part.status for part in parts_of(run)]


def test_a_shared_run_is_running_and_held_by_nobody(shared: JobRun) -> None:
    assert states(shared) == ("running", ["waiting"] * 3)
    assert (shared.heartbeat_at, shared.done, shared.total) == (None, 0, 30)
    assert runs.take(shared.pk) is None
    JobRun.objects.update(created_at=timezone.now() - LONG_AGO)
    assert {run.pk for run in runs.abandoned()} == {part.pk for part in parts_of(shared)}


def test_its_progress_is_the_sum_of_its_parts(shared: JobRun) -> None:
    first, second, _ = parts_of(shared)
    share_part(first.pk)
    with runs.working(second.pk) as progress:
        assert progress is not None
        progress.report(5, always=True)
        shared.refresh_from_db()
    assert (shared.done, shared.percent) == (15, 50)


def test_the_part_that_ends_last_closes_the_run_once(shared: JobRun) -> None:
    for part in parts_of(shared)[:2]:
        share_part(part.pk)
    assert states(shared)[0] == "running"
    share_part(parts_of(shared)[2].pk)
    assert states(shared) == ("done", ["done"] * 3)
    assert (shared.result, shared.attempts, shared.done) == ({"counted": 30}, 1, 30)
    share(shared.pk)  # the chord's callback comes late
    join(shared.pk)
    shared.refresh_from_db()
    assert (shared.result, shared.attempts) == ({"counted": 30}, 1)


def test_a_part_is_not_the_run_of_two_workers(shared: JobRun) -> None:
    part = parts_of(shared)[0]
    assert runs.take(part.pk) is not None
    assert runs.take(part.pk) is None


def test_a_part_that_fails_fails_the_run_with_its_message(shared: JobRun) -> None:
    first, second, third = parts_of(shared)
    JobRun.objects.filter(pk=second.pk).update(params={"fails": True})
    share_part(first.pk)
    with pytest.raises(ValueError, match="cannot count"):
        share_part(second.pk)
    assert states(shared)[0] == "running"  # the third may still be done
    share_part(third.pk)
    assert states(shared) == ("failed", ["done", "failed", "done"])
    assert shared.last_line.endswith("ValueError: cannot count")
    assert f"{shared.pk}:1" in shared.last_line


def test_cancelling_a_run_cancels_its_parts(shared: JobRun) -> None:
    first, second, _ = parts_of(shared)
    share_part(first.pk)
    with runs.working(second.pk) as progress:
        assert progress is not None
        runs.cancel(shared)
        assert states(shared) == ("running", ["done", "running", "cancelled"])
        progress.report(6, always=True)
    assert states(shared) == ("cancelled", ["done", "cancelled", "cancelled"])


def test_cancelling_a_run_whose_parts_all_wait_ends_it_at_once(shared: JobRun) -> None:
    runs.cancel(shared)
    assert states(shared) == ("cancelled", ["cancelled"] * 3)
    assert shared.finished_at is not None


def test_a_run_cancelled_while_it_is_shared_out_has_no_parts(db: None) -> None:
    run, _ = runs.begin("sharing", task=share.name, params={"parts": 3})
    JobRun.objects.filter(pk=run.pk).update(cancel_wanted=True)
    share(run.pk)
    assert states(run) == ("cancelled", [])


def test_the_sweep_closes_a_run_that_nobody_closed(
    shared: JobRun, django_capture_on_commit_callbacks: Any
) -> None:
    JobRun.objects.filter(parent=shared).update(status="done", result={"counted": 10})
    with django_capture_on_commit_callbacks(execute=True):
        assert resume_abandoned() == 1
    assert states(shared)[0] == "done"
    assert shared.result == {"counted": 30}


def test_the_sweep_does_lost_parts_again(
    shared: JobRun, django_capture_on_commit_callbacks: Any
) -> None:
    for part in parts_of(shared):
        runs.take(part.pk)  # by a worker that is killed
    JobRun.objects.filter(parent=shared).update(heartbeat_at=timezone.now() - LONG_AGO)
    with django_capture_on_commit_callbacks(execute=True):
        assert resume_abandoned() == 3
    assert states(shared) == ("done", ["done"] * 3)
    assert [part.attempts for part in parts_of(shared)] == [2, 2, 2]


def test_a_part_that_kills_its_workers_again_and_again_fails_the_run(
    shared: JobRun, django_capture_on_commit_callbacks: Any
) -> None:
    first, second, third = parts_of(shared)
    for part in (first, second):
        share_part(part.pk)
    for lost in range(1, runs.MOST + 1):
        taken = runs.take(third.pk)  # by a worker that is killed
        assert taken is not None
        assert taken.attempts == lost
        JobRun.objects.filter(pk=third.pk).update(heartbeat_at=timezone.now() - LONG_AGO)
    assert runs.take(third.pk) is None
    with django_capture_on_commit_callbacks(execute=True), translation.override("en"):
        assert resume_abandoned() == 1
    assert states(shared) == ("failed", ["done", "done", "failed"])
    said = "5 workers were lost at it one after the other; it is given up."
    assert parts_of(shared)[2].last_line.endswith(said)
    assert shared.last_line.endswith(said)
    assert resume_abandoned() == 0


def test_a_worker_back_from_the_dead_does_not_end_what_another_holds(shared: JobRun) -> None:
    part = parts_of(shared)[0]
    with runs.working(part.pk) as late:
        assert late is not None
        JobRun.objects.filter(pk=part.pk).update(heartbeat_at=timezone.now() - LONG_AGO)
        assert runs.take(part.pk) is not None
    part.refresh_from_db()
    assert (part.status, part.attempts) == ("running", 2)


def test_a_worker_back_from_the_dead_neither_reports_nor_shares_out(db: None) -> None:
    run, _ = runs.begin("sharing", task=share.name, params={"parts": 3})
    beat = timezone.now()
    for late_work in (
        lambda late: late.report(7, always=True),
        lambda late: late.split("share_part", task=share_part.name, pieces=[runs.Piece("x")]),
    ):
        JobRun.objects.filter(pk=run.pk).update(status="waiting")
        with runs.working(run.pk) as late:
            assert late is not None
            JobRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - LONG_AGO)
            assert runs.take(run.pk) is not None
            late_work(late)
        assert states(run) == ("running", [])
        assert run.done == 0
        assert run.heartbeat_at is not None
        assert run.heartbeat_at > beat


def test_a_run_cancelled_just_as_its_parts_came_stops_them(shared: JobRun) -> None:
    JobRun.objects.filter(pk=shared.pk).update(cancel_wanted=True)
    for part in parts_of(shared):
        share_part(part.pk)
    assert states(shared) == ("cancelled", ["cancelled"] * 3)


def test_parts_are_shown_with_their_run_and_not_in_the_list(shared: JobRun) -> None:
    JobRun.objects.filter(parent=shared).update(
        params={"unit": "32", "name": {"zh": "江苏省", "en": "Jiangsu"}}
    )
    share_part(parts_of(shared)[0].pk)
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        User.objects.create_superuser("root"), "django.contrib.auth.backends.ModelBackend"
    )
    assert [run.pk for run in client.get(reverse("jobs:list")).context["page"]] == [shared.pk]
    page = client.get(reverse("jobs:detail", args=[shared.pk]))
    assert page.context["parts"] == parts_of(shared)
    assert dict(page.context["states"]) == {"done": 1, "waiting": 2}
    assert page.text.count("Jiangsu") == 3
    part = parts_of(shared)[1]
    of_part = client.get(reverse("jobs:detail", args=[part.pk]))
    assert reverse("jobs:detail", args=[shared.pk]) in of_part.text
    assert of_part.context["may_cancel"] is False  # it stops with its run
    assert client.post(reverse("jobs:cancel", args=[part.pk])).status_code == 403


def test_a_part_bears_the_name_in_the_page_s_language() -> None:
    given = {"unit": "32", "name": {"zh": "江苏省", "en": "Jiangsu"}}
    said = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said[language] = names.of_part(given)
    assert said == {"zh-hans": "江苏省", "en": "Jiangsu"}
    assert names.of_part({"unit": "32", "name": {}}) == "32"


@pytest.mark.parametrize("number", [1, 3])
def test_a_run_s_page_takes_the_same_queries_for_one_and_three_parts(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run, _ = runs.begin("sharing", task=share.name, params={"parts": number})
    share(run.pk)
    client = Client()
    client.force_login(
        User.objects.create_superuser("root"), "django.contrib.auth.backends.ModelBackend"
    )
    with django_assert_num_queries(6):  # session, user, seats, run, parts, bell
        client.get(reverse("jobs:detail", args=[run.pk]))


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_parts_travel_as_a_chord_that_comes_back_to_the_run(worker: object, tmp_path: Path) -> None:
    run, _ = runs.begin("sharing", task=share.name, key="all", params={"parts": 3})
    with transaction.atomic():
        runs.send(run)
    until(run, status="done")
    assert run.result == {"counted": 30}
    log = tmp_path / "worker0.log"
    received = f"Task {share.name}["
    deadline = timezone.now() + dt.timedelta(seconds=20)
    while log.read_text().count(received) < 4:  # received and succeeded, to begin and to close
        assert timezone.now() < deadline, log.read_text()
    assert run.attempts == 1
