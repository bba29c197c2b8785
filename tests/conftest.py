"""What all tests share: reference data, a real Redis or Valkey, a real Celery worker."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import kombu.pools
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from config import services
from config.celery import app
from config.processes import die_with_parent, kill_group
from tests import grounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoDbBlocker

HOME = Path(__file__).resolve().parent.parent
WORKER = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency=1"]
WORKER += ["--loglevel=INFO", "--without-gossip", "--without-mingle", "--include=tests.tasks"]
TEMPLATE = os.environ.get("TEST_TEMPLATE", "")  # a migrated, empty database: a file, or a name
MUST_RUN = {"browser", "postgres", "redis"}  # where CI is set, these may not be skipped


def pytest_configure() -> None:
    """Compile the translations, which are not kept in git."""
    try:
        from config.translations import ensure_compiled
    except ImportError:
        return
    ensure_compiled()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Fail, where CI is set, a test that was skipped though its server had to be there."""
    report = yield
    needed = MUST_RUN & {mark.name for mark in item.iter_markers()}
    if report.skipped and needed and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        names = ", ".join(sorted(needed))
        report.longrepr = f"skipped, though CI must run {names}: {report.longrepr}"
    return report


STORES = {"db", "transactional_db", "valkey_url"}  # fixtures that reach a database or a broker


def _reaches_a_store(item: pytest.Item) -> bool:
    marks = {mark.name for mark in item.iter_markers()}
    return bool(STORES & set(getattr(item, "fixturenames", ()))) or bool(
        marks & {"django_db", "redis", "postgres"}
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine or this leg cannot run, saying what it would take.

    With STORES_ONLY=1, tests that reach neither database nor broker are left out: they need no
    second leg.
    """
    if os.environ.get("STORES_ONLY"):
        left_out = [item for item in items if not _reaches_a_store(item)]
        items[:] = [item for item in items if _reaches_a_store(item)]
        config.hook.pytest_deselected(items=left_out)
    missing = {}
    if connection.vendor != "postgresql":
        missing["postgres"] = "needs PostgreSQL: python3 manage.py test --postgres"
    if importlib.util.find_spec("pytest_playwright") is None:
        missing["browser"] = "needs Playwright: TRACKER_LOCK=ci python3 manage.py test"
    for item in items:
        for name, reason in missing.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))
    grounds.assign(items)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Migrate a copy of TEST_TEMPLATE instead of an empty file, where that names one."""
    return TEMPLATE != "" and connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_keepdb: bool
) -> None:
    """Copy the template before the database is set up."""
    if django_db_keepdb:
        shutil.copyfile(TEMPLATE, connection.settings_dict["TEST"]["NAME"])


@pytest.fixture(scope="session")
def _standing(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[grounds.Standing]:
    """Keep what lies in the database of this process, and take it away in the end."""
    standing = grounds.Standing()
    yield standing
    with django_db_blocker.unblock():
        standing.change_to(())


@pytest.fixture
def _ground(
    request: pytest.FixtureRequest, _standing: grounds.Standing, django_db_blocker: DjangoDbBlocker
) -> None:
    """Lay what the test stands on, before its own transaction begins."""
    with django_db_blocker.unblock():
        _standing.change_to(request.node.stash[grounds.LAYERS])


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start each test with an empty cache: counters of failed sign-ins live there."""
    cache.clear()


@grounds.ground
def seeds() -> None:
    """Load all reference data, as a new installation does."""
    call_command("load_seeds", verbosity=0, stdout=io.StringIO())


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a real Redis or Valkey: that of the run, else one from the wheel."""
    if settings.REDIS_URL:
        yield settings.REDIS_URL
        return
    try:
        server = services.valkey(tmp_path_factory.mktemp("valkey"))
        with server as url:
            yield url
    except services.ServiceError as error:
        pytest.skip(str(error))


@pytest.fixture
def start_worker(
    transactional_db: None, valkey_url: str, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Give a function that starts a real Celery worker on the test database.

    Tasks sent in the test go to it; it also knows those of tests/tasks.py. With `wait=False` it is
    not waited for until it is ready.
    """
    started: list[subprocess.Popen[bytes]] = []
    numbers = count()

    def start(*, wait: bool = True) -> subprocess.Popen[bytes]:
        log = tmp_path / f"worker{next(numbers)}.log"
        started.append(launch(WORKER, log, valkey_url))
        if wait:
            wait_until(lambda: " ready." in log.read_text(errors="replace"), started[-1], log)
        return started[-1]

    with _sending_to(valkey_url):
        yield start
        for process in started:
            end(process)


def launch(
    command: list[str], log: Path, valkey_url: str, *, beside: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program of the project on the test database and a broker."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment |= {"REDIS_URL": valkey_url, "CELERY_TASK_ALWAYS_EAGER": "0"}
    environment |= {"DATABASE_URL": _url_of_test_database(), **(beside or {})}
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            cwd=HOME,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a program is ready; fail with its log where it ends or takes a minute."""
    deadline = time.monotonic() + 60
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"it did not start: {process.args}\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program whose last words nobody waits for."""
    kill_group(process.pid)
    process.wait()


@pytest.fixture
def worker(start_worker: Callable[..., subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Run a real Celery worker on the test database."""
    return start_worker()


@pytest.fixture
def no_broker() -> Iterator[None]:
    """Send tasks to a broker that is not there."""
    url = f"redis://127.0.0.1:{services.free_port()}/0"
    with override_settings(CELERY_BROKER_URL=url, CELERY_TASK_ALWAYS_EAGER=False):
        _forget_connections()
        yield
    _forget_connections()


@contextmanager
def _sending_to(url: str) -> Iterator[None]:
    """Send tasks to a broker with nothing in it instead of running them on the spot."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    broker = {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
    with override_settings(**broker, CELERY_TASK_ALWAYS_EAGER=False):
        _forget_connections()
        yield
    _forget_connections()


def _forget_connections() -> None:
    kombu.pools.reset()
    app._after_fork()  # Celery's own way of dropping its pools


def _url_of_test_database() -> str:
    name = str(settings.DATABASES["default"]["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
