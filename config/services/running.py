"""Running a server of our own until a block ends (本机服务运行)."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from config.processes import die_with_parent, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE = 30.0  # seconds a server may take until it answers


class ServiceError(Exception):
    """A server could not be started; the message says why."""


def free_port(host: str = LOOPBACK) -> int:
    """Return a TCP port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(
    command: list[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    name: str,
    user: int | None = None,
    by: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Run a server while the block runs; ServiceError where it does not answer in time."""
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServiceError(f"{name} did not start:\n{tail_of(log)}")
            time.sleep(0.05)
        yield
    finally:
        stop(process, patience=20, by=by)


def tail_of(log: Path) -> str:
    """Return the end of a log."""
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
