"""A parent that keeps its children running and takes them along when it goes (进程看护)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.processes import die_with_parent, kill_group, wait_or_kill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

LOOK_EVERY = 0.2  # seconds
STEADY = 10.0  # a child that ran this long is well: its next fall is its first
LONGEST_WAIT = 30.0
STOP_WITHIN = 8.0


@dataclass
class Child:
    """A process to keep running (子进程).

    `ready` says whether it answers; children after it start only then. One that serves others is
    stopped after them. Output goes to `log`.
    """

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] | None = None
    folder: Path | None = None
    ready: Callable[[], bool] = lambda: True
    stop_by: signal.Signals = signal.SIGTERM
    serves_others: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    falls: int = field(default=0, init=False)
    started_at: float = field(default=0.0, init=False)
    start_again_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start the process as the leader of a group of its own."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        self.started_at = time.monotonic()

    def has_fallen(self) -> bool:
        """Return whether the process ran and ended."""
        return self.process is not None and self.process.poll() is not None


class Supervisor:
    """Starts children in order, restarts those that fall, and takes all along when it ends."""

    def __init__(self, children: list[Child], *, say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self._stopping = threading.Event()

    def run(self, *, started: Callable[[], None] = lambda: None) -> None:
        """Run until SIGINT, SIGTERM, SIGHUP or `request_stop`; then leave no child behind."""
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in signals}
        try:
            if self._start_all():
                started()
            while not self._stopping.wait(LOOK_EVERY):
                self._look_after()
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def request_stop(self) -> None:
        """Ask `run` to end."""
        self._stopping.set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._stopping.set()

    def _start_all(self) -> bool:
        """Start each child once the one before answers; return False where a stop came between."""
        for child in self.children:
            child.start()
            while not child.ready():
                if self._stopping.wait(LOOK_EVERY):
                    return False
                self._look_after()
        return True

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.has_fallen():
                self._note_fall(child, now)
            elif child.process is None and child.start_again_at and now >= child.start_again_at:
                child.start()

    def _note_fall(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101
        code = child.process.returncode
        kill_group(child.process.pid)  # what it started must not outlive it
        child.process = None
        child.falls = 1 if now - child.started_at > STEADY else child.falls + 1
        wait = min(LONGEST_WAIT, 0.5 * 2 ** (child.falls - 1))
        child.start_again_at = now + wait
        self.say(f"{child.name} ended ({code}); again in {wait:g} s. See {child.log}")

    def _stop_all(self) -> None:
        """Stop all at once, but those that serve the others last."""
        for serving in (False, True):
            group = [child for child in self.children if child.serves_others is serving]
            for child in group:
                if child.process is not None and child.process.poll() is None:
                    child.process.send_signal(child.stop_by)
            deadline = time.monotonic() + STOP_WITHIN
            for child in group:
                if child.process is not None:
                    wait_or_kill(child.process, patience=max(0.0, deadline - time.monotonic()))
                    child.process = None
