"""Beat, a worker and a web server living through nights that a test brings on (岁月模拟).

Broker, worker, beat and web are processes of their own, on the database of this process. The clock
of all of them is moved to half past two of each day and to nine o'clock, and waits there until
what the timetable has then is done. Firms change by lot, and things break by lot: a worker is
killed in the middle, the broker is killed and is away for a while, the database drops everybody or
falls over, all is off for some days.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sys
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import time_machine
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import reverse

from config import services
from config.services.running import running
from cultivation.digital.models import CoverageSnapshot, LevelSnapshot, StageSnapshot
from enterprises.accounts.models import Seat, User
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from tests.conftest import HOME, end, launch
from tests.digital.cube import country, deeds
from tests.digital.cube.recount import RULES, by_sql

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIRST = dt.date(2026, 7, 1)
DAY, SOON = dt.timedelta(days=1), dt.timedelta(minutes=3)
NIGHT, MORNING = dt.time(2, 30, 1), dt.time(9, 0, 1)
REGIONS = ("000000", "440000", "440100")
PATIENCE = 60  # seconds, of real time
OFF = 4  # days that everything is off
ZONE = dt.timezone(dt.timedelta(hours=8))
PROGRAMS = {
    "worker": ["celery", "-A", "tests.digital.decade.moving", "worker", "--concurrency=1",
               "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
    "beat": ["celery", "-A", "tests.digital.decade.moving", "beat", "--pidfile=",
             "--loglevel=WARNING", "-s", "{folder}/schedule"],
    "web": ["gunicorn", "-c", "python:tests.digital.decade.moving", "config.wsgi:application",
            "--bind", "127.0.0.1:{port}", "--workers=1", "--threads=2", "--no-control-socket",
            "--log-level=warning"],
}  # fmt: skip


@dataclass
class Lived:
    """What came of the nights (结果)."""

    nights: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    missing: list[dt.date] = field(default_factory=list)  # nights without a snapshot
    apart: int = 0  # rows in which the weekly comparison found the cube beside the truth
    compared: int = 0  # weeks
    recounted: int = 0  # figures held against plain SQL
    wrong: list[str] = field(default_factory=list)  # those that differed
    asked: int = 0  # pages and files asked of the web server
    failed: int = 0  # runs that broke off, of which others did the work
    undone: list[str] = field(default_factory=list)  # work that no run did


class House:
    """The processes, and the clock that they live by (进程与时钟)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, services.free_port()
        self.clock = folder / "clock"
        self.valkey = services.configure_valkey(folder / "valkey")
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self._broker = ExitStack()

    def __enter__(self) -> Self:
        self.set(FIRST - DAY, MORNING)  # beat takes up the timetable from when it first starts
        self.start_broker()
        for name in PROGRAMS:
            self.start(name)
        self.until(self.answers)
        return self

    def __exit__(self, *_error: object) -> None:
        for name in list(self.programs):
            self.kill(name)
        self._broker.close()

    def set(self, day: dt.date, at: dt.time) -> None:
        """Move the clock of everybody to a time of a day in China."""
        self.now = dt.datetime.combine(day, at, ZONE)
        beside = self.clock.with_suffix(".new")
        beside.write_text(self.now.isoformat())
        beside.replace(self.clock)

    def start(self, name: str) -> None:
        words = [word.format(folder=self.folder, port=self.port) for word in PROGRAMS[name]]
        environment = {"CLOCK": str(self.clock), "TRACKER_VAR": str(self.folder / "var")}
        environment |= {"PYTHONPATH": str(HOME), "TRACKER_LOCAL": "1"}
        environment["SECRET_KEY"] = settings.SECRET_KEY  # the sessions are those of this process
        self.programs[name] = launch(
            [sys.executable, "-m", *words],
            self.folder / f"{name}.log",
            self.valkey.url,
            beside=environment,
        )

    def kill(self, name: str) -> None:
        end(self.programs.pop(name))

    def start_broker(self) -> None:
        log = self.folder / "valkey.log"
        self._broker.enter_context(
            running(self.valkey.command, log=log, ready=self.valkey.answers, name="Valkey")
        )

    def stop_broker(self) -> None:
        self._broker.close()

    def until(self, ready: Callable[[], bool], *, nudged: bool = False) -> None:
        """Wait until something is so; `nudged`, let minutes go by meanwhile, until the sweep comes.

        Raises AssertionError with the ends of all logs where it takes too long.
        """
        deadline, then = time.monotonic() + PATIENCE, time.monotonic() + 0.5
        while not ready():
            fallen = [name for name, one in self.programs.items() if one.poll() is not None]
            assert not fallen, f"{fallen} ended; {self.last_words()}"
            assert time.monotonic() < deadline, self.last_words()
            if nudged and time.monotonic() > then and self.now.hour < 22:
                later = self.now + SOON
                self.set(later.date(), later.time())
                then = time.monotonic() + 0.2
            time.sleep(0.005)

    def last_words(self) -> str:
        """Return the time and the ends of all logs."""
        said = [f"at {self.now}"]
        for log in sorted(self.folder.glob("*.log")):
            said += [f"--- {log.name}", log.read_text(errors="replace")[-3000:]]
        return "\n".join(said)

    def ask(self, path: str, session: str, **posted: str) -> str:
        """Ask the web server for a page as somebody who has signed in; return what it says."""
        site = f"http://127.0.0.1:{self.port}"
        headers = {"Cookie": f"sessionid={session}"}
        data = None
        if posted:
            token = "t" * 32
            headers["Cookie"] += f"; csrftoken={token}"
            headers["Referer"] = site
            data = urllib.parse.urlencode({**posted, "csrfmiddlewaretoken": token}).encode()
        request = urllib.request.Request(site + path, data=data, headers=headers)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            assert answer.url == site + path, f"sent on to {answer.url}"
            return answer.read().decode("utf-8-sig")

    def answers(self) -> bool:
        """Tell whether beat has its timetable and the web server answers."""
        with suppress(OSError):
            return any(self.folder.glob("schedule*")) and bool(self.ask("/accounts/login/", ""))
        return False


