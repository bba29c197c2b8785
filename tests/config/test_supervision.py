from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.supervision import Child, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = Path(__file__).resolve().parents[2]
# A child with a grandchild, as a web server or a worker has; it writes both pids, a line a start.
PARENT_OF_ONE = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1], "a") as out:
    out.write(f"{os.getpid()} {grandchild.pid}\\n")
time.sleep(600)
"""


def wait_for(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def starts(path: Path) -> list[list[int]]:
    if not path.exists():
        return []
    return [[int(pid) for pid in line.split()] for line in path.read_text().splitlines()]


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def parent_of_one(path: Path) -> Child:
    command = [sys.executable, "-c", PARENT_OF_ONE, str(path)]
    return Child(path.name, command, path.with_suffix(".log"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_child_is_restarted_and_its_own_children_go(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    said: list[str] = []
    supervisor = Supervisor([parent_of_one(pids)], say=said.append)

    def kill_and_stop() -> None:
        wait_for(lambda: len(starts(pids)) == 1, "never started")
        os.kill(starts(pids)[0][0], signal.SIGKILL)
        wait_for(lambda: len(starts(pids)) == 2, "never restarted")
        supervisor.request_stop()

    thread = threading.Thread(target=kill_and_stop)
    thread.start()
    supervisor.run()
    thread.join()
    assert said == [f"pids ended (-9); again in 0.5 s. See {tmp_path / 'pids.log'}"]
    wait_for(lambda: not any(lives(pid) for pair in starts(pids) for pid in pair), "left behind")


def test_a_child_that_falls_at_once_waits_longer_each_time(tmp_path: Path) -> None:
    said: list[str] = []
    command = [sys.executable, "-c", "print('no database'); raise SystemExit(3)"]
    child = Child("worker", command, tmp_path / "log")
    supervisor = Supervisor([child], say=said.append)

    def stop_after_three() -> None:
        wait_for(lambda: len(said) == 3, "fell less than three times")
        supervisor.request_stop()

    thread = threading.Thread(target=stop_after_three)
    thread.start()
    supervisor.run()
    thread.join()
    waits = [line.split("again in ")[1].split(" s.")[0] for line in said]
    assert waits == ["0.5", "1", "2"]
    assert (tmp_path / "log").read_text() == "no database\n" * 3


def test_the_next_child_starts_only_when_the_one_before_answers(tmp_path: Path) -> None:
    order: list[str] = []
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    first = Child("first", sleep, tmp_path / "first.log")
    second = Child("second", sleep, tmp_path / "second.log")
    answers = iter([False, False, True])

    def ready() -> bool:
        order.append("second runs" if second.process else "second waits")
        return next(answers)

    first.ready = ready
    supervisor = Supervisor([first, second], say=order.append)

    def started() -> None:
        order.append("second runs" if second.process else "second waits")
        supervisor.request_stop()

    supervisor.run(started=started)
    assert order == ["second waits", "second waits", "second waits", "second runs"]


def run_supervisor(pids: Path) -> subprocess.Popen[bytes]:
    code = f"""
    import sys
    from pathlib import Path
    sys.path.insert(0, {str(HOME)!r})
    from config.supervision import Child, Supervisor
    command = [sys.executable, "-c", {PARENT_OF_ONE!r}, {str(pids)!r}]
    Supervisor([Child("c", command, Path({str(pids)!r} + ".log"))], say=print).run()
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_children_and_theirs(tmp_path: Path, number: signal.Signals) -> None:
    pids = tmp_path / "pids"
    with run_supervisor(pids) as parent:
        wait_for(lambda: len(starts(pids)) == 1, "never started")
        parent.send_signal(number)
        assert parent.wait(20) == 0
    wait_for(lambda: not any(map(lives, starts(pids)[0])), "left behind")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_children_go_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with run_supervisor(pids) as parent:
        wait_for(lambda: len(starts(pids)) == 1, "never started")
        parent.kill()
    child, grandchild = starts(pids)[0]
    wait_for(lambda: not lives(child), "left behind")
    os.kill(grandchild, signal.SIGKILL)  # this bare child does not look after its own