class Life:
    """A small country and its house, night after night (逐夜推进)."""

    def __init__(
        self, house: House, *, firms: int, seed: int, topples: bool, gap: tuple[int, int]
    ) -> None:
        self.house, self.lot, self.lived = house, random.Random(seed), Lived()
        self.gap = gap  # nights from one fault to the next, by lot
        self.firms = country.populated(firms, seed=seed)
        self.officer = User.objects.create_user("nation")
        nation = Region.objects.get(path="")
        Seat.objects.create(user=self.officer, role="nation", region=nation)
        self.faults: list[Callable[[dt.date], None]] = [
            self._worker_killed, self._broker_killed, self._everybody_dropped, self._all_off,
        ]  # fmt: skip
        if topples:
            self.faults.append(self._database_toppled)

    def through(self, nights: int) -> Iterator[Lived]:
        """Live so many nights, and yield what came of them so far after each."""
        on, next_fault = FIRST, self.lot.randint(*self.gap)
        for night in range(nights):
            self._changes(on)
            due = night == next_fault
            self._night(on, fault=self.faults[0] if due else None)
            if due:
                self.faults.append(self.faults.pop(0))
                next_fault = night + self.lot.randint(*self.gap)
            today = self.house.now.date()  # later than the night that all was off
            if due or night % 7 == 0:
                for day in sorted({on, today}):
                    self._recount(day)
                self._look(today)
            self.lived.nights += 1
            yield self.lived
            on = today + DAY

    def finish(self) -> Lived:
        """Count what is missing in the end, and what failed."""
        last = self.house.now.date()
        days = {FIRST + n * DAY for n in range((last - FIRST).days + 1)}
        for model in (CoverageSnapshot, LevelSnapshot, StageSnapshot):
            taken = set(model._default_manager.values_list("on", flat=True).distinct())
            self.lived.missing += sorted(days - taken)
        rows = JobRun.objects.all()
        self.lived.failed = rows.filter(status="failed").count()
        done = set(rows.filter(status="done").values_list("kind", "key"))
        self.lived.undone = [str(work) for work in set(rows.values_list("kind", "key")) - done]
        return self.lived

    def _night(self, on: dt.date, *, fault: Callable[[dt.date], None] | None) -> None:
        if fault:
            name = fault.__name__.strip("_")
            self.lived.faults[name] = self.lived.faults.get(name, 0) + 1
            fault(on)
            on = self.house.now.date()
        else:
            self.house.set(on, NIGHT)
        self.house.until(lambda: _done("check_coverage", on), nudged=fault is not None)
        if self.house.now.time() < MORNING:
            self.house.set(on, MORNING)
        self.house.until(lambda: _done("remind_of_steps", on), nudged=True)
        if on.isoweekday() == 1:
            self.house.until(lambda: _done("forecast_coverage", on), nudged=True)
        if on.isoweekday() == 7:
            self.house.until(lambda: _done("compare_cube", on), nudged=True)
            found = JobRun.objects.filter(kind="compare_cube", key=str(on), status="done").get()
            self.lived.apart += found.result["apart"]
            self.lived.compared += 1

    def _changes(self, on: dt.date) -> None:
        """Let up to three firms change in the evening before, by lot."""
        evening = dt.datetime.combine(on - DAY, dt.time(18), ZONE)
        with time_machine.travel(evening, tick=False):
            for _ in range(self.lot.choice((0, 0, 0, 1, 3))):
                self.lot.choice(deeds.DEEDS)(self.lot.choice(self.firms), self.lot, on - DAY)

    def _recount(self, on: dt.date) -> None:
        """Hold the stored figures of three regions against plain SQL."""
        stored = CoverageSnapshot.objects.filter(on=on, region__code__in=REGIONS)
        for row in stored.select_related("region", "definition"):
            true = by_sql(row.definition.code, row.region.path, row.tier, on)
            found = row.total, row.transformed, row.not_transformed, row.not_assessed
            self.lived.recounted += 1
            if found != true:
                what = f"{on} {row.region.code} {row.tier} {row.definition.code}"
                self.lived.wrong.append(f"{what}: {found} stored, {true} true")

    def _look(self, on: dt.date) -> None:
        """Look at the start page, and hold the file of its tiles against plain SQL."""
        with time_machine.travel(self.house.now, tick=False):
            client = Client()
            client.force_login(self.officer)
        session = client.cookies["sessionid"].value
        definition = self.lot.choice(list(RULES))
        shown = {"tier": "little_giant", "definition": definition}
        page = f"{reverse('digital:dashboard')}?{urllib.parse.urlencode(shown)}"
        assert "<main" in self.house.ask(page, session)
        sheet = self.house.ask(
            reverse("digital:dashboard_export"), session, picture="tiles", format="csv", **shown
        )
        whole = sheet.strip().splitlines()[-1].split(",")
        true = by_sql(definition, "", "little_giant", on)
        self.lived.asked += 2
        if tuple(int(cell) for cell in whole[2:6]) != true:
            self.lived.wrong.append(f"{on} web, {definition}: {whole}, {true} true")

    def _worker_killed(self, on: dt.date) -> None:
        self.house.set(on, NIGHT)
        time.sleep(self.lot.uniform(0, 0.2))
        self.house.kill("worker")
        self.house.start("worker")

    def _broker_killed(self, on: dt.date) -> None:
        self.house.stop_broker()
        self.house.set(on, NIGHT)
        time.sleep(self.lot.uniform(0, 2))
        self.house.start_broker()

    def _everybody_dropped(self, on: dt.date) -> None:
        self.house.set(on, NIGHT)
        time.sleep(self.lot.uniform(0, 0.2))
        for pid in _others():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    def _database_toppled(self, on: dt.date) -> None:
        """Kill a process of the database itself: all fall, and it recovers from its log."""
        self.house.set(on, NIGHT)
        time.sleep(self.lot.uniform(0, 0.2))
        while not _killed_one(_others()):
            time.sleep(0.01)
        self.house.until(lambda: not _answers())
        self.house.until(_answers)

    def _all_off(self, on: dt.date) -> None:
        for name in PROGRAMS:
            self.house.kill(name)
        self.house.stop_broker()
        self.house.set(on + OFF * DAY, NIGHT)
        self.house.start_broker()
        for name in PROGRAMS:
            self.house.start(name)
        self.house.until(self.house.answers)


def _done(kind: str, on: dt.date) -> bool:
    return JobRun.objects.filter(kind=kind, key=str(on), status="done").exists()


def _others() -> list[int]:
    """Return the processes that serve the others on this database; none on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _killed_one(pids: list[int]) -> bool:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def _answers() -> bool:
    """Tell whether the database answers; after it did not, ask on a new connection."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError):
        connection.close()
        return False
    return True
